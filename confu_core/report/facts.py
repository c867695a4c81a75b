"""What stands behind the numbers: settings, machine, cost, and what failed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.page.numbers import show, show_setting, size
from confu_core.report.sources import SEED, ReportView, by_method, short_groups, sort_key
from confu_core.runs.results import Results, Row

Pairs = tuple[tuple[str, str], ...]
# What a row is told beside its own columns, under names that no column has.
FOLDER, GROUP, COST = "its folder", "its group", "its cost"


@dataclass(frozen=True)
class Facts:
    """What stands behind the numbers of a report, as texts.

    `axes` are settings that vary, `common` those that are the same everywhere, and `differing` those that differ
    between methods, with a value for each of `groups`. `costs` are per method: cells, time, time per cell, memory;
    `failures` per cell: folder, method, settings that tell it apart, name, error.
    """

    cells: int
    finished: int
    axes: Pairs
    common: Pairs
    groups: tuple[str, ...]
    differing: tuple[tuple[str, tuple[str, ...]], ...]
    machines: tuple[tuple[str, Pairs], ...]
    costs: tuple[tuple[str, ...], ...]
    failures: tuple[tuple[str, ...], ...]


def facts_of(sources: Sequence[Results], labels: Sequence[str], view: ReportView) -> Facts:
    """Collect what stands behind the numbers of results folders."""
    groups = _by_group(sources, labels, view)
    rows = [row for held in groups.values() for row in held]
    named = {name for results in sources for name in results.setting_names} - {view.group}
    # What no cell has, such as the mixing probability of real media, is no setting of theirs.
    names = sorted(name for name in named if any(row.get(name) is not None for row in rows))
    varying = {name for name in names for held in groups.values() if len({row.get(name) for row in held}) > 1}
    axes = [name for name in names if name in {view.x, SEED, *varying}]
    rest = {name: tuple(_values(held, name) for held in groups.values()) for name in names if name not in axes}
    methods = (view.group, ", ".join(dict.fromkeys(row[GROUP] for row in rows)))
    return Facts(
        cells=len(rows),
        finished=sum(row["status"] == "done" for row in rows),
        axes=(methods, *((name, _values(rows, name)) for name in axes)),
        common=tuple((name, values[0]) for name, values in rest.items() if len(set(values)) == 1),
        groups=tuple(groups),
        differing=tuple((name, values) for name, values in rest.items() if len(set(values)) > 1),
        machines=tuple((label, _machine(each.environment)) for each, label in zip(sources, labels, strict=True)),
        costs=tuple((name, *_cost(held)) for name, held in {**groups, "in all": rows}.items()),
        failures=tuple(_failure(row, axes) for row in rows if row["status"] != "done"),
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


def _by_group(sources: Sequence[Results], labels: Sequence[str], view: ReportView) -> dict[str, list[Row]]:
    """Return cells by method, and by folder where there are several, each with what it cost."""
    groups: dict[str, list[Row]] = {}
    short = short_groups(sources, view)
    for results, label in zip(sources, labels, strict=True):
        costs = {cost["cell"]: cost for cost in results.cost_rows()}
        for group, rows in by_method(results, view).items():
            told = {FOLDER: label, GROUP: short(str(group))}
            name = f"{label}: {told[GROUP]}" if len(sources) > 1 else told[GROUP]
            groups[name] = [{**row, **told, COST: costs.get(row["cell"], {})} for row in rows]
    return groups


def _values(rows: Sequence[Row], name: str) -> str:
    """Write the distinct values of a setting; that some methods lack it is left out where others have it."""
    found = {row.get(name) for row in rows} - {None}
    return ", ".join(map(show_setting, sorted(found, key=sort_key))) or show_setting(None)


def _machine(environment: dict[str, Any]) -> Pairs:
    memory, versions = environment.get("memory_bytes"), environment.get("versions")
    known = {
        "processor": environment.get("processor"),
        "cores": environment.get("cores"),
        "memory": size(memory) if isinstance(memory, int | float) else None,
        "accelerator": environment.get("accelerator"),
        "system": environment.get("platform"),
        "Python": environment.get("python"),
    }
    further = versions.items() if isinstance(versions, dict) else ()
    return tuple((str(name), str(value)) for name, value in (*known.items(), *further) if value is not None)


def _cost(rows: Sequence[Row]) -> tuple[str, ...]:
    seconds, memory = (
        [row[COST][name] for row in rows if row[COST].get(name) is not None]
        for name in ("seconds", "peak_memory_bytes")
    )
    total = math.fsum(seconds)
    times = (duration(total), duration(total / len(seconds))) if seconds else (show(None), show(None))
    return (str(len(rows)), *times, size(max(memory)) if memory else show(None))


def _failure(row: Row, axes: Sequence[str]) -> tuple[str, ...]:
    where = ", ".join(f"{name} {show_setting(row[name])}" for name in axes if row.get(name) is not None)
    return (row[FOLDER], row[GROUP], where, row["cell"], str(row["error"] or "no error was recorded"))
