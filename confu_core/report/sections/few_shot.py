"""Few-shot classification: a probe on a handful of samples per species, beside zero-shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from confu_core.report.facet import Facet, has_numbers
from confu_core.report.facets import facet_images
from confu_core.report.lines import draw_lines
from confu_core.report.marks import draw_interval, draw_seeds
from confu_core.report.measured import BEST, VALUE, Measured
from confu_core.report.panel import Panel
from confu_core.report.sections.section import Section
from confu_core.report.series import Point, Series, x_values
from confu_core.report.style import PAPER, Look
from confu_core.report.table import Column, Table
from confu_core.report.wide import lines_along, wide_table
from confu_core.report.wording import file_stem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["few_shot"]

FAMILY, TITLE = "few_shot", "Few-shot accuracy"
# On single embeddings side by side, the same for every method; and on the vector that a method makes itself.
KINDS = {"": "", "fused": " on the method's own fused vector"}
STAR = 9.0


def few_shot(measured: Measured, shown: Measured) -> Section | None:
    """Show accuracy over the number of labelled samples per species.

    Parameters
    ----------
    measured : Measured
        For tables.
    shown : Measured
        For figures.

    Returns
    -------
    Section or None
        None where nothing of the kind was measured.
    """
    kinds = [kind for kind in KINDS if kind in measured.values(FAMILY, "condition")]
    tables = [_table(measured, kind) for kind in kinds]
    if not tables:
        return None
    panel = Panel(VALUE, f"shots per {measured.words.one}", "accuracy", (BEST,), proportion=True)
    facets = [
        Facet(query, series, panel)
        for query in shown.values(FAMILY, "subject")
        if has_numbers(series := shown.series(FAMILY, "x", subject=query, condition=""))
    ]
    zero = "0 shots is zero-shot: the captions alone." if measured.words.described else ""
    images = facet_images(
        FAMILY, TITLE, facets, draw_shots, remark="Stars: zero-shot." if zero else "", note=shown.note, height=2.3
    )
    return Section(
        FAMILY,
        "Few-shot",
        f"A linear classifier on frozen embeddings of a few samples per {measured.words.one}. {zero}".rstrip(),
        images,
        folded=tuple(tables),
    )


def _table(measured: Measured, kind: str) -> Table:
    lines = [
        line
        for query in measured.values(FAMILY, "subject", condition=kind)
        for line in lines_along(measured.series(FAMILY, "x", subject=query, condition=kind), query)
    ]
    keys = (Column("query", "query"), Column("x", "shots", None))
    name = file_stem(FAMILY, kind)
    return wide_table(name, f"{TITLE}{KINDS[kind]}", keys, lines, measured.groups, exact="Bayes accuracy")


def draw_shots(axes: Axes, series: Sequence[Series], looks: Sequence[Look], panel: Panel) -> None:
    """Draw accuracy over shots, evenly spaced; what was found without any is a star.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Empty.
    series, looks : sequence
        As many of each; x is a number of shots.
    panel : Panel
        What to show.
    """
    shots = x_values(series)
    trained = [
        _placed(one, [x for x in shots if x], start=shots.index(next(filter(None, shots), shots[0]))) for one in series
    ]
    if any(one.points for one in trained):
        draw_lines(axes, trained, looks, panel)
    width = 0.5 / max(len(series), 2)
    for at, (one, look) in enumerate(zip(series, looks, strict=True)):
        point = one.at(0)
        interval = None if point is None else point.interval(panel.column)
        if point is None or interval is None:
            continue
        place = (at - (len(series) - 1) / 2) * width
        star = {**look.marker_style(), "marker": "*", "markersize": STAR, "markeredgewidth": 0.5}
        if not look.hollow:
            star["markeredgecolor"] = PAPER
        draw_interval(axes, interval, place, panel.ends, color=look.colour, linewidth=0.8)
        draw_seeds(axes, point, panel.column, place, color=look.colour)
        axes.plot(place, interval.mean, linestyle="none", zorder=3.5, **star)
    axes.set_xticks(range(len(shots)), [f"{x:g}" for x in shots])
    axes.set_xlim(-0.5, len(shots) - 0.7)


def _placed(one: Series, shots: Sequence[float], start: int) -> Series:
    """Return a series over the places of shots instead of their numbers."""
    points = [Point(start + shots.index(point.x), point.rows) for point in one.points if point.x]
    return replace(one, points=tuple(points))
