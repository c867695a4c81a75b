"""One process at a time: a lock that the operating system releases when its holder ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

__all__ = ["locked"]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait for a lock, and hold it until the end of a block.

    Parameters
    ----------
    path : Path
        The lock's file, which is made where it is missing and stays. Its folder exists.

    Raises
    ------
    OSError
        If the file cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder) / "x.lock"):
    ...     (Path(folder) / "x.lock").exists()
    True
    """
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
