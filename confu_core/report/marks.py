"""Seeds as dots and intervals as whiskers: what stands around a mean in every figure that has no axis of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from confu_core.report.series import Point
from confu_core.statistics.intervals import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["SEED", "draw_interval", "draw_seeds"]

SEED: dict[str, Any] = {"marker": ".", "linestyle": "none", "markersize": 5, "markeredgewidth": 0, "alpha": 0.6}
ARROWS = {True: ("<", ">"), False: ("v", "^")}


def draw_interval(
    axes: Axes, interval: Interval, place: float, ends: tuple[float, float], *, sideways: bool = False, **line: Any
) -> None:
    """Draw an interval as a line that ends where the axis or what is possible ends, there with an arrow.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        To draw on.
    interval : Interval
        Of two seeds nothing is drawn: their dots say more than Student's t with one degree of freedom.
    place : float
        Across the metric.
    ends : (float, float)
        Where to cut.
    sideways : bool
        Whether the metric is horizontal.
    **line
        Keywords of matplotlib.
    """
    low, high = (min(max(end, ends[0]), ends[1]) for end in (interval.low, interval.high))
    if not interval.drawn or low >= high:
        return
    style = {"linewidth": 1.2, "zorder": 3, "solid_capstyle": "butt", **line}
    _plot(axes, [low, high], [place, place], sideways, **style)
    for end, cut, arrow in zip(
        (low, high), (interval.low < ends[0], interval.high > ends[1]), ARROWS[sideways], strict=True
    ):
        if cut:
            mark = {"marker": arrow, "markersize": 4, "markeredgewidth": 0, "color": style.get("color")}
            _plot(axes, [end], [place], sideways, linestyle="none", zorder=style["zorder"], clip_on=False, **mark)


def draw_seeds(
    axes: Axes, point: Point, column: str, place: float, *, sideways: bool = False, alone: bool = False, **style: Any
) -> None:
    """Draw every seed as a small dot; a single one only if it is to stand alone."""
    values = [value for row in point.rows if (value := row.get(column)) is not None]
    if len(values) > 1 or alone:
        _plot(axes, values, [place] * len(values), sideways, **{**SEED, **style})


def _plot(axes: Axes, values: list[float], places: list[float], sideways: bool, **style: Any) -> None:
    axes.plot(*((values, places) if sideways else (places, values)), **style)
