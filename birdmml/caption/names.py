"""Which words of a text give a species away by name.

A text names a species if it holds the full common or scientific name, or a word that occurs in the name of some species
of the table and that is not ordinary. Ordinary are the words of the shape groups ("owl", "duck", "sparrow": they say
what kind of bird a picture shows) and plain English words that names are built from ("black", "crowned", "tree").
"""

from __future__ import annotations

import re
from functools import lru_cache

from birdmml.species import Species, load_species, shapes, words


@lru_cache(maxsize=1)
def ordinary_words() -> frozenset[str]:
    """Return the words of names that give no species away."""
    return frozenset(words().ordinary.split()) | frozenset(shapes())


def name_words(species: Species) -> frozenset[str]:
    """Return the words that only a name would bring into a text."""
    return frozenset(_words(f"{species.common_name} {species.scientific_name}")) - ordinary_words()


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of species, or distinctive parts of them, in lower case, that a text such as a caption holds.

    >>> names_in("A small owl hoots beside a cardinal.")
    ('cardinal',)
    >>> names_in("A jay with a blue back.")
    ()
    """
    telling, full = _telling()
    read = _words(text)
    distinctive = [word for word in read if not telling.isdisjoint(_singulars(word))]
    flat = f" {' '.join(read)} "
    return (*distinctive, *(name for name in full if f" {name} " in flat))


@lru_cache(maxsize=1)
def _telling() -> tuple[frozenset[str], tuple[str, ...]]:
    table = load_species()
    distinctive = frozenset().union(*(name_words(species) for species in table))
    return distinctive, tuple(
        " ".join(_words(label)) for one in table for label in (one.common_name, one.scientific_name)
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower().replace("'s", ""))


def _singulars(word: str) -> tuple[str, ...]:
    return word, word.removesuffix("s"), word.removesuffix("es")
