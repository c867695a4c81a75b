"""One process at a time: locks that the operating system releases when their holder ends, however it ends.

Linux and macOS lock by ``flock``, Windows by ``msvcrt.locking``. Where a file system has no locks, such as some
network ones, a file beside the lock names the host and the process; one whose process has ended is taken over.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import multiprocessing
import os
import secrets
import socket
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError
from confu_core.io.atomic import writing
from confu_core.io.storage import Location, RemotePath

LOCK, OWNER = ".lock", ".lock.owner"
_POLL_SECONDS = 0.05
_BUSY = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}


class InUse(DatasetError):
    """A folder that another process writes to."""


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a file, which is there as long, locked until the end of a block; wait for another holder, or raise InUse."""
    # A process that is only starting imports the script of its parent, which may hold the lock and wait for it.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise DatasetError("a worker process ran the script again; put what it does under if __name__ == '__main__':")
    while (number := _taken(path)) is None:
        if not wait:
            raise InUse(f"{path} is held by another process")
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        _let_go(path, number)


@contextlib.contextmanager
def folder_in_use(root: Location, *, wait: bool = False) -> Iterator[None]:
    """Keep other processes from building, repairing, publishing or sweeping into a folder for the length of a block.

    It is made where it is missing, and removed again if nothing came into it. Nothing is held at a URL, since stores
    have no locks.
    """
    if isinstance(root, RemotePath):
        yield
        return
    with contextlib.ExitStack() as stack:
        with writing(root):
            if root.exists() and not root.is_dir():
                raise DatasetError(f"{root} is {'a file' if root.is_file() else 'no folder'}; choose another --out")
            if not root.exists():
                root.mkdir(parents=True, exist_ok=True)
                stack.callback(_remove_if_empty, root)
            try:
                stack.enter_context(locked(root / LOCK, wait=wait))
            except InUse:
                raise InUse(f"{root} is in use by another process; wait for it or choose another --out") from None
            except OSError as error:
                # Where this process may write nothing it hurts nobody, and a finished dataset is left as it is.
                if error.errno not in _READ_ONLY:
                    raise
        yield


def shared(path: Path) -> int | None:
    """Open a file and hold it together with others, until its number is closed; None where that cannot be."""
    return _flocked(path, "LOCK_SH")


def unshared(path: Path) -> int | None:
    """Open a file and hold it alone; None where another holds it, or where nobody can."""
    return _flocked(path, "LOCK_EX")


def _flocked(path: Path, kind: str) -> int | None:
    if (fcntl := _module("fcntl")) is None:
        return None
    with contextlib.suppress(OSError):
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(number, getattr(fcntl, kind) | fcntl.LOCK_NB)
            return number
        except OSError:
            os.close(number)
    return None


def vacate(root: Path) -> None:
    """Remove the lock of a folder in use, so that another folder can take its name in one step."""
    for name in (LOCK, OWNER):
        (root / name).unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _taken(path: Path) -> int | None:
    """Open and lock a file; None where another process holds it, or let go of it meanwhile."""
    number = _opened(path)
    try:
        held = _lock(number, path)
        # A holder removes the file when it lets go: what was locked may no longer be what has the name.
        if held and _same(number, path):
            return number
    except BaseException:
        os.close(number)
        raise
    os.close(number)
    return None


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        number = os.open(path, flags, 0o666)
        if stat.S_ISREG(os.fstat(number).st_mode):
            return number
        os.close(number)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise
    raise DatasetError(f"{path} is no plain file; remove it and run the same command again")


def _lock(number: int, path: Path) -> bool:
    """Lock an open file, or say that another process has."""
    fcntl, msvcrt = _module("fcntl"), _module("msvcrt")
    try:
        if fcntl is not None:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            return _owned(path)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        if error.errno in _NO_LOCKS:
            return _owned(path)
        raise
    return True


def _module(name: str) -> Any:
    """Return a module that only some systems have, or None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _same(number: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(number), os.lstat(path))
    except FileNotFoundError:
        return False


def _let_go(path: Path, number: int) -> None:
    # Removed while it is held: whoever waits finds that the name is gone, and begins anew.
    with contextlib.suppress(OSError):
        if _same(number, path):
            path.unlink()
        (path.with_name(f"{path.name}.owner")).unlink(missing_ok=True)
    os.close(number)
    if sys.platform == "win32":
        with contextlib.suppress(OSError):
            path.unlink()


def _owned(path: Path) -> bool:
    """Own a file beside the lock, where the file system cannot lock; one whose process has ended is taken over."""
    owner = path.with_name(f"{path.name}.owner")
    me = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(8)}"
    try:
        number = os.open(owner, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        if not _has_ended(owner):
            return False
        owner.unlink(missing_ok=True)
        return False  # The next try makes it anew.
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(me)
    return True


def _has_ended(owner: Path) -> bool:
    """Tell whether the process that made a file has ended; of one on another host nothing is known."""
    try:
        host, process, *_ = owner.read_text(encoding="utf-8").split()
        if host != socket.gethostname() or sys.platform == "win32":
            return False
        os.kill(int(process), 0)
    except (ProcessLookupError, FileNotFoundError):
        return True
    except (OSError, ValueError):
        return False
    return False
