"""Checks of pictures: blank, cut, copied, of unlike sizes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Example, Finding, check, row_findings
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
from confu_core.inputs import Picture, Sound
from confu_core.inputs.fingerprint import PICTURE_DISTANCE, SOUND_DISTANCE

LOST = 0.05  # Of a picture, from one side on; drawn ones have less that is of exactly one colour.
CONTRAST = 4.0  # Grey levels: what compression makes of a blank sheet has less, the palest fog more.
SMALL = 0.25  # Of the median: enlarged four times, a picture is told from the others by its blur alone.
PEAK = 0.001  # 60 dB below full scale: beneath the noise of any room.
CLIPPED = 0.001  # One sample in a thousand on plateaus is heard as a crackle.
SNR_DB = -1.5  # Steady noise alone is estimated at -1.9 dB or below, whatever its colour and length.
SHORT = 0.25  # Of the median: what is filled up to it is silence for the most part.
# Below, a batch of some hundreds seldom holds a recording twice, and retrieval loses less than its interval is wide.
REUSED = 0.005


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
    yield from copies.crossing()
    inside = copies.inside(copies.group)
    later, said = np.flatnonzero(inside != np.arange(facts.rows)), "pictures have an earlier copy in their own split"
    mend = "Remove them, or give copies one caption: in retrieval only one of two equal pictures counts as right."
    yield from copies.findings(later, inside, "warning", said, mend)


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


@check("sound-silent", "silent recordings", Sound)
def sound_silent(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings with nothing to be heard."""
    peak = facts.measures[name]["peak"]
    return row_findings(
        facts,
        name,
        peak < PEAK,
        "warning",
        "recordings are silent",
        "Remove them: they tell nothing, and all of them are alike.",
        lambda row: f"its peak is {peak[row]:.1g} of full scale",
    )


@check("sound-clipped", "clipped recordings", Sound)
def sound_clipped(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings that were clipped."""
    clipped = facts.measures[name]["clipped"]
    return row_findings(
        facts,
        name,
        clipped >= CLIPPED,
        "warning",
        "recordings are clipped",
        "Take them from the source at a lower level; scaling down afterwards does not mend them.",
        lambda row: f"{clipped[row]:.1%} of the samples lie on plateaus",
        order=-clipped,
    )


@check("sound-noisy", "recordings of nothing but noise", Sound)
def sound_noisy(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings in which nothing rises above the noise."""
    snr = facts.measures[name]["snr_db"]
    return row_findings(
        facts,
        name,
        snr < SNR_DB,
        "warning",
        "nothing rises above the noise in recordings",
        "Listen to some of them; remove those in which nothing is to be heard.",
        lambda row: f"estimated SNR {snr[row]:.1f} dB",
        order=snr,
    )


@check("sound-format", "recordings of unlike sample rates and lengths", Sound)
def sound_format(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings of other sample rates than most, and far shorter ones."""
    if facts.readable[name].any():
        yield from _rates(facts, name)
        yield from _lengths(facts, name)


def _rates(facts: Facts, name: str) -> Iterator[Finding]:
    rate = facts.measures[name]["rate"]
    rates, counts = np.unique(rate[facts.readable[name]], return_counts=True)
    common = int(rates[np.argmax(counts)])
    return row_findings(
        facts,
        name,
        rate != common,
        "warning",
        f"recordings have another sample rate than {common:,} Hz, as most have",
        "Resample all of them: where the spectrum ends tells which device, and so often which class.",
        lambda row: f"{rate[row]:,} Hz",
    )


def _lengths(facts: Facts, name: str) -> Iterator[Finding]:
    seconds = facts.measures[name]["seconds"]
    known = seconds[facts.readable[name]]
    middle = float(np.median(known))
    yield from row_findings(
        facts,
        name,
        seconds < SHORT * middle,
        "warning",
        f"recordings are shorter than a quarter of the median, {middle:.2f} s",
        "Leave them out, or cut all to their length: most of what is filled up is silence.",
        lambda row: f"{seconds[row]:.2f} s",
    )
    if known.max() > known.min():
        what = f"{known.min():.2f} to {known.max():.2f} s, median {middle:.2f} s"
        yield Finding(
            "info",
            f"{name}: recordings are of several lengths",
            int((np.abs(known - middle) > 0.01 * middle).sum()),
            len(known),
            "recordings of another length than the median",
            examples=(Example((), what),),
        )


@check("sound-copies", "duplicate recordings across splits, near ones within", Sound)
def sound_copies(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings with a copy in another split, or nearly a copy in their own."""
    copies = find_copies(facts, name, SOUND_DISTANCE)
    yield from copies.crossing()
    # Byte for byte in one split, it is reuse, which is a finding of its own.
    inside, alone = copies.inside(copies.group), np.arange(facts.rows)
    yield from copies.findings(
        np.flatnonzero((inside != alone) & (copies.inside(copies.exact) == alone)),
        inside,
        "warning",
        "recordings are nearly a copy of an earlier one in their own split",
        "Listen to some of them, and remove those that are the same recording.",
    )


@check("audio-reuse", "recordings that serve several samples of a split", Sound)
def audio_reuse(facts: Facts, name: str) -> Iterator[Finding]:
    """Find samples whose recording, byte for byte, is that of another sample of their split."""
    copies = find_copies(facts, name)
    inside = copies.inside(copies.exact)
    again = np.flatnonzero(inside != np.arange(facts.rows))
    if not len(again):
        return
    sharing = np.flatnonzero(np.isin(inside, inside[again]))
    classes = len({facts.labels[row] for row in sharing.tolist()} - {""})
    yield Finding(
        "warning" if len(sharing) >= REUSED * copies.looked_at else "info",
        f"{name}: samples share their recording with another sample, in {classes} classes",
        len(sharing),
        copies.looked_at,
        "samples",
        "Count a retrieved recording as right for every sample that it serves, or keep one sample of each.",
        tuple(copies.examples(again, inside)),
    )
