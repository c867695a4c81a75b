"""Headroom: what probes get from subsets of the modalities, and what that says of the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from birdmml.audit.check import Example, Finding
from confu_core.statistics.bootstrap import Estimate

__all__ = ["HEADROOM", "Gain", "Headroom", "Subset"]

HEADROOM = "headroom"
# What one modality gets beyond, no fused query can improve by more than a test of a thousand rows would show.
SATURATED = 0.97


@dataclass(frozen=True)
class Subset:
    """What a subset of the modalities, named by signs such as ``"VA"``, gets; and its Bayes accuracy where known."""

    name: str
    accuracy: Estimate
    ceiling: float | None


@dataclass(frozen=True)
class Gain:
    """What a subset gets beyond the best of those with one modality less; `available` is the same of the ceilings."""

    name: str
    over: str
    gain: Estimate
    available: float | None

    @property
    def verdict(self) -> str:
        """``"yes"`` where the interval lies above 0, ``"no"`` where it does not reach 0.02, else ``"unclear"``."""
        if self.gain.low > 0:
            return "yes"
        return "no" if self.gain.high < 0.02 else "unclear"


@dataclass(frozen=True)
class Headroom:
    """What simple features get from every subset of the modalities, and of those of several, what is gained by them.

    `signs` are those of the modalities, `chance` the accuracy of always naming the most frequent class; rows are
    counted that were trained, chosen and tested on, the last of one split, and the classes met in training.
    """

    signs: Mapping[str, str]
    subsets: tuple[Subset, ...]
    gains: tuple[Gain, ...]
    chance: float
    train: int
    validation: int
    test: int
    classes: int
    tested_on: str

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        gains = [{**asdict(one), "verdict": one.verdict} for one in self.gains]
        return {**asdict(self), "signs": dict(self.signs), "subsets": [asdict(s) for s in self.subsets], "gains": gains}

    def findings(self) -> Iterator[Finding]:
        """Yield a warning where a modality alone leaves nothing to be gained, and one line on the gains of subsets."""
        singles = [one for one in self.subsets if one.name in self.signs.values()]
        full = [one for one in singles if one.accuracy.low >= SATURATED]
        if full and len(singles) > 1:
            names = ", ".join(one.name for one in full)
            yield Finding(
                "warning",
                f"{names} alone tells the class by simple features: nothing is left to gain",
                len(full),
                len(singles),
                "modalities",
                "Do not judge fusion on these data: make the modality harder, or leave it out of the query.",
                tuple(Example((), f"{one.name}: accuracy {one.accuracy.value:.3f}") for one in full),
                HEADROOM,
            )
        if self.gains:
            gaining = [f"{one.name} {one.gain.value:+.3f}" for one in self.gains if one.verdict == "yes"]
            yield Finding(
                "info",
                f"together more than each part: {', '.join(gaining)}"
                if gaining
                else "no subset gets more than the best of its parts",
                len(gaining),
                len(self.gains),
                "subsets of modalities",
                examples=tuple(Example((), _as_text(one)) for one in self.gains[:5]),
                code=HEADROOM,
            )


def _as_text(one: Gain) -> str:
    known = "" if one.available is None else f"; of {one.available:.3f} that there is"
    interval = f"{one.gain.value:+.3f} [{one.gain.low:+.3f}, {one.gain.high:+.3f}]"
    return f"{one.name} over {one.over}: {interval}{known}, headroom {one.verdict}"
