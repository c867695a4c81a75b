"""Trunk, neck and head: one outline, the tracts of feathers on it, and their streaks, spots, bars and scales."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from birdmml.picture.draft import BODY, HEAD, SKULL, TAIL, Draft, Frame, Pen, blend, label, one_bone
from birdmml.picture.wings import WingPlan
from birdmml.species import Shape

# Golden-ratio steps spread the marks without rows that the eye would find.
GOLDEN = 0.6180339887
# Spots and streaks multiply with the square of their fineness; beyond this they only shrink.
MOST = 1.4


@dataclass(frozen=True)
class Frames:
    """The frames of a shape at rest."""

    body: Frame
    head: Frame
    tail: Frame
    shoulder: tuple[float, float]


def frames_of(shape: Shape) -> Frames:
    """Return the frames of body, head and tail at rest; the body's centre is the origin."""
    angle = math.radians(shape.posture)
    body = Frame(0, 0, angle, 1, BODY)
    shoulder = body.at(0.40, 0.12 * shape.depth)
    root = body.at(-0.46, 0.07 * shape.depth)
    tail = Frame(root.x, root.y, angle + math.pi - math.radians(shape.tail_angle), 1, TAIL)
    x, y = shoulder.x + shape.head_at[0], shoulder.y + shape.head_at[1]
    return Frames(body, Frame(x, y, 0, shape.head, HEAD), tail, (shoulder.x, shoulder.y))


def outline(shape: Shape, frames: Frames) -> list[Pen]:
    """Return the control points of the silhouette of trunk, neck and head, from the rump over the back to the vent."""
    d, body = shape.depth, frames.body.at
    back = [body(-0.50, 0.15 * d), body(-0.28, 0.35 * d * shape.arch), body(0.0, 0.46 * d * shape.arch)]
    back.append(body(0.22, 0.49 * d * shape.arch))
    front = 0.5 + 0.04 * (shape.breast - 1) * 4
    breast = [body(front, 0.02 * d), body(front - 0.07, -0.27 * d)]
    under = [body(0.20, -0.47 * d * shape.belly), body(-0.08, -0.50 * d * shape.belly), body(-0.30, -0.36 * d)]
    under += [body(-0.45, -0.15 * d), body(-0.52, 0.02 * d)]
    nape, throat = _neck(shape, frames)
    return [*back, *nape, *_head(shape, replace(frames.head, bone=SKULL)), *throat, *breast, *under]


def core(shape: Shape, frames: Frames) -> list[Pen]:
    """Return corners within neck and shoulders: where a chin is drawn in, the outline crosses itself there."""
    d, body, head = shape.depth, frames.body.at, replace(frames.head, bone=SKULL).at
    chin = [head(0.78 * shape.skull[0], -0.5), head(0.66 * shape.skull[0], -0.66)]
    pens = [body(0.28, 0.24 * d), head(-0.5, -0.1), *chin, body(0.48, 0.0)]
    x, y = sum(pen.x for pen in pens) / len(pens), sum(pen.y for pen in pens) / len(pens)
    return sorted(pens, key=lambda pen: math.atan2(pen.y - y, pen.x - x))


def _head(shape: Shape, head: Frame) -> list[Pen]:
    length, height, forehead = shape.skull
    return [
        head.at(-0.90 * length, 0.30 * height),
        head.at(-0.58 * length, 0.80 * height),
        head.at(-0.02, 1.0 * height),
        head.at(0.52 * length, 0.86 * height * (0.7 + 0.3 * forehead)),
        head.at(0.86 * length, 0.20 + 0.26 * forehead),
        head.at(0.98 * length, 0.02),
        head.at(0.92 * length, -0.32),
        head.at(0.66 * length, -0.66),
    ]


def _neck(shape: Shape, frames: Frames) -> tuple[list[Pen], list[Pen]]:
    """Control points between mantle and hindcrown, and between chin and breast."""
    d, body, head = shape.depth, frames.body.at, replace(frames.head, bone=SKULL).at
    length = shape.skull[0]
    if not shape.neck:
        nape = blend(body(0.34, 0.55 * d), head(-1.06 * length, -0.36), 0.62)
        chest = 0.26 if shape.posture < 80 else -0.12  # Upright, the chin is before the breast, not above it.
        throat = blend(body(0.545, chest * d), head(0.46, -0.98), 0.6)
        return [nape], [throat]
    back, fore = _ribs(shape, frames)
    return [*back, head(-0.80 * length, -0.42)], [head(0.12, -0.92), *fore[::-1]]


def _ribs(shape: Shape, frames: Frames) -> tuple[list[Pen], list[Pen]]:
    """Control points behind and in front of a long neck, from the shoulder upward."""
    x0, y0 = frames.shoulder
    path = [(x0, y0), *((x0 + x, y0 + y) for x, y, _ in shape.neck), (frames.head.x, frames.head.y)]
    back, fore = [], []
    for i, (_, _, half) in enumerate(shape.neck, start=1):
        dx, dy = path[i + 1][0] - path[i - 1][0], path[i + 1][1] - path[i - 1][1]
        norm = math.hypot(dx, dy)
        share = i / (len(shape.neck) + 1)
        bones = tuple((1 - share) * p + share * q for p, q in zip(one_bone(BODY), one_bone(SKULL), strict=True))
        x, y = path[i]
        back.append(Pen(x - dy / norm * half, y + dx / norm * half, 0, bones))
        fore.append(Pen(x + dy / norm * half, y - dx / norm * half, 0, bones))
    return back, fore


def neck_at(shape: Shape, frames: Frames, share: float, front: float | None = None) -> tuple[Pen, Pen]:
    """Return the points behind and in front of the neck, ``share`` and ``front`` of the way from shoulder to head."""
    d, head = shape.depth, frames.head.at
    if shape.neck:
        back, fore = _ribs(shape, frames)
    else:
        back = [blend(frames.body.at(0.30, 0.47 * d), head(-1.0, -0.40), 0.5)]
        fore = [blend(frames.body.at(0.50, 0.24 * d), head(0.32, -1.0), 0.5)]
    backs = [frames.body.at(0.24, 0.49 * d), *back, head(-0.85, -0.3)]
    fores = [frames.body.at(0.5, 0.02 * d), *fore, head(0.15, -0.9)]
    return _between(backs, share), _between(fores, share if front is None else front)


def _between(line: list[Pen], share: float) -> Pen:
    place = share * (len(line) - 1)
    low = min(int(place), len(line) - 2)
    return blend(line[low], line[low + 1], place - low)


def beyond(a: Pen, b: Pen, share: float) -> Pen:
    """Return the point past b on the line from a."""
    return blend(a, b, 1 + share)._replace(bones=b.bones)


def draw_tracts(draft: Draft, shape: Shape, frames: Frames) -> None:
    """Add back, rump, flanks and breast; they overlap the silhouette, which cuts them."""
    d, body = shape.depth, frames.body.at
    nape, throat = neck_at(shape, frames, max(shape.hood - 0.12, 0.1) if shape.neck else 0.8)
    side = blend(nape, throat, 0.5)
    far = beyond(throat, nape, 0.5)
    breast = [body(0.02, -0.62 * d), body(0.06, -0.30 * d, 0.12), body(0.16, 0.02 * d, 0.2), body(0.26, 0.3 * d, 0.1)]
    breast += [side, throat, beyond(nape, throat, 0.6), body(0.75, 0.05 * d), body(0.5, -0.6 * d)]
    draft.add("tract", label("breast"), breast)
    back = [body(-0.58, 0.10 * d), body(-0.25, 0.10 * d, 0.12), body(0.10, 0.20 * d, 0.16), body(0.30, 0.30 * d, 0.1)]
    draft.add("tract", label("back"), [*back, blend(nape, throat, 0.42), far, body(0.1, 0.75 * d), body(-0.5, 0.6 * d)])
    rump = [body(-0.60, 0.02 * d), body(-0.28, 0.06 * d, 0.1), body(-0.14, 0.6 * d), body(-0.7, 0.5 * d)]
    draft.add("tract", label("rump"), rump, sharp=(2, 3))


def draw_flanks(draft: Draft, shape: Shape, frames: Frames) -> None:
    """Add the flanks, below the folded wing."""
    d, body = shape.depth, frames.body.at
    low = -0.36 * d
    spine = [body(0.22, -0.10 * d, 0.22), body(0.02, low * 0.85, 0.22)]
    spine += [body(-0.24, -0.24 * d, 0.16), body(-0.42, -0.06 * d)]
    draft.band("tract", label("flanks"), spine, [0.16 * d, 0.42 * d, 0.34 * d, 0.1 * d])


def draw_breast_band(draft: Draft, shape: Shape, frames: Frames) -> None:
    """Add the band across the upper breast; it is lower where an upright body has its head close."""
    d, body = shape.depth, frames.body.at
    if shape.posture > 60:
        low = 0.14 if shape.foot == "talon" else 0.0  # What hawks have is a band of the belly.
        line = ((0.22, 0.12, 0.16), (0.26, -0.16, 0.1), (0.33, -0.36, 0.0), (0.42, -0.6, 0.0))
        spine = [body(u - low, v * d, z) for u, v, z in line]
        draft.band("tract", label("breast_band"), spine, [0.06, 0.10, 0.10, 0.08])
        return
    spine = [body(0.24, 0.42 * d, 0.16), body(0.34, 0.16 * d, 0.16), body(0.43, -0.02 * d), body(0.62, -0.14 * d)]
    draft.band("tract", label("breast_band"), spine, [0.05, 0.085, 0.10, 0.10])


def draw_collar(draft: Draft, shape: Shape, frames: Frames, reach: float) -> None:
    """Add the ring around the neck, or a patch on the nape that ends ``reach`` of the way to the throat."""
    high = max(shape.hood - 0.06, 0.1) if shape.neck else 0.76 if 0.5 < reach < 1 else 0.62
    nape, throat = neck_at(shape, frames, high)
    far = beyond(throat, nape, 0.4)
    if reach < 0.5:
        draft.band("tract", label("collar"), [far, blend(nape, throat, reach)], [0.12, 0.07])
        return
    middle = blend(nape, throat, min(0.5, 0.6 * reach))
    middle = middle._replace(y=middle.y - 0.04, z=0.12)
    wide = 0.045 if shape.neck else 0.07
    if reach < 1:
        draft.band("tract", label("collar"), [far, middle, blend(nape, throat, reach)], [0.24, 0.17, 0.04])
        return
    draft.band("tract", label("collar"), [far, middle, beyond(nape, throat, reach - 1)], [wide] * 3)


def draw_patterns(
    draft: Draft, shape: Shape, frames: Frames, breast: str, back: str, *, folded: bool = True, fine: float = 1.0
) -> None:
    """Add the marks of the patterns, in layers of their own: the parts that they lie on cut them.

    The marks are ``fine`` times as small as on a sparrow: feathers do not grow as birds do.
    """
    if breast != "plain":
        _breast(draft, shape, frames, breast, folded, fine)
    if back != "plain":
        _back(draft, shape, frames, back, fine)
        if folded:
            _wing(draft, shape, frames, back, fine)


def _mark(draft: Draft, layer: str, kind: str, pen: Pen, angle: float, size: float) -> None:
    """Add one streak (along ``angle``), spot or scale at a point."""
    cos, sin = math.cos(angle), math.sin(angle)

    def at(u: float, v: float) -> Pen:
        """Return the point of a mark from coordinates along it and across."""
        return pen._replace(x=pen.x + size * (u * cos - v * sin), y=pen.y + size * (u * sin + v * cos))

    if kind == "streaked":
        draft.add(layer, 3, [at(0.9, 0), at(0, 0.22), at(-1.1, 0.05), at(-0.1, -0.22)], steps=2)
    elif kind == "spotted":
        draft.add(layer, 3, [at(0.42, 0), at(0, 0.42), at(-0.46, 0), at(0, -0.42)], steps=2)
    else:
        rim = [at(0.15, 0.72), at(-0.42, 0.42), at(-0.58, 0.0), at(-0.42, -0.42), at(0.15, -0.72)]
        rim += [at(-0.26, -0.30), at(-0.38, 0.0), at(-0.26, 0.30)]
        draft.add(layer, 3, rim, steps=1)


def _scattered(rows: int, columns: int, start: int = 0) -> Iterator[tuple[float, float, float]]:
    """Yield row and column of each mark, every second row between those of the first, and a jitter in +-0.5."""
    for row in range(rows):
        for k in range(columns):
            yield row, k + 0.5 * (row % 2), math.modf(GOLDEN * (row * columns + k + start))[0] - 0.5


def _wavy(i: int, k: int) -> float:
    """Return how far a bar is out of line, in +-0.5: rows of feathers are not ruled."""
    return math.modf(GOLDEN * (7 * i + 3 * k))[0] - 0.5


def _breast(draft: Draft, shape: Shape, frames: Frames, kind: str, folded: bool, fine: float) -> None:
    d, body = shape.depth, frames.body.at
    if kind == "barred":
        for i in range(round(11 * fine)):
            u, jog = 0.50 - 0.085 / fine * i, 0.03 / fine
            places = ((0.03, -0.62, 0.0), (-0.01, -0.36, 0.15), (-0.02, -0.1, 0.2), (0.02, 0.16, 0.2), (0.06, 0.5, 0.1))
            spine = [body(u + bow + jog * _wavy(i, k), v * d, z) for k, (bow, v, z) in enumerate(places)]
            draft.band("breast marks", 3, spine, [w / fine for w in (0.020, 0.028, 0.020, 0.026, 0.014)], steps=2)
        return
    many = min(fine, MOST)
    for row, column, jitter in _scattered(round(8 * many), round(6 * many)):
        u = 0.46 + (-0.095 * row + 0.04 * jitter) / many
        v = (-0.46 + (0.15 * column + 0.05 * jitter) / many) * d
        if folded and u < 0.12 and v > -0.16 * d:
            continue  # Under the wing.
        size = 0.040 * (1.0 - 0.05 * row / many) / fine
        _mark(draft, "breast marks", kind, body(u, v, 0.12), frames.body.angle + 0.25 * jitter, size)


def _back(draft: Draft, shape: Shape, frames: Frames, kind: str, fine: float) -> None:
    d, body = shape.depth, frames.body.at
    if kind == "barred":
        places = ((0.1, 0.1), (0.35, 0.1), (0.6, 0))
        for i in range(round(10 * fine)):
            u, jog = 0.34 - 0.085 / fine * i, 0.03 / fine
            spine = [body(u + jog * _wavy(i, k), v * d, z) for k, (v, z) in enumerate(places)]
            draft.band("back marks", 3, spine, [w / fine for w in (0.028, 0.022, 0.028)], steps=2)
        return
    many = min(fine, MOST)
    for row, column, jitter in _scattered(round(8 * many), round(3 * many), 7):
        u, v = 0.34 + (-0.10 * row + 0.03 * jitter) / many, 0.20 + (0.13 * column + 0.04 * jitter) / many
        _mark(draft, "back marks", kind, body(u, v * d, 0.1), frames.body.angle, 0.045 / fine)


def _wing(draft: Draft, shape: Shape, frames: Frames, kind: str, fine: float) -> None:
    plan = WingPlan(shape, frames.body)
    if kind == "barred":
        for i in range(round(9 * fine)):
            s, jog = 0.10 + 0.095 / fine * i, 0.03 / fine
            places = ((0.03, 0.0), (0.0, 0.34), (0.0, 0.67), (0.03, 1.0))
            spine = [plan.at(s + bow + jog * _wavy(i, k), t) for k, (bow, t) in enumerate(places)]
            draft.band("back marks", 3, spine, [w / fine for w in (0.024, 0.030, 0.020, 0.026)], steps=2)
        return
    many = min(fine, MOST)
    for row, column, jitter in _scattered(round(6 * many), round(4 * many), 3):
        pen = plan.at(0.10 + (0.085 * row + 0.02 * jitter) / many, 0.16 + 0.22 * column / many)
        _mark(draft, "back marks", kind, pen, frames.body.angle, 0.040 / fine)
