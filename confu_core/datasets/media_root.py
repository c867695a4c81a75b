"""The folder of a dataset, from which nothing is read that does not lie under it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from confu_core.errors import DatasetError
from confu_core.io.atomic import sha256_of

__all__ = ["MediaRoot", "open_root", "snapshot_store"]

FILE_LIMIT = 1 << 30  # Bytes of one picture, recording or video.

_NAME_LIMIT = 255  # Bytes; longer names are refused by file systems, each in its own way.


@dataclass(frozen=True)
class MediaRoot:
    """A folder.

    Attributes
    ----------
    path : Path
        Without symbolic links.
    """

    path: Path

    def file(self, relative: str) -> Path:
        """Return where a file of the dataset lies, whether or not it is there.

        Parameters
        ----------
        relative : str
            Its path below the root, with slashes.

        Returns
        -------
        Path
            Below the root.

        Raises
        ------
        DatasetError
            If the path is absolute, has a ``..``, or leads outside by a symbolic link.
        """
        parts = PurePosixPath(relative)
        named = relative.isprintable() and "\\" not in relative and len(relative.encode()) <= _NAME_LIMIT
        if not parts.parts or parts.is_absolute() or ".." in parts.parts or not named:
            raise DatasetError(f"{relative!r:.100} must be a path below {self.path}; it is not read")
        found = self.path / parts
        if not Path(os.path.realpath(found)).is_relative_to(self.path) and not self.is_stored(found):
            raise DatasetError(f"{found} leads outside {self.path}; it is not read: copy what the link leads to")
        return found

    def is_stored(self, path: Path) -> bool:
        """Return whether a link is one of a snapshot in the cache of Hugging Face, which consists of them."""
        store = snapshot_store(self.path)
        return store is not None and Path(os.path.realpath(path)).is_relative_to(store)

    def read(self, relative: str) -> bytes:
        """Return the content of a file.

        Parameters
        ----------
        relative : str
            Its path below the root.

        Returns
        -------
        bytes
            All of it.

        Raises
        ------
        DatasetError
            If it is not there, cannot be read, is empty, or is larger than `FILE_LIMIT`.
        """
        path = self.file(relative)
        try:
            size = path.stat().st_size
            if not 0 < size <= FILE_LIMIT:
                raise DatasetError(f"{path} has {size} bytes; files of 1 to {FILE_LIMIT} bytes are read")
            return path.read_bytes()
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error

    def missing(self, relatives: Iterable[str]) -> list[str]:
        """Return those of some files that are not there, in order."""
        return [one for one in relatives if not self.file(one).is_file()]

    def identity(self, annotations: Iterable[str], media: Iterable[str]) -> dict[str, Any]:
        """Return what tells this content from another, wherever it lies.

        Parameters
        ----------
        annotations : iterable of str
            Files that are compared by their SHA-256.
        media : iterable of str
            Files that are compared by name and size: hashing all pictures would take longer than reading a few.

        Returns
        -------
        dict
            JSON values.
        """
        sizes = [(one, self.file(one).stat().st_size) for one in sorted(set(media))]
        listed = "".join(f"{name}\t{size}\n" for name, size in sizes).encode("utf-8", "surrogateescape")
        return {
            "annotations": {one: sha256_of(self.file(one)) for one in sorted(annotations)},
            "files": len(sizes),
            "bytes": sum(size for _, size in sizes),
            "sizes_sha256": hashlib.sha256(listed).hexdigest(),
        }


def snapshot_store(folder: Path) -> Path | None:
    """Return where the files of a snapshot in the cache of Hugging Face lie, all of which are links to there.

    Parameters
    ----------
    folder : Path
        Such as ``datasets--ada--birds/snapshots/0123abcd`` or a folder in it.

    Returns
    -------
    Path or None
        ``datasets--ada--birds/blobs``; None where the folder is in no snapshot.

    Examples
    --------
    >>> snapshot_store(Path("/data/birds")) is None
    True
    """
    for inner in (folder, *folder.parents):
        kind = inner.parent.parent.name.partition("--")[0]
        if inner.parent.name == "snapshots" and kind in ("datasets", "models", "spaces"):
            store = inner.parent.parent / "blobs"
            return store.resolve() if store.is_dir() and not store.is_symlink() else None
    return None


def open_root(path: str, needed: Iterable[str], what: str) -> MediaRoot:
    """Open the folder of a dataset.

    Parameters
    ----------
    path : str
        As the user wrote it.
    needed : iterable of str
        Files or folders that have to be there.
    what : str
        The dataset, for the message.

    Returns
    -------
    MediaRoot
        Of the folder.

    Raises
    ------
    DatasetError
        If there is no such folder, or some of what it needs is missing; the line names all of that.

    Examples
    --------
    >>> open_root("no-such-folder", ["taxa.csv"], "SSW60")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no-such-folder is no folder; give the one that holds SSW60
    """
    folder = Path(path or ".")
    if not folder.is_dir():
        raise DatasetError(f"{path} is no folder; give the one that holds {what}")
    root = MediaRoot(folder.resolve())
    if absent := [one for one in needed if not root.file(one).exists()]:
        raise DatasetError(f"{folder} is not {what}: {', '.join(absent)} missing")
    return root
