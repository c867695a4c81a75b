"""Files that a manifest names: in a folder, in a tar, or behind a URL; never outside of the root that was given."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from birdmml.ingest.kept import open_kept
from birdmml.ingest.tar_index import Place, TarIndex, safe_name
from confu_core.errors import DatasetError
from confu_core.shards.remote import RemotePath

__all__ = [
    "MOST_FILE_BYTES",
    "ArchiveFiles",
    "Files",
    "FolderFiles",
    "RemoteFiles",
    "Roots",
    "Unreadable",
    "stamps_digest",
]

MOST_FILE_BYTES = 1 << 29


class Unreadable(Exception):
    """A file that cannot be had: one of the reasons for rejects, and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Files(Protocol):
    """Where files are read from; picklable, since workers read them too."""

    def read(self, name: str) -> bytes:
        """Return the content of a file, or raise `Unreadable`."""
        ...

    def stamp(self, name: str) -> str:
        """Return what changes when the file does, without reading it; empty if it is not there."""
        ...


@dataclass(frozen=True)
class FolderFiles:
    """Files below a folder.

    Attributes
    ----------
    root : Path
        The folder, absolute and without links.

    Examples
    --------
    >>> FolderFiles(Path("/data")).read("../etc/passwd")
    Traceback (most recent call last):
    birdmml.ingest.files.Unreadable: ('outside', 'leads outside of data')
    """

    root: Path

    def read(self, name: str) -> bytes:
        """Return the content of a regular file."""
        path = self._inside(name)
        try:
            about = path.stat()
            if not stat.S_ISREG(about.st_mode):
                raise Unreadable("unreadable", "is not a regular file")
            if about.st_size > MOST_FILE_BYTES:
                raise Unreadable("too large", f"{about.st_size} bytes; at most {MOST_FILE_BYTES} are read")
            return path.read_bytes()
        except FileNotFoundError:
            raise Unreadable("missing", f"no such file in {self.root.name}") from None
        except OSError as error:
            reason = "missing" if isinstance(error, NotADirectoryError) else "unreadable"
            raise Unreadable(reason, error.strerror or type(error).__name__) from error

    def stamp(self, name: str) -> str:
        """Return size and time of change."""
        try:
            about = self._inside(name).stat()
        except (OSError, Unreadable):
            return ""
        return f"{self.root}-{about.st_size}-{about.st_mtime_ns}"

    def _inside(self, name: str) -> Path:
        try:
            path = (self.root / name).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # Links in a circle; a NUL.
            raise Unreadable("unreadable", str(error).splitlines()[0]) from error
        if not path.is_relative_to(self.root):
            raise Unreadable("outside", f"leads outside of {self.root.name}")
        return path


@dataclass(frozen=True)
class RemoteFiles:
    """Files below a URL.

    Attributes
    ----------
    root : RemotePath
        Where.
    """

    root: RemotePath

    def read(self, name: str) -> bytes:
        """Return the content of an object."""
        place = self._place(name)
        if place is None:
            raise Unreadable("outside", f"leads outside of {self.root}")
        if not place.is_file():
            raise Unreadable("missing", f"no such file in {self.root}")
        if (size := place.stat().st_size) > MOST_FILE_BYTES:
            raise Unreadable("too large", f"{size} bytes; at most {MOST_FILE_BYTES} are read")
        try:
            return place.read_bytes(MOST_FILE_BYTES)
        except DatasetError as error:  # A server that does not tell a size may go on without end.
            if "the most that are read" in str(error):
                raise Unreadable("too large", f"more than {MOST_FILE_BYTES} bytes") from error
            raise

    def stamp(self, name: str) -> str:
        """Return the size, and what else the store tells of a change, which may be nothing."""
        place = self._place(name)
        return f"{self.root}-{place.stat().st_size}-{place.state()}" if place and place.is_file() else ""

    def _place(self, name: str) -> RemotePath | None:
        address = f"{self.root.url.partition('?')[0]}/"
        inner = unquote(name.removeprefix(address)) if name.startswith(address) else name
        safe = None if "://" in inner else safe_name(inner)
        return None if safe is None else self.root / safe


@dataclass(frozen=True)
class ArchiveFiles:
    """Files of a tar that lies uncompressed on the disk.

    Attributes
    ----------
    name : str
        What the user called it, for messages.
    path : Path
        The tar.
    index : TarIndex
        Of `index_tar`.
    identity : str
        What changes when the archive does.
    where : str
        Up to where it can be read, for messages; empty where it is complete.
    kept : bool
        Whether it is a copy that `birdmml.ingest.kept` wrote.
    """

    name: str
    path: Path
    index: TarIndex
    identity: str
    where: str = ""
    kept: bool = False

    def read(self, name: str) -> bytes:
        """Return the content of a member."""
        place = self._place(name)
        try:
            with open_kept(self.path) if self.kept else self.path.open("rb") as file:
                file.seek(place.offset)
                data = file.read(place.size)
        except OSError as error:
            raise DatasetError(f"{self.path} cannot be read: {error.strerror}; run the same build again") from error
        if len(data) < place.size:
            raise DatasetError(f"{self.path} was cut since it was looked at; run the same build again")
        return data

    def stamp(self, name: str) -> str:
        """Return which archive it is, and where the member lies."""
        try:
            place = self._place(name)
        except Unreadable:
            return ""
        return f"{self.identity}-{place.offset}-{place.size}"

    def _place(self, name: str) -> Place:
        safe = safe_name(name)
        if safe is None:
            raise Unreadable("outside", f"leads outside of {self.name}")
        if safe not in self.index.members:
            raise Unreadable("missing", f"no such file in {self.name}{self.where}")
        return self.index.members[safe]


@dataclass(frozen=True)
class Roots:
    """Several places, looked through in order.

    Attributes
    ----------
    places : tuple of Files
        At least one.
    """

    places: tuple[Files, ...]

    def read(self, name: str) -> bytes:
        """Return the content of the first that there is."""
        complaints: list[Unreadable] = []
        for place in self.places:
            try:
                return place.read(name)
            except Unreadable as error:
                if error.reason not in ("missing", "outside"):
                    raise
                complaints.append(error)
        # What is outside of one root may be in another; if it is in none, that it is outside is what matters.
        first = next((one for one in complaints if one.reason == "outside"), complaints[0])
        raise Unreadable(first.reason, "; ".join(one.detail for one in complaints if one.reason == first.reason))

    def stamp(self, name: str) -> str:
        """Return that of each."""
        return "|".join(place.stamp(name) for place in self.places)


def stamps_digest(files: Files, names: Sequence[str]) -> str:
    """Return one checksum over the stamps of several files.

    Parameters
    ----------
    files : Files
        Where they are.
    names : sequence of str
        Theirs.

    Returns
    -------
    str
        64 hexadecimal digits; others once a file has changed.

    Examples
    --------
    >>> digest = stamps_digest(FolderFiles(Path("/none")), ["a.jpg"])
    >>> len(digest), digest == stamps_digest(FolderFiles(Path("/none")), ["b.jpg"])
    (64, False)
    """
    text = "\n".join(f"{name}\t{files.stamp(name)}" for name in names)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
