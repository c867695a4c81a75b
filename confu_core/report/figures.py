"""The figures of a report: the headline, capture, the bound on total correlation, and every direction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from confu_core.errors import ResultsError
from confu_core.report.by_method import direction_rows, has_long_directions
from confu_core.report.dots import draw_columns, draw_rows
from confu_core.report.legends import even_looks
from confu_core.report.lines import draw_lines
from confu_core.report.panel import Panel, Reference, is_line_plot
from confu_core.report.rendering import Image, legend, render
from confu_core.report.series import Series, direction_names, in_direction, over_directions, x_values
from confu_core.report.style import Look, looks, plain
from confu_core.report.view import View
from confu_core.report.wording import capitalised, label_of, seeds_phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_figures"]

WIDTH, HEIGHT = 6.6, 3.7
# Of the legend, in inches: height of an entry, width of its line and of a letter.
LEGEND_LINE, LEGEND_KEY, LEGEND_LETTER = 0.21, 0.6, 0.075
# Of a plot with columns, in inches: width of a dot, space on either side of a word.
DOT = 0.13
TICK_MARGIN = 0.08
ROW, MARGIN = 0.36, 1.1
PANEL_WIDTH, PANEL_HEIGHT = 2.25, 1.75
EXACT, CHANCE, PAIRWISE = (0, (4, 2)), (0, (1, 1.6)), (0, (6, 1.5, 1.2, 1.5))


def draw_figures(series: Sequence[Series], view: View) -> list[Image]:
    """Draw all figures that the results have numbers for.

    Parameters
    ----------
    series : sequence of Series
        As from `confu_core.report.grouping.series_of`.
    view : View
        What is plotted over what.

    Returns
    -------
    list of Image
        The headline figure first.

    Raises
    ------
    ResultsError
        If no cell has a value of the headline metric.
    """
    seeds = seeds_phrase(series, view.y)
    if not _has_numbers(series, view.y):
        raise ResultsError(f"no finished cell has a value of {view.y}: there is nothing to plot")
    spread = f"Mean over {seeds}; {_spread(series)} 95% confidence interval (Student t)."
    # The sweep may have asked for one of these as its headline.
    panels = {
        panel.column: (name, title, caption, panel) for name, title, caption, panel in reversed(_panels(view, series))
    }
    drawn = [
        _figure(name, title, f"{caption} {spread}".strip(), series, panel)
        for name, title, caption, panel in reversed(panels.values())
        if _has_numbers(series, panel.column)
    ]
    directions = direction_names(series)
    return [*drawn, _direction_figure(series, view, directions, spread)] if directions else drawn


def references_of(view: View) -> tuple[Reference, ...]:
    """Return the exact lines beside the headline metric.

    Parameters
    ----------
    view : View
        With or without a ceiling and a floor.

    Returns
    -------
    tuple of Reference
        Dashed for the ceiling, dotted for the floor.
    """
    lines = ((view.ceiling, EXACT), (view.floor, CHANCE))
    return tuple(Reference(label_of(column), dash, column) for column, dash in lines if column is not None)


def _panels(view: View, series: Sequence[Series]) -> list[tuple[str, str, str, Panel]]:
    """Name, title, caption and panel of each figure with one pair of axes."""
    capture = (Reference("Bayes accuracy", EXACT, value=1.0), Reference("pairwise ceiling", CHANCE, value=0.0))
    known = _has_numbers(series, "total_correlation")
    exact = (Reference("exact total correlation", EXACT, "total_correlation"),) if known else ()
    beside = ", beside its exact value" if known else ""
    references = references_of(view)
    if view.x == view.group and _has_numbers(series, "pairwise_ceiling"):
        references = (
            *references[:1],
            Reference(label_of("pairwise_ceiling"), PAIRWISE, "pairwise_ceiling"),
            *references[1:],
        )
    headline = Panel(view.y, view.x_label, view.y_label, references, proportion="accuracy" in view.y)
    return [
        (view.y, capitalised(view.y_label), "", headline),
        (
            "higher_order_capture",
            "Higher-order capture",
            "0: nothing beyond the best single modality; 1: all that there is to gain. "
            "Left out where the two ceilings coincide.",
            Panel("higher_order_capture", view.x_label, "higher-order capture", capture),
        ),
        (
            "total_correlation",
            "Lower bound on the total correlation",
            f"What each method's scores prove about the total correlation of the modalities{beside}.",
            Panel("total_correlation_bound", view.x_label, "total correlation (nats)", exact),
        ),
    ]


def _figure(name: str, title: str, caption: str, series: Sequence[Series], panel: Panel) -> Image:
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
    if panel.proportion:
        (axes.set_xlim if rows else axes.set_ylim)(-0.03, 1.03)
    (axes.set_xlabel if rows else axes.set_ylabel)(plain(panel.y_label))
    if not rows:
        axes.set_xlabel(plain(panel.x_label))


def _direction_figure(series: Sequence[Series], view: View, directions: Sequence[str], spread: str) -> Image:
    """Small multiples, one per direction; at a single x, all directions beside each other on one pair of axes."""
    panel = Panel("accuracy", "", "accuracy", (Reference("Bayes accuracy", EXACT, "bayes_accuracy"),), proportion=True)
    caption = f"{spread} Hollow markers: the method does not define that direction, and falls back on another score."
    title = "Accuracy in every direction"
    if has_long_directions(series):
        return direction_rows(series, caption)[0]
    if len(x_values(series)) == 1:
        merged = replace(panel, x_label="direction: from → to")
        return _figure("directions", title, caption, over_directions(series), merged)
    columns = 3 if len(directions) <= 9 else 4 if len(directions) <= 28 else 6
    lines = math.ceil(len(directions) / columns)
    size = (PANEL_WIDTH * columns, PANEL_HEIGHT * lines + LEGEND_LINE * 4)

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


def _spread(series: Sequence[Series]) -> str:
    return "bands show the" if is_line_plot(series) else "small dots are seeds, bars show the"


def _has_numbers(series: Sequence[Series], column: str) -> bool:
    return any(point.interval(column) is not None for one in series for point in one.points)
