"""Words of captions: without case, accents, hyphens and possessives; their language, and which give a class away.

A full common or scientific name of its class always does. A part of a name does if it goes with few classes alone: it
must be no ordinary word of birds ("jay", "red", "crowned"), stand in the names of at most two species, and be met in
captions of the classes that it names rather than in others.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from birdmml.caption.names import ordinary_words
from birdmml.species import load_species
from confu_core.data_files import read_data

UNDECIDED = "undecided"
MOST_SPECIES = 2
PURITY = 0.5
SHORTEST = 3  # Letters of a word that counts as a part.
_LEAST = 3  # Common words: names and single foreign words do not decide a language.
_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['\u2019]s?\b")


def words_of(text: str) -> list[str]:
    r"""Split a text into words in lower case; a hyphen ends a word, a possessive is left out.

    >>> words_of("The Ring-necked Duck's R\u00e9veil, in 3/4")
    ['the', 'ring', 'necked', 'duck', 'reveil', 'in', '3', '4']
    """
    plain = text.casefold()
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _WORD.findall(_POSSESSIVE.sub("", plain))


@lru_cache(maxsize=100_000)
def singulars(word: str) -> tuple[str, ...]:
    """Return a word and what it may be the plural of.

    >>> singulars("finches"), singulars("canaries")
    (('finches', 'finche', 'finch'), ('canaries', 'canarie', 'canari', 'canary'))
    """
    found = [word]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        found.append(word[:-1])
        if word.endswith("es"):
            found.append(word[:-2])
        if word.endswith("ies"):
            found.append(f"{word[:-3]}y")
    return tuple(found)


def guess_language(text: str) -> str:
    r"""Guess the language of a text by its script and its commonest words; `UNDECIDED` where it has too few.

    >>> guess_language("The bird is on a branch, and it sings."), guess_language("Der Vogel ist auf dem Ast.")
    ('English', 'German')
    >>> guess_language("\u043f\u0442\u0438\u0446\u0430"), guess_language("Duck: wings white; paddling.")
    ('Cyrillic', 'undecided')
    """
    common, scripts = _languages()
    if not text.isascii():
        letters = sum(map(str.isalpha, text))
        counts = {script: len(pattern.findall(text)) for script, pattern in scripts.items()}
        if counts["Japanese"]:  # It is written with Chinese signs as well.
            counts["Japanese"] += counts.pop("Chinese")
        script = max(counts, key=lambda name: counts[name])
        if counts[script] > letters / 2:
            return script
    words = words_of(text)
    hits = {language: sum(word in its for word in words) for language, its in common.items()}
    best, second = sorted(hits, key=lambda language: -hits[language])[:2]
    return best if hits[best] >= _LEAST and hits[best] > hits[second] else UNDECIDED


class Naming:
    """What names each class, of which every one has several names, such as the common and the scientific one."""

    def __init__(self, names: Sequence[Sequence[str]]) -> None:
        phrases = [[tuple(words_of(name)) for name in each if name] for each in names]
        self.phrases = [[f" {' '.join(phrase)} " for phrase in each if phrase] for each in phrases]
        parts = [{word for phrase in each for word in phrase} for each in phrases]
        known = _species_with(parts)
        self.parts = [
            frozenset(word for word in words if known[word] <= MOST_SPECIES and _telling(word)) for words in parts
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


@lru_cache(maxsize=1)
def describing_words() -> frozenset[str]:
    """Return words of names that captions use for what is seen and heard, beside those of our own table."""
    return _word_set("describing", word_lists()["describing"])


@lru_cache(maxsize=1)
def _languages() -> tuple[dict[str, frozenset[str]], dict[str, re.Pattern[str]]]:
    """Return the common words of each language, and what finds the letters of each script that is not Latin."""
    lists = word_lists()
    common = {name: _word_set(f"languages.{name}", words) for name, words in lists["languages"].items()}
    return common, {name: re.compile(f"[{letters}]") for name, letters in lists["scripts"].items()}


@lru_cache(maxsize=1)
def word_lists() -> dict[str, Any]:
    """Return what `words.toml` holds."""
    return read_data("birdmml.audit", "words.toml")


def _word_set(key: str, words: str) -> frozenset[str]:
    listed = words.split()
    if wrong := [word for word in listed if words_of(word) != [word] or listed.count(word) > 1]:
        raise ValueError(f"words.toml: {key} must be words in lower case, each once; got {wrong[0]!r}")
    return frozenset(listed)
