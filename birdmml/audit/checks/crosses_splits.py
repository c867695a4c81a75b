"""Individuals, recordings, authors and the like that are met in more than one split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, NotApplicable
from birdmml.audit.facts import Facts
from birdmml.audit.finding import MOST_EXAMPLES, Example, Finding
from confu_core.cells import cleaned, is_nothing

__all__ = ["CHECK"]

# Column, to how grave it is. The same bird or recording is nearly the same sample; one author has many birds.
COLUMNS = {
    **dict.fromkeys(("individual", "individual_id", "bird", "speaker", "specimen", "nest"), "error"),
    **dict.fromkeys(
        ("recording", "recording_id", "asset", "asset_id", "video", "clip", "source_id", "session"), "error"
    ),
    **dict.fromkeys(("author", "recordist", "photographer", "observer", "user", "rights_holder"), "warning"),
}


def _run(facts: Facts, _: str) -> Iterator[Finding]:
    known = {name: COLUMNS[name.lower()] for name in facts.columns if name.lower() in COLUMNS}
    if not known:
        raise NotApplicable("no column names individuals, recordings or authors")
    largest = np.bincount(facts.split).max()
    for name, severity in known.items():
        seen = _rows_of(facts, name)
        crossing = [value for value, rows in seen.items() if len(set(facts.split[rows].tolist())) > 1]
        if severity == "warning":
            # Who has more rows than fit into any split made the dataset, and is nobody to split by.
            crossing = [value for value in crossing if len(seen[value]) <= largest]
        # One value for all rows is what the dataset is.
        if crossing and len(seen) > 1:
            yield Finding(
                CHECK.code,
                severity,
                f"{name}: values are met in more than one split",
                len(crossing),
                len(seen),
                f"values of {name}",
                f"Split by {name}, so that none is both trained and tested on.",
                tuple(_example(facts, value, seen[value]) for value in crossing[:MOST_EXAMPLES]),
            )


def _rows_of(facts: Facts, name: str) -> dict[str, list[int]]:
    seen: dict[str, list[int]] = defaultdict(list)
    for row, value in enumerate(facts.columns[name]):
        if not is_nothing(value, facts.subject.nothing):
            seen[cleaned(value).casefold()].append(row)
    return {facts.columns[name][rows[0]]: rows for rows in seen.values()}


def _example(facts: Facts, value: str, rows: list[int]) -> Example:
    firsts = np.unique(facts.split[rows], return_index=True)[1]
    return Example(tuple(facts.where(rows[at]) for at in firsts), f"{value}: {len(rows)} rows")


CHECK = Check("crosses-splits", "individuals, recordings and authors in several splits", _run)
