"""Results folders of one benchmark joined into one, and looked through before they are handed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confu_core.errors import ResultsError
from confu_core.runs.measures import EXAMPLES, MEASURES, read_examples, read_measures
from confu_core.runs.results import COSTS, RESULTS, Results, Row, check_together, parts_of, read_results
from confu_core.runs.sealed import is_sealed
from confu_core.runs.store import open_store

_SEEDS = 3  # Fewer give no interval worth reading.


@dataclass(frozen=True)
class Merged:
    """What a merge did.

    Attributes
    ----------
    cells : int
        In the merged folder.
    taken : tuple of int
        How many came from each of the folders, in their order.
    twice : int
        Cells that several folders hold; the first that has finished one gives it.
    differs : float
        The greatest difference of accuracy among those: what another machine changes.
    """

    cells: int
    taken: tuple[int, ...]
    twice: int
    differs: float


def merge_results(folders: Sequence[str | Path], out: str | Path) -> Merged:
    """Join results folders of one version of a benchmark in a folder, which may hold results of it already.

    Parameters
    ----------
    folders : sequence of str or Path
        Results folders; of a cell that several hold, the first that has finished it gives everything.
    out : str or Path
        Results folder.

    Returns
    -------
    Merged
        What came from where.

    Raises
    ------
    ResultsError
        If folders are of several benchmarks or versions, or no results folders.

    Examples
    --------
    >>> merge_results(["runs/part-1", "runs/part-2"], "runs/all")  # doctest: +SKIP
    """
    sources = [read_results(folder) for folder in folders]
    _check_together(sources)
    chosen: dict[str, tuple[int, Row]] = {}
    several: dict[str, list[float]] = {}
    for place, results in enumerate(sources):
        for row in results.rows():
            held = chosen.setdefault(row["cell"], (place, row))
            if held[0] != place:
                several.setdefault(row["cell"], [_accuracy(held[1])]).append(_accuracy(row))
                if held[1]["status"] != "done" and row["status"] == "done":
                    chosen[row["cell"]] = place, row
    rows = [row for _, row in chosen.values()]
    with open_store(out, _plan(sources), rows, environment=_joined([each.environment for each in sources])) as store:
        for place, results in enumerate(sources):
            own = {cell: row for cell, (owner, row) in chosen.items() if owner == place}
            if own:
                store.add(_whole(results.folder, own), [one for one in results.cost_rows() if one["cell"] in own])
    differs = max((max(values) - min(values) for values in several.values()), default=0.0)
    places = [place for place, _ in chosen.values()]
    taken = tuple(places.count(place) for place in range(len(sources)))
    return Merged(len(read_results(out).table), taken, len(several), differs)


def check_results(folder: str | Path, truth: Any = None) -> list[str]:
    """List what would make a reader doubt a results folder; an empty list is a folder to hand on.

    Parameters
    ----------
    folder : str or Path
        Results folder.
    truth : callable, optional
        Gives the exact ceilings of a row by direction, to be compared with those that it holds.

    Returns
    -------
    list of str
        A line per finding.

    Raises
    ------
    ResultsError
        If it is no results folder, or a file of it has been altered.
    """
    results = read_results(folder)
    rows = results.rows()
    found = [f"cell {row['cell']} failed: {row['error']}" for row in rows if row["status"] != "done"]
    for name in ("sweep", "environment"):
        if not getattr(results, name):
            found.append(f"{name}.json is missing: what was asked for, or on what it was computed, is not known")
    unpriced = {row["cell"] for row in rows} - {cost["cell"] for cost in results.cost_rows()}
    if unpriced:
        found.append(f"{len(unpriced)} cells have no costs")
    found += _unsealed(results.folder)
    found += _seeds(rows, results.setting_names)
    found += _made_with(results, rows)
    for row in rows:
        for direction in row["directions"] or []:
            value = direction["accuracy"]
            if value is not None and not 0 <= value <= 1:
                found.append(f"cell {row['cell']}: the accuracy of {direction['direction']} is {value}")
        if truth is not None and row["status"] == "done":
            found += _untrue(row, truth(row))
    return found


def _check_together(sources: Sequence[Results]) -> None:
    if not sources:
        raise ResultsError("a merge needs at least one results folder; got none")
    for results in sources:
        check_together(results, sources[0], "merge")


def _accuracy(row: Row) -> float:
    return 0.0 if row["accuracy"] is None else float(row["accuracy"])


def _whole(folder: Path, rows: Mapping[str, Row]) -> list[Row]:
    """Return rows with their measures and examples."""
    whole = {cell: {**row, "measures": [], "examples": []} for cell, row in rows.items()}
    for name, table in (("measures", read_measures(folder).to_pylist()), ("examples", read_examples(folder))):
        for one in table:
            if one["cell"] in whole:
                whole[one["cell"]][name].append(one)
    return list(whole.values())


def _plan(sources: Sequence[Results]) -> dict[str, Any]:
    """Return what ``sweep.json`` says of several sweeps: all values of every axis, and settings that all share."""
    first = sources[0].sweep
    plan = {name: value for name, value in first.items() if name != "schema_version"}
    grid: dict[str, list[Any]] = {}
    for results in sources:
        for axis, values in results.sweep.get("grid", {}).items():
            grid[axis] = list(dict.fromkeys([*grid.get(axis, []), *values]))
    shared = {
        name: value
        for name, value in first.get("settings", {}).items()
        if all(results.sweep.get("settings", {}).get(name) == value for results in sources)
    }
    return {**plan, "benchmark": sources[0].benchmark, "version": sources[0].version, "grid": grid, "settings": shared}


def _joined(environments: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join what machines say of themselves: one value where they agree, else all of them."""
    joined: dict[str, Any] = {}
    for name in dict.fromkeys(name for each in environments for name in each if name != "schema_version"):
        values = [each[name] for each in environments if name in each]
        if all(isinstance(value, dict) for value in values):
            joined[name] = _joined(values)
        else:
            distinct = list(dict.fromkeys(values))
            joined[name] = distinct[0] if len(distinct) == 1 else "; ".join(map(str, distinct))
    return joined


def _seeds(rows: Sequence[Row], settings: Sequence[str]) -> list[str]:
    """Find settings that were tried with few seeds, and methods that were tried with others than the rest."""
    found = []
    by_method: dict[str, set[Any]] = {}
    by_setting: dict[tuple[Any, ...], set[Any]] = {}
    for row in rows:
        by_method.setdefault(row["method"], set()).add(row.get("seed"))
        by_setting.setdefault(tuple(row.get(name) for name in settings if name != "seed"), set()).add(row.get("seed"))
    few = sum(len(seeds) < _SEEDS for seeds in by_setting.values())
    if few:
        found.append(f"{few} of {len(by_setting)} settings have fewer than {_SEEDS} seeds")
    every = set().union(*by_method.values())
    for method, seeds in by_method.items():
        if seeds != every:
            missing = ", ".join(sorted(map(str, every - seeds)))
            found.append(f"{method} lacks the seeds {missing} that other methods have")
    return found


def _made_with(results: Results, rows: Sequence[Row]) -> list[str]:
    """Find rows that do not say which code and data they are of, what differs under one name, and other versions."""
    found = []
    if results.contradiction:
        found.append(results.contradiction)
    if results.environment and not results.environment.get("versions"):
        found.append("environment.json says no versions of libraries")
    for method, held in _digests(rows, "method", "code"):
        if None in held and ".py:" in method:
            found.append(f"{method} is in a file, and its rows have no digest of the code")
        if len(held - {None}) > 1:
            found.append(f"{method} is there in several versions of its code: {', '.join(sorted(held - {None}))}")
    for data, held in _digests(rows, "data", "checksum"):
        if None in held:
            found.append(f"rows on the data {data} have no checksum of them")
        if len(held - {None}) > 1:
            found.append(f"the data {data} have several checksums: {', '.join(sorted(held - {None}))}")
    return found


def _digests(rows: Sequence[Row], name: str, digest: str) -> list[tuple[str, set[Any]]]:
    """Return the digests that rows have of each thing, such as of the code of each method."""
    held: dict[str, set[Any]] = {}
    for row in rows:
        if row.get(name):
            held.setdefault(row[name], set()).add(row.get(digest))
    return sorted(held.items())


def _unsealed(folder: Path) -> list[str]:
    """Find tables that cannot be seen to be as they were written."""
    tables = [place / name for place in (folder, *parts_of(folder)) for name in (RESULTS, MEASURES, EXAMPLES, COSTS)]
    return [
        f"{path.relative_to(folder)} has no checksum of itself: nothing tells whether it was altered"
        for path in tables
        if path.is_file() and not is_sealed(path)
    ]


def _untrue(row: Row, exact: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    found = []
    for direction in row["directions"] or []:
        for name, value in exact.get(direction["direction"], {}).items():
            held = direction.get(name)
            if value is not None and (held is None or abs(held - value) > 1e-9):
                found.append(f"cell {row['cell']}: the {name} of {direction['direction']} is {held}, exactly {value}")
    return found
