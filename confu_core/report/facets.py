"""Small multiples of measures: one pair of axes each, one legend for all."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from confu_core.report.bars import draw_bars
from confu_core.report.facet import Facet, known_references, spread_phrase
from confu_core.report.legends import WIDTH, even_looks, legend_height, put_legend
from confu_core.report.measured import REFERENCE, VALUE
from confu_core.report.panel import Panel
from confu_core.report.rendering import Image, render
from confu_core.report.series import Series, x_values
from confu_core.report.style import Look, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_facets", "facet_images"]

Painter = Callable[["Axes", Sequence[Series], Sequence[Look], Panel], None]
# More points along a line have smaller markers. Of the range of means, how far intervals may widen the axes.
MANY, MOST_ROOM = 12, 0.3


def draw_facets(
    name: str,
    title: str,
    caption: str,
    facets: Sequence[Facet],
    painter: Painter,
    *,
    columns: int = 3,
    height: float = 1.9,
    finish: Callable[[Axes, Facet], None] | None = None,
) -> Image:
    """Draw small multiples.

    Parameters
    ----------
    name, title, caption : str
        As for `Image`.
    facets : sequence of Facet
        At least one, each with a number.
    painter : callable
        Draws one, such as `draw_bars`.
    columns : int
        Most beside each other.
    height : float
        Of one, in inches.
    finish : callable, optional
        Called with the axes and facet when these are drawn.

    Returns
    -------
    Image
        With one legend for all.
    """
    columns = min(columns, len(facets))
    lines = math.ceil(len(facets) / columns)
    groups, references = facets[0].series, known_references(facets)
    chosen = even_looks(groups, small=max(len(x_values(facet.series)) for facet in facets) > MANY)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(lines, columns, squeeze=False)
        for at, (axes, facet) in enumerate(itertools.zip_longest(grid.flat, facets)):
            if facet is None:
                axes.set_visible(False)
                continue
            _draw(axes, facet, chosen, painter)
            if at % columns and facet.panel.y_label == facets[at - 1].panel.y_label:
                axes.set_ylabel("")
            if finish is not None:
                finish(axes, facet)
        put_legend(figure, chosen, groups, references, bars=painter is draw_bars)

    size = (WIDTH, lines * height + legend_height(groups, references) + 0.2)
    return render(name, title, caption, size, paint)


def facet_images(
    name: str,
    title: str,
    facets: Sequence[Facet],
    painter: Painter,
    *,
    remark: str = "",
    note: str = "",
    **layout: Any,
) -> tuple[Image, ...]:
    """Draw small multiples if there are any, with a caption that says what their intervals and looks mean.

    Parameters
    ----------
    name, title, facets, painter
        As for `draw_facets`.
    remark, note : str
        What else the caption says.
    **layout
        Further parameters of `draw_facets`.

    Returns
    -------
    tuple of Image
        One or none.
    """
    if not facets:
        return ()
    parts = [spread_phrase(facets, lines=painter is not draw_bars), remark, note]
    return (draw_facets(name, title, " ".join(filter(None, parts)), facets, painter, **layout),)


def _draw(axes: Axes, facet: Facet, chosen: Sequence[Look], painter: Painter) -> None:
    panel, bars = facet.panel, painter is draw_bars
    limits = (0.0 if bars else -0.03, 1.03) if panel.proportion else _limits(facet, zero=bars)
    painter(axes, facet.series, chosen, replace(panel, limits=limits))
    axes.set_title(plain(facet.title), fontweight="bold", pad=4)
    axes.set_xlabel(plain(panel.x_label), fontsize=9)
    axes.set_ylabel(plain(panel.y_label), fontsize=9)
    axes.set_ylim(*limits)


def _limits(facet: Facet, *, zero: bool) -> tuple[float, float]:
    """Return limits that keep a wide interval of few seeds from pressing all means together."""
    points = [point for one in facet.series for point in one.points]
    intervals = [interval for point in points if (interval := point.interval(VALUE)) is not None]
    exact = [value for point in points if (value := point.exact(REFERENCE)) is not None and facet.panel.references]
    seen = [*(interval.mean for interval in intervals), *exact, *([0.0] if zero else [])]
    room = MOST_ROOM * (max(seen) - min(seen)) or 0.1
    low = max(min([*seen, *(interval.low for interval in intervals)]), min(seen) - room)
    high = min(max([*seen, *(interval.high for interval in intervals)]), max(seen) + room)
    margin = 0.06 * (high - low) or room
    return (low if zero and low == 0 else low - margin, high + margin)
