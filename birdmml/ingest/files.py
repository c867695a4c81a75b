"""Files that a manifest names: in a folder, in a tar, or behind a URL; never outside of the roots that were given."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Protocol
from urllib.parse import unquote

from birdmml.ingest.archive import Archive, ArchiveState, open_archive
from birdmml.ingest.plain_tar import Place, safe_name
from confu_core.datasets.media_root import snapshot_store
from confu_core.errors import DatasetError
from confu_core.io.storage import Location, RemotePath, location

MOST_FILE_BYTES = 1 << 29
ARCHIVES = (".tar", ".tar.gz", ".tgz")
_LONGEST_PATH = 4096
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_FILE_URL = re.compile(r"(?ai:file):")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_HOMES = re.compile(r"/(home|Users|root|mnt|media|Volumes|scratch)/")
# What names are that are none from a folder on.
_FOREIGN = (
    (_WINDOWS, "is an absolute path of Windows"),
    (_FILE_URL, "is a file: URL"),
    (_URL, "is a URL, and files are not downloaded one by one; download them"),
    (re.compile("[/~]"), "is an absolute path outside of all roots"),
)


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
    """Files below a folder, absolute and without links, and in those others that links may lead into."""

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
            _check_size(about.st_size)
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
        if not Path(os.path.normpath(self.root / name)).is_relative_to(self.root):
            return ""
        for path in reversed((self.root / name, *(self.root / name).parents)):
            if not Path(os.path.realpath(path)).is_relative_to(self.root) and path.is_relative_to(self.root):
                where = path.relative_to(self.root).as_posix()
                return f": {where} is a link; name the folder that it leads to by --root too, or copy what it leads to"
        return ""


@dataclass(frozen=True)
class RemoteFiles:
    """Files below a URL."""

    root: RemotePath

    def read(self, name: str) -> bytes:
        """Return the content of an object."""
        place = self._place(name)
        if place is None:
            raise Unreadable("outside", f"leads outside of {self.root}")
        if not place.is_file():
            raise Unreadable("missing", f"no such file in {self.root}")
        _check_size(place.stat().st_size)
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
    """Files of an archive."""

    archive: Archive

    def read(self, name: str) -> bytes:
        """Return the content of a member."""
        return self.archive.read(self._place(name))

    def stamp(self, name: str) -> str:
        """Return which archive it is, and where the member lies."""
        try:
            place = self._place(name)
        except Unreadable:
            return ""
        return f"{self.archive.identity}-{place.offset}-{place.size}"

    def _place(self, name: str) -> Place:
        state, safe = self.archive.state, safe_name(name)
        if safe is None:
            raise Unreadable("outside", f"leads outside of {state.name}")
        if safe not in self.archive.index.members:
            where = "" if state.complete else f", which can be read up to {state.last!r}"
            raise Unreadable("missing", f"no such file in {state.name}{where}")
        return self.archive.index.members[safe]


@dataclass(frozen=True)
class Roots:
    """Several places, looked through in order."""

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
        foreign = next((what for pattern, what in _FOREIGN if pattern.match(name)), "")
        if foreign and not remote:
            raise Unreadable("outside", f"{foreign}; write it from the folder that --root names on")
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
        if not (name.startswith(("/", "~/")) or _FILE_URL.match(name) or _WINDOWS.match(name)):
            return cell
        if (found := self.inner(name)) != name:
            return found
        short = len(name) <= _LONGEST_PATH and "\0" not in name
        if name[0] != "/" or _HOMES.match(name) or (short and os.path.lexists(name) and name.count("/") > 1):
            return public_name(name)
        return cell

    def _is_there(self, name: str) -> bool:
        return any(place.stamp(name) for place in self.places if not isinstance(place, RemoteFiles))


def open_roots(roots: Sequence[str | Location], beside: Location, cache: Path) -> tuple[Roots, list[ArchiveState]]:
    """Open folders, URLs and archives, whole or in parts, and say how much can be read of each archive.

    Without any it is the folder that the manifest lies in. Tars that had to be unpacked or put together go into the
    cache; nothing else is ever written. A DatasetError says that there is no such folder or archive.
    """
    if "" in roots:
        raise DatasetError("a root is empty; name the folder or archive of the files")
    places = [location(root) for root in roots or [beside.parent]]
    also = _reached(places)
    files: list[Files] = []
    for place in places:
        if place.name.endswith(ARCHIVES):
            files.append(ArchiveFiles(open_archive(place, cache, MOST_FILE_BYTES)))
        elif isinstance(place, RemotePath):
            files.append(RemoteFiles(place))
        elif place.is_dir():
            files.append(FolderFiles(place.resolve(), also))
        else:
            what = "is no folder, .tar, .tar.gz or .tgz" if place.exists() else "does not exist"
            raise DatasetError(f"the root {place} {what}; give the folder or archive of the files")
    return Roots(tuple(files)), [one.archive.state for one in files if isinstance(one, ArchiveFiles)]


def public_name(name: str) -> str:
    r"""Return a file's name without what only its owner should know: folders of a machine, and secrets of a URL.

    >>> public_name("photos/a.jpg"), public_name("/home/ada/a.jpg"), public_name("C:\\ada\\a.jpg")
    ('photos/a.jpg', 'a.jpg', 'a.jpg')
    >>> public_name("https://ada:secret@host/a.jpg?token=1")
    'https://host/a.jpg'
    """
    if _WINDOWS.match(name):
        return name.replace("\\", "/").rpartition("/")[2]
    if _FILE_URL.match(name) or name.startswith(("/", "~")):
        return name.rpartition("/")[2]
    if not _URL.match(name):
        return name
    head, slashes, rest = name.partition("://")
    host, slash, inner = re.split(r"[?#]", rest)[0].partition("/")
    return f"{head}{slashes}{host.rpartition('@')[2]}{slash}{inner}"


def _check_size(size: int) -> None:
    if size > MOST_FILE_BYTES:
        raise Unreadable("too large", f"{size} bytes; at most {MOST_FILE_BYTES} are read")


def _other_names(name: str) -> Iterator[str]:
    """Yield what may have been meant: without backslashes, percent signs or quotes, and with endings in other case."""
    for plain in (name.replace("\\", "/"), unquote(name), "".join(unquote(name).split()), name.strip("'\"`")):
        path = PurePosixPath(plain)
        for ending in dict.fromkeys((path.suffix, path.suffix.lower(), path.suffix.upper())):
            if (other := str(path.with_suffix(ending)) if path.suffix else plain) != name:
                yield other


def _reached(places: Sequence[Location]) -> tuple[Path, ...]:
    """Return the folders that links may lead into: those that were named, and what Hugging Face keeps beside them."""
    try:
        folders = [place.resolve() for place in places if isinstance(place, Path) and place.is_dir()]
    except (OSError, ValueError) as error:  # What may not be looked into, a name that is too long or has a NUL.
        complaint = getattr(error, "strerror", None) or str(error)
        raise DatasetError(f"a root cannot be read ({', '.join(map(str, places))}): {complaint}") from error
    return (*folders, *(store for folder in folders if (store := snapshot_store(folder)) is not None))
