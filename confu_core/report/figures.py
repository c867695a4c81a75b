"""The figures of every report: the headline, capture, the bound on total correlation, and every direction."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from confu_core.errors import ResultsError
from confu_core.page.drawing import Image, plain, render
from confu_core.report import panels
from confu_core.report.exact import BAYES, BEST, PAIRWISE, Reference, distinct, references_of
from confu_core.report.headline import direction_series, has_long_directions, headline_series, over_directions
from confu_core.report.panels import Look, Panel, is_line_plot, looks
from confu_core.report.sources import ReportView
from confu_core.report.tidy import DIRECTION, HEADLINE, Measures, Point, Series, has_numbers, x_values
from confu_core.report.words import capitalised, spread_words

WIDTH, HEIGHT = 6.6, 3.7
LETTER, LONG = 0.075, 20  # Of a legend: width of a letter in inches, letters of a name that takes two lines.
DOT, BESIDE = 0.13, 0.08  # Of a plot with columns, in inches: width of a dot, space on either side of a word.
ROW, AROUND = 0.36, 1.1
PANEL_WIDTH, PANEL_HEIGHT = 2.25, 1.75
PROPORTION = (-0.03, 1.03)
CAPTURE = (
    "0: nothing beyond what pairs tell; 1: all that only the modalities together tell. "
    "Left out where the two ceilings coincide."
)


def draw_figures(measures: Measures, view: ReportView) -> list[Image]:
    """Draw all figures that the rows of results have numbers for; raises ResultsError if there are none."""
    series = headline_series(measures, view)
    if not has_numbers(series):
        raise ResultsError(f"no finished cell has a value of {view.y}: there is nothing to plot")
    found = [point.interval for one in series for point in one.points if point.interval is not None]
    lines = is_line_plot(series)
    spread = spread_words(found, lines=lines, many=lines and len(x_values(series)) > panels.MANY)
    drawn = [
        _figure(name, f"{caption} {spread}".strip(), panel)
        for name, caption, panel in _panels(measures, view, series)
        if has_numbers(panel.series)
    ]
    directions = measures.values(DIRECTION, "subject")
    return [*drawn, _direction_figure(measures, view, directions, spread)] if directions else drawn


def _panels(measures: Measures, view: ReportView, headline: Sequence[Series]) -> list[tuple[str, str, Panel]]:
    """Return name, caption and panel of each figure with one pair of axes; titles are those of the panels."""
    capture = (replace(PAIRWISE, column="", value=0.0), replace(BAYES, column="", value=1.0))
    known = has_numbers(measures.series(HEADLINE, "place", defined=None, metric="total_correlation"))
    exact = Reference("exact total correlation", BAYES.dash, "total_correlation")
    beside = ", beside the exact value of the same." if known else "."
    for of, value in measures.other_totals().items():
        beside += f" Exactly {value:.3f} nats is that of {of}: other variables, so no bound on these."
    x, references = view.x_label, references_of(view.ceiling, view.floor)
    title, proportion = capitalised(view.y_label), "accuracy" in view.y
    shown = Panel(title, headline, x, view.y_label, references, proportion=proportion)
    proved = f"What each method's scores prove about the total correlation of the modalities{beside}"
    bound, nats = "Lower bound on the total correlation", "total correlation (nats)"
    others = {
        "higher_order_capture": (CAPTURE, Panel("Higher-order capture", (), x, "higher-order capture", capture)),
        "total_correlation_bound": (proved, Panel(bound, (), x, nats, (exact,) if known else ())),
    }
    # The sweep may have asked for one of these as its headline.
    return [(view.y, "", shown)] + [
        (metric.removesuffix("_bound"), caption, replace(panel, series=headline_series(measures, view, metric)))
        for metric, (caption, panel) in others.items()
        if metric != view.y
    ]


def _figure(name: str, caption: str, panel: Panel) -> Image:
    series = panel.series
    points = [point for one in series for point in one.points]
    panel = replace(panel, references=distinct(panel.references, points))
    panel = replace(panel, limits=_limits(points, panel))
    rows = len(x_values(series)) == 1
    entries = len(panel.references) + (0 if rows else len(series))
    height = ROW * len(series) + AROUND if rows else max(HEIGHT, panels.LINE * entries + 0.8)
    crowded = 0.0 if is_line_plot(series) or rows else _columns_width(series)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        # Methods that stand alone in rows cover none of each other.
        alone = x_values(series) == [None]
        chosen = looks(series, even=True) if alone else looks(series, small=crowded > WIDTH / 2)
        _draw(axes, panel, chosen)
        # Rows have their names at the axis.
        keys = [*([] if rows else panels.method_keys(series, chosen)), *panels.reference_keys(panel.references)]
        panels.put_legend(figure, _in_two_lines(keys), loc="outside right upper", handlelength=2.6)

    return render(name, panel.title, caption, (max(WIDTH, crowded), height), paint)


def _draw(axes: Axes, panel: Panel, chosen: Sequence[Look]) -> None:
    """Draw what suits x: lines over numbers, columns over words, rows at a single value."""
    rows = len(x_values(panel.series)) == 1
    if is_line_plot(panel.series):
        panels.draw_lines(axes, panel, chosen)
    elif rows:
        panels.draw_methods(axes, panel, chosen)
    else:
        panels.draw_categories(axes, panel, chosen, panels.COLUMNS)
    if panel.limits is not None:
        (axes.set_xlim if rows else axes.set_ylim)(*panel.limits)
    (axes.set_xlabel if rows else axes.set_ylabel)(plain(panel.y_label))
    if not rows:
        axes.set_xlabel(plain(panel.x_label))


def _direction_figure(measures: Measures, view: ReportView, directions: Sequence[str], spread: str) -> Image:
    """Draw a panel per direction; at a single x, all directions beside each other on one pair of axes."""
    left_out = "What a method does not define is left out; what its fallback reaches stands in a table."
    caption = f"{spread} {left_out}"
    title = "Accuracy in every direction"
    panel = Panel(title, (), "", "accuracy", (PAIRWISE, BAYES), proportion=True, limits=PROPORTION)
    if has_long_directions(measures):
        series = over_directions(measures, view)
        rows = Panel("", series, "accuracy", "", (BEST,), proportion=True)
        return panels.draw_facets("directions", title, [rows], panels.draw_rows, spread=spread, remarks=[left_out])[0]
    if len(set(measures.values(HEADLINE, "place")) - {None}) < 2:
        merged = replace(panel, series=over_directions(measures, view), x_label="direction: from → to")
        return _figure("directions", caption, merged)
    columns = 3 if len(directions) <= 9 else 4 if len(directions) <= 28 else 6
    lines = math.ceil(len(directions) / columns)
    size = (PANEL_WIDTH * columns, PANEL_HEIGHT * lines + panels.LINE * 4)
    found = {name: direction_series(measures, view, name) for name in directions}
    references = distinct(panel.references, [p for held in found.values() for one in held for p in one.points])
    numbers = is_line_plot(headline_series(measures, view))

    def paint(figure: Figure) -> None:
        chosen = looks(measures.groups, small=True)
        grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for axes, name in itertools.zip_longest(grid.flat, directions):
            if name is None:  # What is left over is not shown.
                axes.set_visible(False)
                continue
            _draw(axes, replace(panel, series=found[name], references=references, y_label=""), chosen)
            axes.set_title(plain(name), fontweight="bold", pad=4)
            # Fewer ticks than on large axes; but of words, each.
            axes.locator_params(axis="both" if numbers else "y", nbins=4)
        figure.supxlabel(plain(view.x_label), fontsize=10)
        figure.supylabel(plain(panel.y_label), fontsize=10)
        keys = [*panels.method_keys(measures.groups, chosen), *panels.reference_keys(references)]
        widest = max(len(label) for label, _ in keys)
        across = max(1, min(len(keys), int(size[0] / (panels.KEY + LETTER * widest))))
        panels.put_legend(figure, _in_two_lines(keys), loc="outside upper center", ncols=across, handlelength=2.6)

    return render("directions", title, caption, size, paint)


def _in_two_lines(keys: Sequence[tuple[str, object]]) -> list[tuple[str, object]]:
    """Return the entries of a legend, those with a long joint name on two lines."""
    parted = [(name.rpartition(" = "), name, key) for name, key in keys]
    return [
        (f"{first}\n= {last}" if joint and len(name) > LONG else name, key)
        for (first, joint, last), name, key in parted
    ]


def _limits(points: Sequence[Point], panel: Panel) -> tuple[float, float]:
    """Return limits that show every seed and every exact line; intervals may be cut, means and seeds are not."""
    if panel.proportion:
        return PROPORTION
    seeds = [value for point in points for value in point.values if value is not None]
    exact = [level for line in panel.references for point in points if (level := line.level(point)) is not None]
    low, high = min([*seeds, *exact]), max([*seeds, *exact])
    margin = 0.08 * (high - low) or 0.1
    return low - margin, high + margin


def _columns_width(series: Sequence[Series]) -> float:
    """Return the width in inches that a plot with columns needs, its legend included."""
    values = x_values(series)
    words = 2 * BESIDE + LETTER * max(len(str(x)) for x in values)
    legend_width = panels.KEY + LETTER * max(len(one.label) for one in series)
    return len(values) * max(words, DOT * len(series)) + legend_width + 1.0
