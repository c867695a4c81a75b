"""What a caption may state of a picture, and what would be wrong to state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from birdmml.caption.dials import LOOK_SLOTS
from birdmml.caption.draws import Draws
from birdmml.caption.facts import Fact
from birdmml.caption.lexicon import FORM_WORDS, SIZES
from birdmml.facts import ACTIVITIES, BACKGROUNDS, PictureFacts
from birdmml.species import Plumage
from birdmml.vocabulary import COLORS, SHAPES

__all__ = ["FORM_PARTS", "look_facts", "size_of", "wrong_look"]

# Forms, and the part that must be in view to tell them.
FORM_PARTS = {
    "bill_form": "bill",
    "tail_form": "tail",
    "crest": "crown",
    "breast_pattern": "breast",
    "back_pattern": "back",
}
# How much a watcher notices: bold marks before legs and rump.
WEIGHTS: Mapping[str, float] = {
    **dict.fromkeys(("eyebrow", "mask", "eye_ring", "malar", "collar", "breast_band", "wing_bars", "wing_patch"), 3),
    **dict.fromkeys(("crest", "tail_edge", "flanks", "breast_pattern"), 2.5),
    **dict.fromkeys(("crown", "face", "throat", "breast"), 1.5),
    **dict.fromkeys(("rump", "legs", "tail_form"), 0.6),
}
# How readily each slot is filled: what kind of bird it is comes first.
SLOTS: Mapping[str, float] = {
    **{"shape": 3, "size": 1, "activity": 1, "setting": 0.8},
    **{f"mark {number}": 1.5 for number in range(4)},
}
LARGEST = (11, 18, 35, 60)  # Centimetres.
FAR = 120  # Distance in RGB from which on nobody takes one color for the other.
OPEN, HIDDEN = 0.02, 0.15  # Shares of the bird that something covers.


def look_facts(plumage: Plumage, picture: PictureFacts, share: float, draws: Draws) -> list[Fact]:
    """Choose true facts for the slots of the picture.

    Parameters
    ----------
    plumage : Plumage
        As drawn.
    picture : PictureFacts
        What it shows.
    share : float
        Of the slots that are filled, on average.
    draws : Draws
        Source of choices.

    Returns
    -------
    list of Fact
        At most `LOOK_SLOTS`.
    """
    slots = draws.weighted(tuple(SLOTS), tuple(SLOTS.values()), draws.count(LOOK_SLOTS, share))
    facts = []
    if "shape" in slots:
        facts.append(Fact("shape", plumage.shape, "true"))
    if "size" in slots:
        facts.append(Fact("size", size_of(plumage.length_cm), "true"))
    if "activity" in slots:
        facts.append(Fact("activity", picture.activity, "true"))
    if "setting" in slots:
        facts.append(Fact(*draws.pick(_settings(picture)), "true"))
    return facts + _marks(plumage, picture.visible, sum(slot.startswith("mark") for slot in slots), draws)


def size_of(length_cm: float) -> str:
    """Return the word of `SIZES` for a body length in cm.

    Examples
    --------
    >>> size_of(13), size_of(100)
    ('small', 'huge')
    """
    return SIZES[sum(length_cm > largest for largest in LARGEST)]


def wrong_look(fact: Fact, draws: Draws) -> str:
    """Return a value that is clearly not the true one.

    Parameters
    ----------
    fact : Fact
        The true fact.
    draws : Draws
        Source of choices.

    Returns
    -------
    str
        Of the same vocabulary.
    """
    return draws.pick(_wrong_values(fact.attribute, fact.value))


def _settings(picture: PictureFacts) -> list[tuple[str, str]]:
    settings = [("background", picture.background)] * 3 + [("facing", picture.facing)] * 2 + [("view", picture.view)]
    if picture.sex == "female":
        settings += [("sex", "female")] * 3
    if picture.occlusion <= OPEN or picture.occlusion >= HIDDEN:
        settings.append(("occlusion", "none" if picture.occlusion <= OPEN else "partly"))
    return settings


def _marks(plumage: Plumage, visible: frozenset[str], count: int, draws: Draws) -> list[Fact]:
    if not count:
        return []
    values = {part: color for part, color in plumage.colors.items() if part in visible}
    forms = {
        "bill_form": plumage.bill,
        "tail_form": plumage.tail,
        "crest": plumage.crest,
        "breast_pattern": plumage.breast_pattern,
        "back_pattern": plumage.back_pattern,
    }
    values |= {
        form: value for form, value in forms.items() if FORM_PARTS[form] in visible and value not in ("none", "plain")
    }
    chosen = draws.weighted(list(values), [WEIGHTS.get(name, 1.0) for name in values], count)
    return [Fact(name, values[name], "true") for name in chosen]


@lru_cache(maxsize=1024)
def _wrong_values(attribute: str, value: str) -> Sequence[str]:
    if attribute in FORM_WORDS:
        return [other for other in FORM_WORDS[attribute] if other != value]
    if attribute == "size":
        return [other for other in SIZES if abs(SIZES.index(other) - SIZES.index(value)) > 1]
    choices = {
        "shape": SHAPES,
        "activity": ACTIVITIES,
        "background": BACKGROUNDS,
        "facing": ("left", "right"),
        "view": ("side", "three-quarter"),
        "sex": ("male", "female"),
        "occlusion": ("none", "partly"),
    }
    if attribute in choices:
        return [other for other in choices[attribute] if other != value]
    return [other for other in COLORS if _distance(other, value) > FAR]


def _distance(one: str, other: str) -> float:
    return float(sum((a - b) ** 2 for a, b in zip(COLORS[one], COLORS[other], strict=True)) ** 0.5)
