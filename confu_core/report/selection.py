"""The setting of each method that is best on validation: what a report shows of a search, and how large that was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from confu_core.page.numbers import show_setting
from confu_core.report.sources import (
    CONDITIONS,
    SEED,
    ReportView,
    by_method,
    follows,
    grouped,
    short_groups,
    short_name,
    sort_key,
)
from confu_core.report.tables import Column, Table
from confu_core.runs.measures import read_measures
from confu_core.runs.results import Results, Row
from confu_core.settings import Dial
from confu_core.statistics.intervals import Interval, student_interval

VALIDATION, NONE = "validation", "none"
WAYS = (VALIDATION, NONE)
CHOSEN = (
    "Of several settings each method is shown with the one that is best on validation, as the mean over seeds; the "
    "table of choices says which, and of how many. --select none shows all."
)
UNKNOWN = (
    "Methods ran with several settings, and {} has no accuracy on validation samples to choose one by: all are shown."
)
# What tells two settings apart, as readers are told of it.
Setting = frozenset[str]


@dataclass(frozen=True)
class Selection:
    """What a report shows of results folders: the rows that were chosen, and how.

    `note` says in a line what was done, and nothing where there was nothing to choose; `table` has a line per choice.
    `tried` are the settings that a method was chosen from, by folder and method.
    """

    sources: Sequence[Results]
    view: ReportView
    note: str = ""
    table: Table | None = None
    tried: Mapping[tuple[str, str], tuple[Setting, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Search:
    """The settings that a method ran with under one condition: rows by the values of what varies among them."""

    label: str
    method: str
    where: Mapping[str, Any]
    names: Sequence[str]
    settings: Mapping[tuple[Any, ...], Sequence[Row]]
    validation: Mapping[tuple[Any, ...], Interval | None]

    @property
    def best(self) -> tuple[Any, ...]:
        """The setting of the highest mean; the first of those that are equal."""
        means = {setting: -1.0 if found is None else found.mean for setting, found in self.validation.items()}
        return max(means, key=means.__getitem__)

    def told(self, setting: tuple[Any, ...]) -> list[str]:
        """Return a setting as readers are told of it."""
        shown = [tuple(map(show_setting, one)) for one in self.settings]
        short = [short_name(values) for values in zip(*shown, strict=True)]
        values = [name(show_setting(value)) for name, value in zip(short, setting, strict=True)]
        return [f"{name} {value}" for name, value in zip(self.names, values, strict=True)]

    def entries(self) -> tuple[Any, ...]:
        """Return the line of a table."""
        best = self.validation[self.best]
        where = ", ".join(f"{name} {show_setting(value)}" for name, value in self.where.items() if value is not None)
        runs = sum(map(len, self.settings.values()))
        return self.label, self.method, where, ", ".join(self.told(self.best)), best, len(self.settings), runs


def selected(sources: Sequence[Results], labels: Sequence[str], view: ReportView, how: str) -> Selection:
    """Choose a setting of each method in each folder, dataset and condition; all of them, or none where one cannot be.

    Raises InvalidValue where `how` is no way to choose.
    """
    Dial(choices=WAYS).checked("select", how)
    everything = Selection(sources, view)
    if how == NONE:
        return everything
    found = [_searches(results, label, view) for results, label in zip(sources, labels, strict=True)]
    every = [search for own in found for search in own]
    if not every:
        return everything
    unknown = [one.method for one in every if None in one.validation.values()]
    short = short_groups(sources, view)
    if unknown:
        return replace(everything, note=UNKNOWN.format(short(unknown[0])))
    names = {name for one in every for name in one.names}
    tried: dict[tuple[str, str], tuple[Setting, ...]] = {}
    for one in every:
        own = (frozenset(one.told(setting)) for setting in one.settings)
        tried[one.label, one.method] = tuple(dict.fromkeys((*tried.get((one.label, one.method), ()), *own)))
    kept = [_kept(results, own, view) for results, own in zip(sources, found, strict=True)]
    along = replace(view, x=view.group, x_label=view.group) if view.x in names else view
    return Selection(kept, along, CHOSEN, _table([replace(one, method=short(one.method)) for one in every]), tried)


def _searches(results: Results, label: str, view: ReportView) -> list[_Search]:
    """List what was searched in a folder; nothing for methods that ran with one setting under each condition."""
    rows = [row for row in results.rows() if row["status"] == "done"]
    other = {view.group, SEED, *CONDITIONS}
    names = [name for name in results.setting_names if name not in other and not follows(rows, name, view.x)]
    names += [view.x] if view.x not in other else []
    conditions = [name for name in CONDITIONS if len({row.get(name) for row in rows}) > 1]
    known = _validation(results)
    found = []
    for method, tried in by_method(results, view).items():
        done = [row for row in tried if row["status"] == "done"]
        done.sort(key=lambda row: [sort_key(row.get(name)) for name in (*conditions, *names)])
        for where, own in grouped(done, conditions).items():
            varying = [name for name in dict.fromkeys(names) if len({row.get(name) for row in own}) > 1]
            settings = grouped(own, varying)
            if len(settings) > 1:
                means = {
                    setting: student_interval(known.get(row["cell"]) for row in runs)
                    for setting, runs in settings.items()
                }
                there = dict(zip(conditions, where, strict=True))
                found.append(_Search(label, str(method), there, varying, settings, means))
    return found


def _validation(results: Results) -> dict[str, float]:
    """Return by cell the accuracy on validation samples from the most modalities that the method defines."""
    found: dict[str, tuple[int, float]] = {}
    for one in read_measures(results.folder).to_pylist():
        told = (one["family"], one["metric"], one["condition"]) == ("zero_shot", "accuracy", VALIDATION)
        if told and one["defined"] and one["value"] is not None:
            width = one["subject"].count("+")
            found[one["cell"]] = max(found.get(one["cell"], (-1, 0.0)), (width, one["value"]))
    return {cell: value for cell, (_, value) in found.items()}


def _kept(results: Results, searches: Sequence[_Search], view: ReportView) -> Results:
    """Return a folder with the chosen rows alone, which no longer say in what they differ from those left out."""
    searched: dict[str, set[str]] = {}
    for one in searches:
        searched.setdefault(one.method, set()).update(one.names)
    left_out = {
        row["cell"] for one in searches for setting, rows in one.settings.items() for row in rows if setting != one.best
    }
    rows = [
        {name: None if name in searched.get(str(row[view.group]), ()) else value for name, value in row.items()}
        for row in results.rows()
        if row["cell"] not in left_out
    ]
    return replace(results, table=pa.Table.from_pylist(rows, schema=results.table.schema))


def _table(searches: Sequence[_Search]) -> Table:
    """Arrange the choices, a line each; what is the same of all is shown to no reader."""
    rows = tuple(one.entries() for one in searches)
    several, apart = (len({row[at] for row in rows}) > 1 for at in (0, 2))
    columns = (
        Column("folder", "folder" if several else ""),
        Column("method", "method"),
        Column("condition", "condition" if apart else ""),
        Column("chosen", "chosen"),
        Column("validation", "accuracy on validation"),
        Column("settings", "settings tried", None),
        Column("runs", "runs", None),
    )
    return Table("chosen", "Chosen by validation", columns, rows)
