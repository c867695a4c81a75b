"""Curves over a number: shots of a few-shot probe, strengths of damage, shares of missing modalities, epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from matplotlib.axes import Axes

from confu_core.page.drawing import PAPER
from confu_core.report.exact import BEST, Reference
from confu_core.report.panels import Look, Panel, draw_facets, draw_interval, draw_lines, draw_seeds
from confu_core.report.sections import Section, declare, lines_of, ordered, panels_of, section
from confu_core.report.tables import Column, Line, Table, wide_table
from confu_core.report.tidy import REFERENCE, Measures, Series, x_values
from confu_core.report.words import capitalised, file_stem

SHOTS, TITLE, ACCURACY = "few_shot", "Few-shot accuracy", "accuracy"
# On single embeddings side by side, the same for every method; and on the vector that a method makes itself.
KINDS = {"": "", "fused": " on the method's own fused vector"}
STAR = 9.0


@section(90)
def few_shot(measured: Measures, shown: Measures) -> Section | None:
    """Show accuracy over the number of labelled samples per class."""
    words, keys = measured.words, (Column("query", "query"), Column("x", "shots", None))
    tables = [
        wide_table(
            file_stem(SHOTS, kind, metric.removesuffix(ACCURACY)),
            f"Few-shot {metric}{said}",
            keys,
            lines_of(measured, SHOTS, ("subject", "x"), condition=kind, metric=metric),
            measured.groups,
            exact="Bayes accuracy" if metric == ACCURACY else "",
        )
        for metric in measured.values(SHOTS, "metric")
        for kind, said in KINDS.items()
        if kind in measured.values(SHOTS, "condition", metric=metric)
    ]
    if not tables:
        return None

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        return Panel(of["subject"], series, f"shots per {words.label}", "accuracy", (BEST,), proportion=True)

    panels = panels_of(shown, SHOTS, ("subject",), "x", panel, condition="", metric=ACCURACY)
    remarks = [f"Stars: {words.zero_shot}." if words.described else "", shown.note]
    images = draw_facets(SHOTS, TITLE, panels, draw_shots, remarks=remarks, height=2.3)
    zero = f" 0 shots is {words.zero_shot}: the captions alone." if words.described else ""
    lede = f"A linear classifier on frozen embeddings of a few samples per {words.label}.{zero}"
    return Section(SHOTS, "Few-shot", lede, images, folded=tuple(tables))


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


UNITS = {
    "blur": "width, share of the side",
    "occlusion": "share of the picture covered",
    "snr": "signal-to-noise ratio, dB",
    "words": "share of words dropped",
}
DAMAGES = {"snr": "Noise", "words": "Dropped words"}


def _keys(condition: str, x: str) -> dict[str, Column]:
    names = {"condition": ("condition", condition), "subject": ("query",) * 2, "metric": ("metric",) * 2}
    return {**{name: Column(*own) for name, own in names.items()}, "x": Column("x", x, None)}


def _damaged(series: list[Series], of: Mapping[str, str]) -> Panel:
    condition, subject = of["condition"], of["subject"]
    # A direction is too long to stand beside the damage on one line of a panel.
    separator = ":\n" if "->" in subject or "→" in subject else ": "
    title = f"{DAMAGES.get(condition, capitalised(condition))}{separator}{subject}"
    return Panel(title, series, UNITS.get(condition, condition), of["metric"], (BEST,), proportion=True)


def _single_frame(series: list[Series], of: Mapping[str, str]) -> Panel:
    return Panel(of["subject"], series, f"{of['condition']} of the video", of["metric"], proportion=True)


def _falling(axes: Axes, panel: Panel) -> None:
    if panel.x_label == UNITS["snr"]:
        axes.invert_xaxis()


def _missing(series: list[Series], of: Mapping[str, str]) -> Panel:
    title, label = f"{of['subject']} without {of['condition']}", f"share of samples without {of['condition']}"
    return Panel(title, series, label, of["metric"], (BEST,), proportion=True)


declare(
    85,
    "frame",
    title="Single frames of videos",
    lede="Accuracy from one frame of each video alone, and from it with what else is seen of the sample.",
    keys=_keys("told by", "at"),
    panel=_single_frame,
    folded=True,
)
declare(
    110,
    "robustness",
    title="Robustness to damage",
    lede="Accuracy while one modality is damaged more and more.",
    keys=_keys("damage", "strength"),
    panel=_damaged,
    folded=True,
    finish=_falling,
)
declare(
    120,
    "missing",
    title="Missing modalities",
    lede="Accuracy of the fused query while more and more samples lack one modality.",
    keys=_keys("missing", "share of samples"),
    panel=_missing,
    folded=True,
)


HISTORY = "history"
BOUND = "total_correlation_bound"
EXACT = Reference("exact total correlation", "solid", REFERENCE)
LOSSES = {"loss": "Training loss", "validation_loss": "Validation loss", BOUND: "Total correlation bound"}


@section(150)
def history(measured: Measures, shown: Measures) -> Section | None:
    """Show how training went."""
    table = _last_losses(measured)
    if not table.rows:
        return None
    known = measured.rows(HISTORY, metric=BOUND)[REFERENCE].notna().any()

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        metric = of["metric"]
        return Panel(LOSSES[metric], series, "epoch", "nats", (EXACT,) if metric == BOUND and known else ())

    panels = [each for metric in LOSSES for each in panels_of(shown, HISTORY, (), "x", panel, metric=metric)]
    remarks = ["Bands that reach beyond the axes are cut off.", shown.note]
    return Section(
        HISTORY,
        "Training",
        "Losses by epoch, and what the scores prove about the total correlation of the modalities"
        f"{', beside its exact value' if known else ''}.",
        draw_facets(HISTORY, "Losses by epoch", panels, draw_lines, remarks=remarks, height=2.3),
        folded=(table,),
        notes=(
            "Methods sum different terms: their losses cannot be compared with each other, only over epochs.",
            *(
                f"The total correlation of {name} is exactly {value:.3f} nats; these are other variables than those "
                "whose scores bound theirs, so neither is a bound on the other."
                for name, value in measured.other_totals().items()
            ),
        ),
    )


def _last_losses(measured: Measures) -> Table:
    """Arrange what each term was in the last epoch; lower is not better across methods, so nobody wins a loss."""
    lines = [
        Line(
            (LOSSES.get(metric, f"term {metric}"),),
            tuple(
                max(one.points, key=lambda point: point.x, default=None)
                for one in measured.series(HISTORY, "x", metric=metric)
            ),
        )
        for metric in ordered(measured.values(HISTORY, "metric"), LOSSES)
    ]
    title, key = "Losses in the last epoch (nats)", Column("metric", "loss")
    return wide_table(HISTORY, title, (key,), lines, measured.groups, exact="exact", best=False)
