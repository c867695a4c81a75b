"""The head: bill, cap, cheek, throat, the stripes of the face, crest and eye; in head radii."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from birdmml.picture.body import Frames, beyond, neck_at
from birdmml.picture.draft import DARK, LIGHT, Draft, Frame, Pen, blend, label
from birdmml.species import FaceMark, Shape, forms

EIGHT = [math.pi * i / 4 for i in range(8)]  # Directions around a circle.
Along = Callable[[float, float], Pen]  # From shares of the length of the bill and heights, in head radii, to points.


def draw_bill(draft: Draft, shape: Shape, bill: str, head: Frame) -> None:
    """Add the bill, upper and lower half, the line of the mouth and the nostril."""
    if shape.face == "front":
        _front_bill(draft, head)
    elif shape.bill_style == "pouch":
        _pouch(draft, shape, head)
    else:
        _side_bill(draft, shape, bill, head)


def _side_bill(draft: Draft, shape: Shape, bill: str, head: Frame) -> None:
    form = forms().bills[bill]
    length, depth = form.length * shape.bill, form.depth * shape.bill_depth
    bulge, tip = form.bulge * depth, form.blunt * depth
    if bill == "decurved" and shape.foot == "wading":  # To probe with.
        length *= 1.6
    if bill == "flat" and shape.bill_style == "spoon":
        bulge, tip = 0.5 * bulge, 1.3 * tip
    drop = form.drop * 0.55 * length if bill == "decurved" else form.drop
    base, middle = 0.90 * shape.skull[0], -0.08 * depth

    def at(share: float, height: float) -> Pen:
        """Return the point at a share of the length of the bill, at a height over its bent axis."""
        return head.at(base + length * share, -0.08 + height - drop * share**2)

    draft.add("over", label("bill", DARK), _lower(at, depth, middle, tip, form.hook), sharp=(0, 2))
    draft.add("over", label("bill"), _upper(at, depth, middle, tip, bulge, form.hook), sharp=(0, 4, 7))
    _bill_details(draft, at, head.scale, depth, middle, bulge)


def _upper(at: Along, depth: float, middle: float, tip: float, bulge: float, hook: float) -> list[Pen]:
    top = 0.42 * depth
    upper = [at(-0.06, top), at(0.35, top * 0.74 + bulge), at(0.74, top * 0.40 + bulge * 0.9)]
    if hook:
        upper += [at(0.96, 0.05 * depth), at(1.0, -hook), at(0.90, middle - 0.02)]
    else:
        upper += [at(0.97, tip + middle), at(1.0, middle - 0.2 * tip), at(0.8, middle)]
    return [*upper, at(0.35, middle), at(-0.16, middle - 0.02)]


def _lower(at: Along, depth: float, middle: float, tip: float, hook: float) -> list[Pen]:
    bottom = -0.58 * depth
    lower = [at(-0.16, middle), at(0.40, middle), at(0.84 if hook else 0.92, middle - 0.6 * tip)]
    return [*lower, at(0.62, bottom * 0.52), at(0.3, bottom * 0.80), at(-0.04, bottom)]


def _bill_details(draft: Draft, at: Along, scale: float, depth: float, middle: float, bulge: float) -> None:
    """Add the light on the ridge, the line of the mouth and the nostril."""
    top = 0.42 * depth
    ridge = [at(0.06, top * 0.62), at(0.4, top * 0.5 + bulge * 0.8), at(0.7, top * 0.25 + bulge * 0.6)]
    draft.band("over", label("bill", LIGHT), ridge, [w * scale * depth for w in (0.1, 0.14, 0.05)])
    width = 0.05 * scale * min(1.0, depth / 0.3)
    mouth = [at(-0.12, middle), at(0.45, middle), at(0.88, middle)]
    draft.band("over", label("inner"), mouth, [width, width, 0.3 * width])
    if depth > 0.3:
        draft.band("over", label("inner"), [at(0.14, top * 0.42), at(0.26, top * 0.36)], [0.06 * scale] * 2)


def _front_bill(draft: Draft, head: Frame) -> None:
    outline = [(0.03 - 0.10, 0.08), (0.03, 0.16), (0.03 + 0.10, 0.08), (0.10, -0.16), (0.03, -0.34), (-0.04, -0.16)]
    draft.add("over", label("bill"), [head.at(*p) for p in outline], sharp=(4,))
    draft.band("over", label("bill", DARK), [head.at(0.06, 0.05), head.at(0.03, -0.32)], [0.08 * head.scale, 0])


def _pouch(draft: Draft, shape: Shape, head: Frame) -> None:
    """Add a long bill with a pouch below."""
    length, base = shape.bill, 0.80 * shape.skull[0]

    def at(share: float, height: float) -> tuple[float, float]:
        """Return the place at a share of the length of the bill, at a height over its sunken axis."""
        return base + length * share * 0.90, height - length * 0.42 * share

    pouch = [at(-0.12, -0.2), at(0.4, 0.0), at(0.95, 0.0), at(0.7, -0.34), at(0.35, -0.66), at(0.06, -0.86)]
    draft.add("over", label("bill", DARK), [head.at(*p) for p in pouch], sharp=(0, 2))
    upper = [at(-0.06, 0.30), at(0.5, 0.20), at(0.96, 0.14), at(1.0, -0.16), at(0.9, 0.0), at(0.4, 0.0), at(-0.1, -0.2)]
    draft.add("over", label("bill"), [head.at(*p) for p in upper], sharp=(0, 3, 6))
    draft.band("over", label("inner"), [head.at(*at(s, -0.02)) for s in (-0.1, 0.4, 0.92)], [0.005] * 3)


def draw_face(draft: Draft, shape: Shape, frames: Frames, marks: Collection[str], crest: str = "none") -> None:
    """Add face, crown, throat and the marks of the face; they overlap the silhouette, which cuts them."""
    head = frames.head
    nape, front = neck_at(shape, frames, shape.hood) if shape.neck else neck_at(shape, frames, 0.62, 0.86)
    middle = blend(nape, front, 0.5)
    face = [beyond(front, nape, 0.5), middle._replace(z=0.5 * shape.head), beyond(nape, front, 0.5)]
    face += [head.at(1.5, -0.9), head.at(1.5, 0.8), head.at(0, 1.7), head.at(-1.6, 0.8)]
    draft.add("tract", label("face"), face, sharp=(0, 2))
    _throat(draft, shape, frames)
    _crown(draft, shape, frames)
    known = forms()
    mask = "patch" if shape.mask == "spot" and crest != "none" else shape.mask
    of_face = {"malar": known.malars[shape.malar], "mask": known.masks[mask], "eyebrow": known.eyebrow}
    for part, mark in of_face.items():
        if part in marks:
            _mark(draft, part, mark, shape, head)


def _mark(draft: Draft, part: str, mark: FaceMark, shape: Shape, head: Frame) -> None:
    """Add a mark of the face: what an outline encloses, or a band along a line."""
    ahead, (x, y, _) = shape.skull[0], shape.eye
    pens = []
    for (u, v, z), by in zip(mark.at, mark.by or ("head",) * len(mark.at), strict=True):
        forward = u * ahead if "skull" in by else x + u if by == "eye" else u
        pens.append(head.at(forward, v if by in ("head", "skull") else y + v, z))
    if mark.widths:
        draft.band("tract", label(part), pens, [width * head.scale for width in mark.widths])
    else:
        draft.add("tract", label(part), pens, sharp=mark.sharp)


def _crown(draft: Draft, shape: Shape, frames: Frames) -> None:
    head, length = frames.head, shape.skull[0]
    x, y, _ = shape.eye
    nape, front = neck_at(shape, frames, shape.hood) if shape.neck else neck_at(shape, frames, 0.56, 0.78)
    edge = [head.at(1.2 * length, 0.14), head.at(0.8 * length, 0.24, 0.3), head.at(x, y + 0.24, 0.7)]
    edge += [head.at(-0.30, y + 0.14, 0.75), head.at(-0.66 * length, -0.14, 0.5), blend(nape, front, 0.22)]
    edge += [beyond(front, nape, 0.5), head.at(-2.6, 1.0), head.at(-1.0, 3.4), head.at(1.4, 1.0)]
    draft.add("tract", label("crown"), edge, sharp=(0, 6, 7, 8, 9))


def _throat(draft: Draft, shape: Shape, frames: Frames) -> None:
    head, length = frames.head, shape.skull[0]
    nape, front = neck_at(shape, frames, 0.5 * (shape.hood + 1) if shape.neck else 0.72)
    edge = [head.at(1.0 * length, -0.16), head.at(0.62 * length, -0.30, 0.4), head.at(0.26, -0.50, 0.6)]
    edge += [head.at(0.08, -0.85, 0.5), blend(nape, front, 0.72), beyond(nape, front, 0.5), head.at(1.5, -1.0)]
    draft.add("tract", label("throat"), edge, sharp=(0, 5, 6))


def draw_crest(draft: Draft, shape: Shape, crest: str, head: Frame) -> None:
    """Add the crest; it belongs to the silhouette."""
    curve = shape.crests.get(crest, crest)
    if curve == "ears":
        for x in (0.55, -0.62):
            tip = x * 1.32
            pens = [head.at(x - 0.30, 0.62), head.at(tip, 1.46), head.at(x + 0.30, 0.62)]
            draft.add("silhouette", label("crown"), pens, sharp=(1,))
    elif curve != "none":
        draft.add("silhouette", label("crown"), [head.at(x, y) for x, y in forms().crests[curve]])


def draw_eye(draft: Draft, shape: Shape, frames: Frames, marks: Collection[str]) -> None:
    """Add the eye, its ring and its highlight; or two eyes that look at the viewer."""
    head = frames.head
    if shape.face == "front":
        _front_face(draft, shape, head)
        return
    x, y, radius = shape.eye
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


def _front_face(draft: Draft, shape: Shape, head: Frame) -> None:
    _, y, radius = shape.eye
    for x in (0.46, -0.40):
        draft.add("disc", label("face", DARK), _round(head, x, y - 0.10, 0.50, 0.56), steps=3)
        draft.add("disc", label("face"), _round(head, x, y - 0.08, 0.44, 0.50), steps=3)
        draft.add("disc", label("face", LIGHT), _round(head, x, y, 0.3, 0.3), steps=2)
    brow = [head.at(-0.82, 0.66), head.at(-0.36, 0.42), head.at(0.03, 0.10), head.at(0.42, 0.42), head.at(0.86, 0.66)]
    draft.band("disc", label("face", LIGHT), brow, [0.02, 0.05, 0.05, 0.05, 0.02])
    for x in (0.44, -0.38):
        for color, size in (("inner", 1.2), ("iris", 1.0), ("pupil", 0.52)):
            draft.add("over", label(color), _round(head, x, y, radius * size, radius * size), steps=2)
        glint = [(0.3 + 0.22 * math.cos(a), 0.34 + 0.22 * math.sin(a)) for a in EIGHT]
        draft.polygon("over", label("glint"), [head.at(x + radius * u, y + radius * v) for u, v in glint])


def _round(head: Frame, x: float, y: float, wide: float, tall: float) -> list[Pen]:
    return [head.at(x + wide * math.cos(a), y + tall * math.sin(a)) for a in EIGHT]
