"""Curves over a number: shots, strengths of damage, shares of missing modalities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confu_core.report.facet import Facet, has_numbers
from confu_core.report.facets import facet_images
from confu_core.report.lines import draw_lines
from confu_core.report.measured import BEST, VALUE, Measured
from confu_core.report.panel import Panel
from confu_core.report.sections.section import Section
from confu_core.report.table import Column
from confu_core.report.wide import lines_along, wide_table
from confu_core.report.wording import capitalised

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["missing", "robustness"]

UNITS = {
    "blur": "width, share of the side",
    "occlusion": "share of the picture covered",
    "snr": "signal-to-noise ratio, dB",
    "words": "share of words dropped",
}
DAMAGES = {"snr": "Noise", "words": "Dropped words"}
FALLING = "signal-to-noise"


def robustness(measured: Measured, shown: Measured) -> Section | None:
    """Show what damage does to each query.

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
    lede = "Accuracy while one modality is damaged more and more."
    return _curves(measured, shown, "robustness", "Robustness to damage", lede, "damage", "strength")


def missing(measured: Measured, shown: Measured) -> Section | None:
    """Show what remains where a modality is missing from a share of the samples.

    Parameters
    ----------
    measured, shown
        As for `robustness`.

    Returns
    -------
    Section or None
        None where nothing of the kind was measured.
    """
    lede = "Accuracy of the fused query while more and more samples lack one modality."
    return _curves(measured, shown, "missing", "Missing modalities", lede, "missing", "share of samples")


def _curves(
    measured: Measured, shown: Measured, family: str, title: str, lede: str, kind: str, along: str
) -> Section | None:
    lines = [
        line
        for condition, subject, metric in _kinds(measured, family)
        for line in lines_along(
            measured.series(family, "x", condition=condition, subject=subject, metric=metric),
            condition,
            subject,
            metric,
        )
    ]
    if not lines:
        return None
    facets = [
        Facet(_title(family, condition, subject), series, _panel(family, condition, metric))
        for condition, subject, metric in _kinds(shown, family)
        if has_numbers(series := shown.series(family, "x", condition=condition, subject=subject, metric=metric))
    ]
    keys = (Column("condition", kind), Column("query", "query"), Column("metric", "metric"), Column("x", along, None))
    images = facet_images(family, title, facets, draw_lines, note=shown.note, finish=_finish)
    table = wide_table(family, title, keys, lines, measured.groups, exact="Bayes accuracy")
    return Section(family, title, lede, images, folded=(table,))


def _panel(family: str, condition: str, metric: str) -> Panel:
    x_label = UNITS.get(condition, condition) if family == "robustness" else f"share of samples without {condition}"
    return Panel(VALUE, x_label, metric, (BEST,), proportion=True)


def _title(family: str, condition: str, subject: str) -> str:
    if family == "missing":
        return f"{subject} without {condition}"
    # A direction is too long to stand beside the damage on one line of a panel.
    separator = ":\n" if "->" in subject or "→" in subject else ": "
    return f"{DAMAGES.get(condition, capitalised(condition))}{separator}{subject}"


def _kinds(measured: Measured, family: str) -> list[tuple[str, str, str]]:
    """Return condition, subject and metric of each curve, those of one condition together."""
    found = dict.fromkeys((row["condition"], row["subject"], row["metric"]) for row in measured.rows(family))
    order = measured.values(family, "condition")
    return sorted(found, key=lambda kind: order.index(kind[0]))


def _finish(axes: Axes, facet: Facet) -> None:
    if facet.panel.x_label.startswith(FALLING):
        axes.invert_xaxis()
