"""Checks of rows: that cannot be read, and that share what they are of with rows of another split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import MOST_EXAMPLES, Example, Finding, NotApplicable, check, examples_of, worded
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
from birdmml.audit.words import word_lists
from birdmml.ingest.names import alike, same_name
from confu_core.cells import cleaned, is_nothing
from confu_core.inputs import Sequence

# At ten to one the most frequent class outweighs the rarest in any mean over samples; at three to one it begins to.
GRAVE, NOTABLE = 10.0, 3.0
# With fewer rows, few-shot curves have no point beyond two shots, and a probe draws its line through single rows.
LEAST = 5


@check("unreadable")
def unreadable(facts: Facts) -> Iterator[Finding]:
    """Find cells that cannot be decoded, or are missing."""
    for name in facts.contents.inputs.names:
        if cells := [cell for cell in facts.unreadable if cell.modality == name]:
            examples = [Example((facts.where(cell.row),), cell.reason) for cell in cells[:MOST_EXAMPLES]]
            yield worded("unreadable", name, len(cells), facts.rows, examples)


@check("sequence-copies", Sequence)
def sequence_copies(facts: Facts, name: str) -> Iterator[Finding]:
    """Find sequences with an equal one in another split."""
    copies = find_copies(facts, name)
    return copies.findings("sequence-copies", copies.across(), copies.exact)


@check("crosses-splits")
def crosses_splits(facts: Facts) -> Iterator[Finding]:
    """Find individuals, recordings, authors and the like that are met in more than one split."""
    grave = {name: severity for severity, names in word_lists()["columns"].items() for name in names.split()}
    known = {name: grave[name.lower()] for name in facts.columns if name.lower() in grave}
    if not known:
        raise NotApplicable("no column names individuals, recordings or authors")
    largest = np.bincount(facts.split).max()
    for name, severity in known.items():
        rows_of = _rows_by_value(facts, name)
        crossing = [value for value, rows in rows_of.items() if len(set(facts.split[rows].tolist())) > 1]
        if severity == "warning":
            # Who has more rows than fit into any split made the dataset, and is nobody to split by.
            crossing = [value for value in crossing if len(rows_of[value]) <= largest]
        # One value for all rows is what the dataset is.
        if crossing and len(rows_of) > 1:
            examples = [_example(facts, value, rows_of[value]) for value in crossing[:MOST_EXAMPLES]]
            count = len(crossing), len(rows_of)
            yield worded("crosses-splits", name, *count, examples, severity=severity, column=name)


def _rows_by_value(facts: Facts, name: str) -> dict[str, list[int]]:
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, value in enumerate(facts.columns[name]):
        if not is_nothing(value, facts.subject.nothing):
            rows_of[cleaned(value).casefold()].append(row)
    return {facts.columns[name][rows[0]]: rows for rows in rows_of.values()}


def _example(facts: Facts, value: str, rows: list[int]) -> Example:
    firsts = np.unique(facts.split[rows], return_index=True)[1]
    return Example(tuple(facts.where(rows[first]) for first in firsts), f"{value}: {len(rows)} rows")


def _trained(facts: Facts) -> tuple[np.ndarray, np.ndarray]:
    """Return the training rows of every class, and the classes that have any."""
    numbers = facts.numbers[facts.split == 0]
    counts = np.bincount(numbers[numbers >= 0], minlength=len(facts.contents.classes))
    return counts, np.flatnonzero(counts)


@check("class-balance")
def class_balance(facts: Facts) -> Iterator[Finding]:
    """Say how unequal the classes are in training."""
    classes, (counts, there) = facts.contents.classes, _trained(facts)
    if len(there) < 2:
        return
    low, high = there[np.argmin(counts[there])], there[np.argmax(counts[there])]
    ratio = counts[high] / counts[low]
    if ratio >= NOTABLE:
        below = int((counts[there] * NOTABLE <= counts[high]).sum())
        what = "; ".join(f"{classes[one]}: {counts[one]:,} rows" for one in (high, low))
        severity, split = "warning" if ratio >= GRAVE else "info", facts.splits[0]
        yield worded("class-balance", split, below, len(there), [Example((), what)], severity=severity, ratio=ratio)


@check("class-few")
def class_few(facts: Facts) -> Iterator[Finding]:
    """Find classes with too few rows for a probe to say anything."""
    classes, (counts, there) = facts.contents.classes, _trained(facts)
    few = there[counts[there] < LEAST]
    if len(few):
        what = ", ".join(f"{classes[one]}: {counts[one]}" for one in few[:10])
        yield worded("class-few", facts.splits[0], len(few), len(there), [Example((), what)], least=LEAST)


@check("class-missing")
def class_missing(facts: Facts) -> Iterator[Finding]:
    """Find classes that a split lacks, and labels that are no class."""
    contents, numbers = facts.contents, facts.numbers
    if len(rows := np.flatnonzero(numbers < 0)):
        examples = examples_of(facts, rows.tolist(), lambda row: repr(facts.labels[row]))
        yield worded("class-unknown", contents.label, len(rows), facts.rows, examples)
    there = [set(numbers[facts.split == split].tolist()) - {-1} for split in range(len(facts.splits))]
    everywhere = set().union(*there)
    for split, classes in zip(facts.splits, there, strict=True):
        if missing := sorted(everywhere - classes):
            what = ", ".join(contents.classes[one] for one in missing[:10])
            key = "class-untrained" if split == facts.splits[0] else "class-missing"
            yield worded(key, split, len(missing), len(everywhere), [Example((), what)])


@check("class-names")
def class_names(facts: Facts) -> Iterator[Finding]:
    """Find classes whose names are nearly those of others, or say that nothing is known."""
    classes, label = facts.contents.classes, facts.contents.label
    first: dict[str, str] = {}
    equal = [(first.setdefault(same_name(name), name), name) for name in classes]
    if pairs := sorted({*alike(classes), *((one, other) for one, other in equal if one != other)}):
        examples = [Example((), f"{one!r} and {other!r}") for one, other in pairs[:MOST_EXAMPLES]]
        yield worded("class-spellings", label, len(pairs), len(classes), examples)
    if unknown := [name for name in classes if is_nothing(name, facts.subject.nothing)]:
        examples = [Example((), repr(name)) for name in unknown[:MOST_EXAMPLES]]
        yield worded("class-nothing", label, len(unknown), len(classes), examples)
