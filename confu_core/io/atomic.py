"""Files that appear whole or not at all, and their checksums."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from confu_core.errors import DatasetError
from confu_core.io.plain import check_replaceable
from confu_core.io.remote import RemotePath
from confu_core.io.storage import Location

__all__ = ["check_writable", "remove_partials", "replacing", "sha256_of", "write_whole", "writing"]

_PARTIAL = ".partial"
_NAME_LETTERS = 50  # Of the final name in the temporary one, which is to fit where the final one does.
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file under a temporary name; it takes its final name only once it is whole and on the disk.

    Parameters
    ----------
    path : Path
        The final name. Its folder is made where it is missing.

    Yields
    ------
    binary file
        Open for writing. Whatever interrupts the block, Ctrl-C included, removes the temporary.

    Raises
    ------
    DatasetError
        If the operating system refuses to write, or what has the name is no plain file: links, devices and pipes are
        neither followed nor replaced.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "new" / "a.txt") as file:
    ...         _ = file.write(b"whole")
    ...     (Path(folder) / "new" / "a.txt").read_text()
    'whole'
    """
    # A name of its own: a scheduler may run a job twice at once, and neither may cut the other's file.
    with writing(path):
        # `with_name` refuses a name that is none, such as that of "." or of the root.
        check_replaceable(path)
        temporary = path.with_name(f".{path.name[:_NAME_LETTERS]}.{secrets.token_hex(4)}{_PARTIAL}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            check_replaceable(path)  # Once more: writing may take hours.
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


@contextlib.contextmanager
def writing(path: Location) -> Iterator[None]:
    """Turn the operating system's refusal to write into one clear line.

    Parameters
    ----------
    path : Path or RemotePath
        What is being written, for the message.

    Raises
    ------
    DatasetError
        In place of any OSError of the block.

    Examples
    --------
    >>> with writing(Path("data/x")):
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: cannot write data/x: the disk is full; free some space and run ... again
    """
    try:
        yield
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {_reason(error)}") from error


def check_writable(path: Path) -> None:
    """Find out before hours of work whether a file can be written, by writing a temporary one beside it.

    Parameters
    ----------
    path : Path
        Its final name; what it holds is left as it is. Its folder is made where it is missing.

    Raises
    ------
    DatasetError
        As from `replacing`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     check_writable(Path(folder) / "new" / "model.pt")
    ...     list((Path(folder) / "new").iterdir())
    []
    """
    with contextlib.suppress(_Checked), replacing(path):
        raise _Checked


class _Checked(Exception):
    """Ends a trial to write."""


def write_whole(path: Location, content: bytes) -> None:
    """Write a small file, whole or not at all.

    Parameters
    ----------
    path : Path or RemotePath
        The final name.
    content : bytes
        What it is to hold.

    Raises
    ------
    DatasetError
        If the operating system refuses to write.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a.txt", b"whole")
    ...     (Path(folder) / "a.txt").read_text()
    'whole'
    """
    if isinstance(path, RemotePath):
        path.write_bytes(content)
        return
    with replacing(path) as file:
        file.write(content)


def remove_partials(folder: Path) -> None:
    """Remove the temporaries that a killed process left directly in a folder.

    Parameters
    ----------
    folder : Path
        Need not exist.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / ".a.tar.partial").write_bytes(b"half")
    ...     remove_partials(Path(folder))
    ...     list(Path(folder).iterdir())
    []
    """
    for path in folder.glob(f".*{_PARTIAL}"):
        path.unlink(missing_ok=True)


def sha256_of(path: Location) -> str:
    """Return the SHA-256 of a file, read in pieces.

    Parameters
    ----------
    path : Path or RemotePath
        An existing file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    DatasetError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     empty = Path(folder) / "empty"
    ...     empty.touch()
    ...     sha256_of(empty)[:8]
    'e3b0c442'
    """
    digest = hashlib.sha256()
    try:
        if isinstance(path, Path) and path.exists() and not path.is_file():
            raise DatasetError(f"{path} is no plain file")
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _reason(error: OSError) -> str:
    if error.errno in _FULL:
        return "the disk is full; free some space and run the same command again"
    if error.errno in _FORBIDDEN:
        return "the folder is not writable; choose another --out"
    return error.strerror or str(error)
