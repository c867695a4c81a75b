"""Sort rows of results into series: what tells lines apart, what they are called, in which order they come."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from confu_core.errors import ResultsError
from confu_core.report.series import Point, Row, Series, is_number
from confu_core.report.tasks import DATA, dataset_names, follows
from confu_core.report.view import SEED, View, varying_settings
from confu_core.report.wording import show_setting
from confu_core.runs.results import Results

__all__ = ["axis_values", "in_order", "series_of", "short_name"]


def series_of(sources: Sequence[Results], labels: Sequence[str], view: View) -> list[Series]:
    """Sort the finished cells of results folders into series.

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
    list of Series
        By folder, then by method in the order of the sweep, then by variant.

    Raises
    ------
    ResultsError
        If a folder lacks a column of the view, or has two cells of the same settings and seed.
    """
    for results in sources:
        if missing := {view.x, view.y, view.group} - set(results.table.column_names):
            raise ResultsError(f"{results.folder} has no column {min(missing)!r} to compare; report it on its own")
    names = short_name(str(group) for results in sources for group in results.table[view.group].to_pylist())
    every = [(row, results.benchmark) for results in sources for row in results.rows()]
    on = iter(dataset_names([row for row, _ in every], [benchmark for _, benchmark in every], view.axis))
    found = []
    for results, label in zip(sources, labels, strict=True):
        datasets = {row["cell"]: next(on) for row in results.rows()}
        for variant, dataset, rows in _variants(results, view, names, datasets):
            full = f"{label}: {variant}" if len(sources) > 1 else variant
            points = _points(rows, view, results)
            found.append(Series(label, str(rows[0][view.group]), variant, full, points, dataset))
    return found


def short_name(methods: Iterable[str]) -> Callable[[str], str]:
    """Return a function that shortens names of methods that are paths, as long as no two become the same.

    Parameters
    ----------
    methods : iterable of str
        All names in use.

    Returns
    -------
    callable
        From the full name to the short one.

    Examples
    --------
    >>> name = short_name(["clip", "/somewhere/mine.py:Mine"])
    >>> name("clip"), name("/somewhere/mine.py:Mine")
    ('clip', 'mine.py:Mine')
    """
    known = {str(method) for method in methods}
    short = {method: Path(method).name or method for method in known}
    taken = list(short.values())
    return lambda method: short[method] if taken.count(short.get(method, "")) == 1 else method


def _variants(
    results: Results, view: View, name: Callable[[str], str], datasets: dict[str, str]
) -> list[tuple[str, str, list[Row]]]:
    """Finished rows by method, dataset, and all else that varies within it except x, what follows from x, and the seed.

    Returns
    -------
    list of (str, str, list)
        What a reader is told of the method, what it was run on, and the rows.
    """
    rows = results.rows()
    other = [setting for setting in results.setting_names if setting not in (view.x, view.group, SEED, *DATA)]
    other = [setting for setting in other if not follows(rows, setting, view.x)]
    # Of all rows, so that a cell that fails does not rename the others.
    by_group: dict[Any, list[Row]] = {}
    for row in rows:
        by_group.setdefault(row[view.group], []).append(row)
    found: dict[tuple[Any, ...], tuple[str, str, list[Row]]] = {}
    for group in in_order(by_group, axis_values(results, view.group)):
        varying = varying_settings(by_group[group], other, view.group)
        done = [row for row in by_group[group] if row["status"] == "done"]
        for row in sorted(done, key=lambda row: [_sortable(row[setting]) for setting in varying]):
            parts = [name(str(group)), *(f"{setting} {show_setting(row[setting])}" for setting in varying)]
            # By the values themselves: what readers see of them is rounded.
            dataset = datasets[row["cell"]]
            identity = (group, dataset, *(row[setting] for setting in varying))
            found.setdefault(identity, (", ".join(parts), dataset, []))[2].append(row)
    return list(found.values())


def _points(rows: Sequence[Row], view: View, results: Results) -> tuple[Point, ...]:
    by_x: dict[Any, list[Row]] = {}
    for row in rows:
        # Where each method is its own x there is no axis: all have the same place.
        by_x.setdefault(None if view.x == view.group else row[view.x], []).append(row)
    for x, held in by_x.items():
        seeds = [row[SEED] for row in held if SEED in row]
        if len(set(seeds)) < len(seeds):
            # Only a method whose file was edited gets there: its cells differ, their settings do not.
            raise ResultsError(
                f"{results.folder} holds two results of {held[0][view.group]} with {view.x} {x} and the same seed: "
                "its file was changed between sweeps; sweep the new version with another --out"
            )
    return tuple(Point(x, tuple(by_x[x])) for x in in_order(by_x, axis_values(results, view.x)))


def axis_values(results: Results, name: str) -> list[Any]:
    """Return the values of an axis of a sweep.

    Parameters
    ----------
    results : Results
        With or without its ``sweep.json``.
    name : str
        A setting.

    Returns
    -------
    list
        In the order in which they were asked for; empty if the sweep does not say.
    """
    grid = results.sweep.get("grid")
    values = grid.get(name) if isinstance(grid, dict) else None
    return values if isinstance(values, list) else []


def in_order(values: Iterable[Any], asked: Sequence[Any]) -> list[Any]:
    """Sort values of a setting: numbers by size, and then other values as they were asked for.

    Parameters
    ----------
    values : iterable
        Each once.
    asked : sequence
        As from `axis_values`.

    Returns
    -------
    list
        What was not asked for comes last, by name.

    Examples
    --------
    >>> in_order(["clip", "confu", "mine"], ["confu", "clip"]), in_order([0.9, 0.1], [])
    (['confu', 'clip', 'mine'], [0.1, 0.9])
    """
    places = {str(value): at for at, value in reversed(list(enumerate(asked)))}
    return sorted(values, key=lambda value: (*_sortable(value)[:1], *_place(value, places)))


def _place(value: Any, places: dict[str, int]) -> tuple[Any, ...]:
    return (value,) if is_number(value) else (places.get(str(value), math.inf), str(value))


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, value) if is_number(value) else (1, str(value))
