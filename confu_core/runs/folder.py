"""The folder of a sweep: new, empty or of the same benchmark, and in use by one process at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from confu_core.errors import DatasetError, ResultsError
from confu_core.io.atomic import remove_partials, writing
from confu_core.io.lock import LOCK, OWNER, InUse, folder_in_use
from confu_core.runs.results import RESULTS, read_results

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
    OWNER,
}


@contextlib.contextmanager
def claimed(folder: Path, benchmark: str, *, wait: bool = False) -> Iterator[Path]:
    """Hold a results folder for the length of a block, made where it is missing."""
    with contextlib.ExitStack() as stack:
        try:
            if folder.exists() and not folder.is_dir():
                raise ResultsError(f"{folder} is not a folder; choose another --out")
            stack.enter_context(folder_in_use(folder, wait=wait))
            with writing(folder):
                _check(folder, benchmark)
                remove_partials(folder)
        except InUse:
            raise ResultsError(f"{folder} is in use by another sweep; wait for it or choose another --out") from None
        except (DatasetError, OSError) as error:
            raise ResultsError(str(error)) from error
        yield folder


def _check(folder: Path, benchmark: str) -> None:
    if (foreign := _foreign(folder)) is not None:
        raise ResultsError(f"{folder} holds other data ({foreign}); choose another --out or an empty folder")
    if (folder / RESULTS).exists() and (held := read_results(folder).benchmark) != benchmark:
        raise ResultsError(f"{folder} holds results of {held!r}, not of {benchmark!r}; choose another --out")


def _foreign(folder: Path) -> str | None:
    """Return the first file that no sweep has written, if there is one."""
    names = sorted(path.name for path in folder.iterdir())
    return next((name for name in names if name not in OWN and not name.endswith(".partial")), None)
