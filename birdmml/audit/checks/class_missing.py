"""Classes that a split lacks, and labels that are no class."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Example, Finding

__all__ = ["CHECK"]


def _run(facts: Facts, _: str) -> Iterator[Finding]:
    contents, numbers = facts.subject.contents, facts.numbers
    if len(rows := np.flatnonzero(numbers < 0)):
        yield Finding(
            CHECK.code,
            "error",
            f"{contents.label}: labels are none of the classes",
            len(rows),
            facts.rows,
            "rows",
            "Correct them, or add the class.",
            examples_of(facts, rows.tolist(), lambda row: repr(facts.labels[row])),
        )
    there = [set(numbers[facts.split == split].tolist()) - {-1} for split in range(len(facts.splits))]
    everywhere = set().union(*there)
    for split, found in zip(facts.splits, there, strict=True):
        if missing := sorted(everywhere - found):
            untrained = split == facts.splits[0]
            yield Finding(
                CHECK.code,
                "error" if untrained else "warning",
                f"{split}: classes have no row",
                len(missing),
                len(everywhere),
                "classes",
                "Tested but never trained on: move some of their rows here, or leave them out of the test."
                if untrained
                else "Means over classes leave them out: move some of their rows here.",
                (Example((), ", ".join(contents.classes[one] for one in missing[:10])),),
            )


CHECK = Check("class-missing", "classes that a split lacks", _run)
