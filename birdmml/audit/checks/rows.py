"""Checks of rows: that cannot be read, and that share what they are of with rows of another split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import MOST_EXAMPLES, Example, Finding, NotApplicable, check, examples_of
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
from birdmml.ingest.names import alike, same_name
from confu_core.cells import cleaned, is_nothing
from confu_core.inputs import Sequence

# Column, to how grave it is. The same bird or recording is nearly the same sample; one author has many birds.
COLUMNS = {
    **dict.fromkeys(("individual", "individual_id", "bird", "speaker", "specimen", "nest"), "error"),
    **dict.fromkeys(
        ("recording", "recording_id", "asset", "asset_id", "video", "clip", "source_id", "session"), "error"
    ),
    **dict.fromkeys(("author", "recordist", "photographer", "observer", "user", "rights_holder"), "warning"),
}
# At ten to one the most frequent class outweighs the rarest in any mean over samples; at three to one it begins to.
GRAVE, NOTABLE = 10.0, 3.0
# With fewer rows, few-shot curves have no point beyond two shots, and a probe draws its line through single rows.
LEAST = 5


@check("unreadable", "items that cannot be decoded")
def unreadable(facts: Facts) -> Iterator[Finding]:
    """Find cells that cannot be decoded, or are missing."""
    for name in facts.contents.inputs.names:
        if cells := [cell for cell in facts.unreadable if cell.modality == name]:
            yield Finding(
                "error",
                f"{name}: items cannot be decoded, or are missing",
                len(cells),
                facts.rows,
                "items",
                "Remove or replace them: every run leaves these rows out, and each loader does so in its own way.",
                tuple(Example((facts.where(cell.row),), cell.reason) for cell in cells[:MOST_EXAMPLES]),
            )


@check("sequence-copies", "equal sequences in several splits", Sequence)
def sequence_copies(facts: Facts, name: str) -> Iterator[Finding]:
    """Find sequences with an equal one in another split."""
    copies = find_copies(facts, name)
    return copies.findings(
        copies.across(),
        copies.exact,
        "error",
        "sequences have an equal one in another split",
        "Keep equal sequences in one split: what was trained on is tested on.",
    )


@check("crosses-splits", "individuals, recordings and authors in several splits")
def crosses_splits(facts: Facts) -> Iterator[Finding]:
    """Find individuals, recordings, authors and the like that are met in more than one split."""
    known = {name: COLUMNS[name.lower()] for name in facts.columns if name.lower() in COLUMNS}
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
            yield Finding(
                severity,
                f"{name}: values are met in more than one split",
                len(crossing),
                len(rows_of),
                f"values of {name}",
                f"Split by {name}, so that none is both trained and tested on.",
                tuple(_example(facts, value, rows_of[value]) for value in crossing[:MOST_EXAMPLES]),
            )


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
