"""Pictures of unlike sizes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Example, Finding
from confu_core.inputs import Picture

__all__ = ["CHECK"]

# Enlarged four times, a picture is told from the others by its blur alone.
SMALL = 0.25


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    readable, table = facts.readable[name], facts.measures[name]
    if not readable.any():
        return
    side = np.minimum(table["width"], table["height"])
    middle = float(np.median(side[readable]))
    rows = np.flatnonzero(readable & (side < SMALL * middle))
    if len(rows):
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: pictures are less than a quarter as large as the median, {middle:.0f} px",
            len(rows),
            int(readable.sum()),
            "pictures",
            "Replace them by larger ones: their blur tells where they come from.",
            examples_of(facts, rows.tolist(), lambda row: f"{table['width'][row]} x {table['height'][row]} px"),
        )
    sizes, counts = np.unique(table[["width", "height"]][readable], return_counts=True)
    if len(sizes) > 1:
        common = sizes[np.argmax(counts)]
        what = f"shorter side {side[readable].min()} to {side[readable].max()} px, median {middle:.0f}"
        yield Finding(
            CHECK.code,
            "info",
            f"{name}: pictures have {len(sizes)} sizes, most often {common[0]} x {common[1]} px",
            int(counts.sum() - counts.max()),
            int(counts.sum()),
            "pictures of another size",
            examples=(Example((), what),),
        )


CHECK = Check("picture-sizes", "pictures of unlike sizes", _run, (Picture,))
