"""Lines over an axis of numbers: every seed as a dot, a thin line through the means, exact curves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from confu_core.report.marks import draw_interval, draw_seeds
from confu_core.report.panel import Panel, reference_curves
from confu_core.report.series import Series, x_values
from confu_core.report.style import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_lines"]

# More values than these show no seeds, but a band for the interval of the mean.
MANY, BAND, MEAN = 12, 0.18, 1.0
# Of the space between two values: how much the methods share, so that dots of one do not hide those of another.
SHARED, DOT = 0.36, 0.62
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
    geometric = is_geometric(values)
    for at, (one, look) in enumerate(zip(series, looks, strict=True)):
        _draw_mean(axes, one, look, panel, values)
        if len(values) <= MANY:
            aside = SHARED * (at - (len(series) - 1) / 2) / max(len(series), 3)
            _draw_dots(axes, one, look, panel, _aside(values, aside, geometric=geometric))
    if geometric:
        axes.set_xscale("log")
        axes.set_xticks(values, [f"{value:g}" for value in values])
        axes.minorticks_off()
    else:
        # The same extent in every figure, also where a metric is undefined at the ends.
        axes.set_xlim(*_padded(values[0], values[-1]))


def _draw_mean(axes: Axes, one: Series, look: Look, panel: Panel, values: list[Any]) -> None:
    """Draw the line through the means, and around many of them a band."""
    found = [(point.x, interval) for point in one.points if (interval := point.interval(panel.column)) is not None]
    if not found:
        return
    x, means = _across([(x, interval.mean) for x, interval in found], values)
    axes.plot(x, means, color=look.colour, linestyle=look.dash, linewidth=MEAN, zorder=2.0)
    if len(values) > MANY and all(interval.drawn for _, interval in found):
        _, lows = _across([(x, max(interval.low, panel.ends[0])) for x, interval in found], values)
        _, highs = _across([(x, min(interval.high, panel.ends[1])) for x, interval in found], values)
        axes.fill_between(x, lows, highs, color=look.colour, alpha=BAND, linewidth=0, zorder=1.5)


def _draw_dots(axes: Axes, one: Series, look: Look, panel: Panel, places: dict[Any, float]) -> None:
    """Draw every seed, and the interval of a single one over its samples."""
    style = {**look.marker_style(), "markersize": DOT * look.size, "alpha": 0.85, "zorder": 3.0}
    for x, place in places.items():
        point = one.at(x)
        interval = None if point is None else point.interval(panel.column)
        if point is None or interval is None:
            continue
        draw_seeds(axes, point, panel.column, place, alone=True, **style)
        if interval.ends is not None:
            draw_interval(axes, interval, place, panel.ends, color=look.colour, linewidth=0.9, zorder=2.5)


def _aside(values: Sequence[float], share: float, *, geometric: bool) -> dict[Any, float]:
    """Return where dots lie beside values, by a share of the space between two."""
    if len(values) < 2:
        return {x: x + share * 0.5 for x in values}
    if geometric:
        step = min(after / before for before, after in itertools.pairwise(values))
        return {x: x * step**share for x in values}
    step = min(after - before for before, after in itertools.pairwise(values))
    return {x: x + share * step for x in values}


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
