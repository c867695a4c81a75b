"""Where a dataset lies: in a local folder, or in any store that fsspec reaches by a URL, such as s3://bucket/folder."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Union

from confu_core.errors import DatasetError, InvalidValue

__all__ = ["Location", "RemotePath", "fetched", "files_under", "location", "sizes", "workspace"]

_LOCAL = ("file://", "local://")


class _Stat(NamedTuple):
    st_size: int


@dataclass(frozen=True)
class RemotePath:
    """A file or folder in a store, with as much of a Path's interface as a dataset needs.

    Stores of objects show an object when it is whole, so that nothing needs a temporary name there.

    Attributes
    ----------
    url : str
        Without a slash at its end.

    Examples
    --------
    >>> root = RemotePath("memory://example")
    >>> (root / "data" / "a.txt").write_bytes(b"whole")
    >>> root.is_dir(), (root / "data/a.txt").read_bytes(), root.files()
    (True, b'whole', {'data/a.txt': 5})
    >>> root.remove_tree()
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> RemotePath:
        return RemotePath(f"{self.url}/{name}")

    @property
    def name(self) -> str:
        """What follows the last slash."""
        return self.url.rpartition("/")[2]

    def exists(self) -> bool:
        """Return whether there is a file of this name, or a folder with something in it."""
        with _reading(self) as (store, path):
            return bool(store.exists(path))

    def is_dir(self) -> bool:
        """Return whether there is a folder of this name with something in it."""
        with _reading(self) as (store, path):
            return bool(store.isdir(path))

    def is_file(self) -> bool:
        """Return whether there is a file of this name."""
        with _reading(self) as (store, path):
            return bool(store.isfile(path))

    def stat(self) -> _Stat:
        """Return the size of a file."""
        with _reading(self) as (store, path):
            return _Stat(int(store.info(path)["size"]))

    def iterdir(self) -> Iterator[RemotePath]:
        """Yield what lies directly in a folder."""
        with _reading(self) as (store, path):
            names = [str(name).rstrip("/").rpartition("/")[2] for name in store.ls(path, detail=False)]
        yield from (self / name for name in sorted(names))

    def files(self) -> dict[str, int]:
        """Return the sizes of all files under a folder, by their names relative to it."""
        with _reading(self) as (store, path):
            try:
                found = store.find(path, detail=True)
            except FileNotFoundError:
                return {}
            prefix = len(path.rstrip("/")) + 1
            return {str(name)[prefix:]: int(found[name]["size"]) for name in sorted(found)}

    def open(self, mode: str = "rb") -> BinaryIO:
        """Open a file for reading; each read asks for just the bytes that it returns."""
        with _reading(self) as (store, path):
            return store.open(path, mode, cache_type="none")

    def read_bytes(self) -> bytes:
        """Return the content of a file."""
        with _reading(self) as (store, path):
            return store.cat_file(path)

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
        with _reading(self) as (store, path):
            store.get_file(path, str(target))

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove a file."""
        with _writing(self) as (store, path), contextlib.suppress(*[FileNotFoundError] * missing_ok):
            store.rm_file(path)

    def remove_tree(self) -> None:
        """Remove a folder and all in it, if it is there."""
        with _writing(self) as (store, path), contextlib.suppress(FileNotFoundError):
            store.rm(path, recursive=True)


Location = Union[Path, RemotePath]


def location(path: str | Path | RemotePath) -> Location:
    """Return where a path or URL leads.

    Parameters
    ----------
    path : str, Path or RemotePath
        A local path, or a URL that fsspec knows; ``file://`` is local.

    Returns
    -------
    Path or RemotePath
        To be read and written alike.

    Raises
    ------
    InvalidValue
        If nothing that is installed reaches the URL.

    Examples
    --------
    >>> location("memory://data/") / "manifest.json"
    RemotePath(url='memory://data/manifest.json')
    >>> location("file:///data") == location("/data") == Path("/data")
    True
    """
    if isinstance(path, RemotePath) or isinstance(path, Path) or "://" not in path:
        return path if isinstance(path, RemotePath) else Path(path)
    if path.startswith(_LOCAL):
        return Path(path.partition("://")[2])
    place = RemotePath(path.rstrip("/"))
    try:
        _store(place)
    except (ImportError, ValueError) as error:
        raise InvalidValue(f"{path} cannot be reached: {_first_line(error)}; for s3://, pip install 'confu-bench[s3]'") from error
    return place


@contextlib.contextmanager
def workspace(root: Location) -> Iterator[Path]:
    """Give a local folder to write into whose files are at their places in a dataset when the block ends.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.

    Yields
    ------
    Path
        The folder itself where it is local; else one whose files are uploaded, unless the block fails.

    Raises
    ------
    DatasetError
        If a file cannot be uploaded.

    Examples
    --------
    >>> root = RemotePath("memory://workspace")
    >>> with workspace(root) as folder:
    ...     _ = (folder / "a.txt").write_text("whole")
    >>> root.files()
    {'a.txt': 5}
    """
    if isinstance(root, Path):
        yield root
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        for name in files_under(Path(folder)):
            (root / name).upload(Path(folder) / name)


@contextlib.contextmanager
def fetched(path: Location) -> Iterator[Path]:
    """Give a local file with the content of one that may be remote.

    Parameters
    ----------
    path : Path or RemotePath
        An existing file.

    Yields
    ------
    Path
        The file itself where it is local; else a copy for as long as the block lasts. Errors name the original.

    Raises
    ------
    DatasetError
        If it cannot be read.

    Examples
    --------
    >>> (RemotePath("memory://fetched") / "a.txt").write_bytes(b"whole")
    >>> with fetched(RemotePath("memory://fetched/a.txt")) as copy:
    ...     copy.read_text()
    'whole'
    """
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
    """Return the files in a folder and below.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.
    folder : str
        Within it; need not exist.

    Returns
    -------
    list of str
        Names relative to `root`, with forward slashes, in order.

    Examples
    --------
    >>> files_under(Path("no-such-folder"))
    []
    """
    if isinstance(root, Path):
        return [path.relative_to(root).as_posix() for path in sorted((root / folder).rglob("*")) if not path.is_dir()]
    return [f"{folder}/{name}".lstrip("/") for name in (root / folder if folder else root).files()]


def sizes(root: Location, names: Iterable[str]) -> dict[str, int]:
    """Return the sizes of those files that are there.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.
    names : iterable of str
        Relative to it.

    Returns
    -------
    dict of str to int
        Name to bytes. A store is asked once for all of them.

    Examples
    --------
    >>> sizes(Path("no-such-folder"), ["a"])
    {}
    """
    if isinstance(root, Path):
        return {name: (root / name).stat().st_size for name in names if (root / name).is_file()}
    known = root.files()
    return {name: known[name] for name in names if name in known}


def _store(place: RemotePath) -> tuple[Any, str]:
    import fsspec

    # What others write must be seen, so nothing may be listed from memory.
    store, path = fsspec.core.url_to_fs(place.url, use_listings_cache=False)
    return store, path


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
        raise DatasetError(f"{line}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines and lines[0] else type(error).__name__
