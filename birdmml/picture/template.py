"""A shape with its forms and marks, as arrays that are made once and bent for every picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from birdmml.picture.anatomy import ANATOMY, Anatomy
from birdmml.picture.bill import draw_bill
from birdmml.picture.body import Frames, draw_breast_band, draw_collar, draw_flanks, draw_tracts, frames_of, outline
from birdmml.picture.draft import Draft, Stroke
from birdmml.picture.head import draw_crest, draw_eye, draw_face
from birdmml.picture.labels import label
from birdmml.picture.legs import draw_legs, ground
from birdmml.picture.pattern import draw_patterns
from birdmml.picture.tail import draw_tail
from birdmml.picture.wing import draw_folded, draw_spread

__all__ = ["Template", "make_template"]

# Broad-winged soarers spread the tips of their primaries.
FINGERED = ("hawk", "vulture", "crow", "owl", "pelican", "crane", "grouse")
# Clinging birds hold themselves upright against a trunk, whatever they do on a branch; fliers stretch out.
CLINGING_POSTURE = 97


@dataclass(frozen=True)
class Template:
    """A bird at rest.

    Attributes
    ----------
    anatomy : Anatomy
        Its proportions in this stance.
    frames : Frames
        Where body, head and tail are.
    ground : float
        Height on which it stands; the body's centre is 0.
    pens : ndarray of float32, shape (points, 4)
        Control points x, y, z and 1.
    bones : ndarray of float32, shape (points, bones)
        How much each bone moves each point.
    places, weights : ndarray, shape (samples, 4)
        The curves, see `curve_weights`.
    bound : int
        How many samples, the first, bound the bird; tracts and patterns follow, which reach beyond it and are cut.
    strokes : tuple of Stroke
        What the curves enclose, in painting order within each layer.
    """

    anatomy: Anatomy
    frames: Frames
    ground: float
    pens: np.ndarray
    bones: np.ndarray
    places: np.ndarray
    weights: np.ndarray
    bound: int
    strokes: tuple[Stroke, ...]


@lru_cache(maxsize=512)
def make_template(
    shape: str, bill: str, tail: str, crest: str, marks: frozenset[str], patterns: tuple[str, str], stance: str
) -> Template:
    """Return the template of a bird; it depends on its arguments alone.

    Parameters
    ----------
    shape, bill, tail, crest : str
        As in `birdmml.species.Plumage`.
    marks : frozenset of str
        Marks that it has, of `birdmml.species.MARKS`.
    patterns : tuple of str
        Of the breast and of the back.
    stance : {"grip", "flat", "cling", "swim", "spread", "hover"}
        What legs and wings do.

    Returns
    -------
    Template
        Curves of all layers.

    Examples
    --------
    >>> template = make_template("dove", "thin", "long", "none", frozenset(), ("plain", "plain"), "grip")
    >>> template.pens.shape[1], template.ground < 0
    (4, True)
    """
    anatomy = _stanced(ANATOMY[shape], stance)
    frames = frames_of(anatomy)
    draft = Draft()
    if stance in ("grip", "flat", "cling"):
        draw_legs(draft, anatomy, frames, stance)
    draw_tail(draft, anatomy, frames, tail, marks)
    draft.add("silhouette", label("belly"), outline(anatomy, frames), steps=5)
    draw_crest(draft, shape, crest, frames.head)
    if stance in ("spread", "hover"):
        draw_spread(draft, anatomy, frames.body, marks, fingers=shape in FINGERED)
    else:
        draw_folded(draft, anatomy, frames.body, marks)
    draw_bill(draft, anatomy, shape, bill, frames.head)
    draw_eye(draft, anatomy, shape, frames, marks)
    bound = draft.samples
    _tracts(draft, anatomy, shape, frames, marks)
    draw_patterns(draft, anatomy, frames, *patterns, folded=stance not in ("spread", "hover"))
    return _packed(draft, anatomy, frames, bound)


def _stanced(anatomy: Anatomy, stance: str) -> Anatomy:
    if stance == "cling":
        return replace(anatomy, posture=CLINGING_POSTURE, head_at=(0.12, 0.17), tail_angle=-22)
    if stance == "swim":
        return replace(anatomy, posture=min(anatomy.posture, 12))
    if stance == "spread":
        return replace(anatomy, posture=min(anatomy.posture, 14), head_at=_stretched(anatomy), tail_angle=0)
    return anatomy


def _stretched(anatomy: Anatomy) -> tuple[float, float]:
    """Return where the head is in flight: forward rather than up."""
    x, y = anatomy.head_at
    return (x + 0.45 * y, 0.35 * y) if not anatomy.neck else anatomy.head_at


def _tracts(draft: Draft, anatomy: Anatomy, shape: str, frames: Frames, marks: frozenset[str]) -> None:
    draw_tracts(draft, anatomy, frames)
    if "flanks" in marks:
        draw_flanks(draft, anatomy, frames)
    if "breast_band" in marks:
        draw_breast_band(draft, anatomy, frames)
    draw_face(draft, anatomy, shape, frames, marks)
    if "collar" in marks:
        draw_collar(draft, anatomy, frames, nape_only=shape == "woodpecker")


def _packed(draft: Draft, anatomy: Anatomy, frames: Frames, bound: int) -> Template:
    pens = np.array([(pen.x, pen.y, pen.z, 1.0) for pen in draft.pens], dtype=np.float32)
    bones = np.array([pen.bones for pen in draft.pens], dtype=np.float32)
    places, weights = np.concatenate(draft.places), np.concatenate(draft.weights)
    return Template(anatomy, frames, ground(anatomy, frames), pens, bones, places, weights, bound, tuple(draft.strokes))
