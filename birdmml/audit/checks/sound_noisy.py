"""Recordings in which nothing rises above the noise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.inputs import Sound

__all__ = ["CHECK"]

# Steady noise alone is estimated at -1.9 dB or below, whatever its colour and length.
SNR_DB = -1.5


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    readable, snr = facts.readable[name], facts.measures[name]["snr_db"]
    rows = np.flatnonzero(readable & (snr < SNR_DB))
    if len(rows):
        worst = rows[np.argsort(snr[rows], kind="stable")]
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: nothing rises above the noise in recordings",
            len(rows),
            int(readable.sum()),
            "recordings",
            "Listen to some of them; remove those in which nothing is to be heard.",
            examples_of(facts, worst.tolist(), lambda row: f"estimated SNR {snr[row]:.1f} dB"),
        )


CHECK = Check("sound-noisy", "recordings of nothing but noise", _run, (Sound,))
