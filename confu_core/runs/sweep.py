"""A sweep: many cells, computed in stacks by several processes, each kept as soon as it is finished.

A cell is one run with its settings. Cells of one shape are trained together; a finished cell is never computed
again; a cell that fails is recorded with its error and computed again next time.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confu_core.errors import ConfuError, InvalidValue, ResultsError
from confu_core.parallel.cluster import engine_in_use
from confu_core.parallel.workers import mapped
from confu_core.runs.grid import Cell, Settings
from confu_core.runs.store import Store, open_store
from confu_core.settings import Dial

Row = dict[str, Any]


@dataclass(frozen=True)
class SweepSummary:
    """What a sweep did: cells in all, those computed this time, those that failed, with errors, and its seconds."""

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
    written: Callable[[Row, float], None] | None = None,
) -> SweepSummary:
    """Compute all cells that a folder does not hold yet, or one of several parts of them.

    Any number of processes may do so in one folder at once: none computes what another one does, what a dead one has
    left is taken over, and each returns when all of its cells are there. `written` is told of each cell that this one
    has kept, with the seconds that it took.
    """
    for name, value in (("workers", workers), ("stack_size", stack_size), ("cells", len(cells))):
        Dial(low=1).checked(name, value)
    started = time.monotonic()
    own = _dealt(cells, *part)
    stacks, wanted = _stacks(own, stack_size), {cell.id for cell in own}
    failed: list[tuple[str, str]] = []
    computed = 0
    planned = [{"cell": cell.id, **cell.columns} for cell in own]
    with engine_in_use(engine, scheduler), open_store(out, plan, planned) as store:

        def report() -> None:
            if progress is not None:
                progress(len(wanted & store.done), len(wanted), len(failed))

        def arrived(found: tuple[list[Row], list[Row]]) -> None:
            nonlocal computed
            store.add(*found)
            computed += len(found[0])
            for row, cost in zip(*found, strict=True):
                if written is not None:
                    written(row, cost["seconds"])
            failed.extend((row["cell"], row["error"]) for row in found[0] if row["status"] == "failed")
            report()

        report()
        mapped(
            functools.partial(_stack, compute),
            _claimed(store, stacks, report, most=1 if engine == "local" else len(stacks)),
            workers,
            each=arrived,
            name=lambda stack: ", ".join(cell.id for cell in stack),
            who="the process",
            over="the cells ",
            mend="the others are kept: run the same sweep again, with fewer --workers or a smaller --stack if memory "
            "ran out",
            error=ResultsError,
        )
    return SweepSummary(len(wanted), computed, tuple(failed), time.monotonic() - started)


def _dealt(cells: Sequence[Cell[Settings]], part: int, parts: int) -> list[Cell[Settings]]:
    """Return the cells of a part, each once."""
    if not 1 <= part <= parts:
        raise InvalidValue(f"part must be one of several, such as 3/20; got {part}/{parts}")
    if not (own := list({cell.id: cell for cell in cells}.values())[part - 1 :: parts]):
        raise InvalidValue(f"part {part}/{parts} holds none of {len(cells)} cells; use fewer parts")
    return own


def keep(row: Row, out: str | Path, *, plan: dict[str, Any], seconds: float) -> None:
    """Keep one run in a results folder, in place of an earlier one with the same settings."""
    settings = {name: value for name, value in row.items() if name not in ("measures", "examples")}
    cost = {"cell": row["cell"], "seconds": seconds, "peak_memory_bytes": peak_memory(), "stack": 1}
    with open_store(out, plan, [settings], again=False) as store:
        store.add([row], [cost])


def _stacks(cells: Sequence[Cell[Settings]], size: int) -> list[list[Cell[Settings]]]:
    shapes: dict[Hashable, list[Cell[Settings]]] = {}
    for cell in cells:
        shapes.setdefault(cell.shape, []).append(cell)
    return [group[at : at + size] for group in shapes.values() for at in range(0, len(group), size)]


def _claimed(
    store: Store, left: list[list[Cell[Any]]], report: Callable[[], None], most: int
) -> Iterator[Stack | None]:
    """Yield stacks as they are claimed; None while other processes have all that is left."""
    while left:
        own, left = store.claim(left, most)
        yield from map(Stack, own)
        if left and not own:
            report()
            yield None


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
