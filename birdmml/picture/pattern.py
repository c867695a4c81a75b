"""Streaks, spots, bars and scales on breast and back."""

from __future__ import annotations

import math

from birdmml.picture.anatomy import Anatomy
from birdmml.picture.body import Frames
from birdmml.picture.draft import Draft, Pen
from birdmml.picture.wing import WingPlan

__all__ = ["draw_patterns"]

# Golden-ratio steps spread the marks without rows that the eye would find.
GOLDEN = 0.6180339887


def draw_patterns(
    draft: Draft, anatomy: Anatomy, frames: Frames, breast: str, back: str, *, folded: bool = True
) -> None:
    """Add the marks of the patterns, in layers of their own: the parts that they lie on cut them."""
    if breast != "plain":
        _breast(draft, anatomy, frames, breast, folded)
    if back != "plain":
        _back(draft, anatomy, frames, back)
        if folded:
            _wing(draft, anatomy, frames, back)


def _mark(draft: Draft, layer: str, kind: str, pen: Pen, angle: float, size: float) -> None:
    """Add one streak (along ``angle``), spot or scale at a point."""
    cos, sin = math.cos(angle), math.sin(angle)

    def at(u: float, v: float) -> Pen:
        return pen._replace(x=pen.x + size * (u * cos - v * sin), y=pen.y + size * (u * sin + v * cos))

    if kind == "streaked":
        draft.add(layer, 3, [at(0.9, 0), at(0, 0.26), at(-1.1, 0.05), at(-0.1, -0.26)], steps=2)
    elif kind == "spotted":
        draft.add(layer, 3, [at(0.42, 0), at(0, 0.42), at(-0.46, 0), at(0, -0.42)], steps=2)
    else:
        rim = [at(0.15, 0.72), at(-0.42, 0.42), at(-0.58, 0.0), at(-0.42, -0.42), at(0.15, -0.72)]
        rim += [at(-0.26, -0.30), at(-0.38, 0.0), at(-0.26, 0.30)]
        draft.add(layer, 3, rim, steps=1)


def _breast(draft: Draft, anatomy: Anatomy, frames: Frames, kind: str, folded: bool) -> None:
    d, body = anatomy.depth, frames.body.at
    if kind == "barred":
        for i in range(11):
            u = 0.50 - 0.085 * i
            spine = [body(u + 0.03, -0.62 * d), body(u - 0.02, -0.25 * d, 0.2), body(u + 0.03, 0.15 * d, 0.2)]
            spine.append(body(u + 0.06, 0.5 * d, 0.1))
            draft.band("breast marks", 3, spine, [0.022, 0.03, 0.026, 0.016])
        return
    for row in range(8):
        for k in range(6):
            jitter = math.modf(GOLDEN * (row * 6 + k))[0] - 0.5
            u = 0.46 - 0.095 * row + 0.04 * jitter
            v = (-0.46 + 0.15 * (k + 0.5 * (row % 2)) + 0.05 * jitter) * d
            if folded and u < 0.12 and v > -0.16 * d:
                continue  # Under the wing.
            fade = 1.0 - 0.05 * row
            _mark(draft, "breast marks", kind, body(u, v, 0.12), frames.body.angle + 0.25 * jitter, 0.040 * fade)


def _back(draft: Draft, anatomy: Anatomy, frames: Frames, kind: str) -> None:
    d, body = anatomy.depth, frames.body.at
    if kind == "barred":
        for i in range(10):
            u = 0.34 - 0.085 * i
            draft.band("back marks", 3, [body(u, 0.1 * d, 0.1), body(u - 0.02, 0.6 * d)], [0.034, 0.034])
        return
    for row in range(8):
        for k in range(3):
            jitter = math.modf(GOLDEN * (row * 3 + k + 7))[0] - 0.5
            pen = body(0.34 - 0.10 * row + 0.03 * jitter, (0.20 + 0.13 * k + 0.04 * jitter) * d, 0.1)
            _mark(draft, "back marks", kind, pen, frames.body.angle, 0.045)


def _wing(draft: Draft, anatomy: Anatomy, frames: Frames, kind: str) -> None:
    plan = WingPlan(anatomy, frames.body)
    if kind == "barred":
        for i in range(9):
            s = 0.10 + 0.095 * i
            spine = [plan.at(s + 0.03, 0.0), plan.at(s, 0.5), plan.at(s + 0.03, 1.0)]
            draft.band("back marks", 3, spine, [0.030, 0.034, 0.030])
        return
    for row in range(6):
        for k in range(4):
            jitter = math.modf(GOLDEN * (row * 4 + k + 3))[0] - 0.5
            pen = plan.at(0.10 + 0.085 * row + 0.02 * jitter, 0.16 + 0.22 * (k + 0.5 * (row % 2)))
            _mark(draft, "back marks", kind, pen, frames.body.angle, 0.040)
