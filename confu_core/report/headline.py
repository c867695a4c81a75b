"""Tables of the rows of results: the headline, every direction, and everything that was measured, as exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from confu_core.report import tidy
from confu_core.report.exact import BAYES, CEILINGS, CHANCE, SAME, Reference, distinct, references_of
from confu_core.report.sources import SEED, ReportView
from confu_core.report.tables import Column, Line, Table, best_of, lines_along, wide_table
from confu_core.report.tidy import DIRECTION, HEADLINE, REFERENCE, Measures, Point, Series, x_values
from confu_core.report.words import capitalised, label_of
from confu_core.runs.results import Results

LONG = 10  # Letters of a direction that do not fit beneath a column.
NAMES = ("family", "subject", "metric", "condition", "x")
# What a row of results holds exactly, and the means that stand beside the headline.
EXACT = (*(line.column for line in CEILINGS), CHANCE.column, "total_correlation")
MEANS = ("higher_order_capture", "fusion_gain_captured", "total_correlation_bound")
OF_DIRECTIONS = {
    "higher_order_capture": Column("higher_order_capture_mean", "higher-order capture"),
    "fusion_gain_captured": Column("fusion_gain_captured_mean", "fusion gain captured"),
    "expected_rank": Column("expected_rank_mean", "expected rank", 2),
    "information_bound": Column("information_bound_mean", "information bound (nats)"),
}


def headline_series(measures: Measures, view: ReportView, metric: str | None = None) -> list[Series]:
    """Return a metric of the rows of results over x, with all that is known exactly and the other means as levels."""
    exact = dict.fromkeys(filter(None, (*EXACT, *MEANS, view.ceiling, view.floor)))
    return measures.series(HEADLINE, "place", defined=None, metric=metric or view.y, exact=tuple(exact))


def direction_series(measures: Measures, view: ReportView, direction: str, *, defined: bool = True) -> list[Series]:
    """Return the accuracy in a direction over x, with all that is known exactly of it and its other means as levels."""
    exact = dict.fromkeys(filter(None, (*EXACT, "order", *OF_DIRECTIONS, view.floor)))
    return measures.series(
        DIRECTION, "place", metric="accuracy", subject=direction, defined=defined, exact=tuple(exact)
    )


def over_directions(measures: Measures, view: ReportView) -> list[Series]:
    """Return the accuracy over directions, of results at a single x; without values where methods do not define it."""
    exact = dict.fromkeys(filter(None, (*EXACT, view.floor)))
    names = measures.values(DIRECTION, "subject")
    found = measures.series(DIRECTION, "subject", metric="accuracy", exact=tuple(exact))
    # Also where there is nothing, so that directions keep their order.
    return [one.over(names) for one in found]


def has_long_directions(measures: Measures) -> bool:
    """Return whether directions have names too long to stand beneath columns, and are at a single x."""
    names = measures.values(DIRECTION, "subject")
    return len(set(measures.values(HEADLINE, "place")) - {None}) < 2 and any(len(name) > LONG for name in names)


def headline_tables(measures: Measures, view: ReportView) -> list[Table]:
    """Return the summary, a row per method and x; and the matrix, with a column or a row per method."""
    series = headline_series(measures, view)
    exact = _chance_last(references_of(view.ceiling, view.floor))
    columns = {line.column: Column(line.column, label_of(line.column)) for line in exact}
    columns |= {name: Column(f"{name}_mean", label_of(name)) for name in MEANS}
    columns["total_correlation"] = Column("total_correlation", "exact total correlation (nats)")
    found = (((), one, point) for one in series for point in one.points)
    return [
        _listed("summary", capitalised(view.y_label), view, view.y, columns, found),
        _by_method(measures, view, series) if view.axis is None else matrix_table(series, view, view.ceiling),
    ]


def _listed(
    name: str,
    title: str,
    view: ReportView,
    metric: str,
    levels: dict[str, Column],
    found: Iterable[tuple[tuple[Any, ...], Series, Point]],
    keys: Sequence[Column] = (),
) -> Table:
    """Arrange a row per method and x, with statistics of a metric and levels of its points."""
    along = [] if view.axis is None else [Column(view.x, view.x_label, None)]
    statistics = {"mean": f"mean {label_of(metric)}", "half_width_95": "± 95%", "min": "min", "max": "max"}
    columns = (
        *(Column("folder"), Column(view.group), Column("series", view.group), *along, *keys, Column("seeds", "seeds")),
        *(Column(f"{metric}_{of}", label) for of, label in statistics.items()),
        *levels.values(),
    )
    rows = tuple(
        (*_names(one), *([point.x] if along else []), *said, *_statistics(point), *map(point.levels.get, levels))
        for said, one, point in found
    )
    by = "by method" if view.axis is None else f"by method and {view.x_label}"
    return Table(name, f"{title}, {by}", columns, rows)


def _names(one: Series) -> tuple[str, str, str]:
    return one.folder, one.group, one.label


def _statistics(point: Point) -> tuple[Any, ...]:
    """Return number of seeds, mean, half-width, minimum and maximum."""
    found = point.interval
    return (found.n, found.mean, found.half_width, found.minimum, found.maximum) if found else (0, *[None] * 4)


def _lines(series: Sequence[Series], view: ReportView, ceiling: str | None) -> list[Reference]:
    """Return the exact lines beside series."""
    points = [point for one in series for point in one.points]
    return _chance_last(distinct(references_of(ceiling, view.floor), points))


def _chance_last(lines: Iterable[Reference]) -> list[Reference]:
    return sorted(lines, key=lambda line: line.column == CHANCE.column)  # What is no ceiling stands last.


def matrix_table(
    series: Sequence[Series], view: ReportView, ceiling: str | None, *, title: str = "", axis: str = ""
) -> Table:
    """Arrange a metric with a row per x, a column per method, tinted by closeness to the ceiling, exact lines last."""
    lines = _lines(series, view, ceiling)
    columns = (
        Column(view.x, axis or view.x_label, None),
        *(Column(one.label, one.label) for one in series),
        *(Column(line.column, line.label, exact=True) for line in lines),
    )
    rows, bold, tints = [], set(), {}
    for row, x in enumerate(x_values(series)):
        points = [one.at(x) for one in series]
        best = best_of(points)
        for at, point in enumerate(points):
            closeness = _closeness(point, view.floor, ceiling)
            if closeness is not None:
                tints[row, 1 + at] = closeness
            # At a ceiling that chance reaches, nobody is best.
            if at == best and (closeness is not None or point is None or point.levels.get(ceiling or "") is None):
                bold.add((row, 1 + at))
        rows.append((x, *points, *(line.entry(points) for line in lines)))
    shown = title or f"{capitalised(view.y_label)}, mean and 95% interval"
    return Table("matrix", shown, columns, tuple(rows), bold, tints, across=True)


def _closeness(point: Point | None, floor: str | None, ceiling: str | None) -> float | None:
    if point is None or point.mean is None:
        return None
    low, high = point.levels.get(floor or "", 0.0), point.levels.get(ceiling or "")
    return None if high is None or high - low <= SAME else min(1.0, max(0.0, (point.mean - low) / (high - low)))


def _by_method(measures: Measures, view: ReportView, series: Sequence[Series]) -> Table:
    """Return one row per method: the headline metric, its bounds, capture and total correlation."""

    def only(found: Sequence[Series]) -> list[Point | None]:
        return [one.points[0] if one.points else None for one in found]

    headline = only(series)
    means = [
        (Column(name, label_of(name)), only(measures.series(HEADLINE, "place", defined=None, metric=name)))
        for name in MEANS
    ]
    means = [(column, points) for column, points in means if any(point and point.mean is not None for point in points)]
    capture = [(column, points) for column, points in means if column.name == MEANS[0]]
    exact = [
        (Column(line.column, line.label, exact=True), [point and point.levels.get(line.column) for point in headline])
        for line in _lines(series, view, view.ceiling)
    ]
    names: list[Any] = [one.label for one in series]
    columns = [(Column(view.group, view.group), names), (Column(view.y, view.y_label), headline)]
    columns += [*capture, *exact, *means[len(capture) :]]
    best = {at: best_of(points) for at, (column, points) in enumerate(columns) if at and not column.exact}
    return Table(
        "matrix",
        f"{capitalised(view.y_label)}, mean and 95% interval",
        tuple(column for column, _ in columns),
        tuple(zip(*(entries for _, entries in columns), strict=True)),
        {(row, at) for at, row in best.items() if row is not None},
    )


def direction_tables(measures: Measures, view: ReportView, *, fallbacks: bool) -> list[Table]:
    """Return the tables of directions: every one, those that do not fit beneath columns as rows, and fallbacks."""
    names = measures.values(DIRECTION, "subject")
    if not names:
        return []
    levels = {line.column: Column(line.column, label_of(line.column)) for line in CEILINGS} | OF_DIRECTIONS
    keys = (Column("direction", "direction"), Column("order"))
    found = (
        ((name, round(point.levels["order"])), one, point)
        for name in names
        for one in direction_series(measures, view, name)
        for point in one.points
    )
    tables = [_listed("directions", "Every direction", view, "accuracy", levels, found, keys)]
    if has_long_directions(measures):
        along = over_directions(measures, view)
        title = "Accuracy in every direction"
        tables.append(wide_table("direction_accuracy", title, keys[:1], lines_along(along), along, exact=BAYES.label))
    lines = [
        Line((line.keys[0], *(line.keys[1:] or (None,))), line.points)
        for name in (names if fallbacks else ())
        for line in lines_along(direction_series(measures, view, name, defined=False), name)
    ]
    if lines:
        along_x = Column(view.x, "" if view.axis is None else view.x_label, None)
        title = "What fallbacks reach in directions that a method does not define"
        tables.append(wide_table("fallbacks", title, (keys[0], along_x), lines, measures.groups, best=False))
    return tables


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
    if not len(measures.measured):
        return []
    own = ("cell", SEED, *NAMES, *tidy.FOUND)
    rows = tuple(
        (*_names(measures.groups[group]), *found)
        for group, *found in measures.measured[["group", *own]].itertuples(index=False)
    )
    statistics = ("seeds", "mean", "half_width_95", "low_95", "high_95", "min", "max", REFERENCE, "defined")
    named = ("folder", "method", "series")
    every, means = (tuple(map(Column, (*named, *names))) for names in (own, (*NAMES, *statistics)))
    return [
        Table("measures", "Every measure of every cell", every, rows),
        Table("measure_means", "Every measure, mean over seeds", means, tuple(_means(measures))),
    ]


def _means(measures: Measures) -> Iterator[tuple[Any, ...]]:
    held: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in measures.measured[["group", *NAMES, *tidy.POINT]].itertuples(index=False, name=None):
        held.setdefault(row[:6], []).append(row[6:])
    for (at, *names), rows in held.items():
        point = tidy.point_of(None, rows)
        count, mean, half_width, *extremes = _statistics(point)
        found = point.interval
        known = found is not None and (half_width is not None or found.ends is not None)
        ends = (found.low, found.high) if known and found else (None, None)
        spread = (count, mean, half_width, *ends, *extremes)
        yield (*_names(measures.groups[at]), *names, *spread, point.levels.get(REFERENCE), point.defined)
