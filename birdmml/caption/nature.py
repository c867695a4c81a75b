"""What a species does and where it lives: facts, and the sentence that states them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from birdmml.caption.facts import NATURE_SLOTS, Fact
from birdmml.caption.grammar import Draws, with_article
from birdmml.caption.templates import templates
from birdmml.species import Species, load_species, words

LIVES = ("lives {}", "is at home {}", "is found {}")
SOME_HABITAT = "lives where it finds what it needs"
HABITAT_SHARE = 0.4  # Of captions with two facts. The first is a habit: that alone tells the species.


def nature_facts(species: Species, share: float, draws: Draws) -> list[Fact]:
    """Choose true facts for the slots of natural history."""
    count = draws.count(NATURE_SLOTS, share)
    if not count:
        return []
    facts = [Fact("nature", habit, "true") for habit in draws.shuffled(species.nature)[:count]]
    if count > 1 and (len(facts) < count or draws.chance(HABITAT_SHARE)):
        facts[1:] = [Fact("habitat", draws.pick(species.habitats), "true")]
    return facts


def wrong_nature(fact: Fact, species: Species, draws: Draws) -> str:
    """Return a habit or a habitat that is not of this species."""
    if fact.attribute == "habitat":
        return draws.pick([habitat for habitat in words().habitats if habitat not in species.habitats])
    while True:
        habit = draws.pick(_all_habits())
        if habit not in species.nature:
            return habit


def nature_sentence(facts: Sequence[Fact], register: str, bare: str, named: bool, first: bool, draws: Draws) -> str:
    """Return a sentence about habits and habitat in a register, without capital or full stop."""
    options: Sequence[str] = templates().nature[register]["first" if first else "later"]
    if named:
        options = [option for option in options if "{a}" in option or "{bare}" in option]
    habits = _joined([_predicate(fact, draws) for fact in facts], register)
    return draws.pick(options).format(a=with_article(bare), bare=bare, habits=habits)


def _predicate(fact: Fact, draws: Draws) -> str:
    if fact.attribute == "nature":
        return draws.pick(words().some["habits"]) if fact.status == "generic" else fact.value
    if fact.status == "generic":
        return SOME_HABITAT
    return draws.pick(LIVES).format(draws.pick(words().habitats[fact.value]))


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
