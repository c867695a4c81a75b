"""What stands behind the numbers: settings, machine, cost, and what failed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.page.numbers import show, show_setting, size
from confu_core.report.sources import SEED, ReportView, axis_values, in_order, short_name, sort_key
from confu_core.runs.results import Results, Row

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Failure:
    """A cell that failed: its folder, method and name, the settings that tell it apart, and the error."""

    folder: str
    group: str
    cell: str
    where: str
    error: str


@dataclass(frozen=True)
class Facts:
    """What stands behind the numbers of a report, as texts.

    `axes` are settings that vary, `common` those that are the same everywhere, and `differing` those that differ
    between methods, with a value for each of `groups`. `costs` are per method: cells, time, time per cell, memory.
    """

    cells: int
    finished: int
    axes: Pairs
    common: Pairs
    groups: tuple[str, ...]
    differing: tuple[tuple[str, tuple[str, ...]], ...]
    machines: tuple[tuple[str, Pairs], ...]
    costs: tuple[tuple[str, str, str, str, str], ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class _Cell:
    folder: str
    group: str
    row: Row
    cost: Row


def facts_of(sources: Sequence[Results], labels: Sequence[str], view: ReportView) -> Facts:
    """Collect what stands behind the numbers of results folders."""
    groups = _by_group(sources, labels, view)
    cells = [cell for each in groups.values() for cell in each]
    named = {name for results in sources for name in results.setting_names} - {view.group}
    # What no cell has, such as the mixing probability of real media, is no setting of theirs.
    names = sorted(name for name in named if any(cell.row.get(name) is not None for cell in cells))
    axes = [name for name in names if name in (view.x, SEED) or any(_varies(each, name) for each in groups.values())]
    rest = {name: tuple(_values(each, name) for each in groups.values()) for name in names if name not in axes}
    methods = (view.group, ", ".join(dict.fromkeys(cell.group for cell in cells)))
    return Facts(
        cells=len(cells),
        finished=sum(cell.row["status"] == "done" for cell in cells),
        axes=(methods, *((name, _values(cells, name)) for name in axes)),
        common=tuple((name, values[0]) for name, values in rest.items() if len(set(values)) == 1),
        groups=tuple(groups),
        differing=tuple((name, values) for name, values in rest.items() if len(set(values)) > 1),
        machines=tuple((label, _machine(each.environment)) for each, label in zip(sources, labels, strict=True)),
        costs=tuple((name, *_cost(each)) for name, each in {**groups, "in all": cells}.items()),
        failures=tuple(_failure(cell, axes) for cell in cells if cell.row["status"] != "done"),
    )


def duration(seconds: float) -> str:
    """Write a time for a reader.

    >>> duration(12.34), duration(125), duration(7300)
    ('12.3 s', '2 min 5 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _by_group(sources: Sequence[Results], labels: Sequence[str], view: ReportView) -> dict[str, list[_Cell]]:
    """Return cells by method, and by folder where there are several, each with what it cost."""
    groups: dict[str, list[_Cell]] = {}
    short = short_name(str(group) for results in sources for group in results.table[view.group].to_pylist())
    for results, label in zip(sources, labels, strict=True):
        costs = {cost["cell"]: cost for cost in results.cost_rows()}
        held: dict[str, list[_Cell]] = {}
        for row in results.rows():
            cell = _Cell(label, short(str(row[view.group])), row, costs.get(row["cell"], {}))
            held.setdefault(str(row[view.group]), []).append(cell)
        for group in in_order(held, axis_values(results, view.group)):
            groups[f"{label}: {short(group)}" if len(sources) > 1 else short(group)] = held[group]
    return groups


def _varies(cells: Sequence[_Cell], name: str) -> bool:
    return len({cell.row.get(name) for cell in cells}) > 1


def _values(cells: Sequence[_Cell], name: str) -> str:
    """Write the distinct values of a setting; that some methods lack it is left out where others have it."""
    found = {cell.row.get(name) for cell in cells} - {None}
    return ", ".join(map(show_setting, sorted(found, key=sort_key))) or show_setting(None)


def _machine(environment: dict[str, Any]) -> Pairs:
    memory, versions = environment.get("memory_bytes"), environment.get("versions")
    known = [
        *((name, environment.get(name)) for name in ("processor", "cores")),
        ("memory", size(memory) if isinstance(memory, int | float) else None),
        *((name, environment.get(key)) for name, key in (("accelerator",) * 2, ("system", "platform"))),
        ("Python", environment.get("python")),
        *(versions.items() if isinstance(versions, dict) else ()),
    ]
    return tuple((str(name), str(value)) for name, value in known if value is not None)


def _cost(cells: Sequence[_Cell]) -> tuple[str, str, str, str]:
    seconds = [cell.cost["seconds"] for cell in cells if cell.cost.get("seconds") is not None]
    memory = [cell.cost["peak_memory_bytes"] for cell in cells if cell.cost.get("peak_memory_bytes") is not None]
    total = math.fsum(seconds)
    times = (duration(total), duration(total / len(seconds))) if seconds else (show(None), show(None))
    return (str(len(cells)), *times, size(max(memory)) if memory else show(None))


def _failure(cell: _Cell, axes: Sequence[str]) -> Failure:
    row = cell.row
    where = ", ".join(f"{name} {show_setting(row[name])}" for name in axes if row.get(name) is not None)
    return Failure(cell.folder, cell.group, row["cell"], where, str(row["error"] or "no error was recorded"))
