"""The figures of a report: the headline, capture, the bound on total correlation, and every direction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from confu_core.errors import ResultsError
from confu_core.report.by_method import direction_rows, has_long_directions
from confu_core.report.dots import draw_columns, draw_rows
from confu_core.report.legends import even_looks
from confu_core.report.lines import MANY, draw_lines
from confu_core.report.panel import BAYES, PAIRWISE, Panel, Reference, distinct, is_line_plot, references_of
from confu_core.report.rendering import Image, legend, render
from confu_core.report.series import Point, Series, direction_names, in_direction, over_directions, x_values
from confu_core.report.style import Look, looks, plain
from confu_core.report.view import View
from confu_core.report.wording import capitalised, spread_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_figures", "has_numbers"]

WIDTH, HEIGHT = 6.6, 3.7
# Of the legend, in inches: height of an entry, width of its line and of a letter.
LEGEND_LINE, LEGEND_KEY, LEGEND_LETTER = 0.21, 0.6, 0.075
# Of a plot with columns, in inches: width of a dot, space on either side of a word.
DOT = 0.13
TICK_MARGIN = 0.08
ROW, MARGIN = 0.36, 1.1
PANEL_WIDTH, PANEL_HEIGHT = 2.25, 1.75
PROPORTION = (-0.03, 1.03)


def draw_figures(series: Sequence[Series], view: View, others: Mapping[str, float]) -> list[Image]:
    """Draw all figures that the results have numbers for.

    Parameters
    ----------
    series : sequence of Series
        As from `confu_core.report.grouping.series_of`.
    view : View
        What is plotted over what.
    others : mapping of str to float
        Exact total correlations of other variables than those whose scores bound theirs, in nats.

    Returns
    -------
    list of Image
        The headline figure first.

    Raises
    ------
    ResultsError
        If no cell has a value of the headline metric.
    """
    if not has_numbers(series, view.y):
        raise ResultsError(f"no finished cell has a value of {view.y}: there is nothing to plot")
    found = [each for one in series for point in one.points if (each := point.interval(view.y)) is not None]
    lines = is_line_plot(series)
    spread = spread_words(found, lines=lines, many=lines and len(x_values(series)) > MANY)
    # The sweep may have asked for one of these as its headline.
    panels = {
        panel.column: (name, title, caption, panel)
        for name, title, caption, panel in reversed(_panels(view, series, others))
    }
    drawn = [
        _figure(name, title, f"{caption} {spread}".strip(), series, panel)
        for name, title, caption, panel in reversed(panels.values())
        if has_numbers(series, panel.column)
    ]
    directions = direction_names(series)
    return [*drawn, _direction_figure(series, view, directions, spread)] if directions else drawn


def _panels(view: View, series: Sequence[Series], others: Mapping[str, float]) -> list[tuple[str, str, str, Panel]]:
    """Name, title, caption and panel of each figure with one pair of axes."""
    capture = (replace(PAIRWISE, column=None, value=0.0), replace(BAYES, column=None, value=1.0))
    known = has_numbers(series, "total_correlation")
    exact = (Reference("exact total correlation", BAYES.dash, "total_correlation"),) if known else ()
    beside = ", beside the exact value of the same." if known else "."
    for of, value in others.items():
        beside += f" Exactly {value:.3f} nats is that of {of}: other variables, so no bound on these."
    headline = Panel(
        view.y, view.x_label, view.y_label, references_of(view.ceiling, view.floor), proportion="accuracy" in view.y
    )
    return [
        (view.y, capitalised(view.y_label), "", headline),
        (
            "higher_order_capture",
            "Higher-order capture",
            "0: nothing beyond what pairs tell; 1: all that only the modalities together tell. "
            "Left out where the two ceilings coincide.",
            Panel("higher_order_capture", view.x_label, "higher-order capture", capture),
        ),
        (
            "total_correlation",
            "Lower bound on the total correlation",
            f"What each method's scores prove about the total correlation of the modalities{beside}",
            Panel("total_correlation_bound", view.x_label, "total correlation (nats)", exact),
        ),
    ]


def _figure(name: str, title: str, caption: str, series: Sequence[Series], panel: Panel) -> Image:
    points = [point for one in series for point in one.points]
    panel = replace(panel, references=distinct(panel.references, points), limits=_limits(points, panel))
    rows = len(x_values(series)) == 1
    entries = len(panel.references) + (0 if rows else len(series))
    height = ROW * len(series) + MARGIN if rows else max(HEIGHT, LEGEND_LINE * entries + 0.8)
    crowded = 0.0 if is_line_plot(series) or rows else _columns_width(series)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        # Methods that stand alone in rows cover none of each other.
        alone = x_values(series) == [None]
        chosen = even_looks(series) if alone else looks(series, small=crowded > WIDTH / 2)
        _draw(axes, series, chosen, panel)
        # Rows have their names at the axis.
        named = () if rows else tuple(zip(series, chosen, strict=True))
        legend(figure, named, panel.references, loc="outside right upper")

    return render(name, title, caption, (max(WIDTH, crowded), height), paint)


def _draw(axes: Axes, series: Sequence[Series], chosen: Sequence[Look], panel: Panel) -> None:
    """Draw what suits x: lines over numbers, columns over words, rows at a single value."""
    rows = len(x_values(series)) == 1
    painter: Callable[[Axes, Sequence[Series], Sequence[Look], Panel], None]
    painter = draw_lines if is_line_plot(series) else draw_rows if rows else draw_columns
    painter(axes, series, chosen, panel)
    if panel.limits is not None:
        (axes.set_xlim if rows else axes.set_ylim)(*panel.limits)
    (axes.set_xlabel if rows else axes.set_ylabel)(plain(panel.y_label))
    if not rows:
        axes.set_xlabel(plain(panel.x_label))


def _direction_figure(series: Sequence[Series], view: View, directions: Sequence[str], spread: str) -> Image:
    """Small multiples, one per direction; at a single x, all directions beside each other on one pair of axes."""
    panel = Panel("accuracy", "", "accuracy", (PAIRWISE, BAYES), proportion=True, limits=PROPORTION)
    caption = f"{spread} What a method does not define is left out; what its fallback reaches stands in a table."
    title = "Accuracy in every direction"
    if has_long_directions(series):
        return direction_rows(series, caption)[0]
    if len(x_values(series)) == 1:
        merged = replace(panel, x_label="direction: from → to")
        return _figure("directions", title, caption, over_directions(series), merged)
    columns = 3 if len(directions) <= 9 else 4 if len(directions) <= 28 else 6
    lines = math.ceil(len(directions) / columns)
    size = (PANEL_WIDTH * columns, PANEL_HEIGHT * lines + LEGEND_LINE * 4)

    points = [point for name in directions for one in in_direction(series, name) for point in one.points]
    panel = replace(panel, references=distinct(panel.references, points))

    def paint(figure: Figure) -> None:
        chosen = looks(series, small=True)
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        _multiples(grid.flat, series, chosen, directions, panel)
        figure.supxlabel(plain(view.x_label), fontsize=10)
        figure.supylabel(plain(panel.y_label), fontsize=10)
        names = [*(one.label for one in series), *(reference.label for reference in panel.references)]
        named = tuple(zip(series, chosen, strict=True))
        legend(figure, named, panel.references, loc="outside upper center", ncols=_legend_columns(names, size[0]))

    return render("directions", title, caption, size, paint)


def _multiples(
    grid: Iterable[Axes], series: Sequence[Series], chosen: Sequence[Look], directions: Sequence[str], panel: Panel
) -> None:
    """Draw one direction on each pair of axes; what is left over is not shown."""
    for axes, direction in itertools.zip_longest(grid, directions):
        if direction is None:
            axes.set_visible(False)
            continue
        _draw(axes, in_direction(series, direction), chosen, replace(panel, y_label=""))
        axes.set_title(plain(direction), fontweight="bold", pad=4)
        # Fewer ticks than on large axes; but of words, each.
        axes.locator_params(axis="both" if is_line_plot(series) else "y", nbins=4)


def _limits(points: Sequence[Point], panel: Panel) -> tuple[float, float]:
    """Return limits that show every seed and every exact line; intervals may be cut, means and seeds are not."""
    if panel.proportion:
        return PROPORTION
    seeds = [value for point in points for row in point.rows if (value := row.get(panel.column)) is not None]
    exact = [level for line in panel.references for point in points if (level := line.level(point)) is not None]
    low, high = min([*seeds, *exact]), max([*seeds, *exact])
    margin = 0.08 * (high - low) or 0.1
    return low - margin, high + margin


def _columns_width(series: Sequence[Series]) -> float:
    """Return the width in inches that a plot with columns needs, its legend included."""
    values = x_values(series)
    words = 2 * TICK_MARGIN + LEGEND_LETTER * max(len(str(x)) for x in values)
    legend_width = LEGEND_KEY + LEGEND_LETTER * max(len(one.label) for one in series)
    return len(values) * max(words, DOT * len(series)) + legend_width + 1.0


def _legend_columns(names: Sequence[str], width: float) -> int:
    """Return how many entries of a legend fit beside each other on a width in inches."""
    widest = max(map(len, names))
    return max(1, min(len(names), int(width / (LEGEND_KEY + LEGEND_LETTER * widest))))


def has_numbers(series: Sequence[Series], column: str) -> bool:
    """Return whether any point has a value of a metric."""
    return any(point.interval(column) is not None for one in series for point in one.points)
