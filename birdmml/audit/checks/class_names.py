"""Classes whose names are nearly those of others, or say that nothing is known."""

from __future__ import annotations

from collections.abc import Iterator

from birdmml.audit.check import Check
from birdmml.audit.facts import Facts
from birdmml.audit.finding import MOST_EXAMPLES, Example, Finding
from birdmml.ingest.spellings import alike, same_name
from confu_core.cells import is_nothing

__all__ = ["CHECK"]


def _run(facts: Facts, _: str) -> Iterator[Finding]:
    classes, label = facts.subject.contents.classes, facts.subject.contents.label
    first: dict[str, str] = {}
    equal = [(first.setdefault(same_name(name), name), name) for name in classes]
    pairs = sorted({*alike(classes), *((one, other) for one, other in equal if one != other)})
    if pairs:
        yield Finding(
            CHECK.code,
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
            CHECK.code,
            "error",
            f"{label}: classes say that nothing is known",
            len(unknown),
            len(classes),
            "classes",
            "Leave their rows out: they are no class.",
            tuple(Example((), repr(name)) for name in unknown[:MOST_EXAMPLES]),
        )


CHECK = Check("class-names", "classes that may be one, or none", _run)
