"""Tables before they have a format: entries that stand out, and the tables of the headline and of directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.page.numbers import show, show_setting
from confu_core.report.exact import BAYES, BEST, CEILINGS, CHANCE, SAME, Reference, distinct, references_of
from confu_core.report.sources import SEED, ReportView
from confu_core.report.tidy import (
    DIRECTION,
    HEADLINE,
    POINT,
    REFERENCE,
    Measures,
    Point,
    Series,
    point_of,
    x_values,
)
from confu_core.report.words import capitalised, label_of, show_interval, show_spread
from confu_core.runs.results import Results
from confu_core.statistics.intervals import Interval, student_interval

BOLD = "Bold: the best, where its paired difference to every other over the same seeds lies above 0 (95% interval)."
UNDEFINED = "† The method defines no score of its own for this; the number is what a fallback reaches in its place."
FEW = 4  # Columns of means beside which their spreads still fit on a page.
LONG = 10  # Letters of a direction that do not fit beneath a column.
NAMES = ("family", "subject", "metric", "condition", "x")
# What a row of results holds exactly, and the means that stand beside the headline.
EXACT = (*(line.column for line in CEILINGS), CHANCE.column, "total_correlation")
MEANS = ("higher_order_capture", "fusion_gain_captured", "total_correlation_bound")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    `label` is for readers, who do not see a column without one; CSV has them all, by `name`. `digits` after the point
    are for readers too, None for a setting, which is as it was given. `exact` is what is known and not measured.
    """

    name: str
    label: str = ""
    digits: int | None = 3
    exact: bool = False


@dataclass(frozen=True)
class Table:
    """A table before it has a format.

    Entries are text, numbers, bools, None, and `Interval` for a mean that readers see with its half-width. `bold` and
    `marked` hold row and column of what stands out, and of what a method does not define; `tint` the strength in [0, 1]
    of entries with a coloured ground. On a page a table that runs `across` has its rows as columns.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    bold: frozenset[tuple[int, int]] = frozenset()
    marked: frozenset[tuple[int, int]] = frozenset()
    tint: tuple[tuple[int, int, float], ...] = ()
    across: bool = False

    @property
    def shown(self) -> list[int]:
        """The columns that readers see."""
        return [at for at, column in enumerate(self.columns) if column.label]

    @property
    def crowded(self) -> bool:
        """Whether the columns of means are too many for spreads beside them."""
        return sum(any(isinstance(row[at], Interval) for row in self.rows) for at in self.shown) > FEW

    @property
    def tints(self) -> dict[tuple[int, int], float]:
        """The strength of coloured grounds by row and column."""
        return {(row, column): strength for row, column, strength in self.tint}

    def has_words(self, at: int) -> bool:
        """Return whether a column is of words."""
        return not self.columns[at].exact and any(isinstance(row[at], str) for row in self.rows)

    def runs(self, at: int) -> list[int]:
        """Return how many rows begin with the same entry as each; 0 where an earlier row has said it."""
        names = [row[at] for row in self.rows]
        return [
            0
            if number and names[number - 1] == name
            else next((n for n, other in enumerate(names[number:]) if other != name), len(names) - number)
            for number, name in enumerate(names)
        ]

    def text(self, row: int, column: int) -> str:
        """Write an entry for readers, not escaped, with a dagger where a method does not define it."""
        return _text(self.rows[row][column], self.columns[column].digits) + self.mark(row, column)

    def parts(self, row: int, column: int) -> tuple[str, str]:
        """Write an entry for a page: a mean and its spread apart, anything else whole."""
        value, digits = self.rows[row][column], self.columns[column].digits
        if not isinstance(value, Interval) or digits is None:
            return self.text(row, column), ""
        return show(value.mean, digits) + self.mark(row, column), show_spread(value, digits)

    def mark(self, row: int, column: int) -> str:
        """Return a dagger for an entry that a method does not define."""
        return "†" if (row, column) in self.marked else ""


def _text(value: Any, digits: int | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if digits is None:
        return show_setting(value)
    if isinstance(value, Interval):
        return show_interval(value, digits)
    return show(value, digits) if value is None or isinstance(value, float) else str(value)


def best_of(points: Sequence[Point | None], *, lowest: bool = False) -> int | None:
    """Return the place of the best point; None where seeds do not tell it from another, or nothing is beside it."""
    means = {at: point.mean for at, point in enumerate(points) if point and point.mean is not None}
    if len(means) < 2:
        return None
    leader = (min if lowest else max)(means, key=lambda at: means[at])
    for at in means:
        found = None if at == leader else paired(points[leader], points[at])
        above = found and found.half_width is not None and (found.high < 0 if lowest else found.low > 0)
        if at != leader and not above:
            return None
    return leader


def paired(first: Point | None, second: Point | None) -> Interval | None:
    """Return the mean difference over seeds that both have, with its interval; None where they share none."""
    one, other = ({} if point is None else point.by_seed for point in (first, second))
    return student_interval(one[seed] - other[seed] for seed in one if seed in other)


@dataclass(frozen=True)
class Line:
    """A row of a wide table: what names it, a point per method, and whether the lowest mean is the best."""

    keys: tuple[Any, ...]
    points: tuple[Point | None, ...]
    lowest: bool = False


def lines_along(series: Sequence[Series], *keys: Any, lowest: bool = False) -> list[Line]:
    """Return a row per x of series, named by keys and by x; none if no series has a point."""
    if not any(one.points for one in series):
        return []
    return [
        Line((*keys, *(() if x is None else (x,))), tuple(one.at(x) for one in series), lowest)
        for x in x_values(series)
    ]


def wide_table(
    name: str,
    title: str,
    keys: Sequence[Column],
    lines: Sequence[Line],
    groups: Sequence[Series],
    *,
    exact: str = "",
    digits: int = 3,
    tinted: bool = False,
    best: bool = True,
) -> Table:
    """Arrange rows with a column per method, and what is known exactly last under the heading `exact`.

    A key that is the same in all rows goes into the title. `tinted` tints by the share of the exact value.
    """
    shared = [at for at, key in enumerate(keys) if at and not key.exact and len({line.keys[at] for line in lines}) == 1]
    title = ", ".join([title, *(str(lines[0].keys[at]) for at in shared)])
    levels = [BEST.entry(line.points) for line in lines]
    known = bool(exact) and any(level is not None for level in levels)
    columns = (
        *(replace(key, label="" if at in shared else key.label) for at, key in enumerate(keys)),
        *(Column(group.label, group.label, digits) for group in groups),
        *([Column(REFERENCE, exact, digits, exact=True)] if known else []),
    )
    rows = tuple(
        (*line.keys, *(point and point.interval for point in line.points), *([level] if known else []))
        for line, level in zip(lines, levels, strict=True)
    )
    first = len(keys)
    entries = [
        (row, first + at, point) for row, line in enumerate(lines) for at, point in enumerate(line.points) if point
    ]
    leaders = [best_of(line.points, lowest=line.lowest) if best else None for line in lines]
    return Table(
        name,
        title,
        columns,
        rows,
        frozenset((row, first + at) for row, at in enumerate(leaders) if at is not None),
        frozenset((row, column) for row, column, point in entries if not point.defined),
        tuple((row, column, share) for row, column, point in entries if tinted and (share := _share(point))),
    )


def _share(point: Point) -> float:
    """Return how much of the exact value was reached, from 0 to 1."""
    exact = point.levels.get(REFERENCE)
    return 0.0 if point.mean is None or not exact or exact <= 0 else min(1.0, max(0.0, point.mean / exact))


def headline_series(measures: Measures, view: ReportView, metric: str | None = None) -> list[Series]:
    """Return a metric of the rows of results over x, with all that is known exactly and the other means as levels."""
    exact = dict.fromkeys(filter(None, (*EXACT, *MEANS, view.ceiling, view.floor)))
    return measures.series(HEADLINE, "place", metric=metric or view.y, exact=tuple(exact))


def direction_series(measures: Measures, view: ReportView, direction: str, *, defined: bool = True) -> list[Series]:
    """Return the accuracy in a direction over x, with all that is known exactly of it and its other means as levels."""
    means = ("order", "higher_order_capture", "fusion_gain_captured", "expected_rank", "information_bound")
    exact = dict.fromkeys(filter(None, (*EXACT, *means, view.floor)))
    return measures.series(
        DIRECTION, "place", metric="accuracy", subject=direction, defined=defined, exact=tuple(exact)
    )


def over_directions(measures: Measures, view: ReportView) -> list[Series]:
    """Return the accuracy over directions, of results at a single x; without values where methods do not define it."""
    exact = dict.fromkeys(filter(None, (*EXACT, view.floor)))
    names = measures.values(DIRECTION, "subject")
    found = measures.series(DIRECTION, "subject", metric="accuracy", exact=tuple(exact))
    # Also where there is nothing, so that directions keep their order.
    return [replace(one, points=tuple(one.at(name) or Point(name, ()) for name in names)) for one in found]


def has_long_directions(measures: Measures) -> bool:
    """Return whether directions have names too long to stand beneath columns, and are at a single x."""
    names = measures.values(DIRECTION, "subject")
    return len(set(measures.values(HEADLINE, "place")) - {None}) < 2 and any(len(name) > LONG for name in names)


def headline_tables(measures: Measures, view: ReportView) -> list[Table]:
    """Return the summary, a row per method and x; and the matrix, with a column or a row per method."""
    series = headline_series(measures, view)
    return [
        _summary(series, view),
        _by_method(measures, view) if view.axis is None else matrix_table(series, view, view.ceiling),
    ]


def _summary(series: Sequence[Series], view: ReportView) -> Table:
    exact = [line.column for line in _chance_last(references_of(view.ceiling, view.floor))]
    columns = (
        *_identity(view),
        *_statistics(view.y),
        *(Column(name, label_of(name)) for name in exact),
        *(Column(f"{name}_mean", label_of(name)) for name in MEANS),
        Column("total_correlation", "exact total correlation (nats)"),
    )
    levels = (*exact, *MEANS, "total_correlation")
    rows = tuple(
        (*_names(one, point, view), *_values(point), *map(point.levels.get, levels))
        for one in series
        for point in one.points
    )
    return Table("summary", f"{capitalised(view.y_label)}, {_by(view)}", columns, rows)


def matrix_table(
    series: Sequence[Series], view: ReportView, ceiling: str | None, *, title: str = "", axis: str = ""
) -> Table:
    """Arrange a metric with a row per x, a column per method, tinted by closeness to the ceiling, exact lines last."""
    lines = _chance_last(
        distinct(references_of(ceiling, view.floor), [point for one in series for point in one.points])
    )
    columns = (
        Column(view.x, axis or view.x_label, None),
        *(Column(one.label, one.label) for one in series),
        *(Column(line.column, line.label, exact=True) for line in lines),
    )
    rows, bold, tint = [], set(), []
    for row, x in enumerate(x_values(series)):
        points = [one.at(x) for one in series]
        best = best_of(points)
        for at, point in enumerate(points):
            closeness = None if point is None or point.mean is None else _closeness(point, view.floor, ceiling)
            if closeness is not None:
                tint.append((row, 1 + at, closeness))
            # At a ceiling that chance reaches, nobody is best.
            if at == best and (closeness is not None or point is None or point.levels.get(ceiling or "") is None):
                bold.add((row, 1 + at))
        rows.append((x, *(point and point.interval for point in points), *(line.entry(points) for line in lines)))
    shown = title or f"{capitalised(view.y_label)}, mean and 95% interval"
    return Table("matrix", shown, columns, tuple(rows), frozenset(bold), tint=tuple(tint), across=True)


def _closeness(point: Point, floor: str | None, ceiling: str | None) -> float | None:
    low, high = point.levels.get(floor or "", 0.0), point.levels.get(ceiling or "")
    if high is None or point.mean is None or high - low <= SAME:
        return None
    return min(1.0, max(0.0, (point.mean - low) / (high - low)))


def _by_method(measures: Measures, view: ReportView) -> Table:
    """Return one row per method: the headline metric, its bounds, capture and total correlation."""
    series = headline_series(measures, view)
    lines = _chance_last(distinct(references_of(view.ceiling, view.floor), [p for one in series for p in one.points]))
    known = {name: measures.series(HEADLINE, "place", metric=name) for name in MEANS}
    of = {name: found for name, found in known.items() if any(p.mean is not None for one in found for p in one.points)}
    first, *others = MEANS
    names = [name for name in (first, *(line.column for line in lines), *others) if name in of or name not in MEANS]
    exact = {line.column: line for line in lines}
    columns = [Column(view.y, view.y_label)]
    columns += [
        Column(name, exact[name].label, exact=True) if name in exact else Column(name, label_of(name)) for name in names
    ]
    points = {view.y: series, **of}
    at_one = {name: [one.points[0] if one.points else None for one in found] for name, found in points.items()}
    rows = tuple(
        (
            one.label,
            *(
                (own.levels.get(column.name) if own else None)
                if column.exact
                else (found.interval if (found := at_one[column.name][at]) else None)
                for column in columns
            ),
        )
        for at, (one, own) in enumerate(zip(series, at_one[view.y], strict=True))
    )
    best = {at: best_of(at_one[column.name]) for at, column in enumerate(columns) if not column.exact}
    bold = frozenset((row, 1 + at) for at, row in best.items() if row is not None)
    title = f"{capitalised(view.y_label)}, mean and 95% interval"
    return Table("matrix", title, (Column(view.group, view.group), *columns), rows, bold)


def direction_tables(measures: Measures, view: ReportView, *, fallbacks: bool) -> list[Table]:
    """Return the tables of directions: every one, those that do not fit beneath columns as rows, and fallbacks."""
    names = measures.values(DIRECTION, "subject")
    tables = [_directions(measures, view, names)] if names else []
    if has_long_directions(measures):
        along = over_directions(measures, view)
        key = (Column("direction", "direction"),)
        lines = lines_along(along)
        title = "Accuracy in every direction"
        tables.append(wide_table("direction_accuracy", title, key, lines, along, exact=BAYES.label))
    lines = [
        Line((line.keys[0], *(line.keys[1:] or (None,))), line.points)
        for name in (names if fallbacks else ())
        for line in lines_along(direction_series(measures, view, name, defined=False), name)
    ]
    if lines:
        keys = (Column("direction", "direction"), Column(view.x, "" if view.axis is None else view.x_label, None))
        title = "What fallbacks reach in directions that a method does not define"
        tables.append(wide_table("fallbacks", title, keys, lines, measures.groups, best=False))
    return tables


def _directions(measures: Measures, view: ReportView, names: Sequence[str]) -> Table:
    exact = tuple(line.column for line in CEILINGS)
    means = {
        "higher_order_capture": Column("higher_order_capture_mean", "higher-order capture"),
        "fusion_gain_captured": Column("fusion_gain_captured_mean", "fusion gain captured"),
        "expected_rank": Column("expected_rank_mean", "expected rank", 2),
        "information_bound": Column("information_bound_mean", "information bound (nats)"),
    }
    columns = (
        *_identity(view),
        Column("direction", "direction"),
        Column("order"),
        *_statistics("accuracy"),
        *(Column(name, label_of(name)) for name in exact),
        *means.values(),
    )
    rows = tuple(
        (
            *(*_names(one, point, view), name, round(point.levels["order"])),
            *(*_values(point), *map(point.levels.get, (*exact, *means))),
        )
        for name in names
        for one in direction_series(measures, view, name)
        for point in one.points
    )
    return Table("directions", f"Every direction, {_by(view)}", columns, rows)


def cell_tables(sources: Sequence[Results], labels: Sequence[str]) -> list[Table]:
    """Return every cell with its settings and metrics, failed ones included; and every direction of every cell."""
    settings = {name for results in sources for name in results.setting_names}
    metrics = dict.fromkeys(name for results in sources for name in results.table.column_names)
    names = ["cell", *sorted(settings), *(n for n in metrics if n not in settings and n not in ("cell", "directions"))]
    rows = [(label, row) for results, label in zip(sources, labels, strict=True) for row in results.rows()]
    directions = [(label, {"cell": row["cell"], **each}) for label, row in rows for each in row["directions"] or ()]
    tables = [_export("results", "Every cell", names, rows)]
    if any(row["status"] == "done" and row["directions"] for _, row in rows):
        # The query is a list; the name of the direction says it.
        own = [name for name in dict.fromkeys(name for _, row in directions for name in row) if name != "query"]
        tables.append(_export("results_directions", "Every direction of every cell", own, directions))
    return tables


def _export(name: str, title: str, names: Sequence[str], rows: Sequence[tuple[str, dict[str, Any]]]) -> Table:
    held = tuple((label, *map(row.get, names)) for label, row in rows)
    return Table(name, title, tuple(map(Column, ("folder", *names))), held)


def measure_tables(measures: Measures) -> list[Table]:
    """Return every measure of every finished cell, and their means over seeds; nothing where there are none."""
    if not measures.measured:
        return []
    found = ("value", "low", "high", REFERENCE, "defined")
    rows = [
        (one.folder, one.group, one.label, *own)
        for frame in measures.measured.values()
        for group, *own in zip(*(frame[name] for name in ("group", "cell", SEED, *NAMES, *found)), strict=True)
        for one in [measures.groups[group]]
    ]
    columns = tuple(map(Column, ("folder", "method", "series", "cell", SEED, *NAMES, *found)))
    statistics = ("seeds", "mean", "half_width_95", "low_95", "high_95", "min", "max", REFERENCE, "defined")
    of_means = tuple(map(Column, ("folder", "method", "series", *NAMES, *statistics)))
    return [
        Table("measures", "Every measure of every cell", columns, tuple(rows)),
        Table("measure_means", "Every measure, mean over seeds", of_means, tuple(_means(measures))),
    ]


def _means(measures: Measures) -> Iterator[tuple[Any, ...]]:
    for frame in measures.measured.values():
        held: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
        for row in zip(*(frame[name] for name in ("group", *NAMES, *POINT, "defined")), strict=True):
            held.setdefault(row[:6], []).append(row[6:])
        for (at, *names), rows in held.items():
            one, point = measures.groups[at], point_of(None, [row[:-1] for row in rows], all(row[-1] for row in rows))
            count, mean, half_width, *extremes = _values(point)
            known = point.interval is not None and (half_width is not None or point.interval.ends is not None)
            ends = (point.interval.low, point.interval.high) if known and point.interval else (None, None)
            spread = (count, mean, half_width, *ends, *extremes)
            yield (one.folder, one.group, one.label, *names, *spread, point.levels.get(REFERENCE), point.defined)


def _chance_last(lines: Sequence[Reference]) -> list[Reference]:
    return sorted(lines, key=lambda line: line.column == CHANCE.column)  # What is no ceiling stands last.


def _identity(view: ReportView) -> tuple[Column, ...]:
    names = Column("folder"), Column(view.group), Column("series", view.group)
    return names if view.axis is None else (*names, Column(view.x, view.x_label, None))


def _names(one: Series, point: Point, view: ReportView) -> tuple[Any, ...]:
    names = one.folder, one.group, one.label
    return names if view.axis is None else (*names, point.x)


def _by(view: ReportView) -> str:
    return "by method" if view.axis is None else f"by method and {view.x_label}"


def _statistics(metric: str) -> tuple[Column, ...]:
    return (
        Column("seeds", "seeds"),
        Column(f"{metric}_mean", f"mean {label_of(metric)}"),
        Column(f"{metric}_half_width_95", "± 95%"),
        Column(f"{metric}_min", "min"),
        Column(f"{metric}_max", "max"),
    )


def _values(point: Point) -> tuple[Any, ...]:
    found = point.interval
    return (
        (found.n, found.mean, found.half_width, found.minimum, found.maximum) if found else (0, None, None, None, None)
    )
