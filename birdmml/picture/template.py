"""A bird at rest, by bone, how its curves follow from that and what they enclose; and poses that it is bent into."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from birdmml.picture.body import (
    Frames,
    core,
    draw_breast_band,
    draw_collar,
    draw_flanks,
    draw_patterns,
    draw_tracts,
    frames_of,
    outline,
)
from birdmml.picture.draft import BODY, BONES, FOOT, HEAD, SKULL, TAIL, WING, Draft, Stroke, label
from birdmml.picture.head import draw_bill, draw_crest, draw_eye, draw_face
from birdmml.picture.limbs import draw_legs, draw_tail, ground
from birdmml.picture.wings import draw_folded, draw_spread
from birdmml.species import Shape, forms, shapes

# Clinging birds hold themselves upright against a trunk, whatever they do on a branch; fliers stretch out.
CLINGING_POSTURE = 97
# Ribs of a neck that is drawn in.
HUNCHED = ((0.03, 0.07, 0.14), (0.08, 0.15, 0.11))
LEGGED = ("grip", "flat", "hunched", "cling", "headlong")
# Half the width of the trunk over half its length: how much of the side a turned body shows.
ROUNDNESS = 0.56
# A linear map of the plane by rows, in plain floats: a handful of these is faster than arrays.
Linear = tuple[float, float, float, float]


@dataclass(frozen=True)
class Template:
    """A bird at rest: facing right, in lengths of the body."""

    shape: Shape  # Its proportions in this stance.
    frames: Frames  # Where body, head and tail are.
    ground: float  # Height on which it stands; the body's centre is 0.
    # How the samples of all curves follow from the maps of the bones: control points, the bones' shares in them and the
    # splines are all linear, so that a whole bird is bent by one small matrix product; shape (samples, 4 * bones).
    curves: np.ndarray
    # How many samples, the first, bound the bird; tracts and patterns follow, which reach beyond it and are cut.
    bound: int
    layers: dict[str, list[Stroke]]  # What the curves enclose, in painting order within each layer.
    feet: tuple[float, float]  # Where the claws are at rest; below the body where none are drawn.
    bill: slice  # Samples of the bill.


@lru_cache(maxsize=1024)  # Some 200 kB each; every plumage of the table in every stance that it takes.
def make_template(
    name: str,
    bill: str,
    tail: str,
    crest: str,
    marks: frozenset[str],
    patterns: tuple[str, str],
    stance: str,
    fine: float = 1.0,
) -> Template:
    """Return the template of a bird with these forms and marks in a stance; it depends on its arguments alone."""
    shape = _stanced(shapes()[name], stance)
    frames = frames_of(shape)
    draft = Draft()
    if stance in LEGGED:
        draw_legs(draft, shape, frames, stance)
    draw_tail(draft, shape, frames, tail, marks)
    draft.add("silhouette", label("belly"), outline(shape, frames), steps=4)
    if not shape.neck:
        draft.polygon("silhouette", label("belly"), core(shape, frames))
    draw_crest(draft, shape, crest, frames.head)
    if stance in forms().views:
        draw_spread(draft, shape, frames.body, marks, stance, tail)
    else:
        draw_folded(draft, shape, frames.body, marks)
    draw_bill(draft, shape, bill, frames.head)
    draw_eye(draft, shape, frames, marks)
    bound = draft.samples
    _tracts(draft, shape, frames, marks, crest)
    draw_patterns(draft, shape, frames, *patterns, folded=stance not in forms().views, fine=fine)
    return _packed(draft, shape, frames, bound)


def fineness(length_cm: float) -> float:
    """Return how many times as small as on a sparrow marks look on a bird of this length; there are few such values."""
    return next((fine for longest, fine in ((20, 1.0), (30, 1.3), (45, 1.6)) if length_cm < longest), 2.0)


def _stanced(shape: Shape, stance: str) -> Shape:
    if stance == "cling":
        return replace(shape, posture=CLINGING_POSTURE, head_at=(0.12, 0.9 * shape.head), tail_angle=-22)
    if stance == "hunched":
        short = replace(shape, head=0.125, head_at=(0.16, 0.25), neck=HUNCHED, skull=(1.3, 0.88, 0.65))
        return replace(short, posture=38, depth=0.46, leg=0.5, bill=0.75 * shape.bill)
    if stance == "swim":
        return replace(shape, posture=min(shape.posture, 12))
    if stance in forms().views and stance != "hover":
        depth = shape.depth * 0.88
        return replace(shape, posture=4, depth=depth, head_at=_stretched(shape), tail_angle=-2)
    return shape


def _stretched(shape: Shape) -> tuple[float, float]:
    """Return where the head is in flight: forward rather than up."""
    x, y = shape.head_at
    return (x + 0.45 * y, 0.35 * y) if not shape.neck else shape.head_at


def _tracts(draft: Draft, shape: Shape, frames: Frames, marks: frozenset[str], crest: str) -> None:
    draw_tracts(draft, shape, frames)
    if "flanks" in marks:
        draw_flanks(draft, shape, frames)
    if "breast_band" in marks:
        draw_breast_band(draft, shape, frames)
    draw_face(draft, shape, frames, marks, crest)
    if "collar" in marks:
        draw_collar(draft, shape, frames, shape.collar)


def _packed(draft: Draft, shape: Shape, frames: Frames, bound: int) -> Template:
    pens = np.array([(pen.x, pen.y, pen.z, 1.0) for pen in draft.pens])
    bones = np.array([pen.bones for pen in draft.pens])
    skinned = (bones[:, :, None] * pens[:, None, :]).reshape(len(pens), -1)
    places, weights = np.concatenate(draft.places), np.concatenate(draft.weights)
    curves = np.einsum("sk,skn->sn", weights, skinned[places])
    layers: dict[str, list[Stroke]] = {}
    for stroke in draft.strokes:
        layers.setdefault(stroke.layer, []).append(stroke)
    height = ground(shape, frames)
    bills = [s for s in draft.strokes if s.label == label("bill")]
    bill = slice(bills[0].start, bills[0].stop)
    return Template(shape, frames, height, curves, bound, layers, _feet(draft, pens, places, height), bill)


def _feet(draft: Draft, pens: np.ndarray, places: np.ndarray, height: float) -> tuple[float, float]:
    claws = [stroke for stroke in draft.strokes if stroke.label == label("claw")]
    if not claws:
        return 0.0, height
    tips = pens[np.concatenate([places[stroke.start : stroke.stop, 1] for stroke in claws])]
    if np.ptp(tips[:, 0]) < np.ptp(tips[:, 1]):  # Clinging, one foot above the other.
        return float(tips[:, 0].max()) - 0.02, float(tips[:, 1].mean())
    return float(tips[:, 0].mean()) - 0.02, height


@dataclass(frozen=True)
class Build:
    """Proportions of one bird: factors near 1 on depth, head, tail and bill."""

    plump: float = 1.0
    head: float = 1.0
    tail: float = 1.0


@dataclass(frozen=True)
class Pose:
    """How a bird holds itself; angles in degrees."""

    yaw: float = 0.0  # Turn of the body towards the viewer; 0 is a side view.
    head_turn: float = 0.0  # Further turn of the head.
    tilt: float = 0.0  # Raise of the body, the bill, the tail and the wing.
    head_pitch: float = 0.0
    tail_pitch: float = 0.0
    droop: float = 0.0
    roll: float = 0.0  # Turn of the whole figure, feet and all; head-down on a trunk is about -85.
    facing: int = 1  # 1: right; -1: left.


def _rotation(degrees: float, factor: float = 1.0) -> Linear:
    angle = math.radians(degrees)
    cos, sin = factor * math.cos(angle), factor * math.sin(angle)
    return cos, -sin, sin, cos


def _stretch(turn: float, degrees: float, along: float, across: float) -> Linear:
    """Return the map that stretches along a direction and across it, and then turns by ``turn`` degrees."""
    c, _, s, _ = _rotation(degrees)
    return _after(_rotation(turn + degrees), (along * c, along * s, -across * s, across * c))


def _after(second: Linear, first: Linear) -> Linear:
    a, b, c, d = second
    e, f, g, h = first
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _moved(linear: Linear, pivot: tuple[float, float], point: tuple[float, float]) -> tuple[float, float]:
    """Return where a point goes that turns with a map about a pivot that stays."""
    x, y = point[0] - pivot[0], point[1] - pivot[1]
    return pivot[0] + linear[0] * x + linear[1] * y, pivot[1] + linear[2] * x + linear[3] * y


def bone_maps(template: Template, pose: Pose, build: Build) -> np.ndarray:  # float64, shape (bones, 4, 2)
    """Return the maps of (x, y, z, 1) at rest to x and y in a pose, in lengths of the body, before facing and roll."""
    shape, frames = template.shape, template.frames
    hip = (0.0, -0.3 * shape.depth)
    trunk = _stretch(pose.tilt, shape.posture, 1.0, build.plump)
    wing = _after(_rotation(pose.droop), trunk)
    skull = _rotation(pose.head_pitch, build.head)
    tail = _stretch(pose.tilt - pose.tail_pitch, math.degrees(frames.tail.angle), build.tail, 1.0)
    head, root = (frames.head.x, frames.head.y), (frames.tail.x, frames.tail.y)
    lifted = _moved(trunk, hip, head)
    yaw, head_yaw = math.radians(pose.yaw), math.radians(pose.yaw + pose.head_turn)
    cos, sin, head_sin = math.cos(yaw), math.sin(yaw), math.sin(head_yaw)
    wide = math.hypot(cos, ROUNDNESS * sin)
    # By bone: the map, a point and where it goes; then the foreshortening, what depth adds, and the axis of the turn.
    by_bone = {
        BODY: _turned(trunk, hip, hip, wide, sin, 0.0),
        WING: _turned(wing, frames.shoulder, _moved(trunk, hip, frames.shoulder), wide, sin, 0.0),
        TAIL: _turned(tail, root, _moved(trunk, hip, root), cos, sin, 0.0),
        FOOT: _turned((1.0, 0.0, 0.0, 1.0), hip, hip, cos, sin, 0.0),
        HEAD: _turned(skull, head, lifted, math.cos(head_yaw), head_sin, lifted[0] * wide),
        SKULL: _turned(skull, head, lifted, 1.0, head_sin, lifted[0] * wide),
    }
    return np.array([by_bone[bone] for bone in range(BONES)])


def _turned(
    linear: Linear, before: tuple[float, float], after: tuple[float, float], factor: float, side: float, axis: float
) -> list[tuple[float, float]]:
    """Return the map of one bone: linear, through a point and its image, foreshortened about a vertical axis."""
    a, b, c, d = linear
    x = after[0] - a * before[0] - b * before[1]
    y = after[1] - c * before[0] - d * before[1]
    about = axis + (x - after[0]) * factor if axis else x * factor
    return [(a * factor, c), (b * factor, d), (-side, 0.0), (about, y)]


def bend(template: Template, pose: Pose, build: Build) -> np.ndarray:  # float32, shape (samples, 2)
    """Return the curves of a bird in a pose, x and y in lengths of the body, y up."""
    maps = bone_maps(template, pose, build)
    if pose.roll:
        maps = maps @ np.array(_rotation(pose.roll)).reshape(2, 2).T
    if pose.facing < 0:
        maps[:, :, 0] *= -1
    return (template.curves @ maps.reshape(4 * BONES, 2)).astype(np.float32)


def turned(point: tuple[float, float], pose: Pose) -> tuple[float, float]:
    """Return where a point of the ground at rest lies after roll and facing."""
    angle = math.radians(pose.roll)
    x, y = point
    x, y = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
    return x * pose.facing, y
