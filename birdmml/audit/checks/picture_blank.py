"""Pictures of one colour, as a whole or in the part that was lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.inputs import Picture

__all__ = ["CHECK"]

LOST = 0.05  # Of a picture, from one side on; drawn ones have less that is of exactly one colour.
CONTRAST = 4.0  # Grey levels: what compression makes of a blank sheet has less, the palest fog more.


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    readable, contrast = facts.readable[name], facts.measures[name]["contrast"]
    rows = np.flatnonzero(readable & (contrast < CONTRAST))
    if len(rows):
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: pictures are blank",
            len(rows),
            int(readable.sum()),
            "pictures",
            "Remove them: they show nothing, and all of them are alike.",
            examples_of(facts, rows.tolist(), lambda row: f"colours vary by {contrast[row]:.1f} grey levels"),
        )
    lost = facts.measures[name]["lost"]
    rows = np.flatnonzero(readable & (contrast >= CONTRAST) & (lost >= LOST))
    if len(rows):
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: pictures are of one colour in a part along one side, as if a file was cut",
            len(rows),
            int(readable.sum()),
            "pictures",
            "Look at them, fetch their files again, and build again: what was lost was filled up.",
            examples_of(facts, rows.tolist(), lambda row: f"{lost[row]:.0%} are of one colour"),
        )


CHECK = Check("picture-blank", "blank pictures", _run, (Picture,))
