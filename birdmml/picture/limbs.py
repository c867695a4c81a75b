"""The tail, a form per name, and the legs: gripping a perch, standing, or clinging to bark."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

from birdmml.picture.body import Frames
from birdmml.picture.draft import DARK, FOOT, Draft, Frame, Pen, blend, label
from birdmml.species import Shape, forms


def draw_tail(draft: Draft, shape: Shape, frames: Frames, tail: str, marks: Collection[str]) -> None:
    """Add the tail with its feathers and marks."""
    form = forms().tails[tail]
    frame = replace(frames.tail, angle=frames.tail.angle - form.lift * math.pi / 180)
    length, tip = shape.tail * form.length, shape.tail_width * form.width
    root = min(0.17 * shape.depth + 0.015, 0.115)
    notch = form.notch * min(1.0, length / 0.6) * (length if tail == "forked" else 1.0)
    # The frame looks backward, so that "up" on the bird's back is negative.
    top = [(-0.10, -root), (0.5 * length, -0.5 * (root + tip)), (0.97 * length, -tip)]
    low = [(0.97 * length, tip), (0.5 * length, 0.5 * (root + tip)), (-0.10, root)]
    if tail == "forked":
        end = [(length, -0.80 * tip), (length - 0.5 * notch, -0.35 * tip), (length - notch, 0.0)]
        end += [(length - 0.5 * notch, 0.45 * tip), (length, 0.85 * tip)]
        sharp = [2, 3, 5, 7, 8]
    else:
        end = [(length - notch, 0.0)]
        sharp = [2, 4] if notch >= -0.03 else []
    outline = [frame.at(*p) for p in (*top, *end, *low)]
    draft.add("tail", label("tail"), outline, sharp=sharp, steps=4)
    under = [(0.0, root * 0.25), (0.5 * length, 0.4 * tip), (0.9 * length - max(notch, 0), 0.3 * tip)]
    draft.add("tail", label("tail", DARK), [frame.at(*p) for p in (*under, (0.95 * length, tip), *low[1:])], sharp=(3,))
    for share in (-0.55, -0.1, 0.35):
        line = [(0.25 * length, share * root), (0.92 * length - max(notch, 0) * (1 - abs(share)), share * tip)]
        draft.band("tail", label("tail", DARK), [frame.at(*p) for p in line], [0.004, 0.009])
    if "tail_edge" in marks:
        _tail_edge(draft, shape, frame, length, tip, root, notch)


def _tail_edge(draft: Draft, shape: Shape, frame: Frame, length: float, tip: float, root: float, notch: float) -> None:
    if shape.tail_mark == "tip":
        end = length - max(notch, 0.0)
        band = [(end - 0.10, -tip), (end, -tip), (length - notch, 0.0), (end, tip), (end - 0.10, tip)]
        draft.polygon("tail", label("tail_edge"), [frame.at(*p) for p in band])
        return
    line = [(0.10 * length, root * 0.86), (0.5 * length, 0.41 * (root + tip)), (0.95 * length, tip * 0.80)]
    draft.band("tail", label("tail_edge"), [frame.at(*p) for p in line], [0.02, 0.034, 0.036])
    top = [(0.62 * length, -0.43 * (root + tip)), (0.95 * length, -tip * 0.84)]
    draft.band("tail", label("tail_edge"), [frame.at(*p) for p in top], [0.008, 0.026])


def ground(shape: Shape, frames: Frames) -> float:
    """Return the height on which the bird stands at rest; the body's centre is 0."""
    hip = frames.body.at(shape.leg_at, -0.47 * shape.depth * shape.belly)
    return hip.y - shape.leg


def draw_legs(draft: Draft, shape: Shape, frames: Frames, stance: str) -> None:
    """Add both legs; ``stance`` is one in which they are seen."""
    for far in (True, False):
        _leg(draft, shape, frames, stance, far)


def _leg(draft: Draft, shape: Shape, frames: Frames, stance: str, far: bool) -> None:
    z = -0.10 if far else 0.10
    shift = 0.075 if far else 0.0
    tone = DARK if far else 0
    hip = frames.body.at(shape.leg_at + shift * 0.7, -0.26 * shape.depth * shape.belly, z)
    if stance == "cling":
        base = frames.body.at(shape.leg_at + shift, -0.5 * shape.depth * shape.belly, z)
        foot = Frame(base.x + shape.leg, base.y + 0.10, 1.25, 1, FOOT)
    else:
        height = ground(shape, frames)
        foot = Frame(hip.x + 0.02 + shift * 0.4, height + (0.012 if far else 0.0), 0, 1, FOOT)
    sole = foot.at(0, 0.012, z)
    ankle = _ankle(shape, hip, sole)
    thick = shape.shank
    top = blend(hip, ankle, 0.5)
    thigh = [hip, blend(ankle, top, 0.3 if shape.thigh < 0.5 else -0.5 * shape.thigh)]
    draft.band("under", label("legs", tone), [hip, ankle, sole], [thick * 1.1, thick * 1.15, thick])
    _foot(draft, shape, foot, z, stance, tone)
    if shape.thigh > 0.2 and stance != "cling":
        wide = 0.07 + 0.16 * shape.thigh
        draft.band("under", label("belly", DARK if far else 0), thigh, [wide, wide * 0.45])


def _ankle(shape: Shape, hip: Pen, sole: Pen) -> Pen:
    """Return where the ankle is, which looks like a knee that bends backward."""
    share = 0.42 if shape.leg > 0.35 else 0.3
    middle = blend(hip, sole, share)
    return middle._replace(x=middle.x - 0.10 * shape.leg - 0.01)


def _foot(draft: Draft, shape: Shape, foot: Frame, z: float, stance: str, tone: int) -> None:
    size = {"perching": 0.10, "talon": 0.12, "wading": 0.13, "web": 0.16, "tiny": 0.05}[shape.foot]
    thick = shape.shank * (1.1 if shape.foot == "talon" else 0.85)
    layer = "under" if tone else "over"
    if shape.foot == "web" and stance == "flat":
        web = [foot.at(-0.02, 0.03, z), foot.at(size, 0.0, z), foot.at(size * 0.9, -0.028, z)]
        web.append(foot.at(-0.03, -0.012, z))
        draft.add(layer, label("legs", tone), web, sharp=(1, 2))
        return
    for toe in forms().toes["grip" if stance in ("grip", "cling") else "flat"]:
        pens = [foot.at(x * size, y, z) for x, y in toe]
        draft.band(layer, label("legs", tone), pens, [thick, thick, thick * 0.6])
        claw = [pens[-1], blend(pens[1], pens[2], 1.32)]
        draft.band(layer, label("claw"), claw, [thick * 0.6, 0.0])
