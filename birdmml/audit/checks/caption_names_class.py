"""Captions that name the class of their row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from birdmml.audit.check import Check, examples_of
from birdmml.audit.facts import Facts
from birdmml.audit.finding import Finding
from birdmml.audit.names import naming_of
from confu_core.inputs import Text

__all__ = ["CHECK"]

# Above one in a hundred, what a text encoder learns of names moves a score by more than its interval is wide.
GRAVE_SHARE = 0.01


def _run(facts: Facts, name: str) -> Iterator[Finding]:
    numbers = facts.numbers
    texts = facts.texts[name]
    rows = np.flatnonzero(facts.readable[name] & (numbers >= 0)).tolist()
    naming = naming_of(facts.subject.contents.classes, facts.labels, facts.columns)
    naming.exclusive((texts[row], numbers[row]) for row in rows)
    found = {row: said for row in rows if (said := naming.found_in(texts[row], numbers[row]))}
    if found:
        whole = sum(f" {said} " in naming.phrases[numbers[row]] for row, said in found.items())
        yield Finding(
            CHECK.code,
            "error" if len(found) >= GRAVE_SHARE * len(rows) else "warning",
            f"{name}: captions name their own class, {whole:,} by a whole name, {len(found) - whole:,} by a part",
            len(found),
            len(rows),
            "captions",
            "Mask the names, or report scores with and without these rows: reading a name is not understanding.",
            examples_of(facts, found, lambda row: f"{found[row]!r} in: {_around(texts[row], found[row])}"),
        )


def _around(text: str, said: str) -> str:
    """Return the part of a caption where a name begins."""
    at = max(0, text.casefold().find(said.split()[0]) - 40)
    return ("..." if at else "") + text[at : at + 100] + ("..." if at + 100 < len(text) else "")


CHECK = Check("caption-names-class", "captions that name their species or class", _run, (Text,))
