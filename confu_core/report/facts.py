"""What stands behind the numbers: settings, machine, cost, and what failed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.report.grouping import axis_values, in_order, short_name
from confu_core.report.series import is_number
from confu_core.report.view import SEED, View
from confu_core.report.wording import show, show_setting
from confu_core.runs.results import Results, Row

__all__ = ["Facts", "Failure", "facts_of"]

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Failure:
    """A cell that failed.

    Attributes
    ----------
    folder, group, cell, error : str
        Whose, which, and why.
    where : str
        The settings that tell it from other cells.
    """

    folder: str
    group: str
    cell: str
    where: str
    error: str


@dataclass(frozen=True)
class Facts:
    """What stands behind the numbers of a report.

    Attributes
    ----------
    cells, finished : int
        Rows in all folders.
    axes : tuple of (str, str)
        Settings that the sweeps vary, with their values.
    common : tuple of (str, str)
        Settings that are equal in all cells.
    groups : tuple of str
        Methods, with the folder where there are several.
    differing : tuple of (str, tuple of str)
        Settings that differ between these, with the values of each.
    machines : tuple of (str, tuple of (str, str))
        By folder, what it was computed on.
    costs : tuple of (str, str, str, str, str)
        By group: cells, seconds in all and per cell, peak memory.
    failures : tuple of Failure
        By folder and cell.
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


def facts_of(sources: Sequence[Results], labels: Sequence[str], view: View) -> Facts:
    """Collect what stands behind the numbers.

    Parameters
    ----------
    sources : sequence of Results
        One or several folders.
    labels : sequence of str
        What to call each.
    view : View
        What is x, and what tells groups apart.

    Returns
    -------
    Facts
        For readers.
    """
    groups = _by_group(sources, labels, view)
    cells = [cell for each in groups.values() for cell in each]
    named = {name for results in sources for name in results.setting_names} - {view.group}
    # What no cell has, such as the mixing probability of real media, is no setting of theirs.
    names = sorted(name for name in named if any(cell.row.get(name) is not None for cell in cells))
    axes = [name for name in names if name in (view.x, SEED) or any(_varies(each, name) for each in groups.values())]
    axes_values = ((name, _values(cells, name)) for name in axes)
    rest = {name: tuple(_values(each, name) for each in groups.values()) for name in names if name not in axes}
    return Facts(
        cells=len(cells),
        finished=sum(cell.row["status"] == "done" for cell in cells),
        axes=((view.group, ", ".join(dict.fromkeys(cell.group for cell in cells))), *axes_values),
        common=tuple((name, values[0]) for name, values in rest.items() if len(set(values)) == 1),
        groups=tuple(groups),
        differing=tuple((name, values) for name, values in rest.items() if len(set(values)) > 1),
        machines=tuple((label, _machine(each.environment)) for each, label in zip(sources, labels, strict=True)),
        costs=tuple((name, *_cost(each)) for name, each in {**groups, "in all": cells}.items()),
        failures=tuple(_failure(cell, axes) for cell in cells if cell.row["status"] != "done"),
    )


def size(count: float) -> str:
    """Write a number of bytes for a reader.

    Parameters
    ----------
    count : float
        Bytes.

    Returns
    -------
    str
        With a decimal unit.

    Examples
    --------
    >>> size(516_005_888), size(25_276_502_016)
    ('516 MB', '25.3 GB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """Write a time for a reader.

    Parameters
    ----------
    seconds : float
        At least 0.

    Returns
    -------
    str
        In units that fit.

    Examples
    --------
    >>> duration(1.94), duration(151), duration(5400)
    ('1.9 s', '2 min 31 s', '1 h 30 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@dataclass(frozen=True)
class _Cell:
    folder: str
    group: str
    row: Row
    cost: Row


def _by_group(sources: Sequence[Results], labels: Sequence[str], view: View) -> dict[str, list[_Cell]]:
    """Cells by method, and by folder where there are several, each with what it cost."""
    groups: dict[str, list[_Cell]] = {}
    short = short_name(str(group) for results in sources for group in results.table[view.group].to_pylist())
    for results, label in zip(sources, labels, strict=True):
        costs = {cost["cell"]: cost for cost in results.cost_rows()}
        held: dict[str, list[_Cell]] = {}
        for row in results.rows():
            cell = _Cell(label, short(str(row[view.group])), row, costs.get(row["cell"], {}))
            held.setdefault(str(row[view.group]), []).append(cell)
        for group in in_order(held, axis_values(results, view.group)):
            name = f"{label}: {short(group)}" if len(sources) > 1 else short(group)
            groups[name] = held[group]
    return groups


def _varies(cells: Sequence[_Cell], name: str) -> bool:
    return len({cell.row.get(name) for cell in cells}) > 1


def _values(cells: Sequence[_Cell], name: str) -> str:
    """Write the distinct values of a setting; that some methods lack it is left out where others have it."""
    found = {cell.row.get(name) for cell in cells} - {None}
    ordered = sorted(found, key=lambda value: (0, value) if is_number(value) else (1, str(value)))
    return ", ".join(map(show_setting, ordered)) or show_setting(None)


def _machine(environment: dict[str, Any]) -> Pairs:
    memory, versions = environment.get("memory_bytes"), environment.get("versions")
    known = [
        ("processor", environment.get("processor")),
        ("cores", environment.get("cores")),
        ("memory", size(memory) if isinstance(memory, int | float) else None),
        ("accelerator", environment.get("accelerator")),
        ("system", environment.get("platform")),
        ("Python", environment.get("python")),
        *(versions.items() if isinstance(versions, dict) else ()),
    ]
    return tuple((str(name), str(value)) for name, value in known if value is not None)


def _cost(cells: Sequence[_Cell]) -> tuple[str, str, str, str]:
    """Return the number of cells, time of all, time of one, most memory."""
    seconds = [cell.cost["seconds"] for cell in cells if cell.cost.get("seconds") is not None]
    memory = [cell.cost["peak_memory_bytes"] for cell in cells if cell.cost.get("peak_memory_bytes") is not None]
    total = math.fsum(seconds)
    times = (duration(total), duration(total / len(seconds))) if seconds else (show(None), show(None))
    return (str(len(cells)), *times, size(max(memory)) if memory else show(None))


def _failure(cell: _Cell, axes: Sequence[str]) -> Failure:
    row = cell.row
    where = ", ".join(f"{name} {show_setting(row[name])}" for name in axes if row.get(name) is not None)
    return Failure(cell.folder, cell.group, row["cell"], where, str(row["error"] or "no error was recorded"))
