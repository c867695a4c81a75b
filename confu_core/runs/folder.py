"""The folder of a sweep: new, empty or of the same benchmark, and in use by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from confu_core.errors import DatasetError, ResultsError
from confu_core.runs.results import RESULTS, read_results
from confu_core.shards.atomic import remove_partials, writing

__all__ = ["claimed"]

LOCK = ".lock"
OWN = {
    "results.parquet",
    "measures.parquet",
    "examples.parquet",
    "sweep.json",
    "environment.json",
    "costs.parquet",
    "checkpoints",
    "report",
    LOCK,
}


@contextlib.contextmanager
def claimed(folder: Path, benchmark: str) -> Iterator[Path]:
    """Hold a results folder for the length of a block, made where it is missing.

    Parameters
    ----------
    folder : Path
        Where the results are to be.
    benchmark : str
        Whose results.

    Yields
    ------
    Path
        The folder. Temporaries of a process that was killed are gone.

    Raises
    ------
    ResultsError
        If it holds something else, another process holds it, or it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root, claimed(Path(root) / "runs", "xor") as folder:
    ...     sorted(path.name for path in folder.iterdir())
    ['.lock']
    """
    if folder.exists() and not folder.is_dir():
        raise ResultsError(f"{folder} is not a folder; choose another --out")
    foreign = _foreign(folder) if folder.exists() else None
    if foreign is not None:
        raise ResultsError(f"{folder} holds other data ({foreign}); choose another --out or an empty folder")
    try:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / LOCK).open("w")
    except DatasetError as error:
        raise ResultsError(str(error)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ResultsError(f"{folder} is in use by another sweep; wait for it or choose another --out") from None
        if (folder / RESULTS).exists() and (held := read_results(folder).benchmark) != benchmark:
            raise ResultsError(f"{folder} holds results of {held!r}, not of {benchmark!r}; choose another --out")
        remove_partials(folder)
        yield folder


def _foreign(folder: Path) -> str | None:
    """Return the first file that no sweep has written, if there is one."""
    names = sorted(path.name for path in folder.iterdir())
    return next((name for name in names if name not in OWN and not name.endswith(".partial")), None)
