"""Legs and feet: gripping a perch, standing, or clinging to bark."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from birdmml.picture.anatomy import Anatomy
from birdmml.picture.body import Frames
from birdmml.picture.draft import FOOT, Draft, Frame, Pen, blend
from birdmml.picture.labels import DARK, label

__all__ = ["draw_legs", "ground"]

# Along each toe, in lengths of the foot, and its height: two toes forward and one back, flat or around a perch.
TOES: Mapping[str, tuple[tuple[tuple[float, float], ...], ...]] = MappingProxyType(
    {
        "flat": (
            ((0.0, 0.01), (0.5, 0.012), (1.0, -0.012)),
            ((0.0, 0.008), (0.45, -0.004), (0.8, -0.03)),
            ((0.0, 0.006), (-0.3, 0.0), (-0.55, -0.012)),
        ),
        "grip": (
            ((-0.1, 0.015), (0.45, 0.016), (0.72, -0.035)),
            ((-0.12, 0.0), (0.28, -0.004), (0.42, -0.05)),
            ((0.0, 0.01), (-0.22, 0.0), (-0.30, -0.04)),
        ),
    }
)


def ground(anatomy: Anatomy, frames: Frames) -> float:
    """Return the height on which the bird stands at rest; the body's centre is 0."""
    hip = frames.body.at(anatomy.leg_at, -0.47 * anatomy.depth * anatomy.belly)
    return hip.y - anatomy.leg


def draw_legs(draft: Draft, anatomy: Anatomy, frames: Frames, stance: str) -> None:
    """Add both legs; ``stance`` is one in which they are seen."""
    for far in (True, False):
        _leg(draft, anatomy, frames, stance, far)


def _leg(draft: Draft, anatomy: Anatomy, frames: Frames, stance: str, far: bool) -> None:
    z = -0.10 if far else 0.10
    shift = 0.075 if far else 0.0
    tone = DARK if far else 0
    hip = frames.body.at(anatomy.leg_at + shift * 0.7, -0.26 * anatomy.depth * anatomy.belly, z)
    if stance == "cling":
        base = frames.body.at(anatomy.leg_at + shift, -0.5 * anatomy.depth * anatomy.belly, z)
        foot = Frame(base.x + anatomy.leg, base.y + 0.10, 1.25, 1, FOOT)
    else:
        height = ground(anatomy, frames)
        foot = Frame(hip.x + 0.02 + shift * 0.4, height + (0.012 if far else 0.0), 0, 1, FOOT)
    sole = foot.at(0, 0.012, z)
    ankle = _ankle(anatomy, hip, sole)
    thick = anatomy.shank
    top = blend(hip, ankle, 0.5)
    thigh = [hip, blend(ankle, top, 0.3 if anatomy.thigh < 0.5 else -0.5 * anatomy.thigh)]
    draft.band("under", label("legs", tone), [hip, ankle, sole], [thick * 1.1, thick * 1.15, thick])
    _foot(draft, anatomy, foot, z, stance, tone)
    if anatomy.thigh > 0.2 and stance != "cling":
        wide = 0.07 + 0.16 * anatomy.thigh
        draft.band("under", label("belly", DARK if far else 0), thigh, [wide, wide * 0.45])


def _ankle(anatomy: Anatomy, hip: Pen, sole: Pen) -> Pen:
    """Return where the ankle is, which looks like a knee that bends backward."""
    share = 0.42 if anatomy.leg > 0.35 else 0.3
    middle = blend(hip, sole, share)
    return middle._replace(x=middle.x - 0.10 * anatomy.leg - 0.01)


def _foot(draft: Draft, anatomy: Anatomy, foot: Frame, z: float, stance: str, tone: int) -> None:
    size = {"perching": 0.10, "talon": 0.12, "wading": 0.13, "web": 0.16, "tiny": 0.05}[anatomy.foot]
    thick = anatomy.shank * (1.1 if anatomy.foot == "talon" else 0.85)
    layer = "under" if tone else "over"
    if anatomy.foot == "web" and stance == "flat":
        web = [
            foot.at(-0.02, 0.03, z),
            foot.at(size, 0.0, z),
            foot.at(size * 0.9, -0.028, z),
            foot.at(-0.03, -0.012, z),
        ]
        draft.add(layer, label("legs", tone), web, sharp=(1, 2))
        return
    for toe in TOES["grip" if stance in ("grip", "cling") else "flat"]:
        pens = [foot.at(x * size, y, z) for x, y in toe]
        draft.band(layer, label("legs", tone), pens, [thick, thick, thick * 0.6])
        claw = [pens[-1], blend(pens[1], pens[2], 1.32)]
        draft.band(layer, label("claw"), claw, [thick * 0.6, 0.0])
