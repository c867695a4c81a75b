"""Recordings with nothing to be heard."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.inputs import Sound

__all__ = ["CHECK"]

PEAK = 0.001  # 60 dB below full scale: beneath the noise of any room.


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    readable, peak = facts.readable[name], facts.measures[name]["peak"]
    rows = np.flatnonzero(readable & (peak < PEAK))
    if len(rows):
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: recordings are silent",
            len(rows),
            int(readable.sum()),
            "recordings",
            "Remove them: they tell nothing, and all of them are alike.",
            examples_of(facts, rows.tolist(), lambda row: f"its peak is {peak[row]:.1g} of full scale"),
        )


CHECK = Check("sound-silent", "silent recordings", _run, (Sound,))
