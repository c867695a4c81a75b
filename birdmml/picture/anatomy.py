"""How each shape is built: proportions in units of the body's length, angles in degrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from birdmml.vocabulary import SHAPES

__all__ = ["ANATOMY", "Anatomy"]

Point = tuple[float, float]
Rib = tuple[float, float, float]


@dataclass(frozen=True)
class Anatomy:
    """Proportions of a shape, seen from the side, facing right, y up.

    The unit is the length of the body from the breast to the root of the tail; what belongs to the head is in units of
    the head's radius.

    Attributes
    ----------
    posture : float
        Angle of the body above the horizontal, in degrees.
    depth : float
        Depth of the body.
    belly, breast, arch : float
        How full the lower and the front outline and how high the back are; 1 is a thrush.
    head : float
        Radius of the head.
    head_at : pair of float
        Centre of the head, from the shoulder.
    neck : tuple of (x, y, half width)
        Ribs of a long neck between shoulder and head, from the shoulder; empty where the head sits on the body.
    skull : (length, height, forehead)
        Elongation of the head, height of the crown and steepness of the forehead; 1 each is a thrush.
    bill, bill_depth : float
        Factors on the length and the depth of the bill's form.
    eye : (x, y, radius)
        In head radii.
    iris : tuple of int or None
        Red, green, blue; None: as dark as the pupil.
    tail, tail_width, tail_angle : float
        Length, half width at the tip, and angle to the axis of the body (up is positive).
    wing : (length past the root of the tail, height, depth)
        Of the folded wing.
    leg, leg_at, shank : float
        Length of the bare leg below the body, where along the body it starts, and its thickness.
    thigh : float
        How far feathers reach down the leg, as a share of it.
    foot : {"perching", "talon", "wading", "web", "tiny"}
        Kind of foot.
    hood : float
        Where along a long neck, from shoulder to head, the colours of the head begin.
    mask : {"line", "lores", "broad"}
        Where the mask lies: through the eye, around the bill, or over the cheek.
    patch : {"panel", "shoulder", "primaries", "speculum", "tips", "wax", "edge"}
        Where the wing patch lies; "edge" is seen on the spread wing only.
    tail_mark : {"edge", "tip"}
        Where the mark of the tail lies.
    span : float
        Length of the spread wing.
    chord : float
        Width of the spread wing at its root.
    planform : str
        Outline of the spread wing, of `birdmml.picture.wings.PLANFORMS`.
    """

    posture: float = 38
    depth: float = 0.60
    belly: float = 1.0
    breast: float = 1.0
    arch: float = 1.0
    head: float = 0.195
    head_at: Point = (0.055, 0.255)
    neck: tuple[Rib, ...] = ()
    skull: tuple[float, float, float] = (1.05, 0.96, 1.0)
    bill: float = 1.0
    bill_depth: float = 1.0
    eye: tuple[float, float, float] = (0.36, 0.14, 0.155)
    iris: tuple[int, int, int] | None = None
    tail: float = 0.72
    tail_width: float = 0.085
    tail_angle: float = 0.0
    wing: tuple[float, float, float] = (0.10, 1.0, 1.0)
    leg: float = 0.22
    leg_at: float = -0.05
    shank: float = 0.020
    thigh: float = 0.25
    foot: str = "perching"
    hood: float = 0.78
    mask: str = "line"
    patch: str = "panel"
    tail_mark: str = "edge"
    span: float = 1.3
    chord: float = 0.55
    planform: str = "rounded"


# fmt: off
SONGBIRD = Anatomy()
WATERBIRD = replace(SONGBIRD, posture=4, depth=0.42, head=0.14, skull=(1.18, 0.95, 0.85), eye=(0.25, 0.22, 0.13),
    tail=0.2, tail_width=0.06, wing=(0.02, 0.9, 0.85), leg_at=-0.1, shank=0.032, foot="web", patch="speculum",
    span=1.25, chord=0.42)
WADER = replace(SONGBIRD, posture=12, depth=0.48, head=0.145, head_at=(0.1, 0.26), skull=(1.1, 0.95, 1.1),
    eye=(0.28, 0.16, 0.17), tail=0.26, tail_width=0.05, wing=(0.2, 0.95, 0.95), leg=0.5, leg_at=-0.02, shank=0.018,
    thigh=0.12, foot="wading", span=1.5, chord=0.36)
RAPTOR = replace(SONGBIRD, posture=62, depth=0.56, head=0.165, head_at=(0.03, 0.17), skull=(1.1, 0.92, 0.85),
    eye=(0.34, 0.16, 0.165), tail=0.55, tail_width=0.11, tail_angle=4, wing=(0.28, 1.0, 1.0), leg=0.2, leg_at=-0.1,
    shank=0.034, thigh=0.55, foot="talon", mask="broad", span=1.75, chord=0.62, planform="broad")
ANATOMY: Mapping[str, Anatomy] = MappingProxyType({
    "duck": replace(WATERBIRD, depth=0.44, head=0.145, head_at=(0.14, 0.35),
        neck=((0.02, 0.06, 0.125), (0.085, 0.19, 0.092)), tail=0.22, tail_angle=14,
        wing=(0.02, 0.9, 0.4), leg=0.13, leg_at=-0.16, hood=0.5),
    "goose": replace(WATERBIRD, posture=8, depth=0.46, head=0.105, head_at=(0.16, 0.66),
        neck=((0.02, 0.08, 0.13), (0.075, 0.24, 0.075), (0.1, 0.42, 0.06), (0.105, 0.55, 0.062)),
        skull=(1.25, 0.92, 0.75), leg=0.19, hood=0.2, mask="lores", patch="tips"),
    "grebe": replace(WATERBIRD, depth=0.46, arch=1.05, head=0.13, head_at=(0.13, 0.4),
        neck=((0.01, 0.08, 0.105), (0.07, 0.22, 0.075)), skull=(1.15, 0.95, 0.9), bill=0.8, iris=(150, 40, 30),
        tail=0.06, tail_width=0.04, wing=(-0.06, 0.85, 0.8), hood=0.45),
    "cormorant": replace(WATERBIRD, posture=48, depth=0.4, head=0.095, head_at=(0.14, 0.56),
        neck=((-0.01, 0.1, 0.11), (-0.005, 0.26, 0.068), (0.045, 0.4, 0.056), (0.085, 0.5, 0.058)),
        skull=(1.35, 0.85, 0.6), bill=1.25, iris=(40, 150, 150), tail=0.42, tail_width=0.09, wing=(0.12, 1.0, 0.9),
        leg=0.12, leg_at=-0.2, mask="lores", patch="panel"),
    "pelican": replace(WATERBIRD, posture=14, depth=0.48, head=0.115, head_at=(0.13, 0.52),
        neck=((0.05, 0.1, 0.12), (0.06, 0.24, 0.08), (0.03, 0.38, 0.066), (0.05, 0.48, 0.07)), skull=(1.3, 0.9, 0.65),
        bill=4.2, bill_depth=1.3, iris=(220, 210, 180), tail=0.16, leg=0.16, patch="tips"),
    "heron": replace(WADER, posture=30, depth=0.38, head=0.088, head_at=(0.2, 0.8),
        neck=((0.02, 0.06, 0.1), (0.1, 0.16, 0.062), (0.125, 0.27, 0.048), (0.07, 0.42, 0.043), (0.045, 0.56, 0.042),
              (0.08, 0.7, 0.044), (0.135, 0.775, 0.055)),
        skull=(1.5, 0.78, 0.5), bill=1.75, eye=(0.45, 0.12, 0.16), iris=(240, 214, 70), tail=0.22,
        wing=(0.12, 1.0, 1.0), leg=0.85, leg_at=-0.12, shank=0.022, mask="lores", patch="tips", chord=0.6),
    "crane": replace(WADER, posture=20, depth=0.46, head=0.088, head_at=(0.26, 0.84),
        neck=((0.04, 0.08, 0.12), (0.12, 0.24, 0.064), (0.15, 0.42, 0.048), (0.165, 0.6, 0.044), (0.19, 0.74, 0.046)),
        skull=(1.4, 0.82, 0.6), bill=1.2, eye=(0.3, 0.15, 0.16), iris=(220, 130, 40), tail=0.24, tail_width=0.13,
        tail_angle=-24, wing=(0.16, 1.0, 1.05), leg=0.95, leg_at=-0.1, shank=0.024, mask="lores", patch="tips"),
    "rail": replace(WADER, posture=16, depth=0.54, head_at=(0.1, 0.3), neck=((0.03, 0.1, 0.14),), iris=(150, 40, 30),
        tail=0.2, tail_angle=26, wing=(0.02, 0.9, 0.9), leg=0.36, shank=0.026),
    "plover": replace(WADER, posture=14, depth=0.47, head=0.168, head_at=(0.06, 0.235), skull=(1.02, 0.98, 1.2),
        bill=0.62, bill_depth=0.75, eye=(0.32, 0.16, 0.19), tail=0.34, leg=0.4, mask="lores"),
    "sandpiper": replace(WADER, depth=0.47, head=0.135, head_at=(0.12, 0.28), neck=((0.05, 0.11, 0.115),), bill=1.05,
        bill_depth=0.72),
    "gull": replace(WATERBIRD, posture=14, depth=0.44, head=0.142, head_at=(0.12, 0.24), skull=(1.15, 0.95, 0.85),
        bill=0.95, bill_depth=0.8, eye=(0.32, 0.16, 0.12), iris=(226, 214, 150), tail=0.28, wing=(0.38, 0.95, 0.9),
        leg=0.22, leg_at=-0.02, shank=0.026, patch="tips", span=1.85, chord=0.38,
        planform="pointed"),
    "tern": replace(WATERBIRD, posture=12, depth=0.38, head=0.145, head_at=(0.1, 0.21), skull=(1.2, 0.88, 0.7),
        bill=0.9, bill_depth=0.85, eye=(0.34, 0.14, 0.13), tail=0.5, tail_width=0.045, wing=(0.46, 0.9, 0.85),
        leg=0.16, leg_at=0.02, shank=0.022, patch="tips", span=1.85, chord=0.32,
        planform="pointed"),
    "hawk": replace(RAPTOR, bill=0.95),
    "falcon": replace(RAPTOR, posture=64, depth=0.5, head=0.175, bill=0.72, bill_depth=0.85, eye=(0.34, 0.16, 0.2),
        tail=0.58, tail_width=0.085, wing=(0.42, 1.0, 0.9), leg=0.16, thigh=0.4, chord=0.44,
        planform="pointed"),
    "vulture": replace(RAPTOR, posture=52, depth=0.54, head=0.095, head_at=(0.09, 0.17),
        neck=((0.05, 0.06, 0.15), (0.075, 0.12, 0.075)), skull=(1.3, 0.85, 0.6), bill=1.25, eye=(0.2, 0.14, 0.17),
        tail=0.46, wing=(0.3, 1.0, 1.05), thigh=0.3, patch="edge"),
    "owl": replace(RAPTOR, posture=74, depth=0.6, belly=0.95, head=0.262, head_at=(-0.045, 0.205),
        skull=(1.02, 0.88, 1.0), bill=0.55, bill_depth=0.9, eye=(0.0, 0.1, 0.2), iris=(242, 196, 44), tail=0.36,
        wing=(0.2, 1.0, 1.0), leg=0.12, thigh=0.9),
    "grouse": replace(SONGBIRD, posture=22, depth=0.62, head=0.135, head_at=(0.09, 0.3), neck=((0.04, 0.12, 0.135),),
        skull=(1.05, 0.95, 1.0), bill=0.75, tail=0.42, tail_width=0.1, wing=(-0.04, 0.9, 0.9), shank=0.032,
        thigh=0.4),
    "dove": replace(SONGBIRD, posture=26, depth=0.55, breast=1.12, head=0.135, head_at=(0.065, 0.27),
        neck=((0.02, 0.1, 0.145),), skull=(1.0, 0.96, 1.2), bill=0.62, bill_depth=0.55, eye=(0.32, 0.12, 0.17),
        tail=0.85, wing=(0.16, 1.0, 0.95), leg=0.13, shank=0.024),
    "cuckoo": replace(SONGBIRD, posture=30, depth=0.46, head=0.17, head_at=(0.09, 0.22), skull=(1.12, 0.92, 0.85),
        bill=0.78, bill_depth=0.95, tail=1.05, tail_width=0.09, wing=(0.18, 1.0, 0.95), leg=0.14),
    "nightjar": replace(SONGBIRD, posture=7, depth=0.42, head=0.185, head_at=(0.08, 0.055), skull=(1.12, 0.85, 0.75),
        bill=0.35, bill_depth=0.5, eye=(0.34, 0.14, 0.2), tail=0.5, tail_width=0.09, wing=(0.34, 1.0, 1.0),
        leg=-0.015, foot="tiny", patch="primaries", span=1.7, chord=0.4, planform="pointed"),
    "swift": replace(SONGBIRD, posture=6, depth=0.4, head=0.155, head_at=(0.0, 0.03), skull=(1.1, 0.85, 0.75),
        bill=0.3, bill_depth=0.6, eye=(0.36, 0.1, 0.17), tail=0.28, tail_width=0.09, wing=(0.6, 1.0, 0.8), leg=0.03,
        foot="tiny", span=1.7, chord=0.30, planform="sickle"),
    "hummingbird": replace(SONGBIRD, posture=46, depth=0.44, head=0.178, head_at=(0.03, 0.23), skull=(1.1, 0.9, 0.85),
        eye=(0.28, 0.14, 0.17), tail=0.46, wing=(0.22, 0.9, 0.8), leg=0.04, shank=0.016, foot="tiny", span=1.25,
        chord=0.3, planform="pointed"),
    "kingfisher": replace(SONGBIRD, posture=48, depth=0.58, head=0.245, head_at=(0.075, 0.245),
        skull=(1.1, 0.9, 0.85), bill=1.5, bill_depth=0.8, eye=(0.42, 0.12, 0.12), tail=0.5, leg=0.07, shank=0.024,
        foot="tiny"),
    "woodpecker": replace(SONGBIRD, posture=66, depth=0.47, head=0.19, head_at=(0.1, 0.2), skull=(1.15, 0.9, 0.9),
        eye=(0.28, 0.14, 0.15), tail=0.55, tail_width=0.07, tail_angle=10, wing=(0.08, 1.0, 1.0), leg=0.1,
        leg_at=0.02, shank=0.026, mask="broad"),
    "flycatcher": replace(SONGBIRD, posture=52, depth=0.56, head=0.2, head_at=(0.045, 0.215), skull=(1.06, 1.0, 1.1),
        bill=0.9, bill_depth=0.85, tail=0.74, wing=(0.14, 1.0, 1.0), leg=0.14, tail_mark="tip"),
    "shrike": replace(SONGBIRD, posture=42, depth=0.58, head=0.215, bill=0.85, bill_depth=0.8, tail=0.82, leg=0.18,
        patch="primaries"),
    "vireo": replace(SONGBIRD, posture=32, depth=0.58, head=0.205, bill=0.66, bill_depth=0.62, tail=0.6),
    "jay": replace(SONGBIRD, posture=36, depth=0.58, head=0.19, bill=0.95, tail=0.95, tail_width=0.1,
        wing=(0.06, 1.0, 1.0), leg=0.24, shank=0.024, tail_mark="tip"),
    "crow": replace(SONGBIRD, posture=32, depth=0.54, head=0.175, head_at=(0.09, 0.225), skull=(1.15, 0.92, 0.8),
        bill=1.12, bill_depth=1.1, tail=0.66, tail_width=0.11, wing=(0.26, 1.0, 1.0), leg=0.26, shank=0.03,
        thigh=0.4),
    "swallow": replace(SONGBIRD, posture=40, depth=0.46, head=0.185, head_at=(0.03, 0.185), skull=(1.08, 0.88, 0.85),
        bill=0.36, bill_depth=0.6, tail=0.62, tail_width=0.075, wing=(0.44, 1.0, 0.9), leg=0.05, foot="tiny",
        span=1.5, chord=0.40, planform="pointed"),
    "chickadee": replace(SONGBIRD, posture=34, depth=0.7, head=0.265, head_at=(0.02, 0.225), skull=(1.0, 0.98, 1.15),
        bill=0.52, bill_depth=0.6, eye=(0.4, 0.14, 0.125), tail=0.7, tail_width=0.07, wing=(0.06, 1.0, 0.95),
        leg=0.2),
    "nuthatch": replace(SONGBIRD, posture=10, depth=0.56, head=0.215, head_at=(0.095, 0.105),
        skull=(1.15, 0.88, 0.75), bill=0.82, bill_depth=0.75, eye=(0.36, 0.14, 0.13), tail=0.36, leg=0.14),
    "wren": replace(SONGBIRD, posture=26, depth=0.68, head=0.225, head_at=(0.05, 0.215), skull=(1.1, 0.92, 0.85),
        bill=0.76, bill_depth=0.85, tail=0.52, wing=(-0.04, 0.95, 0.9), leg=0.26),
    "kinglet": replace(SONGBIRD, posture=30, depth=0.72, head=0.265, head_at=(0.02, 0.205), skull=(1.0, 0.98, 1.15),
        bill=0.6, bill_depth=0.7, eye=(0.38, 0.1, 0.165), tail=0.52, tail_width=0.065, wing=(0.1, 1.0, 0.95)),
    "thrush": replace(SONGBIRD, posture=42, head_at=(0.05, 0.26), bill=0.95, leg=0.3),
    "mockingbird": replace(SONGBIRD, posture=36, depth=0.53, head=0.18, bill=0.8, iris=(214, 190, 70), tail=0.95,
        leg=0.3, patch="primaries"),
    "waxwing": replace(SONGBIRD, posture=46, depth=0.56, head_at=(0.045, 0.2), skull=(1.08, 0.92, 0.85), bill=0.62,
        tail=0.52, wing=(0.2, 1.0, 0.95), leg=0.12, patch="wax", tail_mark="tip"),
    "warbler": replace(SONGBIRD, posture=28, depth=0.56, head=0.205, bill=0.78, bill_depth=0.8, tail=0.62, leg=0.24,
        mask="broad"),
    "sparrow": replace(SONGBIRD, posture=32, depth=0.61, head=0.2, bill=0.85, tail=0.66),
    "finch": replace(SONGBIRD, posture=40, depth=0.62, head=0.205, bill=0.85, tail=0.58, wing=(0.14, 1, 1), leg=0.16),
    "grosbeak": replace(SONGBIRD, posture=42, head=0.212, skull=(1.0, 0.95, 1.1), bill=0.9, bill_depth=1.15,
        tail=0.78, leg=0.16, mask="lores"),
    "blackbird": replace(SONGBIRD, posture=40, depth=0.56, head=0.175, bill=1.02, bill_depth=0.85, tail=0.76,
        tail_width=0.095, leg=0.26, patch="shoulder"),
    "oriole": replace(SONGBIRD, posture=40, depth=0.52, head=0.182, bill=1.05, bill_depth=0.85, tail=0.78, leg=0.2,
        mask="lores"),
    "tanager": replace(SONGBIRD, posture=40, depth=0.58, head=0.2, bill=0.95, tail=0.62, leg=0.16),
})
# fmt: on

assert set(ANATOMY) == set(SHAPES), "every shape has an anatomy"
