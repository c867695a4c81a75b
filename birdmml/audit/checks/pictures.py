"""Checks of pictures: blank, cut, copied, of unlike sizes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Example, Finding, check, row_findings
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
from confu_core.inputs import Picture
from confu_core.inputs.fingerprint import PICTURE_DISTANCE

LOST = 0.05  # Of a picture, from one side on; drawn ones have less that is of exactly one colour.
CONTRAST = 4.0  # Grey levels: what compression makes of a blank sheet has less, the palest fog more.
SMALL = 0.25  # Of the median: enlarged four times, a picture is told from the others by its blur alone.


@check("picture-blank", "blank pictures", Picture)
def picture_blank(facts: Facts, name: str) -> Iterator[Finding]:
    """Find pictures of one colour, as a whole or in the part that was lost."""
    contrast, lost = facts.measures[name]["contrast"], facts.measures[name]["lost"]
    yield from row_findings(
        facts,
        name,
        contrast < CONTRAST,
        "warning",
        "pictures are blank",
        "Remove them: they show nothing, and all of them are alike.",
        lambda row: f"colours vary by {contrast[row]:.1f} grey levels",
    )
    yield from row_findings(
        facts,
        name,
        (contrast >= CONTRAST) & (lost >= LOST),
        "warning",
        "pictures are of one colour in a part along one side, as if a file was cut",
        "Look at them, fetch their files again, and build again: what was lost was filled up.",
        lambda row: f"{lost[row]:.0%} are of one colour",
    )


@check("picture-copies", "duplicate pictures, within and across splits", Picture)
def picture_copies(facts: Facts, name: str) -> Iterator[Finding]:
    """Find pictures that occur more than once, byte for byte or nearly."""
    copies = find_copies(facts, name, PICTURE_DISTANCE)
    yield from copies.findings(
        copies.across(),
        copies.group,
        "error",
        "pictures have a copy in another split",
        "Keep all copies of a picture in one split: what was trained on is tested on.",
    )
    inside = copies.inside(copies.group)
    yield from copies.findings(
        np.flatnonzero(inside != np.arange(facts.rows)),
        inside,
        "warning",
        "pictures have an earlier copy in their own split",
        "Remove them, or give copies one caption: in retrieval only one of two equal pictures counts as right.",
    )


@check("picture-sizes", "pictures of unlike sizes", Picture)
def picture_sizes(facts: Facts, name: str) -> Iterator[Finding]:
    """Find pictures far smaller than the others, and say which sizes there are."""
    readable, table = facts.readable[name], facts.measures[name]
    if not readable.any():
        return
    side = np.minimum(table["width"], table["height"])
    middle = float(np.median(side[readable]))
    yield from row_findings(
        facts,
        name,
        side < SMALL * middle,
        "warning",
        f"pictures are less than a quarter as large as the median, {middle:.0f} px",
        "Replace them by larger ones: their blur tells where they come from.",
        lambda row: f"{table['width'][row]} x {table['height'][row]} px",
    )
    sizes, counts = np.unique(table[["width", "height"]][readable], return_counts=True)
    if len(sizes) > 1:
        common = sizes[np.argmax(counts)]
        what = f"shorter side {side[readable].min()} to {side[readable].max()} px, median {middle:.0f}"
        yield Finding(
            "info",
            f"{name}: pictures have {len(sizes)} sizes, most often {common[0]} x {common[1]} px",
            int(counts.sum() - counts.max()),
            int(counts.sum()),
            "pictures of another size",
            examples=(Example((), what),),
        )
