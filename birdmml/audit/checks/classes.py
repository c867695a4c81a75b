"""Checks of classes: unequal, too small, missing in a split, named alike or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import MOST_EXAMPLES, Example, Finding, check, examples_of
from birdmml.audit.facts import Facts
from birdmml.ingest.names import alike, same_name
from confu_core.cells import is_nothing

# At ten to one the most frequent class outweighs the rarest in any mean over samples; at three to one it begins to.
GRAVE, NOTABLE = 10.0, 3.0
# With fewer rows, few-shot curves have no point beyond two shots, and a probe draws its line through single rows.
LEAST = 5


def _trained(facts: Facts) -> tuple[np.ndarray, np.ndarray]:
    """Return the training rows of every class, and the classes that have any."""
    numbers = facts.numbers[facts.split == 0]
    counts = np.bincount(numbers[numbers >= 0], minlength=len(facts.contents.classes))
    return counts, np.flatnonzero(counts)


@check("class-balance", "classes of unequal size")
def class_balance(facts: Facts) -> Iterator[Finding]:
    """Say how unequal the classes are in training."""
    classes, (counts, there) = facts.contents.classes, _trained(facts)
    if len(there) < 2:
        return
    low, high = there[np.argmin(counts[there])], there[np.argmax(counts[there])]
    ratio = counts[high] / counts[low]
    if ratio >= NOTABLE:
        what = "; ".join(f"{classes[one]}: {counts[one]:,} rows" for one in (high, low))
        yield Finding(
            "warning" if ratio >= GRAVE else "info",
            f"{facts.splits[0]}: the most frequent class has {ratio:.1f} times as many rows as the rarest",
            int((counts[there] * NOTABLE <= counts[high]).sum()),
            len(there),
            "classes below a third of the largest",
            "Report means over classes as well as over samples, or train with --balance.",
            (Example((), what),),
        )


@check("class-few", "classes with too few rows to train a probe")
def class_few(facts: Facts) -> Iterator[Finding]:
    """Find classes with too few rows for a probe to say anything."""
    classes, (counts, there) = facts.contents.classes, _trained(facts)
    few = there[counts[there] < LEAST]
    if len(few):
        yield Finding(
            "warning",
            f"{facts.splits[0]}: classes have fewer than {LEAST} rows",
            len(few),
            len(there),
            "classes",
            "Add rows, or leave these classes out of probes and few-shot curves.",
            (Example((), ", ".join(f"{classes[one]}: {counts[one]}" for one in few[:10])),),
        )


@check("class-missing", "classes that a split lacks")
def class_missing(facts: Facts) -> Iterator[Finding]:
    """Find classes that a split lacks, and labels that are no class."""
    contents, numbers = facts.contents, facts.numbers
    if len(rows := np.flatnonzero(numbers < 0)):
        yield Finding(
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
    for split, classes in zip(facts.splits, there, strict=True):
        if missing := sorted(everywhere - classes):
            untrained = split == facts.splits[0]
            yield Finding(
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


@check("class-names", "classes that may be one, or none")
def class_names(facts: Facts) -> Iterator[Finding]:
    """Find classes whose names are nearly those of others, or say that nothing is known."""
    classes, label = facts.contents.classes, facts.contents.label
    first: dict[str, str] = {}
    equal = [(first.setdefault(same_name(name), name), name) for name in classes]
    pairs = sorted({*alike(classes), *((one, other) for one, other in equal if one != other)})
    if pairs:
        yield Finding(
            "warning",
            f"{label}: names may be spellings of one class",
            len(pairs),
            len(classes),
            "classes",
            "Give each class one name, if they are one: as two, each is tested against the other.",
            tuple(Example((), f"{one!r} and {other!r}") for one, other in pairs[:MOST_EXAMPLES]),
        )
    if unknown := [name for name in classes if is_nothing(name, facts.subject.nothing)]:
        yield Finding(
            "error",
            f"{label}: classes say that nothing is known",
            len(unknown),
            len(classes),
            "classes",
            "Leave their rows out: they are no class.",
            tuple(Example((), repr(name)) for name in unknown[:MOST_EXAMPLES]),
        )
