"""Checks of rows: that cannot be read, and that share what they are of with rows of another split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import MOST_EXAMPLES, Example, Finding, NotApplicable, check
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
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
