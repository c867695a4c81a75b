"""Streaks, spots, bars and scales on breast and back."""

from __future__ import annotations

import math
from collections.abc import Iterator

from birdmml.picture.body import Frames
from birdmml.picture.draft import Draft, Pen
from birdmml.picture.wings import WingPlan
from birdmml.species import Shape

# Golden-ratio steps spread the marks without rows that the eye would find.
GOLDEN = 0.6180339887
# Spots and streaks multiply with the square of their fineness; beyond this they only shrink.
MOST = 1.4


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
        for i in range(round(10 * fine)):
            u, jog = 0.34 - 0.085 / fine * i, 0.03 / fine
            spine = [
                body(u + jog * _wavy(i, k), v * d, z) for k, (v, z) in enumerate(((0.1, 0.1), (0.35, 0.1), (0.6, 0)))
            ]
            draft.band("back marks", 3, spine, [w / fine for w in (0.028, 0.022, 0.028)], steps=2)
        return
    many = min(fine, MOST)
    for row, column, jitter in _scattered(round(8 * many), round(3 * many), 7):
        pen = body(
            0.34 + (-0.10 * row + 0.03 * jitter) / many, (0.20 + (0.13 * column + 0.04 * jitter) / many) * d, 0.1
        )
        _mark(draft, "back marks", kind, pen, frames.body.angle, 0.045 / fine)


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
