"""Files that a manifest names: in a folder, in a tar, or behind a URL; never outside of the root that was given."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Protocol
from urllib.parse import unquote

from birdmml.ingest.kept import open_kept
from birdmml.ingest.tar_index import Place, TarIndex, safe_name
from confu_core.errors import DatasetError
from confu_core.io.storage import RemotePath

__all__ = [
    "MOST_FILE_BYTES",
    "ArchiveFiles",
    "Files",
    "FolderFiles",
    "RemoteFiles",
    "Roots",
    "Unreadable",
    "public_name",
    "stamps_digest",
]

MOST_FILE_BYTES = 1 << 29
_LONGEST_PATH = 4096
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_HOMES = re.compile(r"/(home|Users|root|mnt|media|Volumes|scratch)/")
_INSTEAD = "write it from the folder that --root names on"


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
    also : tuple of Path
        Other folders that links may lead into.

    Examples
    --------
    >>> FolderFiles(Path("/data")).read("../etc/passwd")
    Traceback (most recent call last):
    birdmml.ingest.files.Unreadable: ('outside', 'leads outside of data')
    """

    root: Path
    also: tuple[Path, ...] = ()

    def inner(self, name: str) -> str | None:
        """Return the name of a file from this folder on; None where it does not lie there."""
        for path in (Path(os.path.normpath(self.root / name)), Path(os.path.realpath(self.root / name))):
            if path.is_relative_to(self.root):
                return path.relative_to(self.root).as_posix()
        return None

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
        if not any(path.is_relative_to(folder) for folder in (self.root, *self.also)):
            raise Unreadable("outside", f"leads outside of {self.root.name}{self._link(name)}")
        return path

    def _link(self, name: str) -> str:
        """Return which part of a name is the link that leads outside, and what to do."""
        if self.inner(name) is None or not Path(os.path.normpath(self.root / name)).is_relative_to(self.root):
            return ""
        for path in reversed((self.root / name, *(self.root / name).parents)):
            if not Path(os.path.realpath(path)).is_relative_to(self.root) and path.is_relative_to(self.root):
                where = path.relative_to(self.root).as_posix()
                return f": {where} is a link; name the folder that it leads to by --root too, or copy what it leads to"
        return ""


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
        said = "; ".join(one.detail for one in complaints if one.reason == first.reason)
        remote = any(name.startswith(f"{one.root.url}/") for one in self.places if isinstance(one, RemoteFiles))
        if not remote and (foreign := _foreign(name)):
            raise Unreadable("outside", f"{foreign}; {_INSTEAD}")
        if first.reason == "missing" and (there := next(filter(self._is_there, _other_names(name)), None)):
            said += f", but there is {there!r}; correct the name in the table"
        raise Unreadable(first.reason, said)

    def stamp(self, name: str) -> str:
        """Return that of each."""
        return "|".join(place.stamp(name) for place in self.places)

    def inner(self, name: str) -> str:
        """Return a name without the folder that it lies in, where it is absolute or leads upwards."""
        name = name.strip()
        if not (PurePath(name).is_absolute() or ".." in PurePath(name).parts) or "\0" in name:
            return name
        folders = [place for place in self.places if isinstance(place, FolderFiles)]
        return next((found for folder in folders if (found := folder.inner(name)) is not None), name)

    def public(self, cell: str) -> str:
        """Return a cell without the folders of this or another machine, if all of it is such a path."""
        name = cell.strip()
        if not (name.startswith(("/", "~/")) or name[:5].lower() == "file:" or _WINDOWS.match(name)):
            return cell
        if (found := self.inner(name)) != name:
            return found
        short = len(name) <= _LONGEST_PATH and "\0" not in name
        if name[0] != "/" or _HOMES.match(name) or (short and os.path.lexists(name) and name.count("/") > 1):
            return public_name(name)
        return cell

    def _is_there(self, name: str) -> bool:
        return any(place.stamp(name) for place in self.places if not isinstance(place, RemoteFiles))


def public_name(name: str) -> str:
    r"""Return a file's name without what only its owner should know: folders of a machine, and secrets of a URL.

    Parameters
    ----------
    name : str
        As a manifest has it.

    Returns
    -------
    str
        Relative names as they are; the last part of absolute paths; URLs without user and query.

    Examples
    --------
    >>> public_name("photos/a.jpg"), public_name("/home/ada/a.jpg"), public_name("C:\\ada\\a.jpg")
    ('photos/a.jpg', 'a.jpg', 'a.jpg')
    >>> public_name("https://ada:secret@host/a.jpg?token=1")
    'https://host/a.jpg'
    """
    if _WINDOWS.match(name):
        return name.replace("\\", "/").rpartition("/")[2]
    if _URL.match(name) and not name.lower().startswith("file:"):
        head, slashes, rest = name.partition("://")
        path = re.split(r"[?#]", rest)[0]
        host, slash, inner = path.partition("/")
        return f"{head}{slashes}{host.rpartition('@')[2]}{slash}{inner}"
    if name.startswith(("/", "~")) or name.lower().startswith("file:"):
        return name.rpartition("/")[2]
    return name


def _foreign(name: str) -> str:
    """Return what a name is that is none from a folder on."""
    if _WINDOWS.match(name):
        return "is an absolute path of Windows"
    if name.lower().startswith("file:"):
        return "is a file: URL"
    if _URL.match(name):
        return "is a URL, and files are not downloaded one by one; download them"
    if name.startswith(("/", "~")):
        return "is an absolute path outside of all roots"
    return ""


def _other_names(name: str) -> Iterator[str]:
    """Yield what may have been meant: without backslashes, percent signs or quotes, and with endings in other case."""
    for plain in (name.replace("\\", "/"), unquote(name), "".join(unquote(name).split()), name.strip("'\"`")):
        path = PurePosixPath(plain)
        for ending in dict.fromkeys((path.suffix, path.suffix.lower(), path.suffix.upper())):
            if (other := str(path.with_suffix(ending)) if path.suffix else plain) != name:
                yield other


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
