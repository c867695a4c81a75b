"""The tables of a report: the summary, the matrix, the directions, and every cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from confu_core.report.matrix import Matrix
from confu_core.report.measured import VALUE
from confu_core.report.panel import CEILINGS, CHANCE, references_of
from confu_core.report.series import Point, Row, Series, direction_names, in_direction
from confu_core.report.table import Column, Table
from confu_core.report.view import View
from confu_core.report.wide import Line, lines_along, wide_table
from confu_core.report.wording import capitalised, label_of, show
from confu_core.runs.results import Results
from confu_core.statistics.intervals import Interval

__all__ = ["cell_table", "direction_cell_table", "direction_table", "fallback_table", "matrix_table", "summary_table"]


def summary_table(series: Sequence[Series], view: View) -> Table:
    """One row per series and x: the headline metric over seeds, its exact bounds, capture and total correlation.

    Parameters
    ----------
    series : sequence of Series
        As from `confu_core.report.grouping.series_of`.
    view : View
        Names the metric.

    Returns
    -------
    Table
        CSV has the folder and the full name of the method as well.
    """
    exact = _exact(view)
    metrics = ("higher_order_capture", "fusion_gain_captured", "total_correlation_bound")
    columns = (
        *_identity(view),
        *_measured(view.y),
        *(Column(name, label_of(name)) for name in exact),
        *(Column(f"{name}_mean", label_of(name)) for name in metrics),
        Column("total_correlation", "exact total correlation (nats)"),
    )
    rows = tuple(
        (
            *_names(one, point, view),
            *_values(point.interval(view.y)),
            *(point.exact(name) for name in exact),
            *(point.exact(name) for name in metrics),
            point.exact("total_correlation"),
        )
        for one in series
        for point in one.points
    )
    return Table("summary", f"{capitalised(view.y_label)}, {_by(view)}", columns, rows)


def direction_table(series: Sequence[Series], view: View) -> Table:
    """One row per series, x and direction.

    Parameters
    ----------
    series : sequence of Series
        As from `confu_core.report.grouping.series_of`.
    view : View
        Names x.

    Returns
    -------
    Table
        Without rows where no cell was evaluated in directions, or the method does not define one.
    """
    exact = tuple(str(one.column) for one in CEILINGS)
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
        *_measured("accuracy"),
        *(Column(name, label_of(name)) for name in exact),
        *means.values(),
    )
    rows = tuple(
        (
            *_names(one, point, view),
            direction,
            point.rows[0]["order"],
            *_values(point.interval("accuracy")),
            *(point.exact(name) for name in (*exact, *means)),
        )
        for direction in direction_names(series)
        for one in in_direction(series, direction)
        for point in one.points
    )
    return Table("directions", f"Every direction, {_by(view)}", columns, rows)


def matrix_table(matrix: Matrix, view: View) -> Table:
    """Arrange the headline metric with a row per x and a column per series, as fits a page of paper.

    Parameters
    ----------
    matrix : Matrix
        Of the headline metric.
    view : View
        Names the metric and x.

    Returns
    -------
    Table
        What stands out at each x is bold.
    """
    columns = (
        Column(view.x, view.x_label, None),
        *(Column(label, label) for label in matrix.labels),
        *(Column(str(line.column), line.label, exact=True) for line, _ in matrix.exact),
    )
    rows = tuple(
        (x, *(row[at].interval for row in matrix.entries), *(_single(levels[at]) for _, levels in matrix.exact))
        for at, x in enumerate(matrix.x)
    )
    bold = {(at, 1 + one) for one, row in enumerate(matrix.entries) for at, entry in enumerate(row) if entry.best}
    return Table("matrix", f"{capitalised(view.y_label)}, mean and 95% interval", columns, rows, frozenset(bold))


def fallback_table(series: Sequence[Series], view: View) -> Table | None:
    """Accuracies of what methods fall back on in directions that they do not define.

    Parameters
    ----------
    series : sequence of Series
        As from `confu_core.report.grouping.series_of`.
    view : View
        Names x.

    Returns
    -------
    Table or None
        All entries marked; None where methods define all.
    """
    lines: list[Line] = []
    for direction in direction_names(series):
        rows = [
            replace(
                one, points=tuple(Point(p.x, tuple({**r, VALUE: r["accuracy"]} for r in p.rows)) for p in one.points)
            )
            for one in in_direction(series, direction, defined=False)
        ]
        lines += [
            Line((line.keys[0], *(line.keys[1:] or (None,))), line.points) for line in lines_along(rows, direction)
        ]
    if not lines:
        return None
    keys = (Column("direction", "direction"), Column(view.x, "" if view.axis is None else view.x_label, None))
    title = "What fallbacks reach in directions that a method does not define"
    return wide_table("fallbacks", title, keys, lines, series, best=False)


def cell_table(sources: Sequence[Results], labels: Sequence[str]) -> Table:
    """Every cell with its settings and metrics, failed ones included.

    Parameters
    ----------
    sources : sequence of Results
        One or several.
    labels : sequence of str
        What to call each.

    Returns
    -------
    Table
        Sorted by folder and cell.
    """
    names = _columns_of(sources)
    rows = tuple(
        (label, *(row.get(name) for name in names))
        for results, label in zip(sources, labels, strict=True)
        for row in results.rows()
    )
    return Table("results", "Every cell", tuple(map(Column, ("folder", *names))), rows)


def direction_cell_table(sources: Sequence[Results], labels: Sequence[str]) -> Table:
    """Every direction of every cell; joins the table of cells by folder and cell.

    Parameters
    ----------
    sources, labels
        As for `cell_table`.

    Returns
    -------
    Table
        Sorted by folder, cell and direction.
    """
    found: list[tuple[str, Row]] = [
        (label, {"cell": row["cell"], **each})
        for results, label in zip(sources, labels, strict=True)
        for row in results.rows()
        for each in row["directions"] or ()
    ]
    # The query is a list; the name of the direction says it.
    names = [name for name in dict.fromkeys(name for _, row in found for name in row) if name != "query"]
    rows = tuple((label, *(row.get(name) for name in names)) for label, row in found)
    return Table("results_directions", "Every direction of every cell", tuple(map(Column, ("folder", *names))), rows)


def _exact(view: View) -> list[str]:
    """Name what is known exactly beside the headline metric: ceilings from the lowest, and then what is none."""
    lines = references_of(view.ceiling, view.floor)
    return [str(line.column) for line in sorted(lines, key=lambda line: line.column == CHANCE.column)]


def _single(levels: tuple[float, ...]) -> float | str | None:
    return " / ".join(map(show, levels)) if len(levels) > 1 else next(iter(levels), None)


def _columns_of(sources: Sequence[Results]) -> list[str]:
    """Cell, settings and metrics of all folders, each once."""
    settings = {name for results in sources for name in results.setting_names}
    metrics = [name for results in sources for name in results.table.column_names if name not in settings]
    kept = [name for name in dict.fromkeys(metrics) if name not in ("cell", "directions")]
    return ["cell", *sorted(settings), *kept]


def _identity(view: View) -> tuple[Column, ...]:
    names = Column("folder"), Column(view.group), Column("series", view.group)
    return names if view.x == view.group else (*names, Column(view.x, view.x_label, None))


def _names(one: Series, point: Point, view: View) -> tuple[Any, ...]:
    names = one.folder, one.group, one.label
    return names if view.x == view.group else (*names, point.x)


def _by(view: View) -> str:
    return "by method" if view.x == view.group else f"by method and {view.x_label}"


def _measured(metric: str) -> tuple[Column, ...]:
    return (
        Column("seeds", "seeds"),
        Column(f"{metric}_mean", f"mean {label_of(metric)}"),
        Column(f"{metric}_half_width_95", "± 95%"),
        Column(f"{metric}_min", "min"),
        Column(f"{metric}_max", "max"),
    )


def _values(found: Interval | None) -> tuple[Any, ...]:
    return (
        (found.n, found.mean, found.half_width, found.minimum, found.maximum) if found else (0, None, None, None, None)
    )
