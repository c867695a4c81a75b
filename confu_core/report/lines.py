"""Lines over an axis of numbers: means over seeds, bands for their intervals, exact curves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from confu_core.report.panel import Panel, reference_curves
from confu_core.report.series import Series, x_values
from confu_core.report.style import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_lines"]

BAND = 0.18
# Values of x that span this factor and are spread more evenly in their logarithms have a logarithmic axis.
SPAN = 8.0
Curve = list[tuple[Any, float]]


def draw_lines(axes: Axes, series: Sequence[Series], looks: Sequence[Look], panel: Panel) -> None:
    """Draw a metric over x.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Empty.
    series, looks : sequence
        As many of each; x is a number, or None for a series that is the same at every x.
    panel : Panel
        What to show.
    """
    values = x_values(series)
    for reference in panel.references:
        if reference.value is not None:
            axes.axhline(reference.value, **reference.line)
        for curve in reference_curves(series, reference.column):
            axes.plot(*_across(curve, values), **reference.line)
    for at, (one, look) in enumerate(zip(series, looks, strict=True)):
        _draw_series(axes, one, look, panel.column, values, order=3 + at / 100)
    if is_geometric(values):
        axes.set_xscale("log")
        axes.set_xticks(values, [f"{value:g}" for value in values])
        axes.minorticks_off()
    else:
        # The same extent in every figure, also where a metric is undefined at the ends.
        axes.set_xlim(*_padded(values[0], values[-1]))


def _draw_series(axes: Axes, one: Series, look: Look, column: str, values: list[Any], order: float) -> None:
    points = [(point, interval) for point in one.points if (interval := point.interval(column)) is not None]
    if not points:
        return
    x, means = _across([(point.x, interval.mean) for point, interval in points], values)
    _, lows = _across([(point.x, interval.low) for point, interval in points], values)
    _, highs = _across([(point.x, interval.high) for point, interval in points], values)
    hollow = look.hollow or not all(point.defined for point, _ in points)
    axes.fill_between(x, lows, highs, color=look.colour, alpha=BAND, linewidth=0, zorder=1.5)
    axes.plot(x, means, color=look.colour, linestyle=look.dash, zorder=2.0)
    axes.plot(x, means, linestyle="none", zorder=order, **look.marker_style(hollow=hollow))


def _padded(low: float, high: float) -> tuple[float, float]:
    around = 0.04 * (high - low) or 0.5  # A single place, such as one epoch, has something at both sides.
    return low - around, high + around


def _across(curve: Curve, values: list[Any]) -> tuple[list[Any], list[float]]:
    """Return a curve as coordinates; a value without x is stretched over all of them."""
    known = [(x, y) for x, y in curve if x is not None]
    if not known:
        known = [(x, y) for x in (values[0], values[-1]) for _, y in curve[:1]]
    return [x for x, _ in known], [y for _, y in known]


def is_geometric(values: Sequence[float]) -> bool:
    """Return whether values are rather powers of a number than multiples of one.

    Parameters
    ----------
    values : sequence of float
        Sorted, each once.

    Returns
    -------
    bool
        False for fewer than three.

    Examples
    --------
    >>> is_geometric([8, 16, 32, 64]), is_geometric([0.1, 0.3, 0.5, 0.7, 0.9])
    (True, False)
    """
    if len(values) < 3 or values[0] <= 0 or values[-1] / values[0] < SPAN:
        return False
    pairs = list(itertools.pairwise(values))
    steps = [after - before for before, after in pairs]
    ratios = [after / before for before, after in pairs]
    return max(ratios) / min(ratios) < max(steps) / min(steps)
