"""Individuals, recordings, authors and the like that are met in more than one split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from birdmml.audit.check import Check, NotApplicable
from birdmml.audit.facts import Facts
from birdmml.audit.finding import MOST_EXAMPLES, Example, Finding

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
    for name, severity in known.items():
        values = facts.columns[name]
        seen: dict[str, set[int]] = defaultdict(set)
        for value, split in zip(values, facts.split.tolist(), strict=True):
            if value:
                seen[value].add(split)
        crossing = [value for value, splits in seen.items() if len(splits) > 1]
        # One value for all rows is what the dataset is, and nothing to split by.
        if crossing and len(seen) > 1:
            yield Finding(
                CHECK.code,
                severity,
                f"{name}: values are met in more than one split",
                len(crossing),
                len(seen),
                f"values of {name}",
                f"Split by {name}, so that none is both trained and tested on.",
                tuple(_example(facts, values, value, seen[value]) for value in crossing[:MOST_EXAMPLES]),
            )


def _example(facts: Facts, values: Sequence[str], value: str, splits: set[int]) -> Example:
    rows = [row for row, one in enumerate(values) if one == value]
    firsts = [next(row for row in rows if facts.split[row] == split) for split in sorted(splits)]
    return Example(tuple(map(facts.where, firsts)), f"{value}: {len(rows)} rows")


CHECK = Check("crosses-splits", "individuals, recordings and authors in several splits", _run)
