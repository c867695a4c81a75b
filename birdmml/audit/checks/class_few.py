"""Classes with too few rows for a probe to say anything."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Example, Finding

__all__ = ["CHECK"]

# With fewer, few-shot curves have no point beyond two shots, and a probe draws its line through single rows.
LEAST = 5


def _run(facts: Facts, _: str) -> Iterator[Finding]:
    classes = facts.subject.contents.classes
    trained = facts.numbers[facts.split == 0]
    counts = np.bincount(trained[trained >= 0], minlength=len(classes))
    there = np.flatnonzero(counts)
    few = there[counts[there] < LEAST]
    if len(few):
        yield Finding(
            CHECK.code,
            "warning",
            f"{facts.splits[0]}: classes have fewer than {LEAST} rows",
            len(few),
            len(there),
            "classes",
            "Add rows, or leave these classes out of probes and few-shot curves.",
            (Example((), ", ".join(f"{classes[one]}: {counts[one]}" for one in few[:10])),),
        )


CHECK = Check("class-few", "classes with too few rows to train a probe", _run)
