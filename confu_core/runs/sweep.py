"""A sweep: many cells, computed in stacks by several processes, each kept as soon as it is finished.

A cell is one run with its settings. Cells of one shape are trained together; a finished cell is never computed
again; a cell that fails is recorded with its error and computed again next time.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confu_core.errors import ConfuError, DatasetError, InvalidValue, ResultsError
from confu_core.io.atomic import remove_partials, writing
from confu_core.io.lock import LOCK, OWNER, InUse, folder_in_use
from confu_core.parallel.workers import mapped
from confu_core.runs.environment import environment
from confu_core.runs.grid import Cell, Settings
from confu_core.runs.measures import EXAMPLES, MEASURES, read_examples, read_measures, write_examples, write_measures
from confu_core.runs.results import COSTS, ENVIRONMENT, RESULTS, SWEEP, read_results, write_results, write_sidecars

Row = dict[str, Any]
# What sweeps and reports write into a results folder.
OWN = {RESULTS, MEASURES, EXAMPLES, COSTS, SWEEP, ENVIRONMENT, "checkpoints", "report", LOCK, OWNER}


@dataclass(frozen=True)
class SweepSummary:
    """What a sweep did: cells in all, those computed this time, those that failed, with errors, and its seconds."""

    cells: int
    computed: int
    failed: tuple[tuple[str, str], ...]
    seconds: float


def sweep(
    cells: Sequence[Cell[Settings]],
    compute: Callable[[list[Settings]], list[Row]],
    out: str | Path,
    *,
    plan: dict[str, Any],
    workers: int = 1,
    stack_size: int = 5,
    progress: Callable[[int, int, int], None] | None = None,
    written: Callable[[str], None] | None = None,
) -> SweepSummary:
    """Compute all cells that a folder does not hold yet."""
    for name, value in (("workers", workers), ("stack_size", stack_size), ("cells", len(cells))):
        if value < 1:
            raise InvalidValue(f"{name} must be at least 1; got {value}")
    started = time.monotonic()
    with claimed(Path(out), plan["benchmark"]) as folder:
        table = _Table(folder, plan)
        left = [cell for cell in {cell.id: cell for cell in cells}.values() if cell.id not in table.done]
        wanted = {cell.id for cell in cells}
        failed: list[tuple[str, str]] = []

        def report() -> None:
            if progress is not None:
                progress(len(wanted & table.done), len(wanted), len(failed))

        def arrived(found: tuple[list[Row], list[Row]]) -> None:
            table.add(*found)
            for row in found[0]:
                if written is not None and row["status"] == "done":
                    written(row["cell"])
            failed.extend((row["cell"], row["error"]) for row in found[0] if row["status"] == "failed")
            report()

        report()
        stacks = _stacks(left, stack_size)
        mapped(
            functools.partial(_numbered, compute, stacks),  # Stacks are sent to the processes once.
            range(len(stacks)),
            min(workers, max(1, len(stacks))),
            each=arrived,
            name=lambda number: ", ".join(cell.id for cell in stacks[number]),
            died=lambda times, names: (
                f"the process died {times} times over the cells {names}; the others are kept: run the same sweep "
                "again, with fewer --workers or a smaller --stack if memory ran out"
            ),
            error=ResultsError,
        )
    return SweepSummary(len(wanted), len(left), tuple(failed), time.monotonic() - started)


def keep(row: Row, out: str | Path, *, plan: dict[str, Any], seconds: float) -> None:
    """Keep one run in a results folder, in place of an earlier one with the same settings."""
    with claimed(Path(out), plan["benchmark"], wait=True) as folder:
        cost = {"cell": row["cell"], "seconds": seconds, "peak_memory_bytes": peak_memory(), "stack": 1}
        _Table(folder, plan).add([dict(row)], [cost])


class _Table:
    """The rows of a results folder, written anew with every stack that is finished."""

    def __init__(self, folder: Path, plan: dict[str, Any]) -> None:
        self.folder, self.plan = folder, plan
        self.rows: dict[str, Row] = {}
        self.costs: dict[str, Row] = {}
        if (folder / RESULTS).exists():
            held = read_results(folder)
            self.rows = {row["cell"]: row for row in held.rows()}
            self.costs = {row["cell"]: row for row in held.cost_rows()}
        self.measures = read_measures(folder).to_pylist()
        self.examples = read_examples(folder)
        write_sidecars(folder, sweep=plan, environment=environment())

    @property
    def done(self) -> set[str]:
        return {cell for cell, row in self.rows.items() if row["status"] == "done"}

    def add(self, rows: list[Row], costs: list[Row]) -> None:
        # A cell's measures are written before its row: a row that is done has them.
        for row in rows:
            self.measures = self._with(self.measures, row, "measures", write_measures)
            self.examples = self._with(self.examples, row, "examples", write_examples)
        self.rows.update({row["cell"]: row for row in rows})
        self.costs.update({row["cell"]: row for row in costs})
        write_results(self.folder, self.plan["benchmark"], list(self.rows.values()), costs=list(self.costs.values()))

    def _with(self, held: list[Row], row: Row, name: str, write: Callable[[Path, list[Row]], None]) -> list[Row]:
        kept, new = [one for one in held if one["cell"] != row["cell"]], row.pop(name, [])
        if new or len(kept) < len(held):
            write(self.folder, kept + new)
        return kept + new


def _stacks(cells: Sequence[Cell[Settings]], size: int) -> list[list[Cell[Settings]]]:
    shapes: dict[Hashable, list[Cell[Settings]]] = {}
    for cell in cells:
        shapes.setdefault(cell.shape, []).append(cell)
    return [group[at : at + size] for group in shapes.values() for at in range(0, len(group), size)]


def _numbered(
    compute: Callable[[list[Settings]], list[Row]], stacks: list[list[Cell[Settings]]], number: int
) -> tuple[list[Row], list[Row]]:
    return _stack(compute, stacks[number])


def _stack(compute: Callable[[list[Settings]], list[Row]], stack: list[Cell[Settings]]) -> tuple[list[Row], list[Row]]:
    """Rows and costs of the cells of a stack; if it fails, each cell's on its own."""
    started = time.monotonic()
    try:
        rows = compute([cell.settings for cell in stack])
    except ConfuError as error:
        if len(stack) == 1:
            rows = [{"cell": stack[0].id, **stack[0].columns, "status": "failed", "error": str(error)}]
        else:
            apart = [_stack(compute, [cell]) for cell in stack]
            return [row for rows, _ in apart for row in rows], [cost for _, costs in apart for cost in costs]
    seconds = (time.monotonic() - started) / len(stack)
    cost = {"seconds": seconds, "peak_memory_bytes": peak_memory(), "stack": len(stack)}
    return rows, [{"cell": cell.id, **cost} for cell in stack]


def peak_memory() -> int:
    """Return the most memory that this process has held."""
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


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
    names = sorted(path.name for path in folder.iterdir())
    if foreign := next((name for name in names if name not in OWN and not name.endswith(".partial")), None):
        raise ResultsError(f"{folder} holds other data ({foreign}); choose another --out or an empty folder")
    if (folder / RESULTS).exists() and (held := read_results(folder).benchmark) != benchmark:
        raise ResultsError(f"{folder} holds results of {held!r}, not of {benchmark!r}; choose another --out")
