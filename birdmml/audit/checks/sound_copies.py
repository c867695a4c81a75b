"""Recordings with a copy in another split, or nearly a copy in their own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.inputs import Sound
from confu_core.inputs.fingerprint import SOUND_DISTANCE

__all__ = ["CHECK"]


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    copies = find_copies(facts, name, SOUND_DISTANCE)
    if len(rows := copies.across()):
        yield Finding(
            CHECK.code,
            "error",
            f"{name}: recordings have a copy in another split",
            len(rows),
            copies.looked_at,
            "recordings",
            "Keep all copies of a recording in one split: what was trained on is tested on.",
            copies.examples(rows, copies.group),
        )
    # Byte for byte in one split, it is reuse, which is a finding of its own.
    inside, alone = copies.inside(copies.group), np.arange(facts.rows)
    if len(rows := np.flatnonzero((inside != alone) & (copies.inside(copies.exact) == alone))):
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: recordings are nearly a copy of an earlier one in their own split",
            len(rows),
            copies.looked_at,
            "recordings",
            "Listen to some of them, and remove those that are the same recording.",
            copies.examples(rows, inside),
        )


CHECK = Check("sound-copies", "duplicate recordings across splits, near ones within", _run, (Sound,))
