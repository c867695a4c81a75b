"""Which words of a text give a species away by name.

A text names a species if it holds the full common or scientific name, or a word that occurs in the name of some species
of the table and that is not ordinary. Ordinary are the words of the shape groups ("owl", "duck", "sparrow": they say
what kind of bird a picture shows) and plain English words that names are built from ("black", "crowned", "tree").
"""

from __future__ import annotations

import re
from functools import lru_cache

from birdmml.species import Species
from birdmml.table import load_species
from birdmml.vocabulary import SHAPES

__all__ = ["ORDINARY_WORDS", "name_words", "names_in"]

PLAIN_WORDS = """
    barred belted black blue brown chestnut clay colored dark gold golden gray green olive orange painted pale pied
    purple red rose rufous scarlet spotted white yellow varied
    backed banded bellied billed breasted capped cheeked chinned collared crested crowned eared eyed headed horned
    hooded necked ring ringed rumped shinned shouldered sided tailed throated tufted winged
    acorn alder barn bay cactus canyon cedar cliff field ground house magnolia marsh mountain orchard pine rock
    scrub swamp tree willow wood
    american and burrowing chimney chipping common double evening fish fox grasshopper great greater hairy herring
    least lesser little long night northern eastern western piping poor rough saw say sharp snow song summer whip
    will winter
"""
ORDINARY_WORDS = frozenset(PLAIN_WORDS.split()) | frozenset(SHAPES)


def name_words(species: Species) -> frozenset[str]:
    """Return the words that only a name would bring into a text.

    Parameters
    ----------
    species : Species
        Whose common and scientific name to split.

    Returns
    -------
    frozenset of str
        In lower case, without `ORDINARY_WORDS`.

    Examples
    --------
    >>> from birdmml.table import find_species
    >>> sorted(name_words(find_species("Northern Cardinal")))
    ['cardinal', 'cardinalis']
    """
    return frozenset(_words(f"{species.common_name} {species.scientific_name}")) - ORDINARY_WORDS


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of species, or distinctive parts of them, that a text holds.

    Parameters
    ----------
    text : str
        Such as a caption.

    Returns
    -------
    tuple of str
        Offending names and words in lower case; empty if the text names no species of the table.

    Examples
    --------
    >>> names_in("A small owl hoots beside a cardinal.")
    ('cardinal',)
    >>> names_in("A jay with a blue back.")
    ()
    """
    telling, full = _telling()
    words = _words(text)
    found = [word for word in words if not telling.isdisjoint(_singulars(word))]
    flat = f" {' '.join(words)} "
    return (*found, *(name for name in full if f" {name} " in flat))


@lru_cache(maxsize=1)
def _telling() -> tuple[frozenset[str], tuple[str, ...]]:
    table = load_species()
    words = frozenset().union(*(name_words(species) for species in table))
    return words, tuple(" ".join(_words(label)) for one in table for label in (one.common_name, one.scientific_name))


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower().replace("'s", ""))


def _singulars(word: str) -> tuple[str, ...]:
    return word, word.removesuffix("s"), word.removesuffix("es")
