"""Curves over a number: strengths of damage, shares of missing modalities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from confu_core.report.exact import BEST
from confu_core.report.panels import Panel
from confu_core.report.sections import Section, measure_section, section
from confu_core.report.tables import Column
from confu_core.report.tidy import Measures, Series
from confu_core.report.words import capitalised

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


def _keys(condition: str, x: str) -> dict[str, Column]:
    return {
        "condition": Column("condition", condition),
        "subject": Column("query", "query"),
        "metric": Column("metric", "metric"),
        "x": Column("x", x, None),
    }


@section(110)
def robustness(measured: Measures, shown: Measures) -> Section | None:
    """Show what damage does to each query."""

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        condition, subject = of["condition"], of["subject"]
        # A direction is too long to stand beside the damage on one line of a panel.
        separator = ":\n" if "->" in subject or "→" in subject else ": "
        title = f"{DAMAGES.get(condition, capitalised(condition))}{separator}{subject}"
        return Panel(title, series, UNITS.get(condition, condition), of["metric"], (BEST,), proportion=True)

    return measure_section(
        measured,
        shown,
        "robustness",
        title="Robustness to damage",
        lede="Accuracy while one modality is damaged more and more.",
        keys=_keys("damage", "strength"),
        panel=panel,
        folded=True,
        finish=_falling,
    )


def _falling(axes: Axes, panel: Panel) -> None:
    if panel.x_label == UNITS["snr"]:
        axes.invert_xaxis()


@section(120)
def missing(measured: Measures, shown: Measures) -> Section | None:
    """Show what remains where a modality is missing from a share of the samples."""

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        title = f"{of['subject']} without {of['condition']}"
        label = f"share of samples without {of['condition']}"
        return Panel(title, series, label, of["metric"], (BEST,), proportion=True)

    return measure_section(
        measured,
        shown,
        "missing",
        title="Missing modalities",
        lede="Accuracy of the fused query while more and more samples lack one modality.",
        keys=_keys("missing", "share of samples"),
        panel=panel,
        folded=True,
    )
