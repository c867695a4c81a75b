"""Rows that share their names: one pair of axes per metric, a row per direction, a marker per method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from confu_core.report.facet import Facet, known_references
from confu_core.report.legends import WIDTH, even_looks, put_legend
from confu_core.report.marks import draw_interval, draw_seeds
from confu_core.report.panel import Panel
from confu_core.report.rendering import Image, render
from confu_core.report.series import Series, x_values
from confu_core.report.style import Look, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_row_facets"]

# Of the height of a row: how much its markers share. In inches: the height of a marker and of a row at least.
SHARED, MARKER, ROW = 0.74, 0.085, 0.3


def draw_row_facets(name: str, title: str, caption: str, facets: Sequence[Facet]) -> Image:
    """Draw metrics beside each other, with words from top to bottom.

    Parameters
    ----------
    name, title, caption : str
        As for `Image`.
    facets : sequence of Facet
        All over the same words; the label of x is that of the metric.

    Returns
    -------
    Image
        As high as the words need.
    """
    words = list(dict.fromkeys(word for facet in facets for word in x_values(facet.series)))
    groups = facets[0].series
    height = len(words) * max(ROW, MARKER * len(groups) + 0.08) + 1.1
    chosen = even_looks(groups)
    references = known_references(facets)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(1, len(facets), squeeze=False, sharey=True)
        for axes, facet in zip(grid.flat, facets, strict=True):
            _draw(axes, facet, chosen, words)
        grid[0, 0].set_ylim(len(words) - 0.5, -0.5)
        put_legend(figure, chosen, groups, references)

    return render(name, title, caption, (WIDTH, height), paint)


def _draw(axes: Axes, facet: Facet, chosen: Sequence[Look], words: Sequence[str]) -> None:
    panel = facet.panel if facet.panel.proportion else replace(facet.panel, limits=(0.0, math.inf))
    for row, word in enumerate(words):
        if row % 2:
            axes.axhspan(row - 0.5, row + 0.5, color="#888888", alpha=0.07, linewidth=0, zorder=0)
        points = [one.at(word) for one in facet.series]
        for reference in panel.references:
            for level in reference.levels(points):
                axes.plot([level, level], [row - SHARED / 2, row + SHARED / 2], **reference.line)
        for at, look in enumerate(chosen):
            _draw_point(axes, facet.series[at], look, word, row + _aside(at, len(chosen)), panel)
    axes.set_yticks(range(len(words)), [plain(word) for word in words])
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.set_xlabel(plain(panel.x_label), fontsize=9)
    if panel.proportion:
        axes.set_xlim(-0.03, 1.03)
    else:
        axes.set_xlim(left=0)


def _draw_point(axes: Axes, one: Series, look: Look, word: str, place: float, panel: Panel) -> None:
    point = one.at(word)
    interval = None if point is None else point.interval(panel.column)
    if point is None or interval is None:
        return
    draw_interval(axes, interval, place, panel.ends, sideways=True, color=look.colour, linewidth=1)
    draw_seeds(axes, point, panel.column, place, sideways=True, color=look.colour, markersize=3.5)
    axes.plot(interval.mean, place, zorder=3, linestyle="none", **look.marker_style())


def _aside(at: int, count: int) -> float:
    return (at - (count - 1) / 2) * SHARED / max(count, 3)
