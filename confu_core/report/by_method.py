"""The headline where there is no axis: one row per method, and every direction as a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from confu_core.report.best import best_of
from confu_core.report.facet import Facet
from confu_core.report.measured import REFERENCE, VALUE
from confu_core.report.panel import BAYES, CHANCE, Panel, distinct, references_of
from confu_core.report.rendering import Image
from confu_core.report.rows import draw_row_facets
from confu_core.report.series import Point, Row, Series, direction_names, over_directions, x_values
from confu_core.report.table import Column, Table
from confu_core.report.view import View
from confu_core.report.wide import lines_along, wide_table
from confu_core.report.wording import capitalised, label_of
from confu_core.statistics.intervals import Interval

__all__ = ["direction_rows", "has_long_directions", "method_table"]

LONG = 10  # Letters of a direction that do not fit beneath a column.


def method_table(series: Sequence[Series], view: View) -> Table:
    """One row per method: the headline metric, its bounds, capture and total correlation.

    Parameters
    ----------
    series : sequence of Series
        Each with one point.
    view : View
        Names the metric.

    Returns
    -------
    Table
        Without columns that nobody has; ceilings that coincide share one. What stands out of each is bold.
    """
    points = [point for one in series for point in one.points]
    lines = sorted(distinct(references_of(view.ceiling, view.floor), points), key=lambda line: line == CHANCE)
    columns = [
        Column(view.y, view.y_label),
        *_measured(series, "higher_order_capture"),
        *(Column(str(line.column), line.label, exact=True) for line in lines),
        *_measured(series, "fusion_gain_captured", "total_correlation_bound"),
    ]
    rows = tuple(
        (one.label, *(_exact(one, c.name) if c.exact else _interval(one, c.name) for c in columns)) for one in series
    )
    at_one = [one.points[0] if one.points else None for one in series]
    best = {at: best_of(at_one, column.name) for at, column in enumerate(columns) if not column.exact}
    bold = {(row, 1 + at) for at, row in best.items() if row is not None}
    title = f"{capitalised(view.y_label)}, mean and 95% interval"
    return Table("matrix", title, (Column(view.group, view.group), *columns), rows, frozenset(bold))


def has_long_directions(series: Sequence[Series]) -> bool:
    """Return whether directions have names too long to stand beneath columns, and are at a single x.

    Parameters
    ----------
    series : sequence of Series
        As shown.

    Returns
    -------
    bool
        False without directions.

    Examples
    --------
    >>> rows = ({"directions": [{"direction": "image+audio->caption", "order": 2}]},)
    >>> has_long_directions([Series("runs", "clip", "clip", "clip", (Point(None, rows),))])
    True
    """
    return len(x_values(series)) == 1 and any(len(name) > LONG for name in direction_names(series))


def direction_rows(series: Sequence[Series], caption: str) -> tuple[Image, Table]:
    """Show every direction as a row.

    Parameters
    ----------
    series : sequence of Series
        Each with one point.
    caption : str
        Beneath the figure.

    Returns
    -------
    image : Image
        Named ``directions``.
    table : Table
        Named ``direction_accuracy``.
    """
    along = [
        replace(one, points=tuple(Point(point.x, tuple(map(_as_measure, point.rows))) for point in one.points))
        for one in over_directions(series)
    ]
    title = "Accuracy in every direction"
    bayes = replace(BAYES, column=REFERENCE)
    facet = Facet("", along, Panel(VALUE, "accuracy", "", (bayes,), proportion=True))
    table = wide_table(
        "direction_accuracy",
        title,
        (Column("direction", "direction"),),
        lines_along(along),
        along,
        exact=bayes.label,
    )
    return draw_row_facets("directions", title, caption, [facet]), table


def _as_measure(row: Row) -> Row:
    return {**row, VALUE: row["accuracy"], REFERENCE: row["bayes_accuracy"]}


def _measured(series: Sequence[Series], *names: str) -> list[Column]:
    """Return columns of metrics that anybody has."""
    return [Column(name, label_of(name)) for name in names if any(_exact(one, name) is not None for one in series)]


def _exact(one: Series, name: str) -> float | None:
    return one.points[0].exact(name) if one.points else None


def _interval(one: Series, name: str) -> Interval | None:
    return one.points[0].interval(name) if one.points else None
