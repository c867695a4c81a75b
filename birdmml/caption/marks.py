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


class Mark(NamedTuple):
    """One mark: "hooked", "yellow" and "bill", or a phrase that is already whole."""

    form: str
    color: str
    noun: str
    plural: bool = False
    shares: bool = False

    @property
    def phrase(self) -> str:
        """With its article: "a hooked yellow bill"."""
        words = " ".join(word for word in (self.form, self.color, self.noun) if word)
        return words if self.plural or not (self.form or self.color) else with_article(words)

    @property
    def entry(self) -> str:
        """As in a catalogue: "bill hooked, yellow"."""
        qualities = ", ".join(word for word in (self.form, self.color) if word)
        return f"{self.noun} {qualities}" if qualities else self.noun


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
    known = {attribute: value for attribute, value, status in facts if status != "generic"}
    words: dict[str, str] = {}  # One word for a color throughout: not "a deep blue back and a dark blue cap".
    marks = []
    for attribute, value, status in facts:
        part = FORM_PARTS.get(attribute, attribute)
        if status == "generic":
            marks.append(Mark("", "", _generic(attribute, draws)))
        elif attribute == "crest":
            marks.append(Mark("", "", draws.pick(FORM_WORDS["crest"][value])))
        elif attribute in FORM_PARTS:
            if part not in known:
                marks.append(Mark(draws.pick(FORM_WORDS[attribute][value]), "", *PART_NOUNS[part][0][:2]))
        else:
            color = words.setdefault(value, draws.pick(COLOR_WORDS[value]))
            marks.append(_colored(part, color, known, draws))
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


def _colored(part: str, color: str, known: dict[str, str], draws: Draws) -> Mark:
    forms = [name for name, where in FORM_PARTS.items() if where == part and name in known and name != "crest"]
    form = draws.pick(FORM_WORDS[forms[0]][known[forms[0]]]) if forms else ""
    noun, plural, shares = draws.pick(PART_NOUNS[part])
    return Mark(form, color, noun, plural, shares and not form)


def _generic(attribute: str, draws: Draws) -> str:
    if attribute in SOME_FORMS:
        return draws.pick(SOME_FORMS[attribute])
    return draws.pick(SOME_COLORS).format(PART_NOUNS[attribute][0][0])


def _fits(mark: Mark, other: Mark) -> bool:
    return mark.shares and other.shares and mark.color == other.color and mark.plural == other.plural


def _together(group: Sequence[Mark]) -> str:
    if len(group) == 1:
        return group[0].phrase
    *most, last = (mark.noun for mark in group)
    words = f"{group[0].color} {', '.join(most)} and {last}"
    return words if group[0].plural else with_article(words)
