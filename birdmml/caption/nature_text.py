"""What a species does and where it lives: facts, and the sentence that states them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from birdmml.caption.dials import NATURE_SLOTS
from birdmml.caption.draws import Draws
from birdmml.caption.facts import Fact
from birdmml.caption.grammar import with_article
from birdmml.caption.sound_lexicon import HABITAT_WORDS, SOME_HABITS
from birdmml.caption.templates import NATURE
from birdmml.species import Species
from birdmml.table import load_species
from birdmml.vocabulary import HABITATS

__all__ = ["nature_facts", "nature_sentence", "wrong_nature"]

LIVES = ("lives {}", "is at home {}", "is found {}")
SOME_HABITAT = "lives where it finds what it needs"
HABITAT_SHARE = 0.4  # Of captions with two facts. The first is a habit: that alone tells the species.


def nature_facts(species: Species, share: float, draws: Draws) -> list[Fact]:
    """Choose true facts for the slots of natural history.

    Parameters
    ----------
    species : Species
        Of whom.
    share : float
        Of the slots that are filled, on average.
    draws : Draws
        Source of choices.

    Returns
    -------
    list of Fact
        At most `NATURE_SLOTS`, all different.
    """
    count = draws.count(NATURE_SLOTS, share)
    if not count:
        return []
    facts = [Fact("nature", habit, "true") for habit in draws.shuffled(species.nature)[:count]]
    if count > 1 and (len(facts) < count or draws.chance(HABITAT_SHARE)):
        facts[1:] = [Fact("habitat", draws.pick(species.habitats), "true")]
    return facts


def wrong_nature(fact: Fact, species: Species, draws: Draws) -> str:
    """Return a habit or a habitat that is not of this species.

    Parameters
    ----------
    fact : Fact
        The true fact.
    species : Species
        What it is true of.
    draws : Draws
        Source of choices.

    Returns
    -------
    str
        A habit of another species of the table, or another habitat.
    """
    if fact.attribute == "habitat":
        return draws.pick([habitat for habitat in HABITATS if habitat not in species.habitats])
    while True:
        habit = draws.pick(_all_habits())
        if habit not in species.nature:
            return habit


def nature_sentence(facts: Sequence[Fact], register: str, bare: str, named: bool, first: bool, draws: Draws) -> str:
    """Say what the species does and where it lives.

    Parameters
    ----------
    facts : sequence of Fact
        About the species; at least one.
    register : str
        Of `birdmml.caption.templates.REGISTERS`.
    bare : str
        What the bird is called, without its article.
    named : bool
        Whether that is its name, which must then be said.
    first : bool
        Whether the sentence is the first of the caption.
    draws : Draws
        Source of choices.

    Returns
    -------
    str
        Without capital or full stop.
    """
    options: Sequence[str] = NATURE[register]["first" if first else "later"]
    if named:
        options = [option for option in options if "{a}" in option or "{bare}" in option]
    habits = _joined([_predicate(fact, draws) for fact in facts], register)
    return draws.pick(options).format(a=with_article(bare), bare=bare, habits=habits)


def _predicate(fact: Fact, draws: Draws) -> str:
    if fact.attribute == "nature":
        return draws.pick(SOME_HABITS) if fact.status == "generic" else fact.value
    return SOME_HABITAT if fact.status == "generic" else draws.pick(LIVES).format(draws.pick(HABITAT_WORDS[fact.value]))


def _joined(predicates: Sequence[str], register: str) -> str:
    if len(predicates) == 1 or predicates[0] == predicates[1]:
        return predicates[0]
    first, second = sorted(predicates, key=lambda words: " and " in words or "," in words)
    if register in ("field", "catalogue"):
        return f"{first}; {second}"
    if " and " in second or "," in second:
        return f"{first}, and it is also {second[3:]}" if second.startswith("is ") else f"{first}, and it also {second}"
    return f"{first} and {second}"


@lru_cache(maxsize=1)
def _all_habits() -> tuple[str, ...]:
    return tuple(habit for species in load_species() for habit in species.nature)
