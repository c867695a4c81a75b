"""Write one caption: choose facts, decide the fate of each, and put them into sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from birdmml.caption.facts import LOOK_SLOTS, NATURE_SLOTS, SONG_SLOTS, Caption, CaptionDials, Fact
from birdmml.caption.grammar import REGISTERS, Draws, capitalised, templates, with_article
from birdmml.caption.look import look_facts, look_sentence, wrong_look
from birdmml.caption.song import song_facts, song_sentence, wrong_song
from birdmml.species import PictureFacts, Plumage, Song, SongFacts, Species, load_species, words

KINDS = ("look", "song", "nature")
TALKATIVE = ("plain", "photo", "spoken")  # Registers that make a sentence of one fact.
TERSE = ("field", "catalogue")  # Registers that name the bird first, or not at all.
FEWEST_WORDS = 6
NOTHING = "{}, of which nothing more is said."
HABITAT_SHARE = 0.4  # Of captions with two facts. The first is a habit: that alone tells the species.


def write_caption(
    species: Species,
    *,
    plumage: Plumage,
    song: Song,
    picture: PictureFacts,
    recording: SongFacts,
    dials: CaptionDials,
    random: np.random.Generator,
) -> Caption:
    """Write a caption that agrees with its picture, its recording and its species, as far as the dials want it to.

    Parameters
    ----------
    species : Species
        Whose natural history is told, and who is named if the caption names a species.
    plumage : Plumage
        As drawn, of the sex drawn; it may be that of another species.
    song : Song
        As heard; it may be that of another species.
    picture, recording : PictureFacts, SongFacts
        What the picture shows and the recording holds.
    dials : CaptionDials
        How much is said of what, and how much of it is missing, wrong or generic.
    random : numpy.random.Generator
        Source of all choices: equal states give equal captions.

    Returns
    -------
    Caption
        Text and the facts that it states.

    Examples
    --------
    >>> from birdmml.species import find_species
    >>> bird = find_species("Black-capped Chickadee")
    >>> picture = PictureFacts("feeder", "clinging", "left", "side", "male", frozenset({"crown", "throat"}), 0, 0, 0)
    >>> recording = SongFacts(("whistle",), 3200, 4000, 1.6, 2, "calm", False, 12, 20)
    >>> caption = write_caption(
    ...     bird, plumage=bird.plumage, song=bird.song, picture=picture, recording=recording, dials=CaptionDials(),
    ...     random=np.random.default_rng(11),
    ... )
    >>> print(caption.text)
    The bird shown is a small round-headed songbird with a black crown and throat. The song is a pair of pure whistles,
    the second lower, between 3.2 and 4.0 kHz, on a calm day. This species lowers its body temperature on subzero
    nights.
    >>> caption.facts[0]
    Fact(attribute='shape', value='chickadee', status='true')
    """
    draws = Draws(random)
    named = draws.chance(dials.name_share)
    kinds_of_facts = (
        lambda share: look_facts(plumage, picture, share, draws),
        lambda share: song_facts(species, song, recording, share, draws),
        lambda share: nature_facts(species, share, draws),
    )
    looks, sounds, habits = _chosen(kinds_of_facts, [dials.marks, dials.song, dials.nature], draws)
    if named:
        looks = [fact for fact in looks if fact.attribute not in ("shape", "size")]
    kinds = {
        "look": _fates(looks, dials, draws, lambda fact: wrong_look(fact, draws)),
        "song": _fates(sounds, dials, draws, lambda fact: wrong_song(fact, song, recording, draws)),
        "nature": _fates(habits, dials, draws, lambda fact: wrong_nature(fact, species, draws)),
    }
    text = _text(kinds, species.common_name if named else None, song, draws)
    name = (Fact("name", species.common_name, "true"),) if named else ()
    return Caption(text, (*name, *(fact for facts in kinds.values() for fact in facts)), named)


def _chosen(kinds: Sequence[Callable[[float], list[Fact]]], shares: list[float], draws: Draws) -> list[list[Fact]]:
    """Choose facts of each kind for its share; no facts at all only where all shares are 0."""
    while True:
        chosen = [choose(share) if share else [] for choose, share in zip(kinds, shares, strict=True)]
        if any(chosen) or not any(shares):
            return chosen
        # An empty caption would be of no use: fill one kind, as often as the dials favour it.
        slots = (LOOK_SLOTS, SONG_SLOTS, NATURE_SLOTS)
        kind = draws.weighted(range(3), [count * share for count, share in zip(slots, shares, strict=True)], 1)[0]
        shares = [float(index == kind) / slots[kind] for index in range(3)]


def _fates(facts: Sequence[Fact], dials: CaptionDials, draws: Draws, wrong: Callable[[Fact], str]) -> list[Fact]:
    wrong_from = dials.drop_share
    generic_from = wrong_from + dials.wrong_share
    true_from = generic_from + dials.generic_share
    if not true_from:
        return list(facts)
    kept = []
    for fact in facts:
        point = draws.uniform()
        if point >= true_from:
            kept.append(fact)
        elif point >= generic_from:
            kept.append(Fact(fact.attribute, "some", "generic"))
        elif point >= wrong_from:
            kept.append(Fact(fact.attribute, wrong(fact), "wrong"))
    return kept


def _text(kinds: dict[str, list[Fact]], name: str | None, song: Song, draws: Draws) -> str:
    order = draws.shuffled([kind for kind in KINDS if kinds[kind]])
    if not order:
        return NOTHING.format(f"A {name}" if name else "A bird")
    few = sum(map(len, kinds.values())) < 3
    register = draws.pick(TALKATIVE if few else REGISTERS)
    if register in TERSE and "look" in order:
        order.sort(key=lambda kind: kind != "look")
    sentences = []
    for number, kind in enumerate(order):
        first = not number and (kind == "look" or bool(name) or register not in TERSE)
        bare = (name if first else None) or "bird"
        if kind == "look":
            sentences.append(look_sentence(kinds["look"], register, name if first else None, first, draws))
        elif kind == "song":
            sentences.append(song_sentence(kinds["song"], song, register, bare, first, draws))
        else:
            sentences.append(nature_sentence(kinds["nature"], register, bare, bool(name) and first, first, draws))
    return _joined(sentences, register, draws)


def _joined(sentences: Sequence[str], register: str, draws: Draws) -> str:
    text = capitalised(sentences[0])
    for sentence in sentences[1:]:
        point = draws.uniform()
        if register == "catalogue" and point < 0.5:
            text += f"; {sentence}"
        elif register in ("plain", "spoken") and point < 0.2 and sentence.startswith(("it ", "its ", "the ")):
            text += f"; {sentence}" if "," in text else f", and {sentence}"
        else:
            text += f". {capitalised(sentence)}"
    if text.count(" ") < FEWEST_WORDS - 1:
        text += f", {draws.pick(words().phrases['fillers'])}"
    return f"{text}."


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
    habits = _in_one([_predicate(fact, draws) for fact in facts], register)
    return draws.pick(options).format(a=with_article(bare), bare=bare, habits=habits)


def _predicate(fact: Fact, draws: Draws) -> str:
    if fact.attribute == "nature":
        return draws.pick(words().some["habits"]) if fact.status == "generic" else fact.value
    if fact.status == "generic":
        return words().some["habitat"][0]
    return draws.pick(words().phrases["lives"]).format(draws.pick(words().habitats[fact.value]))


def _in_one(predicates: Sequence[str], register: str) -> str:
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
