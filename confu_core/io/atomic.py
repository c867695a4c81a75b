"""Files that appear whole or not at all, are plain files and nothing else, and are read within bounds."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from confu_core.errors import DatasetError
from confu_core.io.storage import Location, RemotePath, files_under

_PARTIAL = ".partial"
_NAME_LETTERS = 50  # Of the final name in the temporary one, which is to fit where the final one does.
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file under a temporary name; it takes its final name only once it is whole and on the disk.

    Whatever interrupts the block, Ctrl-C included, removes the temporary. A link, device or pipe of that name is
    neither followed nor replaced.
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
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give a folder to write into that takes its final name if the block succeeds, and vanishes otherwise.

    Nobody else writes to that name: a folder that has it, and what killed writers of it left, is removed first.
    """
    for left in path.parent.glob(f".{path.name}.*{_PARTIAL}"):
        shutil.rmtree(left)
    temporary, doomed = (path.with_name(f".{path.name}.{secrets.token_hex(4)}{_PARTIAL}") for _ in range(2))
    if path.exists():
        path.replace(doomed)
        shutil.rmtree(doomed)
    temporary.mkdir()
    try:
        yield temporary
        temporary.replace(path)
        if os.name != "nt":  # Windows has no such thing.
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # The name, too, is to survive a power cut.
            finally:
                os.close(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


@contextlib.contextmanager
def writing(path: Location) -> Iterator[None]:
    """Turn the operating system's refusal to write within a block into a DatasetError that says what mends it."""
    try:
        yield
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {_reason(error)}") from error


@contextlib.contextmanager
def reading(path: Location, mend: str = "") -> Iterator[None]:
    """Turn the operating system's refusal to read within a block into a DatasetError."""
    try:
        yield
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}{mend}") from error


@contextlib.contextmanager
def workspace(root: Location, *, scratch: str | None = None) -> Iterator[Path]:
    """Give a local folder to write into whose files are at their places in a dataset when the block ends without error.

    It is the dataset's own folder where that is local; or, given how the name of one within that is to begin, such a
    folder, from which each file takes its place in one step.
    """
    if isinstance(root, Path) and scratch is None:
        yield root
        return
    beside = root if isinstance(root, Path) else None
    with writing(root), tempfile.TemporaryDirectory(prefix=scratch, dir=beside) as folder:
        yield Path(folder)
        for name in files_under(Path(folder)):
            place = root / name
            if isinstance(place, RemotePath):
                place.upload(Path(folder) / name)
                continue
            with writing(place):
                place.parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / name).replace(place)


def check_writable(path: Path) -> None:
    """Find out before hours of work whether a file can be written, by writing a temporary one beside it."""
    with contextlib.suppress(_Checked), replacing(path):
        raise _Checked


class _Checked(Exception):
    """Ends a trial to write."""


def write_whole(path: Location, content: bytes) -> None:
    """Write a small file, whole or not at all."""
    if isinstance(path, RemotePath):
        path.write_bytes(content)
        return
    with replacing(path) as file:
        file.write(content)


def remove_partials(folder: Path) -> None:
    """Remove the temporaries that a killed process left directly in a folder."""
    for path in folder.glob(f".*{_PARTIAL}"):
        path.unlink(missing_ok=True)


def sha256_of(path: Location) -> str:
    """Return the SHA-256 of a plain file, read in pieces, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with reading(path):
        if isinstance(path, Path) and path.exists() and not path.is_file():
            raise DatasetError(f"{path} is no plain file")
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def _reason(error: OSError) -> str:
    if error.errno in _FULL:
        return "the disk is full; free some space and run the same command again"
    if error.errno in _FORBIDDEN:
        return "the folder is not writable; choose another --out"
    return error.strerror or str(error)


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
    """Refuse to write over a link, which is not followed, a folder, a device, a pipe or a socket."""
    if "\0" in str(path):
        raise DatasetError(f"cannot write {str(path)!r}: it is no name of a file; choose another name")
    if (kind := _kind(path)) is not None:
        raise DatasetError(f"cannot write {path}: it is {kind}, and only a plain file is replaced; choose another name")


def read_small(path: Location, limit: int = SMALL) -> bytes:
    """Read a plain file of at most `limit` bytes, such as a manifest; links are followed; a lost file is an OSError."""
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
    """Read a JSON file as `read_small` does; if it is no JSON or nested too deeply, that is a ValueError."""
    try:
        return json.loads(read_small(path, limit))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def marked(content: bytes) -> bytes:
    """Return the content of a file that is kept for later, with its CRC-32 on a line before it."""
    return b"%08x\n" % zlib.crc32(content) + content


def unmarked(content: bytes) -> bytes:
    """Return the content that `marked` put its CRC-32 before, or raise ValueError if a bit was altered since."""
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


def _check_whole(path: Path, state: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(state.st_mode):
        kind = _KINDS.get(stat.S_IFMT(state.st_mode), "something else")
        raise DatasetError(f"{path} is {kind}, where a plain file must be")
    if state.st_size > limit:  # Before it is read: a sparse file takes memory only then.
        raise DatasetError(_too_large(path, limit))


def _too_large(path: Location, limit: int) -> str:
    return f"{path} is larger than {limit:,} bytes, which no such file is; restore it"
