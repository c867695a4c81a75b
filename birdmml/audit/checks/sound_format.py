"""Recordings of unlike sample rates and lengths."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Example, Finding
from confu_core.inputs import Sound

__all__ = ["CHECK"]

SHORT = 0.25  # Of the median: what is filled up to it is silence for the most part.


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    if facts.readable[name].any():
        yield from _rates(facts, name)
        yield from _lengths(facts, name)


def _rates(facts: Facts, name: str) -> Iterator[Finding]:
    readable, rate = facts.readable[name], facts.measures[name]["rate"]
    rates, counts = np.unique(rate[readable], return_counts=True)
    if len(rates) > 1:
        common = int(rates[np.argmax(counts)])
        rows = np.flatnonzero(readable & (rate != common))
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: recordings have another sample rate than {common:,} Hz, as most have",
            len(rows),
            int(readable.sum()),
            "recordings",
            "Resample all of them: where the spectrum ends tells which device, and so often which class.",
            examples_of(facts, rows.tolist(), lambda row: f"{rate[row]:,} Hz"),
        )


def _lengths(facts: Facts, name: str) -> Iterator[Finding]:
    readable, seconds = facts.readable[name], facts.measures[name]["seconds"]
    known = seconds[readable]
    middle = float(np.median(known))
    rows = np.flatnonzero(readable & (seconds < SHORT * middle))
    if len(rows):
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: recordings are shorter than a quarter of the median, {middle:.2f} s",
            len(rows),
            int(readable.sum()),
            "recordings",
            "Leave them out, or cut all to their length: most of what is filled up is silence.",
            examples_of(facts, rows.tolist(), lambda row: f"{seconds[row]:.2f} s"),
        )
    if known.max() > known.min():
        what = f"{known.min():.2f} to {known.max():.2f} s, median {middle:.2f} s"
        others = int((np.abs(known - middle) > 0.01 * middle).sum())
        yield Finding(
            CHECK.code,
            "info",
            f"{name}: recordings are of several lengths",
            others,
            len(known),
            "recordings of another length than the median",
            examples=(Example((), what),),
        )


CHECK = Check("sound-format", "recordings of unlike sample rates and lengths", _run, (Sound,))
