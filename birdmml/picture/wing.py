"""The folded wing: coverts, tertials, secondaries and the stack of primaries."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from types import MappingProxyType

from birdmml.picture.anatomy import Anatomy
from birdmml.picture.draft import WING, Draft, Frame, Pen, blend
from birdmml.picture.labels import DARK, LIGHT, label

__all__ = ["WingPlan", "draw_folded"]


class WingPlan:
    """Coordinates on the folded wing: s from the bend (0) to the tip (1), t from above (0) to below (1)."""

    def __init__(self, anatomy: Anatomy, body: Frame) -> None:
        past, high, deep = anatomy.wing
        d = anatomy.depth
        frame = Frame(body.x, body.y, body.angle, body.scale, WING)
        tip = frame.at(-0.48 - past, (0.06 - 0.10 * min(past, 0.4)) * d, 0.06)
        upper = [(0.33, 0.16), (0.14, 0.33), (-0.10, 0.34), (-0.34, 0.23)]
        lower = [(0.36, 0.02), (0.22, -0.22), (-0.04, -0.25), (-0.32, -0.10)]
        self.upper = [frame.at(u, v * d * high, 0.20) for u, v in upper] + [tip]
        self.lower = [frame.at(u, v * d * deep, 0.26) for u, v in lower] + [tip]

    def at(self, s: float, t: float) -> Pen:
        """Return the point at s along and t across the wing."""
        return blend(_along(self.upper, s), _along(self.lower, s), t)


def _along(edge: list[Pen], s: float) -> Pen:
    """Return a point of the smooth curve through an edge."""
    place = min(max(s, 0.0), 1.0) * (len(edge) - 1)
    low = min(int(place), len(edge) - 2)
    f = place - low
    a, b = edge[max(low - 1, 0)], edge[low]
    c, e = edge[low + 1], edge[min(low + 2, len(edge) - 1)]
    w = (
        -0.5 * f + f**2 - 0.5 * f**3,
        1 - 2.5 * f**2 + 1.5 * f**3,
        0.5 * f + 2 * f**2 - 1.5 * f**3,
        0.5 * (f**3 - f**2),
    )
    x = w[0] * a.x + w[1] * b.x + w[2] * c.x + w[3] * e.x
    y = w[0] * a.y + w[1] * b.y + w[2] * c.y + w[3] * e.y
    return Pen(x, y, w[0] * a.z + w[1] * b.z + w[2] * c.z + w[3] * e.z, b.bones)


def draw_folded(draft: Draft, anatomy: Anatomy, body: Frame, marks: Collection[str]) -> None:
    """Add the folded wing with its feathers and marks."""
    plan = WingPlan(anatomy, body)
    edge = (
        [plan.at(s, 0) for s in (0, 0.25, 0.5, 0.75)] + [plan.at(1, 0)] + [plan.at(s, 1) for s in (0.75, 0.5, 0.25, 0)]
    )
    shade = [pen._replace(x=pen.x + 0.006, y=pen.y - 0.022) for pen in edge]
    draft.add("wing", label("wing", DARK), shade, sharp=(4,), steps=4)
    draft.add("wing", label("wing"), edge, sharp=(4,), steps=4)
    _flight_feathers(draft, plan)
    _coverts(draft, plan)
    _wing_marks(draft, anatomy, plan, marks)


def _flight_feathers(draft: Draft, plan: WingPlan) -> None:
    stack = [
        plan.at(s, t) for s, t in ((0.55, 0.80), (0.66, 0.55), (0.82, 0.45), (1.0, 0.5), (0.8, 0.98), (0.62, 0.99))
    ]
    draft.add("wing", label("wing", DARK), stack, sharp=(3,))
    for t in (0.70, 0.86):
        line = [plan.at(0.62, t), plan.at(0.80, t * 0.92), plan.at(0.96, 0.55)]
        draft.band("wing", label("wing"), line, [0.008, 0.009, 0.002])
    for t0, t1 in ((0.44, 0.50), (0.58, 0.66), (0.72, 0.80), (0.85, 0.92)):
        line = [plan.at(0.47, t0), plan.at(0.60, t1), plan.at(0.74, t1 * 0.94)]
        draft.band("wing", label("wing", DARK), line, [0.004, 0.010, 0.004])
    for s, t in ((0.72, 0.16), (0.80, 0.30), (0.86, 0.42)):
        feather = [plan.at(0.42, t - 0.06), plan.at(s - 0.12, t - 0.14), plan.at(s, t), plan.at(s - 0.14, t + 0.06)]
        draft.band("wing", label("wing", DARK), feather[1:], [0.004, 0.012, 0.006])
        draft.band("wing", label("wing", LIGHT), [feather[0], plan.at(s - 0.14, t - 0.03)], [0.016, 0.012])


def _coverts(draft: Draft, plan: WingPlan) -> None:
    """Add the edge of the greater coverts, and the feathers that end there."""
    edge = [plan.at(0.46 + 0.05 * math.sin(math.pi * t), t) for t in (0.2, 0.45, 0.7, 0.95)]
    draft.band("wing", label("wing", DARK), edge, [0.004, 0.010, 0.010, 0.005])
    for t in (0.34, 0.48, 0.62, 0.76, 0.88):
        draft.band("wing", label("wing", DARK), [plan.at(0.33, t * 0.96), plan.at(0.50, t)], [0.002, 0.008])


def _bar(plan: WingPlan, s: float, bow: float) -> list[Pen]:
    return [plan.at(s + bow * math.sin(math.pi * t), t) for t in (0.14, 0.4, 0.66, 0.95)]


# Where the patch of the folded wing lies, by (s, t) of `WingPlan`.
PATCHES: Mapping[str, tuple[tuple[float, float], ...]] = MappingProxyType(
    {
        "panel": ((0.50, 0.52), (0.60, 0.42), (0.74, 0.46), (0.76, 0.72), (0.66, 0.90), (0.52, 0.92)),
        "shoulder": ((-0.04, 0.02), (0.12, 0.04), (0.25, 0.34), (0.27, 0.70), (0.20, 1.0), (0.0, 1.04), (-0.05, 0.5)),
        "primaries": ((0.56, 0.62), (0.63, 0.58), (0.67, 0.76), (0.68, 0.99), (0.56, 1.0), (0.53, 0.84)),
        "speculum": ((0.52, 0.66), (0.62, 0.58), (0.73, 0.62), (0.73, 0.84), (0.63, 0.93), (0.54, 0.92)),
        "tips": ((0.72, 0.60), (0.84, 0.30), (1.0, 0.5), (0.9, 0.9), (0.76, 1.0)),
        "wax": ((0.64, 0.46), (0.74, 0.42), (0.80, 0.50), (0.74, 0.58), (0.64, 0.58)),
    }
)


def _wing_marks(draft: Draft, anatomy: Anatomy, plan: WingPlan, marks: Collection[str]) -> None:
    if "wing_patch" in marks and anatomy.patch in PATCHES:
        draft.add("wing", label("wing_patch"), [plan.at(s, t) for s, t in PATCHES[anatomy.patch]])
    if "wing_bars" in marks:
        thick = 0.045
        draft.band("wing", label("wing_bars"), _bar(plan, 0.27, 0.05), [0.5 * thick, thick, thick, 0.7 * thick])
        if anatomy.patch == "shoulder" and "wing_patch" in marks:
            return  # The bar is the lower border of the patch.
        draft.band(
            "wing", label("wing_bars"), _bar(plan, 0.44, 0.06), [0.5 * thick, 1.1 * thick, 1.1 * thick, 0.7 * thick]
        )
