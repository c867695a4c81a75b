"""Overlap: which samples the single queries and the fused one get right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from confu_core.evaluation.overlap import letters_of, share_names
from confu_core.report.measured import VALUE, Measured
from confu_core.report.rendering import Image, render
from confu_core.report.sections.section import Section
from confu_core.report.style import INK, PALETTE, PAPER, QUIET, RULE, plain
from confu_core.report.table import Column
from confu_core.report.wide import Line, wide_table
from confu_core.report.wording import show

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["overlap"]

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
ROW, LETTER, WIDTH = 0.4, 0.075, 7.2


def overlap(measured: Measured, shown: Measured) -> Section | None:
    """Show what fusing adds, keeps and loses.

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
    names = in_stacking_order(measured.values(FAMILY, "metric"), _roles(measured))
    lines = [
        Line((name, subject), tuple(one.at(None) for one in measured.series(FAMILY, subject=subject, metric=name)))
        for subject in measured.values(FAMILY, "subject")
        for name in names
        if name in measured.values(FAMILY, "metric", subject=subject)
    ]
    if not lines:
        return None
    table = wide_table(
        FAMILY,
        "Overlap of correct predictions",
        (Column("share", "right by"), Column("query", "query")),
        lines,
        measured.groups,
        best=False,
    )
    return Section(
        FAMILY,
        "What fusing adds and loses",
        _lede(measured),
        (_image(shown, names),) if any(row[VALUE] is not None for row in shown.rows(FAMILY)) else (),
        folded=(table,),
    )


def in_stacking_order(names: list[str], roles: Mapping[str, str] | None = None) -> list[str]:
    """Sort shares: the same order everywhere.

    Parameters
    ----------
    names : list of str
        Of shares.
    roles : mapping of str to str, optional
        For names of other modalities, those that A and V have in their place.

    Returns
    -------
    list of str
        Unknown ones last.

    Examples
    --------
    >>> in_stacking_order(["none", "AV only", "all"])
    ['all', 'AV only', 'none']
    """
    known, roles = list(SHARES), roles or {}
    places = {name: roles.get(name, name) for name in names}
    return sorted(names, key=lambda name: known.index(places[name]) if places[name] in known else len(known))


def _roles(measured: Measured) -> dict[str, str]:
    """Return what A and V would be called in the place of each share, which decides its colour."""
    return {
        name: role
        for subject in measured.values(FAMILY, "subject")
        for name, role in zip(share_names(*_letters(subject)), share_names("A", "V"), strict=True)
    }


def _letters(subject: str) -> tuple[str, str]:
    first, second = subject.split("+")
    return letters_of(second, first)


def _lede(measured: Measured) -> str:
    subjects: Sequence[str] = measured.values(FAMILY, "subject")
    one, two = _letters(subjects[0])
    first, second = ("picture", "song") if measured.words.birds else subjects[0].split("+")
    named = f"{one} the {second}, {two} the {first}" if len(one) == 1 else f"“{one}”, “{two}”"
    return (
        f"Every test sample, by which queries name its {measured.words.one}: {named}, {one}{two} both fused. "
        f"“{one}{two} only” is what neither modality finds alone; “{one}/{two}” is what both find and fusing loses."
    )


def _image(shown: Measured, names: list[str]) -> Image:
    subjects, roles = shown.values(FAMILY, "subject"), _roles(shown)
    rows = [(subject, at) for subject in subjects for at in range(len(shown.groups))]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for row, (subject, at) in enumerate(rows):
            left = 0.0
            for name in names:
                left += _segment(axes, shown, (subject, name, at), row, left, roles)
        labels = [shown.groups[at].label + (f", {subject}" if len(subjects) > 1 else "") for subject, at in rows]
        axes.set_yticks(range(len(rows)), [plain(label) for label in labels])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of test samples; numbers in %")
        axes.tick_params(axis="y", length=0)
        axes.grid(False)
        axes.spines["left"].set_visible(False)
        _legend(figure, names, roles)

    caption = (
        "Mean shares over seeds. From the left to the end of “AV only” is what the fused query gets right. "
        + shown.note
    )
    return render(FAMILY, "Overlap of correct predictions", caption.strip(), (WIDTH, ROW * len(rows) + 1.25), paint)


def _segment(
    axes: Axes, shown: Measured, of: tuple[str, str, int], row: int, left: float, roles: Mapping[str, str]
) -> float:
    subject, name, at = of
    point = shown.series(FAMILY, subject=subject, metric=name)[at].at(None)
    share = None if point is None else point.exact(VALUE)
    if not share:
        return 0.0
    colour, ink = SHARES.get(roles.get(name, name), (QUIET, PAPER))
    axes.barh(row, share, 0.72, left=left, color=colour, edgecolor=PAPER, linewidth=0.8)
    if share >= NARROWEST:
        where: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}
        axes.text(left + share / 2, row, show(100 * share, 0), color=ink, **where)
    return share


def _legend(figure: Figure, names: list[str], roles: Mapping[str, str]) -> None:
    from matplotlib.patches import Patch

    keys = [Patch(facecolor=SHARES.get(roles.get(name, name), (QUIET, PAPER))[0]) for name in names]
    made = figure.legend(
        keys,
        [str(at) for at in range(len(names))],
        loc="outside upper center",
        ncols=8,
        handlelength=1.2,
        columnspacing=1.1,
    )
    for entry, name in zip(made.get_texts(), names, strict=True):
        entry.set_text(plain(name))
