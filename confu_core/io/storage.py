"""Where a dataset lies: local folders and remote ones, read and written alike."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.refusal import refusal, tellable, without_secrets

_MISTYPED = re.compile(r"(?P<scheme>https?|ftp|s3|gs|gcs|az|abfs|hf|file|memory):(?P<slash>/(?!/)|(?=[^/]))")
_LOCAL = ("file://", "local://")


_PASSWORD = re.compile(r"://[^/@:?#]*:(?!\d{1,5}(?:[/?#]|$)).*@")
_PLAIN = "/!$&'()*+,;=@~"  # What stands for itself in the path of a URL.
_NO_LIST = (401, 403, 405)
_PIECE = 1 << 20
_MOST_IN_MEMORY, _MOST_ON_DISK = 1 << 31, 1 << 36  # Bytes of one file: a server may not say how many come.
# Of a web server that sends next to nothing, or does not stop.
_SILENCE, _CONNECTING, _PATIENCE = 60.0, 30.0, 120.0  # Seconds.
_SLOWEST = 1000  # Bytes a second, once patience is over.


@dataclass(frozen=True)
class RemotePath:
    """A file or folder in a store, with as much of a Path's interface as a dataset needs.

    Stores of objects show an object when it is whole, so that nothing needs a temporary name there.
    """

    url: str

    @classmethod
    def parse(cls, url: str) -> RemotePath:
        """Return where a URL leads, or raise InvalidValue if nothing that is installed reaches it."""
        if _PASSWORD.search(url):
            mend = "fsspec and its clients read keys from their own files and from the environment"
            raise InvalidValue(f"a URL must hold no password; got {without_secrets(url)}; {mend}")
        place = cls(url.rstrip("/"))
        try:
            _store(place)
        except (ImportError, ValueError) as error:
            mend = "pip install 'confu-bench[s3]' for s3://, and for others what fsspec names"
            line = f"{without_secrets(url)} cannot be reached: {refusal(error)}; {mend}"
            raise InvalidValue(line) from tellable(error)
        except Exception as error:  # Some stores are asked as soon as they are named, such as those of ftp://.
            raise DatasetError(f"{place} cannot be reached: {refusal(error)}") from tellable(error)
        return place

    @property
    def protocol(self) -> str:
        """What stands before the first colon."""
        return self.url.partition(":")[0]

    def __str__(self) -> str:
        """Return the URL as it may be shown, without secrets."""
        return without_secrets(self.url)

    def __repr__(self) -> str:
        return f"RemotePath(url={str(self)!r})"

    def __truediv__(self, name: str) -> RemotePath:
        if not self._of_web:
            return RemotePath(f"{self.url}/{name}")
        place, mark, query = self.url.partition("?")
        # A name is no URL yet: a number sign or a question mark in it would end it.
        return RemotePath(f"{place.rstrip('/')}/{quote(name, safe=_PLAIN)}{mark}{query}")

    @property
    def _of_web(self) -> bool:
        return self.protocol in ("http", "https")

    @property
    def name(self) -> str:
        """What follows the last slash; of a web address without its query."""
        place = self.url.partition("?")[0] if self._of_web else self.url
        return self._plain(place.rpartition("/")[2])

    @property
    def parent(self) -> RemotePath:
        """The folder that it lies in; a query, which may be a key, stays."""
        place, mark, query = self.url.partition("?") if self._of_web else (self.url, "", "")
        return RemotePath(f"{place.rpartition('/')[0]}{mark}{query}")

    def resolve(self) -> RemotePath:
        """Return itself: a URL does not depend on where one stands."""
        return self

    def _ask(self, question: str) -> Any:
        with _reading(self) as (store, path):
            return getattr(store, question)(path)

    def _plain(self, name: str) -> str:
        """Return a name that a store lists as it is written: what web servers list are addresses."""
        return unquote(name) if self._of_web else name

    def exists(self) -> bool:
        """Return whether there is a file of this name, or a folder with something in it."""
        return bool(self._ask("exists"))

    def is_dir(self) -> bool:
        """Return whether there is a folder of this name with something in it."""
        return bool(self._ask("isdir"))

    def is_file(self) -> bool:
        """Return whether there is a file of this name."""
        return bool(self._ask("isfile"))

    def stat(self) -> SimpleNamespace:
        """Return the size of a file; -1 where a web server does not tell."""
        size = self._ask("info")["size"]
        return SimpleNamespace(st_size=-1 if size is None and self._of_web else int(size))

    def state(self) -> str:
        """Return what changes when a file does, such as its ETag and time; it says nothing of the content."""
        if not self._of_web:
            return str(self._ask("ukey"))
        about = self._ask("info")
        return str([about.get(name) for name in ("ETag", "Last-Modified", "Content-MD5", "Digest", "size")])

    def iterdir(self) -> Iterator[RemotePath]:
        """Yield what lies directly in a folder."""
        with _reading(self) as (store, path):
            # Some stores list the mark of an emptied folder as a part of itself.
            listed = {str(name).rstrip("/") for name in store.ls(path, detail=False)} - {path.rstrip("/")}
        yield from (self / self._plain(name.rpartition("/")[2]) for name in sorted(listed))

    def files(self) -> dict[str, int]:
        """Return the sizes of all files under a folder, by their names relative to it."""
        with _reading(self) as (store, path):
            try:
                listed = store.find(path, detail=True)
            except FileNotFoundError:
                return {}
            except Exception as error:
                # Some web servers give out files and do not list them.
                if self._of_web and getattr(error, "status", None) in _NO_LIST:
                    return {}
                raise
            prefix = len(path.rstrip("/")) + 1
            found: dict[str, int] = {}
            for name in (name for name in sorted(listed) if name[prefix:]):
                size = listed[name]["size"]
                # A list of links does not say how large what it links to is.
                found[self._plain(str(name)[prefix:])] = int(store.info(name)["size"] if size is None else size)
            return found

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open a file for reading; each read asks for just the bytes that it returns."""
        with _reading(self) as (store, path):
            return cast(BinaryIO, _Opened(self, store.open(path, mode, cache_type="none")))

    def pieces(self, limit: int) -> Iterator[bytes]:
        """Yield the content of a file piece by piece, or raise DatasetError where it has more than so many bytes."""
        with _reading(self) as (store, path):
            options = {"block_size": 0} if self._of_web else {"cache_type": "none"}
            with store.open(path, "rb", **options) as file:
                began, got = time.monotonic(), 0
                while piece := file.read(_PIECE):
                    got += len(piece)
                    if got > limit:
                        raise ValueError(f"it has more than {limit} bytes, the most that are read")
                    took = time.monotonic() - began
                    if took > _PATIENCE and got < _SLOWEST * took:
                        raise TimeoutError(f"{got} bytes came in {took:.0f} s, too slow to wait for")
                    yield piece

    def read_bytes(self, limit: int | None = None) -> bytes:
        """Return the content of a file, or raise DatasetError where it has more than so many bytes."""
        if limit is None and not self._of_web:
            return self._ask("cat_file")
        return b"".join(self.pieces(_MOST_IN_MEMORY if limit is None else limit))

    def write_bytes(self, content: bytes) -> None:
        """Write a small file whole."""
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder) / "content"
            scratch.write_bytes(content)
            self.upload(scratch)

    def upload(self, source: Path) -> None:
        """Copy a local file here, and see that it arrived whole."""
        with _writing(self) as (store, path):
            store.put_file(str(source), path)
            size, arrived = source.stat().st_size, store.info(path)["size"]
        if size != arrived:
            raise DatasetError(f"cannot write {self}: {arrived} of {size} bytes arrived; run the same command again")

    def download(self, target: Path) -> None:
        """Copy a file from here."""
        if self._of_web:
            with target.open("wb") as file:
                file.writelines(self.pieces(_MOST_ON_DISK))
        else:
            with _reading(self) as (store, path):
                store.get_file(path, str(target))

    def unlink(self) -> None:
        """Remove a file."""
        with _writing(self) as (store, path):
            store.rm_file(path)

    def remove_tree(self) -> None:
        """Remove a folder and all in it, if it is there."""
        with _writing(self) as (store, path), contextlib.suppress(FileNotFoundError):
            store.rm(path, recursive=True)


class _Opened:
    """An open file whose connection may be cut at any read; then too the error is one line."""

    closed = False

    def __init__(self, place: RemotePath, file: BinaryIO) -> None:
        self._place, self._file = place, file

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or all that are left."""
        with _translated(f"{self._place} cannot be read"):
            return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Opened:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self.closed = True


def _store(place: RemotePath) -> tuple[Any, str]:
    import fsspec

    options: dict[str, Any] = {}
    if place._of_web:
        import aiohttp

        # Not for the whole of a file, which may be large, but for every part of it.
        limits = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECTING, sock_read=_SILENCE)
        options["client_kwargs"] = {"timeout": limits}
    # What others write must be seen, so nothing may be listed from memory.
    found: tuple[Any, str] = fsspec.core.url_to_fs(place.url, use_listings_cache=False, **options)
    return found


@contextlib.contextmanager
def _reading(place: RemotePath) -> Iterator[tuple[Any, str]]:
    with _translated(f"{place} cannot be read"):
        yield _store(place)


@contextlib.contextmanager
def _writing(place: RemotePath) -> Iterator[tuple[Any, str]]:
    with _translated(f"cannot write {place}"):
        yield _store(place)


@contextlib.contextmanager
def _translated(line: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Every store has errors of its own, and each of them is the user's to see.
        raise DatasetError(f"{line}: {refusal(error)}") from tellable(error)


Location = Path | RemotePath


def location(path: str | Path | RemotePath) -> Location:
    """Return the place of a path or URL (``file://`` is local); one that nothing reaches is an InvalidValue."""
    if isinstance(path, Path | RemotePath):
        return path
    if "://" not in path:
        if (mistyped := _MISTYPED.match(path)) and not Path(path).exists():
            scheme = mistyped["scheme"]
            raise InvalidValue(f"{path} must be a path, or a URL with two slashes: {scheme}://{path[mistyped.end() :]}")
        return Path(path)
    if path.startswith(_LOCAL):
        return Path(path.partition("://")[2])
    return RemotePath.parse(path)


@contextlib.contextmanager
def fetched(path: Location) -> Iterator[Path]:
    """Give a local file, a copy if need be, with the content of one that may be remote; errors name the original."""
    if isinstance(path, Path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        path.download(copy)
        try:
            yield copy
        except DatasetError as error:
            raise DatasetError(str(error).replace(str(copy), str(path))) from error


def files_under(root: Location, folder: str = "") -> list[str]:
    """Return the files in a dataset's folder, or one within, and below: names relative to the dataset's, sorted."""
    if isinstance(root, Path):
        return [path.relative_to(root).as_posix() for path in sorted((root / folder).rglob("*")) if not path.is_dir()]
    return [f"{folder}/{name}".lstrip("/") for name in (root / folder if folder else root).files()]


def sizes(root: Location, names: Iterable[str]) -> dict[str, int]:
    """Return name to bytes for those files that are there; a store is asked once for all of them."""
    if isinstance(root, Path):
        return {name: (root / name).stat().st_size for name in names if (root / name).is_file()}
    known = root.files()
    return {name: known[name] for name in names if name in known}


def remove_tree(folder: Location) -> None:
    """Remove a folder and all in it, if it is there."""
    if isinstance(folder, RemotePath):
        folder.remove_tree()
    else:
        shutil.rmtree(folder, ignore_errors=True)
