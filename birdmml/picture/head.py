"""The head: cap, cheek, throat, the stripes of the face, crest and eye."""

from __future__ import annotations

import math
from collections.abc import Collection

from birdmml.picture.anatomy import Anatomy
from birdmml.picture.body import Frames, beyond, neck_at
from birdmml.picture.draft import Draft, Frame, Pen, blend
from birdmml.picture.labels import DARK, LIGHT, label

__all__ = ["draw_crest", "draw_eye", "draw_face"]


def draw_face(
    draft: Draft, anatomy: Anatomy, shape: str, frames: Frames, marks: Collection[str], crest: str = "none"
) -> None:
    """Add face, crown, throat and the marks of the face; they overlap the silhouette, which cuts them."""
    head, length = frames.head, anatomy.skull[0]
    nape, front = neck_at(anatomy, frames, anatomy.hood) if anatomy.neck else neck_at(anatomy, frames, 0.62, 0.86)
    middle = blend(nape, front, 0.5)
    face = [beyond(front, nape, 0.5), middle._replace(z=0.5 * anatomy.head), beyond(nape, front, 0.5)]
    face += [head.at(1.5, -0.9), head.at(1.5, 0.8), head.at(0, 1.7), head.at(-1.6, 0.8)]
    draft.add("tract", label("face"), face, sharp=(0, 2))
    _throat(draft, anatomy, frames)
    _crown(draft, anatomy, frames)
    if "malar" in marks:
        _malar(draft, anatomy, shape, head)
    if "mask" in marks:
        _mask(draft, anatomy, shape, head, crest)
    if "eyebrow" in marks:
        x, y, _ = anatomy.eye
        spine = [head.at(1.0 * length, 0.22, 0.2), head.at(x, y + 0.30, 0.7), head.at(-0.36, y + 0.25, 0.75)]
        spine.append(head.at(-0.78 * length, y - 0.02, 0.5))
        draft.band("tract", label("eyebrow"), spine, [w * head.scale for w in (0.16, 0.19, 0.17, 0.08)])


def _malar(draft: Draft, anatomy: Anatomy, shape: str, head: Frame) -> None:
    """Add the stripe down from the bill, a goose's chin strap, or the spot that doves have there."""
    if shape == "goose":
        strap = [(0.5, -0.8, 0.0), (0.1, -0.35, 0.6), (-0.2, 0.25, 0.7), (-0.5, 0.05, 0.6), (-0.5, -0.5, 0.4)]
        strap += [(-0.2, -1.1, 0.0), (0.3, -1.1, 0.0)]
        draft.add("tract", label("malar"), [head.at(*p) for p in strap])
    elif shape == "dove":
        spot = [(-0.16, -0.34, 0.7), (-0.32, -0.48, 0.7), (-0.44, -0.42, 0.7), (-0.3, -0.31, 0.7)]
        draft.add("tract", label("malar"), [head.at(*p) for p in spot])
    else:
        spine = [head.at(0.92 * anatomy.skull[0], -0.36, 0.3), head.at(0.5, -0.52, 0.6), head.at(0.06, -0.84, 0.6)]
        draft.band("tract", label("malar"), spine, [w * head.scale for w in (0.10, 0.20, 0.26)])


def _crown(draft: Draft, anatomy: Anatomy, frames: Frames) -> None:
    head, length = frames.head, anatomy.skull[0]
    x, y, _ = anatomy.eye
    nape, front = neck_at(anatomy, frames, anatomy.hood) if anatomy.neck else neck_at(anatomy, frames, 0.56, 0.78)
    edge = [head.at(1.2 * length, 0.14), head.at(0.8 * length, 0.24, 0.3), head.at(x, y + 0.24, 0.7)]
    edge += [head.at(-0.30, y + 0.14, 0.75), head.at(-0.66 * length, -0.14, 0.5), blend(nape, front, 0.22)]
    edge += [beyond(front, nape, 0.5), head.at(-2.6, 1.0), head.at(-1.0, 3.4), head.at(1.4, 1.0)]
    draft.add("tract", label("crown"), edge, sharp=(0, 6, 7, 8, 9))


def _throat(draft: Draft, anatomy: Anatomy, frames: Frames) -> None:
    head, length = frames.head, anatomy.skull[0]
    nape, front = neck_at(anatomy, frames, 0.5 * (anatomy.hood + 1) if anatomy.neck else 0.72)
    edge = [head.at(1.0 * length, -0.16), head.at(0.62 * length, -0.30, 0.4), head.at(0.26, -0.50, 0.6)]
    edge += [head.at(0.08, -0.85, 0.5), blend(nape, front, 0.72), beyond(nape, front, 0.5), head.at(1.5, -1.0)]
    draft.add("tract", label("throat"), edge, sharp=(0, 5, 6))


def _mask(draft: Draft, anatomy: Anatomy, shape: str, head: Frame, crest: str) -> None:
    length, (x, y, _) = anatomy.skull[0], anatomy.eye
    if shape == "duck":
        _duck_mask(draft, head, length, crested=crest != "none")
        return
    if anatomy.mask == "lores":
        edge = [head.at(1.3 * length, 0.42), head.at(0.74 * length, 0.36, 0.3), head.at(x + 0.18, y + 0.02, 0.6)]
        edge += [head.at(0.48, -0.34, 0.5), head.at(0.40, -0.72, 0.4), head.at(0.66, -1.0), head.at(1.4, -0.8)]
        draft.add("tract", label("mask"), edge, sharp=(0, 5, 6))
        return
    if anatomy.mask == "broad":
        spine = [head.at(1.02 * length, 0.02, 0.2), head.at(x, y - 0.04, 0.8), head.at(-0.28, y - 0.20, 0.8)]
        spine.append(head.at(-0.74 * length, y - 0.34, 0.5))
        widths = (0.30, 0.48, 0.46, 0.16)
    else:
        spine = [head.at(1.0 * length, 0.03, 0.2), head.at(x, y, 0.8), head.at(-0.22, y - 0.04, 0.8)]
        spine.append(head.at(-0.72 * length, y - 0.14, 0.5))
        widths = (0.20, 0.36, 0.32, 0.08)
    draft.band("tract", label("mask"), spine, [w * head.scale for w in widths])


def _duck_mask(draft: Draft, head: Frame, length: float, *, crested: bool) -> None:
    """Add what ducks have for a mask: a spot before the eye, or a patch from the eye over a puffy hindhead."""
    if crested:
        edge = [(0.16, 0.20), (-0.25, 0.66), (-0.85, 0.98), (-1.75, 0.75), (-1.7, -0.35), (-1.0, -0.42), (-0.35, -0.14)]
        draft.add("tract", label("mask"), [head.at(x, y, 0.4) for x, y in edge], sharp=(0, 3, 4))
    else:
        spot = [(0.80 * length, 0.20), (0.66, 0.22), (0.52, 0.04), (0.52, -0.22), (0.66, -0.36), (0.80 * length, -0.28)]
        draft.add("tract", label("mask"), [head.at(x, y, 0.5) for x, y in spot])


def draw_crest(draft: Draft, shape: str, crest: str, head: Frame) -> None:
    """Add the crest; it belongs to the silhouette."""
    if crest == "none":
        return
    if crest == "tufts" and shape == "owl":
        for x in (0.55, -0.62):
            tip = x * 1.32
            pens = [head.at(x - 0.30, 0.62), head.at(tip, 1.46), head.at(x + 0.30, 0.62)]
            draft.add("silhouette", label("crown"), pens, sharp=(1,))
        return
    draft.add("silhouette", label("crown"), *_crest_curve(shape, crest, head))


def _crest_curve(shape: str, crest: str, head: Frame) -> tuple[list[Pen]]:
    if crest == "plume" and shape == "grouse":
        curl = [(0.25, 0.85), (0.35, 1.5), (0.85, 2.0), (1.2, 1.75), (0.95, 1.55), (0.62, 1.3), (0.45, 0.8)]
    elif crest == "plume":
        curl = [(0.3, 0.75), (-0.7, 0.95), (-1.9, 0.45), (-2.9, -0.35), (-1.8, 0.12), (-0.8, 0.3)]
    elif crest == "tufts":
        curl = [(-0.15, 0.9), (-0.5, 1.06), (-0.98, 1.22), (-0.80, 0.92), (-0.7, 0.6)]
    elif shape == "kingfisher":
        high = {"short": 1.10, "tall": 1.26}[crest]
        curl = [(0.72, 0.6), (0.42, high), (0.25, high * 0.98), (0.0, high * 1.12), (-0.3, high), (-0.72, high * 1.08)]
        curl += [(-0.85, 0.86), (-1.32, 0.78), (-1.18, 0.42), (-1.42, 0.12), (-1.1, -0.05), (-0.8, -0.3)]
    elif crest == "tall" and shape in ("duck", "grebe"):
        curl = [(0.6, 0.75), (-0.1, 1.18), (-0.8, 1.05), (-1.45, 0.45), (-1.72, -0.35), (-1.2, -0.3), (-0.8, -0.1)]
    elif crest in ("tall", "short") and shape in ("waxwing", "chickadee", "flycatcher", "swallow"):
        back, high = (1.55, 1.30) if crest == "tall" else (1.20, 1.10) if shape == "chickadee" else (1.08, 1.04)
        curl = [(0.62, 0.72), (0.1, high - 0.08), (-0.5, high), (-back, high - 0.26), (-1.10, 0.55), (-0.92, 0.1)]
    elif crest == "tall":
        curl = [(0.74, 0.55), (0.3, 1.12), (-0.25, 1.55), (-0.92, 1.92), (-0.88, 1.35), (-0.98, 0.75), (-0.9, 0.1)]
    else:
        curl = [(0.6, 0.7), (0.05, 1.08), (-0.5, 1.16), (-1.16, 0.98), (-1.04, 0.6), (-0.9, 0.15)]
    return ([head.at(x, y) for x, y in curl],)


def draw_eye(draft: Draft, anatomy: Anatomy, shape: str, frames: Frames, marks: Collection[str]) -> None:
    """Add the eye, its ring and its highlight; an owl looks at the viewer with two."""
    head = frames.head
    if shape == "owl":
        _owl_face(draft, anatomy, head)
        return
    x, y, radius = anatomy.eye
    ring = label("eye_ring") if "eye_ring" in marks else None
    if ring is not None:
        _disc(draft, ring, head, x, y, radius * 1.45)
    _disc(draft, label("iris", LIGHT), head, x, y, radius * 1.24)
    _eyeball(draft, head, x, y, radius, 0.62)


def _eyeball(draft: Draft, head: Frame, x: float, y: float, radius: float, pupil: float) -> None:
    _disc(draft, label("iris"), head, x, y, radius)
    _disc(draft, label("pupil"), head, x, y, radius * pupil)
    _disc(draft, label("glint"), head, x + radius * 0.30, y + radius * 0.36, radius * 0.28, 5)


def _disc(draft: Draft, color: int, head: Frame, x: float, y: float, radius: float, corners: int = 7) -> None:
    angles = [2 * math.pi * i / corners for i in range(corners)]
    pens = [head.at(x + radius * math.cos(angle), y + radius * math.sin(angle), 0.8) for angle in angles]
    draft.add("over", color, pens, steps=2)


def _owl_face(draft: Draft, anatomy: Anatomy, head: Frame) -> None:
    _, y, radius = anatomy.eye
    for x in (0.46, -0.40):
        rim = [head.at(x + 0.50 * math.cos(a), y - 0.10 + 0.56 * math.sin(a)) for a in _eight()]
        draft.add("disc", label("face", DARK), rim, steps=3)
        disc = [head.at(x + 0.44 * math.cos(a), y - 0.08 + 0.50 * math.sin(a)) for a in _eight()]
        draft.add("disc", label("face"), disc, steps=3)
        glow = [head.at(x + 0.3 * math.cos(a), y + 0.3 * math.sin(a)) for a in _eight()]
        draft.add("disc", label("face", LIGHT), glow, steps=2)
    brow = [head.at(-0.82, 0.66), head.at(-0.36, 0.42), head.at(0.03, 0.10), head.at(0.42, 0.42), head.at(0.86, 0.66)]
    draft.band("disc", label("face", LIGHT), brow, [0.02, 0.05, 0.05, 0.05, 0.02])
    for x in (0.44, -0.38):
        for color, size in (("inner", 1.2), ("iris", 1.0), ("pupil", 0.52)):
            pens = [head.at(x + radius * size * math.cos(a), y + radius * size * math.sin(a)) for a in _eight()]
            draft.add("over", label(color), pens, steps=2)
        pens = [
            head.at(x + radius * (0.3 + 0.22 * math.cos(a)), y + radius * (0.34 + 0.22 * math.sin(a))) for a in _eight()
        ]
        draft.polygon("over", label("glint"), pens)


def _eight() -> list[float]:
    return [math.pi * i / 4 for i in range(8)]
