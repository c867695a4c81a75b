"""What fusing adds: gains over single modalities, what is right only together, and how it depends on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from confu_core.evaluation.overlap import letters_of, share_names
from confu_core.page.drawing import INK, PALETTE, PAPER, QUIET, RULE, Image, plain, render
from confu_core.page.numbers import show
from confu_core.report.exact import Reference
from confu_core.report.panels import WIDTH, Panel, put_legend
from confu_core.report.sections import Section, declare, measure_section, section
from confu_core.report.tables import Column, Line, wide_table
from confu_core.report.tidy import REFERENCE, Measures, Series
from confu_core.report.words import ReportWords

KEYS = {"metric": Column("metric", "metric"), "subject": Column("query", "query")}
AVAILABLE = Reference("available gain", "solid", REFERENCE)
GAINS = {
    "gain": "gain in accuracy",
    "higher-order capture": "higher-order capture",
    "fusion gain captured": "fusion gain captured",
}
OF_ANY_ORDER = (
    "The gain over the best single modality is of any order: adding up two scores has its share of it. Higher-order "
    "capture counts from the pairwise ceiling instead."
)
CUT = "Intervals that reach beyond the axes are cut off."
DEPENDENCE = {"drop": "drop in accuracy", "R²": "R²"}
LATE = {"accuracy": "accuracy", "fused less late": "fused query less late fusion", "weight": "weight"}
TITLES = {"drop": "One modality shuffled", "R²": "Predicted from one embedding"}


@section(50)
def complementarity(measured: Measures, shown: Measures) -> Section | None:
    """Show what the fused query gains over the best single one."""
    of_classes = f"group of {measured.words.many}"
    return measure_section(
        measured,
        shown,
        "complementarity",
        title="Complementarity",
        lede=f"Accuracy of the fused query less that of the best single one, in each {of_classes}. "
        f"{_available(measured.words)}",
        keys={**KEYS, "condition": Column("group", of_classes)},
        names={"metric": GAINS},
        drawn={"metric": "gain"},
        panel=lambda series, of: Panel(of["subject"], series, of_classes, GAINS["gain"], (AVAILABLE,)),
        figure_title="Gain of the fused query over the best single one",
        exact="to be had",
        remarks=[CUT],
        notes=(OF_ANY_ORDER,) if measured.words.exact else (),
        columns=1,
        height=2.6,
    )


def _available(words: ReportWords) -> str:
    if words.exact:
        return "The black ticks are what there is to gain: the difference between the Bayes accuracies."
    told = "" if words.described else " Classes are told by probes."
    return f"What there is to gain is not known.{told}"


declare(
    55,
    "late_fusion",
    title="Late fusion",
    lede="What every modality tells by itself, added up as log-probabilities with one weight each, fitted on "
    "validation: the baseline of every fused query. It holds nothing that only several modalities together tell.",
    keys={"metric": KEYS["metric"], "condition": Column("modality", "modality"), "subject": KEYS["subject"]},
    names={"metric": LATE},
    drawn={"metric": "accuracy"},
    panel=lambda series, of: Panel("", series, "", LATE["accuracy"], proportion=True),
    figure_title="Accuracy of late fusion",
    notes=("A fused query that is not above it has learnt no more than an ensemble of its single modalities.",),
    columns=2,
    height=2.3,
    folded=True,
)


@section(70)
def dependence(measured: Measures, shown: Measures) -> Section | None:
    """Show how much the fused embedding depends on each of its modalities."""
    family = "dependence"
    several = len(shown.values(family, "subject")) > 1

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        metric, subject = of["metric"], of["subject"]
        title = TITLES.get(metric, metric)
        return Panel(f"{title}: {subject}" if several else title, series, "", DEPENDENCE.get(metric, metric))

    return measure_section(
        measured,
        shown,
        family,
        title="Does the fused embedding use both?",
        lede="The drop in accuracy when one modality is another sample's, and how well one single embedding predicts "
        "the fused one linearly (R²).",
        keys={**KEYS, "condition": Column("modality", "modality")},
        names={"metric": DEPENDENCE},
        panel=panel,
        table_title="Dependence of the fused embedding",
        figure_title="Dependence of the fused embedding on each modality",
        exact="",
        best=False,
        remarks=[CUT],
        notes=(
            "An R² of 1 means that the fused embedding is a copy of that modality: it holds nothing of the other. A "
            "drop of 0 means that the modality is not used.",
        ),
        columns=2,
        height=2.3,
    )


OVERLAP = "overlap"
BLACK = "#000000"
# Colour of each share and of the number on it, in the order in which they are stacked: first all that the fused
# query gets right, with what only it gets right last; then what it loses; then nothing.
SHARES: dict[str, tuple[str, str]] = {
    "all": (QUIET, PAPER),
    "AV/A": (PALETTE[0], PAPER),
    "AV/V": (PALETTE[1], PAPER),
    "AV only": (PALETTE[2], PAPER),
    "A/V": (PALETTE[3], BLACK),
    "A only": (PALETTE[5], BLACK),
    "V only": (PALETTE[4], BLACK),
    "none": (RULE, INK),
}
NARROWEST = 0.045  # The smallest share with room for its number.
ROW = 0.4  # In inches.


@section(60)
def overlap(measured: Measures, shown: Measures) -> Section | None:
    """Show what fusing adds, keeps and loses."""
    names = in_stacking_order(measured.values(OVERLAP, "metric"), _roles(measured))
    lines = [
        Line((name, subject), tuple(one.at(None) for one in measured.series(OVERLAP, subject=subject, metric=name)))
        for subject in measured.values(OVERLAP, "subject")
        for name in names
        if name in measured.values(OVERLAP, "metric", subject=subject)
    ]
    if not lines:
        return None
    keys = (Column("share", "right by"), Column("query", "query"))
    title = "Overlap of correct predictions"
    table = wide_table(OVERLAP, title, keys, lines, measured.groups, best=False)
    images = (_image(shown, title, names),) if shown.rows(OVERLAP)["value"].notna().any() else ()
    return Section(OVERLAP, "What fusing adds and loses", _lede(measured), images, folded=(table,))


def in_stacking_order(names: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Sort shares by what A and V would be called in the place of each: the same order everywhere."""
    known = list(SHARES)
    places = {name: roles.get(name, name) for name in names}
    return sorted(names, key=lambda name: known.index(places[name]) if places[name] in known else len(known))


def _roles(measures: Measures) -> dict[str, str]:
    """Return what A and V would be called in the place of each share, which decides its colour."""
    return {
        name: role
        for subject in measures.values(OVERLAP, "subject")
        for name, role in zip(share_names(*_letters(subject)), share_names("A", "V"), strict=True)
    }


def _letters(subject: str) -> tuple[str, str]:
    first, second = subject.split("+")
    return letters_of(second, first)


def _lede(measured: Measures) -> str:
    subject: str = measured.values(OVERLAP, "subject")[0]
    one, two = _letters(subject)
    called = measured.words.design.modalities
    first, second = (called.get(name, name) for name in subject.split("+"))
    named = f"{one} the {second}, {two} the {first}" if len(one) == 1 else f"“{one}”, “{two}”"
    return (
        f"Every test sample, by which queries name its {measured.words.label}: {named}, {one}{two} both fused. "
        f"“{one}{two} only” is what neither modality finds alone; “{one}/{two}” is what both find and fusing loses."
    )


def _image(shown: Measures, title: str, names: Sequence[str]) -> Image:
    subjects, roles = shown.values(OVERLAP, "subject"), _roles(shown)
    rows = [(subject, at) for subject in subjects for at in range(len(shown.groups))]
    looks = {name: SHARES.get(roles.get(name, name), (QUIET, PAPER)) for name in names}
    found = {
        (subject, name): shown.series(OVERLAP, subject=subject, metric=name) for subject in subjects for name in names
    }

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for row, (subject, at) in enumerate(rows):
            left = 0.0
            for name, (colour, ink) in looks.items():
                point = found[subject, name][at].at(None)
                share = 0.0 if point is None or point.mean is None else point.mean
                if share:
                    axes.barh(row, share, 0.72, left=left, color=colour, edgecolor=PAPER, linewidth=0.8)
                if share >= NARROWEST:
                    where: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8, "color": ink}
                    axes.text(left + share / 2, row, show(100 * share, 0), **where)
                left += share
        labels = [shown.groups[at].label + (f", {subject}" if len(subjects) > 1 else "") for subject, at in rows]
        axes.set_yticks(range(len(rows)), [plain(label) for label in labels])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of test samples; numbers in %")
        axes.tick_params(axis="y", length=0)
        axes.grid(False)
        axes.spines["left"].set_visible(False)
        keys = [(name, Patch(facecolor=colour)) for name, (colour, _) in looks.items()]
        put_legend(figure, keys, loc="outside upper center", ncols=8, handlelength=1.2, columnspacing=1.1)

    caption = "Mean shares over seeds. From the left to the end of “AV only” is what the fused query gets right."
    return render(OVERLAP, title, f"{caption} {shown.note}".strip(), (WIDTH, ROW * len(rows) + 1.25), paint)
