"""Recordings that were clipped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.inputs import Sound

__all__ = ["CHECK"]

# One sample in a thousand on plateaus is heard as a crackle.
SHARE = 0.001


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    readable, clipped = facts.readable[name], facts.measures[name]["clipped"]
    rows = np.flatnonzero(readable & (clipped >= SHARE))
    if len(rows):
        worst = rows[np.argsort(-clipped[rows], kind="stable")]
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: recordings are clipped",
            len(rows),
            int(readable.sum()),
            "recordings",
            "Take them from the source at a lower level; scaling down afterwards does not mend them.",
            examples_of(facts, worst.tolist(), lambda row: f"{clipped[row]:.1%} of the samples lie on plateaus"),
        )


CHECK = Check("sound-clipped", "clipped recordings", _run, (Sound,))
