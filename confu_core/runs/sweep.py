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
from typing import Any, Generic, TypeVar

from confu_core.errors import ConfuError, InvalidValue, ResultsError
from confu_core.parallel.workers import ATTEMPTS, WorkerDied, completed
from confu_core.runs.environment import environment
from confu_core.runs.folder import claimed
from confu_core.runs.measures import read_examples, read_measures, write_examples, write_measures
from confu_core.runs.results import read_results, write_results, write_sidecars

__all__ = ["Cell", "SweepSummary", "keep", "peak_memory", "sweep"]

Settings = TypeVar("Settings")
Row = dict[str, Any]


@dataclass(frozen=True)
class Cell(Generic[Settings]):
    """One run of a sweep.

    Attributes
    ----------
    id : str
        Equal for equal settings, and for no others.
    shape : hashable
        Cells of equal shape may be computed together.
    columns : dict
        The settings, as columns of the results; what a failed cell is recorded with.
    settings : object
        What `compute` takes; picklable.
    """

    id: str
    shape: Hashable
    columns: dict[str, Any]
    settings: Settings


@dataclass(frozen=True)
class SweepSummary:
    """What a sweep did.

    Attributes
    ----------
    cells : int
        In all.
    computed : int
        This time.
    failed : tuple of (str, str)
        Cell and error, of those that failed this time.
    seconds : float
        Wall-clock time of this call.
    """

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
    written: Callable[[Row, float], None] | None = None,
) -> SweepSummary:
    """Compute all cells that a folder does not hold yet, and tell of each as it is kept, with the seconds it took."""
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

        report()
        for rows, costs in _computed(compute, _stacks(left, stack_size), workers):
            table.add(rows, costs)
            for row, cost in zip(rows, costs, strict=True):
                if written is not None:
                    written(row, cost["seconds"])
            failed += [(row["cell"], row["error"]) for row in rows if row["status"] == "failed"]
            report()
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
        if (folder / "results.parquet").exists():
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
            self._extend(row.pop("measures", []), row.pop("examples", []), row["cell"])
        self.rows.update({row["cell"]: row for row in rows})
        self.costs.update({row["cell"]: row for row in costs})
        write_results(self.folder, self.plan["benchmark"], list(self.rows.values()), costs=list(self.costs.values()))

    def _extend(self, measures: list[Row], examples: list[Row], cell: str) -> None:
        if measures or any(row["cell"] == cell for row in self.measures):
            self.measures = [row for row in self.measures if row["cell"] != cell] + measures
            write_measures(self.folder, self.measures)
        if examples or any(row["cell"] == cell for row in self.examples):
            self.examples = [row for row in self.examples if row["cell"] != cell] + examples
            write_examples(self.folder, self.examples)


def _stacks(cells: Sequence[Cell[Settings]], size: int) -> list[list[Cell[Settings]]]:
    shapes: dict[Hashable, list[Cell[Settings]]] = {}
    for cell in cells:
        shapes.setdefault(cell.shape, []).append(cell)
    return [group[at : at + size] for group in shapes.values() for at in range(0, len(group), size)]


def _computed(
    compute: Callable[[list[Settings]], list[Row]], stacks: list[list[Cell[Settings]]], workers: int
) -> Iterator[tuple[list[Row], list[Row]]]:
    # Stacks are sent to the processes once, and asked for by number.
    function = functools.partial(_numbered, compute, stacks)
    try:
        with contextlib.closing(completed(function, range(len(stacks)), min(workers, max(1, len(stacks))))) as results:
            yield from results
    except WorkerDied as error:
        lost = ", ".join(cell.id for number in error.jobs for cell in stacks[number])
        raise ResultsError(
            f"the process died {ATTEMPTS} times over the cells {lost}; the others are kept: run the same sweep again, "
            "with fewer --workers or a smaller --stack if memory ran out"
        ) from error


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
    cost = {
        "seconds": (time.monotonic() - started) / len(stack),
        "peak_memory_bytes": peak_memory(),
        "stack": len(stack),
    }
    return rows, [{"cell": cell.id, **cost} for cell in stack]


def peak_memory() -> int:
    """Return the most memory that this process has held."""
    try:
        import resource
    except ImportError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
