"""The folder of a dataset, from which nothing is read that does not lie under it: media, and its authors' tables."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from confu_core.datasets.separated import read_separated
from confu_core.datasets.sources import natural
from confu_core.errors import DatasetError, nearest
from confu_core.io.atomic import reading, sha256_of

FILE_LIMIT = 1 << 30  # Bytes of one picture, recording or video.
ANNOTATION_LIMIT = 1 << 28  # Bytes of one table or list.

_NAME_LIMIT = 255  # Bytes; longer names are refused by file systems, each in its own way.
_SHOWN = 60


@dataclass(frozen=True)
class MediaRoot:
    """A folder, whose path has no symbolic links."""

    path: Path

    def file(self, relative: str) -> Path:
        """Return where a file of the dataset lies, there or not, or refuse a path that leads outside of the folder."""
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
        """Return the content of a file of 1 to `FILE_LIMIT` bytes."""
        with reading(path := self.file(relative)):
            size = path.stat().st_size
            if not 0 < size <= FILE_LIMIT:
                raise DatasetError(f"{path} has {size} bytes; files of 1 to {FILE_LIMIT} bytes are read")
            return path.read_bytes()

    def missing(self, relatives: Iterable[str]) -> list[str]:
        """Return those of some files that are not there, in order."""
        return [one for one in relatives if not self.file(one).is_file()]

    def identity(self, annotations: Iterable[str], media: Iterable[str]) -> dict[str, Any]:
        """Return what tells this content from another, wherever it lies, as JSON values.

        Annotations are compared by their SHA-256, and media by name and size: hashing all pictures would take longer
        than reading a few.
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

    That is ``datasets--ada--birds/blobs`` for ``datasets--ada--birds/snapshots/0123abcd`` and all folders in it, and
    None for a folder that is in no snapshot.
    """
    for inner in (folder, *folder.parents):
        kind = inner.parent.parent.name.partition("--")[0]
        if inner.parent.name == "snapshots" and kind in ("datasets", "models", "spaces"):
            store = inner.parent.parent / "blobs"
            return store.resolve() if store.is_dir() and not store.is_symlink() else None
    return None


def open_root(path: str, needed: Iterable[str], what: str) -> MediaRoot:
    """Open the folder of a dataset, if there is one and it holds the files and folders that it needs."""
    folder = Path(path or ".")
    if not folder.is_dir():
        raise DatasetError(f"{path} is no folder; give the one that holds {what}")
    root = MediaRoot(folder.resolve())
    if absent := [one for one in needed if not root.file(one).exists()]:
        raise DatasetError(f"{folder} is not {what}: {', '.join(absent)} missing")
    return root


def read_table(root: MediaRoot, name: str, needed: Sequence[str]) -> list[dict[str, str]]:
    """Read a CSV file whose header has the columns needed; names and values lose the white space around them."""
    table = read_separated(_text(root, name), ",")
    header = [one.strip() for one in table.headings]
    for column in needed:
        if column not in header:
            hint = nearest(column, header) if any(header) else "it is empty"
            raise DatasetError(f"{root.file(name)} has no column {column!r}; {hint}")
    if table.malformed:
        row, wrong = min(table.malformed.items())
        if (few := len(table.rows[row])) < len(header):
            wrong = f"line {table.lines[row]}: {few} of {len(header)} values"
        raise DatasetError(f"{root.file(name)}, {wrong}")
    return [{key: value.strip() for key, value in zip(header, row, strict=True)} for row in table.rows]


def read_lines(root: MediaRoot, name: str, *, rest: bool = False) -> list[list[str]]:
    """Read a list whose lines have two words each, of which the last may have spaces if `rest`."""
    found = []
    for number, line in enumerate(_text(root, name).splitlines(), 1):
        words = line.split(maxsplit=1 if rest else -1)
        if words and len(words) != 2:
            raise DatasetError(f"{root.file(name)}, line {number}: must have 2 words; got {line!r:.{_SHOWN}}")
        found += [[one.strip() for one in words]] if words else []
    return found


def whole_number(text: str, where: str) -> int:
    """Read a whole number out of a table; `where` names file and column in the error of any other text."""
    if (number := natural(text)) < 0:
        raise DatasetError(f"{where} must be a whole number; got {text!r:.{_SHOWN}}")
    return number


def _text(root: MediaRoot, name: str) -> str:
    path = root.file(name)
    try:
        with reading(path):
            if (size := path.stat().st_size) > ANNOTATION_LIMIT:
                raise DatasetError(f"{path} has {size} bytes; at most {ANNOTATION_LIMIT} are read")
            return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}") from error
