"""Hand a dataset on: its shards as they are, a card, checksums, licence and citation, in a folder or a store."""

from __future__ import annotations

from confu_core.publish.publishing import Plan, check_place, plan, publish
from confu_core.publish.release import Part, Release, assemble
from confu_core.publish.send import Sent
from confu_core.publish.words import Edition, Words, markdown_table

__all__ = [
    "Edition",
    "Part",
    "Plan",
    "Release",
    "Sent",
    "Words",
    "assemble",
    "check_place",
    "markdown_table",
    "plan",
    "publish",
]
