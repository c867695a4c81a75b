"""Checks of pictures and recordings: blank, silent, cut, clipped, copied, of unlike sizes, rates and lengths."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Example, Finding, check, row_findings, worded
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


@check("picture-blank", Picture)
def picture_blank(facts: Facts, name: str) -> Iterator[Finding]:
    """Find pictures of one colour, as a whole or in the part that was lost."""
    contrast, lost = facts.measures[name]["contrast"], facts.measures[name]["lost"]
    yield from row_findings(facts, name, "picture-blank", contrast < CONTRAST)
    yield from row_findings(facts, name, "picture-cut", (contrast >= CONTRAST) & (lost >= LOST))


@check("picture-copies", Picture)
def picture_copies(facts: Facts, name: str) -> Iterator[Finding]:
    """Find pictures that occur more than once, byte for byte or nearly, within and across splits."""
    copies = find_copies(facts, name, PICTURE_DISTANCE)
    inside = copies.inside(copies.group)
    yield from copies.findings("crossing-copies", copies.across(), copies.group)
    yield from copies.findings("picture-copies", np.flatnonzero(inside != np.arange(facts.rows)), inside)


@check("picture-sizes", Picture)
def picture_sizes(facts: Facts, name: str) -> Iterator[Finding]:
    """Find pictures far smaller than the others, and say which sizes there are."""
    readable, table = facts.readable[name], facts.measures[name]
    if not readable.any():
        return
    side = np.minimum(table["width"], table["height"])
    middle = float(np.median(side[readable]))
    yield from row_findings(facts, name, "picture-small", side < SMALL * middle, median=middle)
    sizes, counts = np.unique(table[["width", "height"]][readable], return_counts=True)
    if len(sizes) > 1:
        width, height = sizes[np.argmax(counts)]
        others, total = int(counts.sum() - counts.max()), int(counts.sum())
        what = f"shorter side {side[readable].min()} to {side[readable].max()} px, median {middle:.0f}"
        filled = {"sizes": len(sizes), "width": width, "height": height}
        yield worded("picture-sizes", name, others, total, [Example((), what)], **filled)


@check("sound-silent", Sound)
def sound_silent(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings with nothing to be heard."""
    return row_findings(facts, name, "sound-silent", facts.measures[name]["peak"] < PEAK)


@check("sound-clipped", Sound)
def sound_clipped(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings that were clipped."""
    clipped = facts.measures[name]["clipped"]
    return row_findings(facts, name, "sound-clipped", clipped >= CLIPPED, order=-clipped)


@check("sound-noisy", Sound)
def sound_noisy(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings in which nothing rises above the noise."""
    ratio = facts.measures[name]["snr_db"]
    return row_findings(facts, name, "sound-noisy", ratio < SNR_DB, order=ratio)


@check("sound-format", Sound)
def sound_format(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings of other sample rates than most, and far shorter ones; and say how long they are."""
    rate, seconds, readable = facts.measures[name]["rate"], facts.measures[name]["seconds"], facts.readable[name]
    if not readable.any():
        return
    rates, counts = np.unique(rate[readable], return_counts=True)
    common = int(rates[np.argmax(counts)])
    yield from row_findings(facts, name, "sound-rate", rate != common, common=common)
    known = seconds[readable]
    middle = float(np.median(known))
    yield from row_findings(facts, name, "sound-short", seconds < SHORT * middle, median=middle)
    if known.max() > known.min():
        others = int((np.abs(known - middle) > 0.01 * middle).sum())
        what = f"{known.min():.2f} to {known.max():.2f} s, median {middle:.2f} s"
        yield worded("sound-lengths", name, others, len(known), [Example((), what)])


@check("sound-copies", Sound)
def sound_copies(facts: Facts, name: str) -> Iterator[Finding]:
    """Find recordings with a copy in another split, or nearly a copy in their own."""
    copies = find_copies(facts, name, SOUND_DISTANCE)
    yield from copies.findings("crossing-copies", copies.across(), copies.group)
    # Byte for byte in one split, it is reuse, which is a finding of its own.
    inside, alone = copies.inside(copies.group), np.arange(facts.rows)
    near = np.flatnonzero((inside != alone) & (copies.inside(copies.exact) == alone))
    yield from copies.findings("sound-copies", near, inside)


@check("audio-reuse", Sound)
def audio_reuse(facts: Facts, name: str) -> Iterator[Finding]:
    """Find samples whose recording, byte for byte, is that of another sample of their split."""
    copies = find_copies(facts, name)
    inside = copies.inside(copies.exact)
    again = np.flatnonzero(inside != np.arange(facts.rows))
    if len(again):
        sharing = np.flatnonzero(np.isin(inside, inside[again]))
        classes = len({facts.labels[row] for row in sharing.tolist()} - {""})
        severity = "warning" if len(sharing) >= REUSED * copies.looked_at else "info"
        count, examples = (len(sharing), copies.looked_at), copies.examples(again, inside)
        yield worded("audio-reuse", name, *count, examples, severity=severity, classes=classes)
