"""Recordings that serve several samples of a split."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.inputs import Sound

__all__ = ["CHECK"]

# Below, a batch of some hundreds seldom holds a recording twice, and retrieval loses less than its interval is wide.
GRAVE_SHARE = 0.005


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    copies = find_copies(facts, name, None)
    inside = copies.inside(copies.exact)
    again = np.flatnonzero(inside != np.arange(facts.rows))
    if not len(again):
        return
    sharing = np.flatnonzero(np.isin(inside, inside[again]))
    classes = len({facts.labels[row] for row in sharing.tolist()} - {""})
    yield Finding(
        CHECK.code,
        "warning" if len(sharing) >= GRAVE_SHARE * copies.looked_at else "info",
        f"{name}: samples share their recording with another sample, in {classes} classes",
        len(sharing),
        copies.looked_at,
        "samples",
        "Count a retrieved recording as right for every sample that it serves, or keep one sample of each.",
        copies.examples(again, inside),
    )


CHECK = Check("audio-reuse", "recordings that serve several samples of a split", _run, (Sound,))
