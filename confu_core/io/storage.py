"""Where a dataset lies: local folders and remote ones, read and written alike."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.remote import RemotePath

__all__ = ["Location", "fetched", "files_under", "location", "sizes", "workspace"]

_MISTYPED = re.compile(r"(?P<scheme>https?|ftp|s3|gs|gcs|az|abfs|hf|file|memory):(?P<slash>/(?!/)|(?=[^/]))")
_LOCAL = ("file://", "local://")


Location = Path | RemotePath


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
        If nothing that is installed reaches the URL, or a slash of it is missing.
    DatasetError
        If a store that is asked at once does not answer.

    Examples
    --------
    >>> location("memory://data/") / "manifest.json"
    RemotePath(url='memory://data/manifest.json')
    >>> location("file:///data") == location("/data") == Path("/data")
    True
    """
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
