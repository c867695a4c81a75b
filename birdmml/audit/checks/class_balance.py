"""How unequal the classes are in training."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Example, Finding

__all__ = ["CHECK"]

# At ten to one the most frequent class outweighs the rarest in any mean over samples; at three to one it begins to.
GRAVE, NOTABLE = 10.0, 3.0


def _run(facts: Facts, _: str) -> Iterator[Finding]:
    contents = facts.subject.contents
    trained = facts.numbers[facts.split == 0]
    counts = np.bincount(trained[trained >= 0], minlength=len(contents.classes))
    there = np.flatnonzero(counts)
    if len(there) < 2:
        return
    low, high = there[np.argmin(counts[there])], there[np.argmax(counts[there])]
    ratio = counts[high] / counts[low]
    if ratio < NOTABLE:
        return
    rare = int((counts[there] * NOTABLE <= counts[high]).sum())
    what = "; ".join(f"{contents.classes[one]}: {counts[one]:,} rows" for one in (high, low))
    yield Finding(
        CHECK.code,
        "warning" if ratio >= GRAVE else "info",
        f"{facts.splits[0]}: the most frequent class has {ratio:.1f} times as many rows as the rarest",
        rare,
        len(there),
        "classes below a third of the largest",
        "Report means over classes as well as over samples, or train with --balance.",
        (Example((), what),),
    )


CHECK = Check("class-balance", "classes of unequal size", _run)
