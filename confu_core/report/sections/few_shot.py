"""Few-shot classification: a probe on a handful of samples per class, beside zero-shot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from confu_core.page.drawing import PAPER
from confu_core.report.exact import BEST
from confu_core.report.panels import Look, Panel, draw_facets, draw_interval, draw_lines, draw_seeds
from confu_core.report.sections import Section, lines_of, panels_of, section
from confu_core.report.tables import Column, wide_table
from confu_core.report.tidy import Measures, Series, x_values
from confu_core.report.words import file_stem

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAMILY, TITLE, ACCURACY = "few_shot", "Few-shot accuracy", "accuracy"
# On single embeddings side by side, the same for every method; and on the vector that a method makes itself.
KINDS = {"": "", "fused": " on the method's own fused vector"}
STAR = 9.0


@section(90)
def few_shot(measured: Measures, shown: Measures) -> Section | None:
    """Show accuracy over the number of labelled samples per class."""
    words, keys = measured.words, (Column("query", "query"), Column("x", "shots", None))
    tables = [
        wide_table(
            file_stem(FAMILY, kind, metric.removesuffix(ACCURACY)),
            f"Few-shot {metric}{said}",
            keys,
            lines_of(measured, FAMILY, ("subject", "x"), condition=kind, metric=metric),
            measured.groups,
            exact="Bayes accuracy" if metric == ACCURACY else "",
        )
        for metric in measured.values(FAMILY, "metric")
        for kind, said in KINDS.items()
        if kind in measured.values(FAMILY, "condition", metric=metric)
    ]
    if not tables:
        return None

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        return Panel(of["subject"], series, f"shots per {words.label}", "accuracy", (BEST,), proportion=True)

    panels = panels_of(shown, FAMILY, ("subject",), "x", panel, condition="", metric=ACCURACY)
    remarks = [f"Stars: {words.zero_shot}." if words.described else "", shown.note]
    images = draw_facets(FAMILY, TITLE, panels, draw_shots, remarks=remarks, height=2.3)
    zero = f" 0 shots is {words.zero_shot}: the captions alone." if words.described else ""
    lede = f"A linear classifier on frozen embeddings of a few samples per {words.label}.{zero}"
    return Section(FAMILY, "Few-shot", lede, images, folded=tuple(tables))


def draw_shots(axes: Axes, panel: Panel, looks: Sequence[Look]) -> None:
    """Draw accuracy over shots, evenly spaced; what was found without any is a star."""
    series, shots = panel.series, x_values(panel.series)
    start = shots.index(next(filter(None, shots), shots[0]))
    trained = [_placed(one, [x for x in shots if x], start) for one in series]
    if any(one.points for one in trained):
        draw_lines(axes, replace(panel, series=trained), looks)
    width = 0.5 / max(len(series), 2)
    for at, (one, look) in enumerate(zip(series, looks, strict=True)):
        point = one.at(0)
        if point is None or point.interval is None:
            continue
        place = (at - (len(series) - 1) / 2) * width
        star = {**look.style, "marker": "*", "markersize": STAR, "markeredgewidth": 0.5}
        if not look.hollow:
            star["markeredgecolor"] = PAPER
        draw_interval(axes, point.interval, place, panel.ends, color=look.colour, linewidth=0.8)
        draw_seeds(axes, point, place, color=look.colour)
        axes.plot(place, point.interval.mean, linestyle="none", zorder=3.5, **star)
    axes.set_xticks(range(len(shots)), [f"{x:g}" for x in shots])
    axes.set_xlim(-0.5, len(shots) - 0.7)


def _placed(one: Series, shots: Sequence[float], start: int) -> Series:
    """Return a series over the places of shots instead of their numbers."""
    return replace(one, points=tuple(replace(p, x=start + shots.index(p.x)) for p in one.points if p.x))
