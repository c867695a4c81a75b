"""A shape with its forms and marks, as arrays that are made once and bent for every picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from birdmml.picture.body import (
    Frames,
    core,
    draw_breast_band,
    draw_collar,
    draw_flanks,
    draw_tracts,
    frames_of,
    outline,
)
from birdmml.picture.draft import Draft, Stroke, label
from birdmml.picture.head import draw_bill, draw_crest, draw_eye, draw_face
from birdmml.picture.limbs import draw_legs, draw_tail, ground
from birdmml.picture.pattern import draw_patterns
from birdmml.picture.wings import VIEWS, draw_folded, draw_spread
from birdmml.species import Shape, shapes

# Clinging birds hold themselves upright against a trunk, whatever they do on a branch; fliers stretch out.
CLINGING_POSTURE = 97
# Ribs of a neck that is drawn in.
HUNCHED = ((0.03, 0.07, 0.14), (0.08, 0.15, 0.11))
LEGGED = ("grip", "flat", "hunched", "cling", "headlong")


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
    if stance in VIEWS:
        draw_spread(draft, shape, frames.body, marks, stance, tail)
    else:
        draw_folded(draft, shape, frames.body, marks)
    draw_bill(draft, shape, bill, frames.head)
    draw_eye(draft, shape, frames, marks)
    bound = draft.samples
    _tracts(draft, shape, frames, marks, crest)
    draw_patterns(draft, shape, frames, *patterns, folded=stance not in VIEWS, fine=fine)
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
    if stance in VIEWS and stance != "hover":
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
