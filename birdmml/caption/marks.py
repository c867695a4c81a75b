"""Marks of plumage as noun phrases: "a black cap and throat, white wing bars and a hooked yellow bill"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from birdmml.caption.draws import Draws
from birdmml.caption.facts import Fact
from birdmml.caption.grammar import with_article
from birdmml.caption.lexicon import COLOR_WORDS, FORM_WORDS, PART_NOUNS
from birdmml.caption.look_facts import FORM_PARTS

__all__ = ["Mark", "mark_phrases", "marks_of"]

SOME_FORMS = {
    "bill_form": ("some kind of bill", "a bill of some shape"),
    "tail_form": ("some kind of tail", "a tail of some shape"),
    "crest": ("some kind of crest", "something of a crest"),
    "breast_pattern": ("some pattern on the breast", "a breast with some pattern"),
    "back_pattern": ("some pattern on the back", "a back with some pattern"),
}
SOME_COLORS = ("some color on the {}", "the {} in some color", "some shade on the {}")


# The form that belongs to a part, and what one says if it is unclear.
COUPLED = {
    "bill": ("bill_form", " of some shape"),
    "tail": ("tail_form", " of some shape"),
    "breast": ("breast_pattern", " with some pattern"),
    "back": ("back_pattern", " with some pattern"),
}


class Mark(NamedTuple):
    """One mark: "hooked", "yellow" and "bill", or a phrase that is already whole."""

    noun: str
    plural: bool = False
    shares: bool = False
    color: str = ""
    form: str = ""
    after: str = ""
    whole: str = ""

    @property
    def phrase(self) -> str:
        """With its article: "a hooked yellow bill"."""
        if self.whole:
            return self.whole
        words = " ".join(word for word in (self.form, self.color, self.noun) if word) + self.after
        return words if self.plural else with_article(words)

    @property
    def entry(self) -> str:
        """As in a catalogue: "bill hooked, yellow"."""
        if self.whole:
            return self.whole
        return f"{self.noun} {', '.join(word for word in (self.form, self.color, self.after.strip()) if word)}"


def marks_of(facts: Sequence[Fact], draws: Draws) -> list[Mark]:
    """Put facts into words, a form and a color of the same part into one mark.

    Parameters
    ----------
    facts : sequence of Fact
        Of parts, marks and forms.
    draws : Draws
        Source of choices.

    Returns
    -------
    list of Mark
        In the order of the facts.
    """
    stated = {fact.attribute: fact for fact in facts}
    words: dict[str, str] = {}  # One word for a color throughout: not "a deep blue back and a dark blue cap".
    marks = []
    for fact in facts:
        attribute, value, status = fact
        form, _ = COUPLED.get(attribute, ("", ""))
        if attribute in FORM_PARTS:
            if attribute == "crest" or FORM_PARTS[attribute] not in stated:
                marks.append(_form(fact, draws))
        elif form in stated:
            marks.append(_both(fact, stated[form], words, draws))
        elif status == "generic":
            marks.append(Mark("", whole=draws.pick(SOME_COLORS).format(PART_NOUNS[attribute][0][0])))
        else:
            marks.append(Mark(*draws.pick(PART_NOUNS[attribute]), _color(value, words, draws)))
    return marks


def mark_phrases(marks: Sequence[Mark], draws: Draws) -> list[str]:
    """Return noun phrases, parts of one color together: "a black cap and throat".

    Parameters
    ----------
    marks : sequence of Mark
        As from `marks_of`.
    draws : Draws
        Whether to put parts together is left to chance, nine times in ten.

    Returns
    -------
    list of str
        With articles.
    """
    groups: list[list[Mark]] = []
    for mark in marks:
        fitting = next((group for group in groups if _fits(mark, group[0])), None)
        if fitting and draws.chance(0.9):
            fitting.append(mark)
        else:
            groups.append([mark])
    return [_together(group) for group in groups]


def _form(fact: Fact, draws: Draws) -> Mark:
    if fact.status == "generic":
        return Mark("", whole=draws.pick(SOME_FORMS[fact.attribute]))
    words = draws.pick(FORM_WORDS[fact.attribute][fact.value])
    return Mark("", whole=words) if fact.attribute == "crest" else Mark(FORM_PARTS[fact.attribute], form=words)


def _both(part: Fact, form: Fact, words: dict[str, str], draws: Draws) -> Mark:
    noun, plural, _ = draws.pick(PART_NOUNS[part.attribute])
    color = "" if part.status == "generic" else _color(part.value, words, draws)
    shape = "" if form.status == "generic" else draws.pick(FORM_WORDS[form.attribute][form.value])
    unclear = "" if shape else COUPLED[part.attribute][1]
    if not color:
        unclear = " of some color" + unclear.replace(" of some", " and")
    return Mark(noun, plural, color=color, form=shape, after=unclear)


def _color(value: str, words: dict[str, str], draws: Draws) -> str:
    return words.setdefault(value, draws.pick(COLOR_WORDS[value]))


def _fits(mark: Mark, other: Mark) -> bool:
    return mark.shares and other.shares and mark.color == other.color and mark.plural == other.plural


def _together(group: Sequence[Mark]) -> str:
    if len(group) == 1:
        return group[0].phrase
    *most, last = (mark.noun for mark in group)
    words = f"{group[0].color} {', '.join(most)} and {last}"
    return words if group[0].plural else with_article(words)
