"""Open what `--root` names: a folder, a URL, a tar, or an archive in parts that has to be unpacked first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from birdmml.ingest.files import MOST_FILE_BYTES, ArchiveFiles, Files, FolderFiles, RemoteFiles, Roots
from birdmml.ingest.kept import keep
from birdmml.ingest.parts import Parts, find_parts, unpacked
from birdmml.ingest.tar_index import TarIndex, index_tar
from confu_core.datasets.media_root import snapshot_store
from confu_core.errors import DatasetError
from confu_core.io.storage import Location, RemotePath, location

__all__ = ["ArchiveState", "open_roots"]

MOST_ARCHIVE_BYTES = 1 << 40
ARCHIVES = (".tar", ".tar.gz", ".tgz")


@dataclass(frozen=True)
class ArchiveState:
    """How much of an archive can be read.

    Attributes
    ----------
    name : str
        File name of the archive.
    parts : int
        How many files it consists of here.
    missing : tuple of str
        Marks of the parts that are not there.
    files : int
        How many can be read.
    complete : bool
        Whether it was read to its end.
    last : str
        The last file that is whole, where it is not complete.
    refused : tuple of str
        Members that are not read, each with the reason; the first few.
    refused_count : int
        All of them.
    """

    name: str
    parts: int
    missing: tuple[str, ...]
    files: int
    complete: bool
    last: str
    refused: tuple[str, ...]
    refused_count: int

    def __str__(self) -> str:
        said = f"{self.name}: {self.files:,} files can be read"
        if self.missing:
            said += f"; of its parts {', '.join(self.missing)} {'is' if len(self.missing) == 1 else 'are'} missing"
        if not self.complete:
            said += f"; it is cut behind {self.last!r}"
        if self.refused_count:
            said += f"; {self.refused_count} members are refused ({self.refused[0]})"
        return said

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {**vars(self), "missing": list(self.missing), "refused": list(self.refused), "summary": str(self)}


def open_roots(roots: Sequence[str | Location], beside: Location, cache: Path) -> tuple[Roots, list[ArchiveState]]:
    """Open the places that files are looked for in.

    Parameters
    ----------
    roots : sequence of str, Path or RemotePath
        Folders, URLs, and archives (``.tar``, ``.tar.gz``, ``.tgz``), whole or in parts; none is the folder of the
        manifest.
    beside : Path or RemotePath
        The manifest.
    cache : Path
        Folder for tars that had to be unpacked or put together. Nothing else is ever written.

    Returns
    -------
    tuple of Roots and list of ArchiveState
        Where files are read from; and how much can be read of each archive.

    Raises
    ------
    DatasetError
        If there is no such folder or archive, or it is no tar.

    Examples
    --------
    >>> open_roots(["no-such-folder"], Path("m.csv"), Path("cache"))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: the root no-such-folder does not exist; give the folder or archive of the files
    """
    opened: list[Files] = []
    states = []
    places = [location(root) for root in _named(roots) or [_folder_of(beside)]]
    also = _reached(places)
    for place in places:
        if place.name.endswith(ARCHIVES):
            archive, state = _archive(place, cache)
            opened.append(archive)
            states.append(state)
        elif isinstance(place, RemotePath):
            opened.append(RemoteFiles(place))
        elif place.is_dir():
            opened.append(FolderFiles(place.resolve(), also))
        else:
            what = "is no folder, .tar, .tar.gz or .tgz" if place.exists() else "does not exist"
            raise DatasetError(f"the root {place} {what}; give the folder or archive of the files")
    return Roots(tuple(opened)), states


def _named(roots: Sequence[str | Location]) -> Sequence[str | Location]:
    if "" in roots:
        raise DatasetError("a root is empty; name the folder or archive of the files")
    return roots


def _reached(places: Sequence[Location]) -> tuple[Path, ...]:
    """Return the folders that links may lead into: those that were named, and what Hugging Face keeps beside them."""
    try:
        folders = [place.resolve() for place in places if isinstance(place, Path) and place.is_dir()]
    except (OSError, ValueError) as error:  # What may not be looked into, a name that is too long or has a NUL.
        complaint = getattr(error, "strerror", None) or str(error)
        raise DatasetError(f"a root cannot be read ({', '.join(map(str, places))}): {complaint}") from error
    return (*folders, *(store for folder in folders if (store := snapshot_store(folder)) is not None))


def _folder_of(manifest: Location) -> Location:
    return manifest.parent


def _archive(place: Location, cache: Path) -> tuple[ArchiveFiles, ArchiveState]:
    parts = _downloaded(place, cache) if isinstance(place, RemotePath) else find_parts(place)
    if parts is None:
        raise DatasetError(f"the root {place} does not exist, nor do parts of it such as {place.name}.part-aa")
    if not parts.readable:
        raise DatasetError(f"{place}: the first part, {parts.missing[0]}, is missing: nothing of it can be read")
    path, kept = _plain(parts, cache)
    try:
        index = index_tar(path, MOST_FILE_BYTES, kept=kept)
    except DatasetError as error:  # Of a copy in the cache it names the archive, which the user knows.
        raise DatasetError(str(error).replace(str(path), str(place))) from error
    state = _state(place.name, parts, index)
    where = "" if state.complete else f", which can be read up to {state.last!r}"
    identity = "-".join(map(str, _identity(path)))
    return ArchiveFiles(place.name, path, index, identity, where, kept), state


def _state(name: str, parts: Parts, index: TarIndex) -> ArchiveState:
    return ArchiveState(
        name,
        len(parts.paths),
        parts.missing,
        len(index.members),
        index.complete,
        "" if index.complete else index.last,
        tuple(index.refused[:5]),
        index.refused_count,
    )


def _plain(parts: Parts, cache: Path) -> tuple[Path, bool]:
    """Return an uncompressed tar in one file, and whether that is a copy in the cache or the archive itself."""
    only = parts.paths[0]
    if len(parts.paths) == 1 and not parts.missing:
        with only.open("rb") as file:
            if file.read(2) != b"\x1f\x8b":
                return only, parts.kept
    key = hashlib.sha256(repr([_identity(path) for path in parts.paths[: parts.readable]]).encode()).hexdigest()
    copy = cache / f"{key[:32]}.tar"
    keep(copy, unpacked(parts))
    return copy, True


def _identity(path: Path) -> tuple[str, int, int]:
    about = path.stat()
    return str(path.resolve()), about.st_size, about.st_mtime_ns


def _downloaded(place: RemotePath, cache: Path) -> Parts | None:
    if not place.is_file():
        return None
    key = hashlib.sha256(f"{place.url} {place.stat().st_size} {place.state()}".encode()).hexdigest()
    copy = cache / f"{key[:32]}-{place.name}"
    keep(copy, place.pieces(MOST_ARCHIVE_BYTES))
    return Parts((copy,), (), 1, kept=True)
