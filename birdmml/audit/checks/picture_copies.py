"""Pictures that occur more than once, byte for byte or nearly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.inputs import Picture
from confu_core.inputs.fingerprint import PICTURE_DISTANCE

__all__ = ["CHECK"]


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    copies = find_copies(facts, name, PICTURE_DISTANCE)
    if len(rows := copies.across()):
        yield Finding(
            CHECK.code,
            "error",
            f"{name}: pictures have a copy in another split",
            len(rows),
            copies.looked_at,
            "pictures",
            "Keep all copies of a picture in one split: what was trained on is tested on.",
            copies.examples(rows, copies.group),
        )
    inside = copies.inside(copies.group)
    if len(rows := np.flatnonzero(inside != np.arange(facts.rows))):
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: pictures have an earlier copy in their own split",
            len(rows),
            copies.looked_at,
            "pictures",
            "Remove them, or give copies one caption: in retrieval only one of two equal pictures counts as right.",
            copies.examples(rows, inside),
        )


CHECK = Check("picture-copies", "duplicate pictures, within and across splits", _run, (Picture,))
