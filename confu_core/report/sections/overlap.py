"""Overlap: which samples the single queries and the fused one get right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from confu_core.evaluation.overlap import letters_of, share_names
from confu_core.page.drawing import INK, PALETTE, PAPER, QUIET, RULE, Image, plain, render
from confu_core.page.numbers import show
from confu_core.report.panels import WIDTH, put_legend
from confu_core.report.sections import Section, section
from confu_core.report.tables import Column, Line, wide_table
from confu_core.report.tidy import Measures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAMILY = "overlap"
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
    names = in_stacking_order(measured.values(FAMILY, "metric"), _roles(measured))
    lines = [
        Line((name, subject), tuple(one.at(None) for one in measured.series(FAMILY, subject=subject, metric=name)))
        for subject in measured.values(FAMILY, "subject")
        for name in names
        if name in measured.values(FAMILY, "metric", subject=subject)
    ]
    if not lines:
        return None
    keys = (Column("share", "right by"), Column("query", "query"))
    title = "Overlap of correct predictions"
    table = wide_table(FAMILY, title, keys, lines, measured.groups, best=False)
    images = (_image(shown, title, names),) if shown.rows(FAMILY)["value"].notna().any() else ()
    return Section(FAMILY, "What fusing adds and loses", _lede(measured), images, folded=(table,))


def in_stacking_order(names: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """Sort shares by what A and V would be called in the place of each: the same order everywhere."""
    known = list(SHARES)
    places = {name: roles.get(name, name) for name in names}
    return sorted(names, key=lambda name: known.index(places[name]) if places[name] in known else len(known))


def _roles(measures: Measures) -> dict[str, str]:
    """Return what A and V would be called in the place of each share, which decides its colour."""
    return {
        name: role
        for subject in measures.values(FAMILY, "subject")
        for name, role in zip(share_names(*_letters(subject)), share_names("A", "V"), strict=True)
    }


def _letters(subject: str) -> tuple[str, str]:
    first, second = subject.split("+")
    return letters_of(second, first)


def _lede(measured: Measures) -> str:
    subject: str = measured.values(FAMILY, "subject")[0]
    one, two = _letters(subject)
    called = measured.words.design.modalities
    first, second = (called.get(name, name) for name in subject.split("+"))
    named = f"{one} the {second}, {two} the {first}" if len(one) == 1 else f"“{one}”, “{two}”"
    return (
        f"Every test sample, by which queries name its {measured.words.label}: {named}, {one}{two} both fused. "
        f"“{one}{two} only” is what neither modality finds alone; “{one}/{two}” is what both find and fusing loses."
    )


def _image(shown: Measures, title: str, names: Sequence[str]) -> Image:
    subjects, roles = shown.values(FAMILY, "subject"), _roles(shown)
    rows = [(subject, at) for subject in subjects for at in range(len(shown.groups))]
    looks = {name: SHARES.get(roles.get(name, name), (QUIET, PAPER)) for name in names}
    found = {
        (subject, name): shown.series(FAMILY, subject=subject, metric=name) for subject in subjects for name in names
    }

    def paint(figure: Figure) -> None:
        from matplotlib.patches import Patch

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
    return render(FAMILY, title, f"{caption} {shown.note}".strip(), (WIDTH, ROW * len(rows) + 1.25), paint)
