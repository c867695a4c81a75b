"""Results as one tidy table, a row per number of a cell; and as series, a point per x with a value per seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from confu_core.errors import ResultsError
from confu_core.page.numbers import show_setting
from confu_core.report.sources import (
    CONDITIONS,
    DATA,
    SEED,
    ReportView,
    axis_values,
    by_method,
    dataset_names,
    defines_headline,
    follows,
    in_order,
    short_groups,
    short_name,
    sort_key,
    varying_settings,
)
from confu_core.report.words import ReportWords
from confu_core.runs.measures import read_examples, read_measures
from confu_core.runs.results import METRICS, Results
from confu_core.statistics.intervals import Interval, student_interval
from confu_core.typed import is_number

# The families of what a row of results holds: its own numbers, and those of each direction.
HEADLINE, DIRECTION = "headline", "direction"
REFERENCE = "reference"  # Among the exact levels of a point: what its measure has beside its value.
COLUMNS = ("group", "folder", "cell", SEED, "place", "family", "subject", "metric", "condition", "x")
POINT = (SEED, "value", "low", "high", REFERENCE, "defined")
FOUND = ("value", "low", "high", REFERENCE, "defined")
NUMBERS = tuple(name for name, kind in METRICS.items() if str(kind) == "double")

Row = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """One measure of one method at one x: a value per seed, and what is known exactly beside it.

    `ends` is the interval of a single run over its test samples; `defined` says whether the method has a score of its
    own for this, or a fallback stood in.
    """

    x: Any
    values: tuple[float | None, ...]
    seeds: tuple[Any, ...] = ()
    levels: Mapping[str, float] = field(default_factory=dict)
    ends: tuple[float, float] | None = None
    defined: bool = True

    @cached_property
    def interval(self) -> Interval | None:
        """Mean and confidence interval over the seeds; None where it is undefined."""
        found = student_interval(self.values)
        # A single run has no spread over seeds, but a measure may know its own over the test samples.
        return found if found is None or found.n > 1 else replace(found, ends=self.ends)

    @property
    def mean(self) -> float | None:
        """The mean over seeds; None where it is undefined."""
        return None if self.interval is None else self.interval.mean

    @property
    def by_seed(self) -> dict[Any, float]:
        """The values that are defined."""
        return {seed: value for seed, value in zip(self.seeds, self.values, strict=True) if value is not None}

    def mapped(self, function: Callable[[float], float]) -> Point:
        """Return the same with other numbers, those of its interval too."""
        values = tuple(None if value is None else function(value) for value in self.values)
        ends = None if self.ends is None else (function(self.ends[0]), function(self.ends[1]))
        return replace(self, values=values, ends=ends)


@dataclass(frozen=True)
class Series:
    """A method as a line of a figure or a column of a table.

    `group` is the method as the results name it, `variant` as a reader is told: its short name and the settings in
    which it varies; `label` has the folder too where several are compared. `dataset` is what it was run on, `tried` the
    settings that it was chosen from.
    """

    folder: str
    group: str
    variant: str
    label: str
    dataset: str = ""
    points: tuple[Point, ...] = ()
    tried: tuple[frozenset[str], ...] = ()

    def at(self, x: Any) -> Point | None:
        """Return the point at a value of x; a method without that setting is the same at all."""
        return next((point for point in self.points if point.x == x or point.x is None), None)

    def over(self, values: Iterable[Any]) -> Series:
        """Return the same with a point at each of some values, empty where there is none."""
        return replace(self, points=tuple(self.at(x) or Point(x, ()) for x in values))

    def mapped(self, function: Callable[[Point], Point]) -> Series:
        """Return the same with other points."""
        return replace(self, points=tuple(map(function, self.points)))

    def beside(self, known: Callable[[Any], Mapping[str, float | None]]) -> Series:
        """Return the same with further exact levels, which a function knows by x."""

        def with_levels(point: Point) -> Point:
            more = {name: value for name, value in known(point.x).items() if value is not None}
            return replace(point, levels={**point.levels, **more})

        return self.mapped(with_levels)

    def with_means(self, others: Mapping[str, Series]) -> Series:
        """Return the same with the means of other series as exact levels."""
        means = {name: {point.x: point.mean for point in one.points} for name, one in others.items()}
        return self.beside(lambda x: {name: own.get(x) for name, own in means.items()})


def x_values(series: Iterable[Series]) -> list[Any]:
    """List the values of x that any series has: numbers sorted, others as they appear; ``[None]`` if none has any."""
    values = list(dict.fromkeys(point.x for one in series for point in one.points if point.x is not None)) or [None]
    return sorted(values) if all(map(is_number, values)) else values


def has_numbers(series: Sequence[Series]) -> bool:
    """Return whether any point has a value."""
    return any(point.interval is not None for one in series for point in one.points)


@dataclass(frozen=True)
class Measures:
    """Every number of a report in one tidy table, family after family; its column ``group`` counts the methods.

    `places` are values along the axis of the report, one per group: None unless groups are methods at a place.
    `examples` are samples that runs have chosen, by folder and cell.
    """

    groups: tuple[Series, ...]
    frame: pd.DataFrame
    places: tuple[Any, ...]
    note: str = ""
    words: ReportWords = field(default_factory=ReportWords)
    examples: Mapping[tuple[str, str], Sequence[Row]] = field(default_factory=dict)
    _made: dict[tuple[Any, ...], list[Series]] = field(default_factory=dict, init=False, compare=False)
    _places: dict[str, Mapping[Any, Any]] = field(default_factory=dict, init=False, compare=False)

    @property
    def measured(self) -> pd.DataFrame:
        """What evaluations measured, beyond the rows of results."""
        return self.frame[~self.frame["family"].isin((HEADLINE, DIRECTION))]

    def rows(self, family: str, **where: Any) -> pd.DataFrame:
        """Return the measures of a family whose columns have these values."""
        # Nearly all who ask name one of these, and a large table is not gone through for each of them.
        first = next((name for name in ("subject", "metric") if where.get(name) is not None), "family")
        if first not in self._places:
            by = self.frame.groupby(["family", first] if first != "family" else first, sort=False)
            self._places[first] = by.indices
        key = family if first == "family" else (family, where.pop(first))
        frame = self.frame.take(self._places[first].get(key, []))
        for name, value in where.items():
            frame = frame[frame[name].isna() if value is None else frame[name] == value]
        return frame

    def other_totals(self) -> dict[str, float]:
        """Return exact total correlations, in nats, by the variables: others than those whose scores bound theirs."""
        rows = self.rows("data", metric="total correlation")
        return dict(zip(rows["subject"], rows["value"], strict=True))

    def values(self, family: str, column: str, **where: Any) -> list[Any]:
        """Return the distinct values of a column, in order of appearance."""
        return list(dict.fromkeys(self.rows(family, **where)[column]))

    def series(
        self,
        family: str,
        along: str | None = None,
        *,
        defined: bool | None = True,
        exact: Sequence[str] = (),
        **where: Any,
    ) -> list[Series]:
        """Return measures as series, one per group, over the values of a column; `exact` metrics become levels.

        Those that methods define themselves, those that are fallbacks, or with None both.
        """
        asked = (family, along, defined, *exact, *where.items())
        if asked not in self._made:
            self._made[asked] = self._series(family, along, defined, exact, where)
        return [*self._made[asked]]

    def _series(
        self, family: str, along: str | None, defined: bool | None, exact: Sequence[str], where: Mapping[str, Any]
    ) -> list[Series]:
        frame = self.rows(family, **where, **({} if defined is None else {"defined": defined}))
        points: list[dict[Any, list[Any]]] = [{} for _ in self.groups]
        x_column = [None] * len(frame) if along is None else frame[along]
        columns = (frame[name] for name in ("group", *POINT))
        for x, group, *found in zip(x_column, *columns, strict=True):
            if not isinstance(x, float) or math.isfinite(x):
                points[group].setdefault(x, []).append(found)
        # The order of words is that of all groups together, so that a group that lacks one moves none.
        seen = [x for held in points for x in held]
        places = in_order(dict.fromkeys(seen), seen)
        made = [
            replace(one, points=tuple(point_of(x, held[x]) for x in places if x in held))
            for one, held in zip(self.groups, points, strict=True)
        ]
        known = {name: self.series(family, along, defined=defined, **{**where, "metric": name}) for name in exact}
        return [one.with_means({name: held[at] for name, held in known.items()}) for at, one in enumerate(made)]

    def kept(self, groups: Sequence[int]) -> Measures:
        """Return the same of some groups only."""
        number = {at: new for new, at in enumerate(groups)}
        held = self.frame[self.frame["group"].isin(number)]
        own, places = (tuple(each[at] for at in groups) for each in (self.groups, self.places))
        return replace(self, groups=own, frame=held.assign(group=held["group"].map(number)), places=places)

    def by_place(self, view: ReportView) -> Measures:
        """Return the same with a group for every method at every place along the axis."""
        found = self.rows(HEADLINE)
        pairs = list(dict.fromkeys(zip(found["group"], found["place"], strict=True)))
        several = len({place for _, place in pairs if place is not None}) > 1
        names = [f", {place_name(view, place)}" if several and place is not None else "" for _, place in pairs]
        groups = [
            replace(one, variant=one.variant + name, label=one.label + name)
            for (at, _), name in zip(pairs, names, strict=True)
            for one in [self.groups[at]]
        ]
        number = {pair: at for at, pair in enumerate(pairs)}
        own = [number[pair] for pair in zip(self.frame["group"], self.frame["place"], strict=True)]
        order = np.lexsort((np.array(own), pd.factorize(self.frame["family"])[0]))
        frame = self.frame.assign(group=own).take(order)
        return replace(self, groups=tuple(groups), frame=frame, places=tuple(place for _, place in pairs))

    def by_dataset(self, view: ReportView) -> dict[str, Measures]:
        """Return what was measured at each place along datasets; else all of it, without a name."""
        places = [place for place in dict.fromkeys(self.places) if place is not None]
        if view.axis not in DATA or len(places) < 2:
            return {"": self}
        of = {place: [at for at, own in enumerate(self.places) if own in (place, None)] for place in places}
        return {name: self.kept(of[place])._named(name) for place in places for name in [place_name(view, place)]}

    def _named(self, place: str) -> Measures:
        """Return the same with methods that do not say each what the table says of all."""
        groups = (
            replace(one, label=one.label.removesuffix(f", {place}"), variant=one.variant.removesuffix(f", {place}"))
            for one in self.groups
        )
        return replace(self, groups=tuple(groups))

    def drawn(self, view: ReportView) -> Measures:
        """Return what figures show: what was measured at the last place, with a note that says so, or all of it."""
        places = in_order({place for place in self.places if place is not None}, self.places)
        if len(places) < 2:
            return self
        last = [at for at, place in enumerate(self.places) if place in (places[-1], None)]
        return replace(self.kept(last), note=f"Drawn for {place_name(view, places[-1])}; the tables have all.")


def place_name(view: ReportView, place: Any) -> str:
    """Return what a place along the axis is called."""
    return f"{view.x_label} {show_setting(place)}"


def point_of(x: Any, found: Sequence[Sequence[Any]]) -> Point:
    """Return a point of the rows of one measure, each with the columns of `POINT`."""
    seeds, values, lows, highs, references, defined = zip(*found, strict=True)
    known = student_interval(references)
    at = next((at for at, value in enumerate(values) if value is not None), 0)
    ends = None if lows[at] is None or highs[at] is None else (lows[at], highs[at])
    return Point(x, values, seeds, {} if known is None else {REFERENCE: known.mean}, ends, all(defined))


def read_tidy(
    sources: Sequence[Results],
    labels: Sequence[str],
    view: ReportView,
    words: ReportWords,
    tried: Mapping[tuple[str, str], tuple[frozenset[str], ...]] | None = None,
) -> Measures:
    """Sort the finished cells of results folders by method, and all their numbers into tidy tables.

    Groups are by folder, then by method in the order of the sweep, then by variant; `tried` are the settings that a
    method of a folder was chosen from. Raises ResultsError if a folder
    lacks a column of the view, or has two cells of the same settings and seed, or its measures are damaged.
    """
    for results in sources:
        if missing := {view.x, view.y, view.group} - set(results.table.column_names):
            raise ResultsError(f"{results.folder} has no column {min(missing)!r} to compare; report it on its own")
    names = short_groups(sources, view)
    every = [(row, words.name or results.benchmark) for results in sources for row in results.rows()]
    on = iter(dataset_names([row for row, _ in every], [benchmark for _, benchmark in every], view.axis))
    groups: list[Series] = []
    found: list[Row] = []
    examples: dict[tuple[str, str], list[Row]] = {}
    for results, label in zip(sources, labels, strict=True):
        datasets = {row["cell"]: next(on) for row in results.rows()}
        cells: dict[str, Row] = {}
        for variant, dataset, rows in _variants(results, view, names, datasets):
            full = f"{label}: {variant}" if len(sources) > 1 else variant
            for row in _along(rows, view, results):
                place = None if view.axis is None else row[view.x]
                own = {"group": len(groups), "folder": label, "cell": row["cell"], SEED: row.get(SEED), "place": place}
                cells[row["cell"]] = own
                found += [{**own, **one} for one in (*_headline(row, view), *_directions(row))]
            group = str(rows[0][view.group])
            groups.append(Series(label, group, variant, full, dataset, tried=(tried or {}).get((label, group), ())))
        measured = read_measures(results.folder).to_pylist()
        found += [{**cells[row["cell"]], **row} for row in measured if row["cell"] in cells]
        for row in read_examples(results.folder):
            examples.setdefault((label, row["cell"]), []).append(row)
    return Measures(tuple(groups), _frame(found), (None,) * len(groups), words=words, examples=examples)


def _frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return a table by family, group and seed; directions with a ceiling first, then by number of queries."""
    families: dict[str, list[Row]] = {}
    places: dict[tuple[int, Any], int] = {}  # As the sweep asked for them.
    for row in rows:
        places.setdefault((row["group"], row["place"]), len(places))
    for row in sorted(rows, key=lambda row: (places[row["group"], row["place"]], str(row[SEED]))):
        families.setdefault(row["family"], []).append(row)
    orders = {row["subject"]: (row[REFERENCE] is None, row["order"]) for row in families.get(DIRECTION, ())}
    families.get(DIRECTION, []).sort(key=lambda row: (orders[row["subject"]], row["subject"]))
    names = [*COLUMNS, *FOUND]
    every = [[row.get(name) for name in names] for held in families.values() for row in held]
    return pd.DataFrame(every, columns=names, dtype=object)


def _headline(row: Row, view: ReportView) -> Iterator[Row]:
    known, own = {"family": HEADLINE, "subject": "", "condition": ""}, defines_headline(row)
    for name in dict.fromkeys(filter(None, (*NUMBERS, view.y, view.ceiling, view.floor))):
        scored = name in (view.y, "higher_order_capture", "fusion_gain_captured")
        yield {**known, "metric": name, "value": row.get(name), "defined": own or not scored}


def _directions(row: Row) -> Iterator[Row]:
    """Yield the measures of every direction; what does not depend on it, such as chance, is that of the whole."""
    for one in row.get("directions") or ():
        known = {
            "family": DIRECTION,
            "subject": one["direction"],
            "condition": "",
            "order": one["order"],
            REFERENCE: one["bayes_accuracy"],
            "defined": True if one["defined"] is None else one["defined"],
        }
        for name, value in {**{name: row.get(name) for name in NUMBERS}, **one}.items():
            if is_number(value) or value is None:
                yield {**known, "metric": name, "value": value}


def _variants(
    results: Results, view: ReportView, name: Callable[[str], str], datasets: Mapping[str, str]
) -> list[tuple[str, str, list[Row]]]:
    """Return finished rows by method, dataset, and what else varies within it but x, what follows from x, and seeds.

    Each comes with what a reader is told of the method, and what it was run on.
    """
    rows = results.rows()
    other = [setting for setting in results.setting_names if setting not in (view.x, view.group, SEED, *DATA)]
    other = [setting for setting in other if not follows(rows, setting, view.x)]
    found: dict[tuple[Any, ...], tuple[str, str, list[Row]]] = {}
    for group, rows_of in by_method(results, view).items():
        # Of all rows, so that a cell that fails does not rename the others.
        varying = varying_settings(rows_of, other, view.group)
        short = {one: short_name(show_setting(row[one]) for row in rows_of) for one in varying}
        done = [row for row in rows_of if row["status"] == "done"]
        for row in sorted(done, key=lambda row: [sort_key(row[setting]) for setting in varying]):
            own = [setting for setting in varying if not _goes_without_saying(row, setting)]
            told = [f"{setting} {short[setting](show_setting(row[setting]))}" for setting in own]
            parts = [name(str(group)), *told]
            # By the values themselves: what readers see of them is rounded.
            dataset = datasets[row["cell"]]
            identity = (group, dataset, *(row[setting] for setting in varying))
            found.setdefault(identity, (", ".join(parts), dataset, []))[2].append(row)
    return list(found.values())


def _goes_without_saying(row: Row, setting: str) -> bool:
    """Return whether a reader is told nothing of it: of runs that nobody brought, or brought from the same data."""
    return (setting in CONDITIONS and row[setting] is None) or (
        setting == "trained_on" and row[setting] == row.get("data")
    )


def _along(rows: Sequence[Row], view: ReportView, results: Results) -> list[Row]:
    """Return the rows of a method along x; raises ResultsError if two are of the same seed."""
    by_x: dict[Any, list[Row]] = {}
    for row in rows:
        # Where each method is its own x there is no axis: all have the same place.
        by_x.setdefault(None if view.axis is None else row[view.x], []).append(row)
    for x, held in by_x.items():
        seeds = [row[SEED] for row in held if SEED in row]
        if len(set(seeds)) < len(seeds):
            # Cells differ and settings do not: of what was brought the vectors do, of a method its edited file.
            if any(row.get("brought") for row in held):
                name = held[0][view.group]
                raise ResultsError(f"{results.folder} holds two results brought as {name}; give each its own --name")
            raise ResultsError(
                f"{results.folder} holds two results of {held[0][view.group]} with {view.x} {x} and the same seed: "
                "its file was changed between sweeps; sweep the new version with another --out"
            )
    return [row for x in in_order(by_x, axis_values(results, view.x)) for row in by_x[x]]
