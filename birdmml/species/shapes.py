"""The shapes of birds (``shapes.toml``): how each is built, named and seen; and forms of parts (``forms.toml``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from birdmml.species.facts import BACKGROUNDS
from birdmml.species.words import words
from confu_core.data_files import read_data, record, refuse

FILE = "shapes.toml"
SUPPORTS = (
    *("branch", "twig", "post", "snag", "wire", "stem", "feeder", "trunk"),
    *("ground", "mud", "sand", "stone", "snowfield", "shallows", "water", "air"),
)


@dataclass(frozen=True)
class Shape:
    """A shape, seen from the side, facing right, y up.

    The unit is the length of the body from the breast to the root of the tail; what belongs to the head is in units of
    the head's radius; angles are in degrees.
    """

    # What captions call it, without an article; what it rests on or in, before what, and how often it is drawn there.
    nouns: tuple[str, ...]
    seen: tuple[tuple[str, str, float], ...]

    # How it holds its wings in the air and itself on a trunk; whether stocky ones draw their neck in where they stand;
    # how far the bill points up.
    aloft: Literal["spread", "hover"]
    climb: Literal["cling", "headlong"]
    hunches: bool
    pitch: float

    # The body: its angle above the horizontal, its depth, how full its lower and its front outline and how high its
    # back are (1 is a thrush); ribs (x, y, half width) of a long neck, from the shoulder upward, none where the head
    # sits on the body; where along a neck the colors of the head begin; how far a collar reaches from nape to throat,
    # beyond 1 around the neck.
    posture: float
    depth: float
    belly: float
    breast: float
    arch: float
    neck: tuple[tuple[float, float, float], ...]
    hood: float
    collar: float

    # The head: its radius, its centre from the shoulder, whether it looks at the viewer with both eyes; elongation,
    # height of the crown and steepness of the forehead (1 is a thrush); the eye (x, y, radius). A mask lies through the
    # eye, around the bill or over the cheek, or is a spot before the eye (behind it, where there is a crest); a malar
    # mark runs down from the bill, around the chin, or is a spot below the cheek. Forms of crest may have curves of
    # their own, of `Forms.crests`.
    head: float
    head_at: tuple[float, float]
    face: Literal["side", "front"]
    skull: tuple[float, float, float]
    eye: tuple[float, float, float]
    mask: Literal["line", "lores", "broad", "spot"]
    malar: Literal["stripe", "strap", "spot"]
    crests: Mapping[
        str, Literal["ears", "topknot", "puffy", "shaggy", "high shaggy", "swept", "raised swept", "high swept"]
    ]

    # The bill: factors on the length and the depth of its form; flat ones may end in a spoon.
    bill: float
    bill_depth: float
    bill_style: Literal["plain", "spoon", "pouch"]

    # The tail: its length, half its width at the tip, its angle to the body (up is positive), where its mark lies.
    tail: float
    tail_width: float
    tail_angle: float
    tail_mark: Literal["edge", "tip"]

    # The wings: folded, their length past the root of the tail, height and depth; where their patch lies ("edge" is
    # seen on the spread wing only); spread, their length, their width at the root, and their outline.
    wing: tuple[float, float, float]
    patch: Literal["panel", "shoulder", "primaries", "speculum", "tips", "wax", "edge"]
    span: float
    chord: float
    planform: Literal["sickle", "pointed", "broad", "rounded"]

    # The legs: how long they are bare below the body, where along it they start, how thick they are, how far feathers
    # reach down them (as a share), and their feet.
    leg: float
    leg_at: float
    shank: float
    thigh: float
    foot: Literal["perching", "talon", "wading", "web", "tiny"]

    iris: tuple[int, int, int] | None = None  # Red, green, blue; None is nearly as dark as the pupil.


Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class BillForm:
    """Length and depth in head radii; how the ridge bulges, the tip drops and hooks; how blunt it is, of the depth."""

    length: float
    depth: float
    bulge: float
    drop: float
    hook: float = 0.0
    blunt: float = 0.05


@dataclass(frozen=True)
class TailForm:
    """Factors on length and width; what is cut out of the middle of the end, or added if negative; lift in degrees."""

    length: float
    width: float
    notch: float
    lift: float = 0.0


@dataclass(frozen=True)
class Planform:
    """Outline of a spread wing at even steps from its root to its tip.

    That is how far the leading edge lies before that of the root, in spans, and how deep the wing is, in chords of the
    root; and how many primaries stand apart at the tip.
    """

    lead: tuple[float, float, float, float, float, float]
    width: tuple[float, float, float, float, float, float]
    fingers: int = 0


@dataclass(frozen=True)
class Seen:
    """How one wing is seen: where it joins the body; its direction, in degrees, and share, outward and backward."""

    root: tuple[float, float]
    outward: tuple[float, float]
    backward: tuple[float, float]


@dataclass(frozen=True)
class FaceMark:
    """A mark of the face: an outline with its corners, or a line with the widths of a band, in head radii.

    Points lie forward, upward and to the side of the centre of the head, of the eye, or of the level of the eye; by the
    skull, as many lengths of it forward.
    """

    at: tuple[tuple[float, float, float], ...]
    by: tuple[Literal["head", "skull", "eye", "level", "skull level"], ...] = ()  # All by the head, if there are none.
    sharp: tuple[int, ...] = ()
    widths: tuple[float, ...] = ()


@dataclass(frozen=True)
class Forms:
    """Forms of parts by name.

    Crests are outlines in head radii. Patches of the folded wing are outlines along and across it, those of the spread
    wing in shares of its span and its chord. Masks and malar marks are called as in shapes; a patch is the mask behind
    the eye that spots become where there is a crest. Toes, flat or gripping a perch, are lines in lengths of the foot.
    Views are those of spread wings: from the side in a shallow V, from below, from above, and before a flower.
    """

    bills: Mapping[str, BillForm]
    tails: Mapping[str, TailForm]
    crests: Mapping[str, Outline]
    patches: Mapping[str, Outline]
    spread_patches: Mapping[str, Outline]
    eyebrow: FaceMark
    masks: Mapping[str, FaceMark]
    malars: Mapping[str, FaceMark]
    toes: Mapping[str, tuple[Outline, ...]]
    planforms: Mapping[str, Planform]
    views: Mapping[str, tuple[Seen, Seen]]


@lru_cache(maxsize=1)
def forms() -> Forms:
    """Return the forms; a file that breaks a constraint is a `DatasetError` that names it."""
    return record(Forms, read_data("birdmml", "forms.toml"), "forms.toml: forms")


@lru_cache(maxsize=1)
def shapes() -> Mapping[str, Shape]:
    """Return the shapes by name, in the order of the file; one that breaks a constraint is a `DatasetError`."""
    held = read_data("birdmml", FILE)
    return MappingProxyType({name: make_shape(name, values, held["base"]) for name, values in held["shape"].items()})


def make_shape(name: str, values: Mapping[str, object], bases: Mapping[str, Mapping[str, object]]) -> Shape:
    """Return a shape of what differs from its base, which says in turn what differs from a songbird."""
    where = f"{FILE}: shape.{name}"
    base = values.get("base", "songbird")
    if base not in bases:
        refuse(f"{where}.base", f"one of {', '.join(bases)}", base)
    own = {key: value for key, value in values.items() if key != "base"}
    shape = record(Shape, {**bases["songbird"], **bases[str(base)], **own}, where)
    for key, value in (("nouns", shape.nouns), ("seen", shape.seen)):
        if not value:
            refuse(f"{where}.{key}", "a list of at least one", [])
    for form in shape.crests:
        if form not in words().crests:
            refuse(f"{where}.crests", f"a table of {', '.join(words().crests)}", form)
    for support, background, weight in shape.seen:
        if support not in SUPPORTS:
            refuse(f"{where}.seen", f"on one of {', '.join(SUPPORTS)}", support)
        if background not in BACKGROUNDS:
            refuse(f"{where}.seen", f"before one of {', '.join(BACKGROUNDS)}", background)
        if weight <= 0:
            refuse(f"{where}.seen", "of weights above 0", weight)
    return shape
