"""Small pieces of English grammar, and the random choices of one caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

# Written with a vowel, spoken with a consonant.
CONSONANT_STARTS = ("eu", "uni", "one", "once", "us", "ur")
T = TypeVar("T")
BLOCK = 64


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
