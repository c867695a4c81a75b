"""Which words of a caption give its class away by name.

A full common or scientific name always does. A part of a name does if it goes with few classes alone: it must be no
ordinary word of birds ("jay", "red", "crowned"), stand in the names of at most two species, and be met in captions of
the classes that it names rather than in others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from birdmml.audit.words import describing_words, singulars, words_of
from birdmml.caption.names import ordinary_words
from birdmml.species import load_species

__all__ = ["Naming", "naming_of"]

MOST_SPECIES = 2
PURITY = 0.5
SHORTEST = 3  # Letters of a word that counts as a part.


class Naming:
    """What names each class, of which every one has several names, such as the common and the scientific one."""

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        phrases = [[tuple(words_of(name)) for name in each if name] for each in names]
        self.phrases = [[f" {' '.join(phrase)} " for phrase in each if phrase] for each in phrases]
        parts = [{word for phrase in each for word in phrase} for each in phrases]
        known = _species_with(parts)
        self.parts: list[frozenset[str]] = [
            frozenset(
                word for word in words if len(word) >= SHORTEST and known[word] <= MOST_SPECIES and _telling(word)
            )
            for words in parts
        ]

    def exclusive(self, captions: Iterable[tuple[str, int]]) -> None:
        """Keep those parts of names that are met in captions with the class they name, and seldom with others."""
        everywhere, own = Counter[str](), Counter[str]()
        candidates = frozenset().union(*self.parts)
        for text, number in captions:
            found = {word for said in set(words_of(text)) for word in singulars(said) if word in candidates}
            everywhere.update(found)
            own.update(found & self.parts[number])
        kept = {word for word in candidates if own[word] >= PURITY * everywhere[word]}
        self.parts = [words & kept for words in self.parts]

    def found_in(self, text: str, number: int) -> str:
        """Return what names a class, given by its number, in a caption: a whole name, or else a part, or nothing."""
        words = words_of(text)
        flat = f" {' '.join(words)} "
        singular = f" {' '.join(singulars(word)[-1] for word in words)} "
        for phrase in self.phrases[number]:
            if phrase in flat or phrase in singular or f"{phrase[:-1]}s " in flat or f"{phrase[:-1]}es " in flat:
                return phrase.strip()
        parts = self.parts[number]
        return next((word for said in words for word in singulars(said) if word in parts), "")


def naming_of(classes: Sequence[str], labels: Sequence[str], columns: Mapping[str, Sequence[str]]) -> Naming:
    """Return what names the classes: their names in the label column, and what the rows' further columns call them.

    >>> naming = naming_of(["Blue Jay", "Killdeer"], [], {})
    >>> [naming.found_in(text, 0) for text in ("Two blue jays!", "A jay with a blue back.")]
    ['blue jay', '']
    """
    further: dict[str, set[str]] = defaultdict(set)
    for column in ("common_name", "scientific_name"):
        for label, value in zip(labels, columns.get(column, ()), strict=False):
            further[label].add(value)
    by_name = {one.common_name: one.scientific_name for one in load_species()}
    return Naming([[name, *sorted(further[name] - {name}), by_name.get(name, "")] for name in classes])


def _species_with(parts: Sequence[set[str]]) -> Counter[str]:
    """Count the species, of the dataset and of the table, whose name holds each word."""
    here = Counter(word for words in parts for word in words)
    table = Counter(
        word for one in load_species() for word in set(words_of(f"{one.common_name} {one.scientific_name}"))
    )
    return Counter({word: max(here[word], table[word]) for word in here})


def _telling(word: str) -> bool:
    ordinary = ordinary_words() | describing_words()
    return len(word) >= SHORTEST and ordinary.isdisjoint(singulars(word))
