"""Plain files: what is replaced or read whole is one, and neither a link, a device, a pipe nor without end."""

from __future__ import annotations

import json
import os
import stat
import zlib
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError
from confu_core.io.remote import RemotePath
from confu_core.io.storage import Location

__all__ = ["SMALL", "check_replaceable", "marked", "read_json", "read_small", "unmarked"]

SMALL = 64 << 20  # Bytes: the manifest of some 200,000 shards.
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


def check_replaceable(path: Path) -> None:
    """Refuse a name that only a plain file may have, where something else has it.

    Parameters
    ----------
    path : Path
        Of a file that is to be written.

    Raises
    ------
    DatasetError
        If it is that of a link, which is not followed, a folder, a device, a pipe or a socket.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_replaceable(Path(folder))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: cannot write ...: it is a folder, and only a plain file is replaced; ...
    """
    if "\0" in str(path):
        raise DatasetError(f"cannot write {str(path)!r}: it is no name of a file; choose another name")
    if (kind := _kind(path)) is not None:
        raise DatasetError(f"cannot write {path}: it is {kind}, and only a plain file is replaced; choose another name")


def read_small(path: Location, limit: int = SMALL) -> bytes:
    """Read a file that is small by what it is for, such as a manifest.

    Parameters
    ----------
    path : Path or RemotePath
        Its place; links are followed.
    limit : int
        Most bytes that it may have.

    Returns
    -------
    bytes
        All of it.

    Raises
    ------
    OSError
        If it is not there, or cannot be opened.
    DatasetError
        If it is no plain file, or larger.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.json").write_bytes(b"[1, 2]")
    ...     read_small(Path(folder) / "a.json", limit=3)
    Traceback (most recent call last):
    confu_core.errors.DatasetError: ...a.json is larger than 3 bytes, which no such file is; restore it
    """
    if isinstance(path, RemotePath):
        content = path.read_bytes()
    else:
        # Without waiting: to open a pipe would otherwise take until somebody writes to it.
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(number, "rb") as file:
            _check_whole(path, os.fstat(number), limit)
            content = file.read(limit + 1)
    if len(content) > limit:
        raise DatasetError(_too_large(path, limit))
    return content


def read_json(path: Location, limit: int = SMALL) -> Any:
    """Read a small JSON file.

    Parameters
    ----------
    path, limit
        As for `read_small`.

    Returns
    -------
    object
        What it holds.

    Raises
    ------
    OSError, DatasetError
        As from `read_small`.
    ValueError
        If it is not JSON, or nested too deeply.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.json").write_bytes(b"[1, 2]")
    ...     read_json(Path(folder) / "a.json")
    [1, 2]
    """
    try:
        return json.loads(read_small(path, limit))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def marked(content: bytes) -> bytes:
    """Return the content of a file that is kept for later, with its CRC-32 on a line before it."""
    return b"%08x\n" % zlib.crc32(content) + content


def unmarked(content: bytes) -> bytes:
    """Return what `marked` was given.

    Raises
    ------
    ValueError
        If a bit was altered since.

    Examples
    --------
    >>> unmarked(marked(b"kept"))
    b'kept'
    """
    mark, _, kept = content.partition(b"\n")
    if mark != b"%08x" % zlib.crc32(kept):
        raise ValueError("its checksum is another")
    return kept


def _kind(path: Path) -> str | None:
    """Name what has a name, unless it is a plain file or nothing."""
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):  # Writing says what is the matter.
        return None
    return None if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no plain file")


def _check_whole(path: Path, found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise DatasetError(f"{path} is {kind}, where a plain file must be")
    if found.st_size > limit:  # Before it is read: a sparse file takes memory only then.
        raise DatasetError(_too_large(path, limit))


def _too_large(path: Location, limit: int) -> str:
    return f"{path} is larger than {limit:,} bytes, which no such file is; restore it"
