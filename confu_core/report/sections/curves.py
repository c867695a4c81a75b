"""Curves over a number: strengths of damage, shares of missing modalities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from confu_core.report.exact import BEST
from confu_core.report.panels import Panel
from confu_core.report.sections import declare
from confu_core.report.tables import Column
from confu_core.report.tidy import Series
from confu_core.report.words import capitalised

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
