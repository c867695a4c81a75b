"""Captions that are empty, or much shorter or longer than the others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from birdmml.audit.words import words_of
from confu_core.inputs import Text

__all__ = ["CHECK"]

# A caption is extreme if it is so many times longer, or shorter, than the median; and long ones of at least so many
# words, since one-word captions among two-word ones are nothing.
TIMES, LONG, WORDS = 6.0, 60, 12


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    readable = facts.readable[name]
    counts = np.array([len(words_of(text)) for text in facts.texts[name]])
    empty = readable & (counts == 0)
    total = int(readable.sum())
    if empty.any():
        yield Finding(
            CHECK.code,
            "error",
            f"{name}: captions hold no word",
            int(empty.sum()),
            total,
            "captions",
            "Write or remove them: a query without words finds nothing.",
            examples_of(facts, np.flatnonzero(empty).tolist(), lambda row: repr(facts.texts[name][row])),
        )
    if (worded := readable & ~empty).any():
        yield from _extremes(facts, name, counts, worded)


def _extremes(facts: Facts, name: str, counts: np.ndarray, worded: np.ndarray) -> Iterator[Finding]:
    known = counts[worded]
    middle = float(np.median(known))
    long = counts > max(LONG, TIMES * middle)
    short = (counts * TIMES < middle) & (middle >= WORDS)
    rows = np.flatnonzero(worded & (long | short))
    if len(rows):
        yield Finding(
            CHECK.code,
            "warning",
            f"{name}: captions are {TIMES:.0f} times longer or shorter than the median, {middle:.0f} words",
            len(rows),
            len(known),
            "captions",
            "Read some of them: they are often cut off, or hold more than one caption.",
            examples_of(facts, rows.tolist(), lambda row: f"{counts[row]} words: {facts.texts[name][row][:80]}"),
        )
    low, high = np.quantile(known, [0.05, 0.95])
    what = f"{known.min()} to {known.max()} words, nine tenths {low:.0f} to {high:.0f}, median {middle:.0f}"
    if known.min() == known.max():
        what = f"all have {_words(known.max())}"
    yield Finding(CHECK.code, "info", f"{name}: {what}", len(known), len(known), "captions")


def _words(count: int) -> str:
    return f"{count} word{'s' if count != 1 else ''}"


CHECK = Check("caption-length", "captions that are empty, or of unlike lengths", _run, (Text,))
