"""Small pieces of English grammar, sentences by register (from ``templates.toml``), and the choices of a caption."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from confu_core.data_files import read_data, record, refuse

# Written with a vowel, spoken with a consonant.
CONSONANT_STARTS = ("eu", "uni", "one", "once", "us", "ur")
T = TypeVar("T")
BLOCK = 64
FILE = "templates.toml"
REGISTERS = ("plain", "photo", "field", "spoken", "catalogue")
BIRD, SOUND = {"a", "bare"}, {"voice", "gives"}
SLOTS = {
    "look": {*BIRD, "with_marks", "marks", "entries", "does", "doing", "scene"},
    "song": {*BIRD, *SOUND, "sound", "how"},
    "song_setting": {*BIRD, *SOUND, "setting"},
    "nature": {*BIRD, "habits"},
}
ByRegister = Mapping[str, Mapping[str, tuple[str, ...]]]


def article(words: str) -> str:
    """Return "a" or "an" for what follows."""
    low = words[:4].lower()
    return "an" if low[0] in "aeiou" and not low.startswith(CONSONANT_STARTS) else "a"


def with_article(words: str) -> str:
    """Return the words with their indefinite article."""
    return f"{article(words)} {words}"


def listed(items: Sequence[str]) -> str:
    """Return items as an English list."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def capitalised(words: str) -> str:
    """Return the words with a capital first letter."""
    return words[:1].upper() + words[1:]


class Draws:
    """A stream of uniform numbers with the choices that the grammar makes."""

    __slots__ = ("_random", "_values")

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._values: list[float] = []

    def uniform(self) -> float:
        """Return a number in [0, 1)."""
        if not self._values:
            self._values = self._random.random(BLOCK).tolist()
        return self._values.pop()

    def chance(self, share: float) -> bool:
        """Return true with probability `share`."""
        return self.uniform() < share

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items, all equally likely."""
        return items[int(self.uniform() * len(items))]

    def count(self, most: int, share: float) -> int:
        """Return how many of `most` things happen, each with probability `share`."""
        return sum(self.uniform() < share for _ in range(most))

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order."""
        rest = list(items)
        return [rest.pop(int(self.uniform() * len(rest))) for _ in range(len(rest))]

    def weighted(self, items: Sequence[T], weights: Sequence[float], count: int) -> list[T]:
        """Return `count` different items (all, if there are fewer), heavy ones more often."""
        if count >= len(items):
            return list(items)
        rest, heavy, chosen, total = list(items), list(weights), [], sum(weights)
        for _ in range(count):
            point, last = self.uniform() * total, len(heavy) - 1
            for index, weight in enumerate(heavy):
                point -= weight
                if point < 0 or index == last:
                    break
            chosen.append(rest.pop(index))
            total -= heavy.pop(index)
        return chosen


@dataclass(frozen=True)
class Templates:
    """Sentences by register and case: of the picture, of the recording, of how it was recorded, of the species."""

    look: ByRegister
    song: ByRegister
    song_setting: ByRegister
    nature: ByRegister


@lru_cache(maxsize=1)
def templates() -> Templates:
    """Return the sentences; a file that breaks a constraint is a `DatasetError` that names it."""
    return make_templates(read_data("birdmml", FILE))


def make_templates(held: Mapping[str, Any]) -> Templates:
    """Return the sentences that a file holds, once they are checked."""
    made = record(Templates, held, f"{FILE}: templates")
    for kind, slots in SLOTS.items():
        by_register = getattr(made, kind)
        if tuple(by_register) != REGISTERS:
            refuse(f"{FILE}: {kind}", f"tables of {', '.join(REGISTERS)}", list(by_register))
        for register, cases in by_register.items():
            for case, sentences in cases.items():
                for sentence in sentences:
                    if {slot for _, slot, _, _ in string.Formatter().parse(sentence)} - {*slots, None}:
                        where = f"{FILE}: {kind}.{register}.{case}"
                        refuse(where, f"sentences with slots of {', '.join(sorted(slots))}", sentence)
    return made
