"""The sentence about the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from birdmml.caption.draws import Draws
from birdmml.caption.facts import Fact
from birdmml.caption.grammar import listed, with_article
from birdmml.caption.lexicon import (
    ACTIVITY_WORDS,
    BACKGROUND_WORDS,
    BEHIND_WORDS,
    PLACE_WORDS,
    POSE_WORDS,
    SHAPE_NOUNS,
    SIZE_WORDS,
)
from birdmml.caption.marks import mark_phrases, marks_of
from birdmml.caption.templates import LOOK

__all__ = ["SCENE", "look_sentence", "subject"]

ABOUT_BIRD = ("shape", "size", "sex")
SCENE = ("activity", "background", "facing", "view", "occlusion")
MOVING = ("flying", "hovering", "swimming")
IN_VIEW = ("is in view", "shows well", "can be seen", "shows itself")
APPEARS = ("appears", "is seen", "is shown")


class _Scene(NamedTuple):
    does: str  # "swims on open water, facing left"
    doing: str  # ", swimming on open water, facing left", or nothing


def look_sentence(facts: Sequence[Fact], register: str, name: str | None, first: bool, draws: Draws) -> str:
    """Say what the picture shows.

    Parameters
    ----------
    facts : sequence of Fact
        About the picture; at least one.
    register : str
        Of `birdmml.caption.templates.REGISTERS`.
    name : str or None
        Of the species, if this sentence is to name it.
    first : bool
        Whether the sentence is the first of the caption.
    draws : Draws
        Source of choices.

    Returns
    -------
    str
        Without capital or full stop.
    """
    bare = subject(facts, name, draws)
    marks = marks_of([fact for fact in facts if fact.attribute not in (*ABOUT_BIRD, *SCENE)], draws)
    scene = _scene(facts, draws)
    phrases = listed(mark_phrases(marks, draws)) if marks else ""
    options = _options(LOOK[register], first, bare, bool(marks), bool(scene.doing))
    if name:
        options = [option for option in options if "{a}" in option or "{bare}" in option]
    return draws.pick(options).format(
        a=with_article(bare),
        bare=bare,
        marks=phrases,
        with_marks=f" with {phrases}" if phrases else "",
        entries=", ".join(mark.entry for mark in marks),
        does=scene.does,
        doing=scene.doing,
        scene=scene.doing[2:],
    )


def subject(facts: Sequence[Fact], name: str | None, draws: Draws) -> str:
    """Return what the bird is called, without its article.

    Parameters
    ----------
    facts : sequence of Fact
        Those of shape, size and sex are used; shape and size give way to a name.
    name : str or None
        Of the species.
    draws : Draws
        Source of choices.

    Returns
    -------
    str
        Such as "small female duck", or the name.
    """
    size, noun, sex, after = "", name or "bird", "", ""
    for attribute, value, status in facts:
        if attribute not in ABOUT_BIRD:
            continue
        if status == "generic":
            after += {"shape": " of some kind", "size": " of some size", "sex": " of one sex or the other"}[attribute]
        elif attribute == "shape" and not name:
            noun = draws.pick(SHAPE_NOUNS[value])
        elif attribute == "size" and not name:
            size = draws.pick(SIZE_WORDS[value])
        elif attribute == "sex":
            sex = value
    return " ".join(word for word in (size, sex, noun) if word) + after


def _options(forms: Mapping[str, Sequence[str]], first: bool, bare: str, marks: bool, scene: bool) -> Sequence[str]:
    start = "first" if first else "known" if bare == "bird" else "later"
    case = "" if marks and scene else ", marks" if marks else ", scene" if scene else ", bare"
    return forms.get(start + case) or forms[start]


def _scene(facts: Sequence[Fact], draws: Draws) -> _Scene:
    found = {fact.attribute: fact.value for fact in facts if fact.attribute in SCENE}
    if not found:
        return _Scene(draws.pick(IN_VIEW), "")
    activity = found.pop("activity", "")
    rest = [_setting(attribute, value, activity, draws) for attribute, value in found.items()]
    does, doing = draws.pick(ACTIVITY_WORDS[activity]) if activity else (draws.pick(APPEARS), "")
    comma = ", " if activity and "background" not in found else " "
    return _Scene(comma.join((does, *rest)), f", {comma.join((doing, *rest)).strip()}")


def _setting(attribute: str, value: str, activity: str, draws: Draws) -> str:
    if attribute != "background" or value == "some":
        return draws.pick(POSE_WORDS[attribute, value])
    if (activity, value) in PLACE_WORDS:
        return draws.pick(PLACE_WORDS[activity, value])
    return draws.pick((BEHIND_WORDS if activity in MOVING else BACKGROUND_WORDS)[value])
