"""Captions that occur more than once, but for case, punctuation and a few words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check
from birdmml.audit.facts import Facts
from birdmml.audit.finding import MOST_EXAMPLES, Example, Finding
from birdmml.audit.likeness import like_groups
from confu_core.inputs import Text

__all__ = ["CHECK"]

# One of twenty captions that finds another's picture lowers the best recall at 1 by more than methods differ.
GRAVE_SHARE = 0.05


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    texts = facts.texts[name]
    group = like_groups(texts)
    sizes = np.bincount(group, minlength=len(group))
    rows = np.flatnonzero(sizes[group] > 1)
    if len(rows):
        total = int(facts.readable[name].sum())
        grave = len(rows) >= GRAVE_SHARE * total
        largest = np.argsort(-sizes, kind="stable")[:MOST_EXAMPLES]
        yield Finding(
            CHECK.code,
            "warning" if grave else "info",
            f"{name}: captions are nearly those of other rows, in {int((sizes > 1).sum()):,} groups",
            len(rows),
            total,
            "captions",
            "Count every row of a group as right in retrieval by text, or write captions that tell them apart.",
            tuple(_example(facts, texts[first], group == first) for first in largest if sizes[first] > 1),
        )


def _example(facts: Facts, text: str, members: np.ndarray) -> Example:
    rows = np.flatnonzero(members)
    return Example(tuple(facts.where(row) for row in rows[:2]), f"{len(rows)} rows: {text[:80]}")


CHECK = Check("caption-copies", "duplicate and nearly duplicate captions", _run, (Text,))
