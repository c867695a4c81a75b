"""Dots where x is no axis of numbers: a row per series for one x, or a column per value for several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from confu_core.report.marks import draw_interval, draw_seeds
from confu_core.report.panel import Panel
from confu_core.report.series import Point, Series, x_values
from confu_core.report.style import Look, plain
from confu_core.report.wording import show_setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_columns", "draw_rows"]

# Of the space between two columns: how much series share, at most how much one takes, how far its seeds lie aside.
SHARED, WIDEST, ASIDE = 0.8, 0.16, 0.38


def draw_rows(axes: Axes, series: Sequence[Series], looks: Sequence[Look], panel: Panel) -> None:
    """Draw a metric at the only x there is: one row per series, the metric to the right, small dots for seeds.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Empty.
    series, looks : sequence
        As many of each.
    panel : Panel
        What to show; `y_label` labels the horizontal axis here.
    """
    points = [one.points[0] if one.points else None for one in series]
    for reference in panel.references:
        for level in reference.levels(points):
            axes.axvline(level, **reference.line)
    for row, (point, look) in enumerate(zip(points, looks, strict=True)):
        interval = None if point is None else point.interval(panel.column)
        if point is None or interval is None:
            continue
        draw_seeds(axes, point, panel.column, row + ASIDE, sideways=True, color=look.colour)
        draw_interval(axes, interval, row, panel.ends, sideways=True, color=look.colour)
        axes.plot(interval.mean, row, zorder=3, **look.marker_style())
    axes.set_yticks(range(len(series)), [plain(one.label) for one in series])
    axes.set_ylim(len(series) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")


def draw_columns(axes: Axes, series: Sequence[Series], looks: Sequence[Look], panel: Panel) -> None:
    """Draw a metric over words: one column per word, the series beside each other in it, small dots for seeds.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Empty.
    series, looks : sequence
        As many of each.
    panel : Panel
        What to show.
    """
    values = x_values(series)
    width = min(SHARED / len(series), WIDEST)
    for column, x in enumerate(values):
        points = [one.at(x) for one in series]
        for reference in panel.references:
            for level in reference.levels(points):
                axes.plot([column - SHARED / 2, column + SHARED / 2], [level, level], **reference.line)
        for at, (point, look) in enumerate(zip(points, looks, strict=True)):
            place = column + (at - (len(series) - 1) / 2) * width
            _draw_point(axes, point, look, panel, place, width)
    axes.set_xticks(range(len(values)), [plain(show_setting(x)) for x in values])
    axes.set_xlim(-0.6, len(values) - 0.4)
    axes.grid(False, axis="x")


def _draw_point(axes: Axes, point: Point | None, look: Look, panel: Panel, place: float, width: float) -> None:
    interval = None if point is None else point.interval(panel.column)
    if point is None or interval is None:
        return
    draw_seeds(axes, point, panel.column, place + ASIDE * width, color=look.colour)
    draw_interval(axes, interval, place, panel.ends, color=look.colour)
    axes.plot(place, interval.mean, zorder=3, **look.marker_style())
