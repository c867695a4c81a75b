"""Cells that cannot be decoded, or are missing."""

from __future__ import annotations

from collections.abc import Iterator

from birdmml.audit.check import Check
from birdmml.audit.facts import Facts
from birdmml.audit.finding import MOST_EXAMPLES, Example, Finding

__all__ = ["CHECK"]


def _run(facts: Facts, _: str) -> Iterator[Finding]:
    for name in facts.subject.contents.inputs.names:
        found = [one for one in facts.unreadable if one.modality == name]
        if found:
            yield Finding(
                CHECK.code,
                "error",
                f"{name}: items cannot be decoded, or are missing",
                len(found),
                facts.rows,
                "items",
                "Remove or replace them: every run leaves these rows out, and each loader does so in its own way.",
                tuple(Example((facts.where(one.row),), one.reason) for one in found[:MOST_EXAMPLES]),
            )


CHECK = Check("unreadable", "items that cannot be decoded", _run)
