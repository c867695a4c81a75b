"""Sequences with an equal one in another split."""

from __future__ import annotations

from collections.abc import Iterator

from birdmml.audit.check import Check
from birdmml.audit.copies import find_copies
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from confu_core.inputs import Sequence

__all__ = ["CHECK"]


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    copies = find_copies(facts, name, None)
    if len(rows := copies.across()):
        yield Finding(
            CHECK.code,
            "error",
            f"{name}: sequences have an equal one in another split",
            len(rows),
            copies.looked_at,
            "sequences",
            "Keep equal sequences in one split: what was trained on is tested on.",
            copies.examples(rows, copies.exact),
        )


CHECK = Check("sequence-copies", "equal sequences in several splits", _run, (Sequence,))
