"""The picture in words: what a caption may state of it, what would be wrong to state, and the sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from birdmml.caption.facts import LOOK_SLOTS, Fact
from birdmml.caption.grammar import Draws, listed, templates, with_article
from birdmml.species import ACTIVITIES, BACKGROUNDS, PictureFacts, Plumage, grade, shapes, words

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
FAR = 120  # Distance in RGB from which on nobody takes one color for the other.
OPEN, HIDDEN = 0.02, 0.15  # Shares of the bird that something covers.
# The form that belongs to a part, and is said with it.
FORM_OF = {part: form for form, part in FORM_PARTS.items() if form != "crest"}
ABOUT_BIRD = ("shape", "size", "sex")
SCENE = ("activity", "background", "facing", "view", "occlusion")
MOVING = ("flying", "hovering", "swimming")


def look_facts(plumage: Plumage, picture: PictureFacts, share: float, draws: Draws) -> list[Fact]:
    """Choose true facts of a picture for the share of its slots that is filled, on average."""
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
    """Return the word for a body length in cm, from "tiny" to "huge"."""
    return grade(words().sizes, length_cm)


def wrong_look(fact: Fact, draws: Draws) -> str:
    """Return a value of the same vocabulary that is clearly not true of the picture."""
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
    worn = (plumage.bill, plumage.tail, plumage.crest, plumage.breast_pattern, plumage.back_pattern)
    for (form, part), value in zip(FORM_PARTS.items(), worn, strict=True):
        if part in visible and value not in ("none", "plain"):
            values[form] = value
    chosen = draws.weighted(list(values), [WEIGHTS.get(name, 1.0) for name in values], count)
    return [Fact(name, values[name], "true") for name in chosen]


@lru_cache(maxsize=1024)
def _wrong_values(attribute: str, value: str) -> Sequence[str]:
    forms = words().forms
    if attribute in forms:
        return [other for other in forms[attribute] if other != value]
    if attribute == "size":
        sizes = list(words().sizes)
        return [other for other in sizes if abs(sizes.index(other) - sizes.index(value)) > 1]
    choices = {
        "shape": tuple(shapes()),
        "activity": ACTIVITIES,
        "background": BACKGROUNDS,
        "facing": ("left", "right"),
        "view": ("side", "three-quarter"),
        "sex": ("male", "female"),
        "occlusion": ("none", "partly"),
    }
    if attribute in choices:
        return [other for other in choices[attribute] if other != value]
    return [other for other in words().colors if _distance(other, value) > FAR]


def _distance(one: str, other: str) -> float:
    pairs = zip(words().colors[one].rgb, words().colors[other].rgb, strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


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
        phrase = " ".join(word for word in (self.form, self.color, self.noun) if word) + self.after
        return phrase if self.plural else with_article(phrase)

    @property
    def entry(self) -> str:
        """As in a catalogue: "bill hooked, yellow"."""
        if self.whole:
            return self.whole
        return f"{self.noun} {', '.join(word for word in (self.form, self.color, self.after.strip()) if word)}"


def marks_of(facts: Sequence[Fact], draws: Draws) -> list[Mark]:
    """Put facts into words, a form and a color of the same part into one mark."""
    stated = {fact.attribute: fact for fact in facts}
    chosen: dict[str, str] = {}  # One word for a color throughout: not "a deep blue back and a dark blue cap".
    marks = []
    for fact in facts:
        attribute, value, status = fact
        form = FORM_OF.get(attribute, "")
        if attribute in FORM_PARTS:
            if attribute == "crest" or FORM_PARTS[attribute] not in stated:
                marks.append(_form(fact, draws))
        elif form in stated:
            marks.append(_both(fact, stated[form], chosen, draws))
        elif status == "generic":
            marks.append(Mark("", whole=draws.pick(words().some["color"]).format(words().parts[attribute][0].noun)))
        else:
            noun = draws.pick(words().parts[attribute])
            marks.append(Mark(noun.noun, noun.plural, not noun.alone, _color(value, chosen, draws)))
    return marks


def mark_phrases(marks: Sequence[Mark], draws: Draws) -> list[str]:
    """Return noun phrases, parts of one color together: "a black cap and throat"."""
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
        return Mark("", whole=draws.pick(words().some[fact.attribute]))
    form = draws.pick(words().forms[fact.attribute][fact.value])
    return Mark("", whole=form) if fact.attribute == "crest" else Mark(FORM_PARTS[fact.attribute], form=form)


def _both(part: Fact, form: Fact, chosen: dict[str, str], draws: Draws) -> Mark:
    noun = draws.pick(words().parts[part.attribute])
    color = "" if part.status == "generic" else _color(part.value, chosen, draws)
    shape = "" if form.status == "generic" else draws.pick(words().forms[form.attribute][form.value])
    unclear = "" if shape else " with some pattern" if form.attribute.endswith("pattern") else " of some shape"
    if not color:
        unclear = " of some color" + unclear.replace(" of some", " and")
    return Mark(noun.noun, noun.plural, color=color, form=shape, after=unclear)


def _color(value: str, chosen: dict[str, str], draws: Draws) -> str:
    return chosen.setdefault(value, draws.pick(words().colors[value].words))


def _fits(mark: Mark, other: Mark) -> bool:
    return mark.shares and other.shares and mark.color == other.color and mark.plural == other.plural


def _together(group: Sequence[Mark]) -> str:
    if len(group) == 1:
        return group[0].phrase
    *most, last = (mark.noun for mark in group)
    phrase = f"{group[0].color} {', '.join(most)} and {last}"
    return phrase if group[0].plural else with_article(phrase)


class _Scene(NamedTuple):
    does: str  # "swims on open water, facing left"
    doing: str  # ", swimming on open water, facing left", or nothing


def look_sentence(facts: Sequence[Fact], register: str, name: str | None, first: bool, draws: Draws) -> str:
    """Return a sentence about the picture in a register, without capital or full stop; a name, if any, is said."""
    bare = subject(facts, name, draws)
    marks = marks_of([fact for fact in facts if fact.attribute not in (*ABOUT_BIRD, *SCENE)], draws)
    scene = _scene(facts, draws)
    phrases = listed(mark_phrases(marks, draws)) if marks else ""
    options = _options(templates().look[register], first, bare, bool(marks), bool(scene.doing))
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
    """Return what the bird is called, without its article."""
    size, noun, sex, after = "", name or "bird", "", ""
    for attribute, value, status in facts:
        if attribute not in ABOUT_BIRD:
            continue
        if status == "generic":
            after += {"shape": " of some kind", "size": " of some size", "sex": " of one sex or the other"}[attribute]
        elif attribute == "shape" and not name:
            noun = draws.pick(shapes()[value].nouns)
        elif attribute == "size" and not name:
            size = draws.pick(words().sizes[value].words)
        elif attribute == "sex":
            sex = value
    return " ".join(word for word in (size, sex, noun) if word) + after


def _options(forms: Mapping[str, Sequence[str]], first: bool, bare: str, marks: bool, scene: bool) -> Sequence[str]:
    start = "first" if first else "known" if bare == "bird" else "later"
    case = "" if marks and scene else ", marks" if marks else ", scene" if scene else ", bare"
    return forms.get(start + case) or forms[start]


def _scene(facts: Sequence[Fact], draws: Draws) -> _Scene:
    stated = {fact.attribute: fact.value for fact in facts if fact.attribute in SCENE}
    if not stated:
        return _Scene(draws.pick(words().phrases["in_view"]), "")
    activity = stated.pop("activity", "")
    rest = [_setting(attribute, value, activity, draws) for attribute, value in stated.items()]
    appears = words().phrases["appears"]
    does, doing = draws.pick(words().activities[activity]) if activity else (draws.pick(appears), "")
    comma = ", " if activity and "background" not in stated else " "
    return _Scene(comma.join((does, *rest)), f", {comma.join((doing, *rest)).strip()}")


def _setting(attribute: str, value: str, activity: str, draws: Draws) -> str:
    if attribute != "background" or value == "some":
        return draws.pick(words().pose[attribute][value])
    together = words().places.get(activity, {}).get(value)
    return draws.pick(together or (words().behind if activity in MOVING else words().around)[value])
