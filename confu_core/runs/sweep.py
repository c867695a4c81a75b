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
from confu_core.parallel.cluster import check_engine, completed_on_cluster
from confu_core.parallel.workers import POLL_SECONDS, WorkerDied, completed
from confu_core.runs.store import Store, open_store

__all__ = ["Cell", "SweepSummary", "keep", "peak_memory", "sweep"]

Settings = TypeVar("Settings")
Row = dict[str, Any]
_NONE_NOW: list[Any] = [None]


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


class Stack(tuple[Cell[Any], ...]):
    """Cells that are computed together; no two stacks are equal."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def sweep(
    cells: Sequence[Cell[Settings]],
    compute: Callable[[list[Settings]], list[Row]],
    out: str | Path,
    *,
    plan: dict[str, Any],
    workers: int = 1,
    stack_size: int = 5,
    part: tuple[int, int] = (1, 1),
    engine: str = "local",
    scheduler: str | None = None,
    progress: Callable[[int, int, int], None] | None = None,
    written: Callable[[str], None] | None = None,
) -> SweepSummary:
    """Compute all cells that a folder does not hold yet, or one of several parts of them.

    Any number of processes may do so in one folder at once: none computes what another one does, what a dead one has
    left is taken over, and each returns when all of its cells are there.
    """
    for name, value in (("workers", workers), ("stack_size", stack_size), ("cells", len(cells))):
        if value < 1:
            raise InvalidValue(f"{name} must be at least 1; got {value}")
    if not 1 <= part[0] <= part[1]:
        raise InvalidValue(f"part must be one of several, such as 3/20; got {part[0]}/{part[1]}")
    check_engine(engine, scheduler)
    started = time.monotonic()
    stacks = _stacks(list({cell.id: cell for cell in cells}.values()), stack_size)[part[0] - 1 :: part[1]]
    wanted = {cell.id for stack in stacks for cell in stack}
    planned = [{"cell": cell.id, **cell.columns} for stack in stacks for cell in stack]
    failed: list[tuple[str, str]] = []
    computed = 0
    with open_store(out, plan, planned) as store:

        def report() -> None:
            if progress is not None:
                progress(len(wanted & store.done), len(wanted), len(failed))

        report()
        claims = _claimed(store, stacks, report, most=1 if engine == "local" else len(stacks))
        for rows, costs in _computed(functools.partial(_stack, compute), claims, workers, engine, scheduler):
            store.add(rows, costs)
            computed += len(rows)
            for row in rows:
                if written is not None and row["status"] == "done":
                    written(row["cell"])
            failed += [(row["cell"], row["error"]) for row in rows if row["status"] == "failed"]
            report()
    return SweepSummary(len(wanted), computed, tuple(failed), time.monotonic() - started)


def keep(row: Row, out: str | Path, *, plan: dict[str, Any], seconds: float) -> None:
    """Keep one run in a results folder, in place of an earlier one with the same settings."""
    settings = {name: value for name, value in row.items() if name not in ("measures", "examples")}
    cost = {"cell": row["cell"], "seconds": seconds, "peak_memory_bytes": peak_memory(), "stack": 1}
    with open_store(out, plan, [settings]) as store:
        store.add([row], [cost])


def _stacks(cells: Sequence[Cell[Settings]], size: int) -> list[list[Cell[Settings]]]:
    shapes: dict[Hashable, list[Cell[Settings]]] = {}
    for cell in cells:
        shapes.setdefault(cell.shape, []).append(cell)
    return [group[at : at + size] for group in shapes.values() for at in range(0, len(group), size)]


def _claimed(store: Store, left: list[list[Cell[Any]]], report: Callable[[], None], most: int) -> Iterator[list[Stack]]:
    """Yield stacks as they are claimed; none at times when other processes have all that is left."""
    while left:
        own, left = store.claim(left, most)
        if left and not own:
            report()
        if left or own:
            yield [Stack(stack) for stack in own]


def _computed(
    function: Callable[[Stack], Any],
    claims: Iterator[list[Stack]],
    workers: int,
    engine: str,
    scheduler: str | None,
) -> Iterator[Any]:
    try:
        if engine == "local":
            jobs = (job for claim in claims for job in (claim or _NONE_NOW))
            with contextlib.closing(completed(function, jobs, workers)) as results:
                yield from results
            return
        for claim in claims:
            if not claim:
                time.sleep(POLL_SECONDS)
            with contextlib.closing(completed_on_cluster(function, claim, workers, scheduler)) as results:
                yield from results
    except WorkerDied as error:
        lost = ", ".join(cell.id for stack in error.jobs for cell in stack)
        raise ResultsError(
            f"the process died {error.attempts} times over the cells {lost}; the others are kept: run the same sweep "
            "again, with fewer --workers or a smaller --stack if memory ran out"
        ) from error


def _stack(
    compute: Callable[[list[Settings]], list[Row]], stack: Sequence[Cell[Settings]]
) -> tuple[list[Row], list[Row]]:
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
