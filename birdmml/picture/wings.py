"""The wings: folded, with coverts, tertials and primaries; and spread, as they look in the views of flight."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from birdmml.picture.draft import BODY, DARK, LIGHT, PLAIN, WING, Draft, Frame, Pen, blend, label
from birdmml.species import Planform, Seen, Shape, forms

OnWing = Callable[[float, float], Pen]
STATIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # Along a spread wing.


class WingPlan:
    """Coordinates on the folded wing: s from the bend (0) to the tip (1), t from above (0) to below (1)."""

    def __init__(self, shape: Shape, body: Frame) -> None:
        past, high, deep = shape.wing
        d = shape.depth
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
    w = [-0.5 * f + f**2 - 0.5 * f**3, 1 - 2.5 * f**2 + 1.5 * f**3]
    w += [0.5 * f + 2 * f**2 - 1.5 * f**3, 0.5 * (f**3 - f**2)]
    x = w[0] * a.x + w[1] * b.x + w[2] * c.x + w[3] * e.x
    y = w[0] * a.y + w[1] * b.y + w[2] * c.y + w[3] * e.y
    return Pen(x, y, w[0] * a.z + w[1] * b.z + w[2] * c.z + w[3] * e.z, b.bones)


def draw_folded(draft: Draft, shape: Shape, body: Frame, marks: Collection[str]) -> None:
    """Add the folded wing with its feathers and marks."""
    plan = WingPlan(shape, body)
    edge = [*(plan.at(s, 0) for s in (0, 0.25, 0.5, 0.75, 1)), *(plan.at(s, 1) for s in (0.75, 0.5, 0.25, 0))]
    shade = [pen._replace(x=pen.x + 0.006, y=pen.y - 0.022) for pen in edge]
    draft.add("wing", label("wing", DARK), shade, sharp=(4,), steps=4)
    draft.add("wing", label("wing"), edge, sharp=(4,), steps=4)
    _folded_feathers(draft, plan)
    _coverts(draft, plan)
    _wing_marks(draft, shape, plan, marks)


def _folded_feathers(draft: Draft, plan: WingPlan) -> None:
    stack = ((0.55, 0.80), (0.66, 0.55), (0.82, 0.45), (1.0, 0.5), (0.8, 0.98), (0.62, 0.99))
    draft.add("wing", label("wing", DARK), [plan.at(*place) for place in stack], sharp=(3,))
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


def _wing_marks(draft: Draft, shape: Shape, plan: WingPlan, marks: Collection[str]) -> None:
    if "wing_patch" in marks and shape.patch in forms().patches:
        draft.add("wing", label("wing_patch"), [plan.at(s, t) for s, t in forms().patches[shape.patch]])
    if "wing_bars" in marks:
        thick = 0.045
        draft.band("wing", label("wing_bars"), _bar(plan, 0.27, 0.05), [0.5 * thick, thick, thick, 0.7 * thick])
        if shape.patch == "shoulder" and "wing_patch" in marks:
            return  # The bar is the lower border of the patch.
        widths = [0.5 * thick, 1.1 * thick, 1.1 * thick, 0.7 * thick]
        draft.band("wing", label("wing_bars"), _bar(plan, 0.44, 0.06), widths)


def draw_spread(draft: Draft, shape: Shape, body: Frame, marks: Collection[str], view: str, tail: str) -> None:
    """Add both wings, spread, as they look in a view; the far one lies behind the body."""
    far, near = forms().views[view]
    form = forms().planforms[shape.planform]
    for layer, tone, seen in (("under", DARK, far), ("wing", PLAIN, near)):
        root = Frame(body.x, body.y, body.angle, 1, BODY if tone else WING)
        at = _place(root.at(seen.root[0], seen.root[1] * shape.depth), seen, form, shape)
        edge = _spread_feathers(draft, layer, tone, at, form)
        if "wing_patch" in marks:
            _patch(draft, layer, shape, at, edge, short_tailed=tail == "short")
        if "wing_bars" in marks and not tone:
            line = [at(s, c) for s, c in ((0.04, 0.46), (0.3, 0.44), (0.6, 0.42))]
            draft.band(layer, label("wing_bars"), line, [0.02, 0.035, 0.01])


def _place(root: Pen, seen: Seen, form: Planform, shape: Shape) -> OnWing:
    """Return the map from (share of the span, share of the chord) to the wing as it is seen."""
    turn, share = math.radians(seen.outward[0]), seen.outward[1] * shape.span
    out = (share * math.cos(turn), share * math.sin(turn))
    turn, share = math.radians(seen.backward[0]), seen.backward[1]
    back = (share * math.cos(turn), share * math.sin(turn))

    def at(s: float, c: float) -> Pen:
        """Return the point at shares of the span and of the chord."""
        behind = c * shape.chord * _between(form.width, s) - shape.span * _between(form.lead, s)
        return root._replace(x=root.x + s * out[0] + behind * back[0], y=root.y + s * out[1] + behind * back[1])

    return at


def _between(values: tuple[float, ...], s: float) -> float:
    """Interpolate what is given at `STATIONS`."""
    place = min(max(s, 0.0), 1.0) * (len(STATIONS) - 1)
    low = min(int(place), len(STATIONS) - 2)
    return values[low] + (place - low) * (values[low + 1] - values[low])


def _spread_feathers(draft: Draft, layer: str, tone: int, at: OnWing, form: Planform) -> list[Pen]:
    """Add the wing; return where the coverts end, from the body to the hand."""
    tip = 0.84 if form.fingers else 1.0
    shares = [share * tip for share in STATIONS]
    outline = [at(s, 0.0) for s in shares] + [at(s, 1.0) for s in shares[::-1]]
    if not form.fingers:
        del outline[len(shares)]  # The wing ends in one point.
    draft.add(layer, label("wing", tone), outline, sharp=(0, len(shares) - 1, -1))
    for i in range(form.fingers):
        _finger(draft, layer, label("wing", DARK), at, i / (form.fingers - 1))
    coverts = [at(s, 0.46 - 0.10 * s) for s in (0.0, 0.3, 0.6, 0.9 * tip)]
    rear = [at(s, 1.0) for s in (0.96 * tip, 0.8 * tip, 0.6, 0.4, 0.2, 0.0)]
    draft.add(layer, label("wing", DARK), [*coverts, *rear], sharp=(0, 3, 4, -1))
    for i in range(9):
        s = (i + 0.7) * tip / 10
        draft.band(layer, label("wing", tone), [at(s * 0.94, 0.52 - 0.1 * s), at(s, 0.96)], [0.012, 0.004])
    return coverts


def _finger(draft: Draft, layer: str, color: int, at: OnWing, share: float) -> None:
    """Add one of the primaries that stand apart; ``share`` is 0 at the leading edge."""
    c = 0.07 + 0.84 * share
    end = 1.0 - 0.10 * (2 * share - 0.7) ** 2
    spine = [at(0.74, c), at(0.90, c + 0.08 * (share - 0.4)), at(end, c + 0.3 * (share - 0.45))]
    base, rim = at(0.82, 0.0), at(0.82, 1.0)
    wide = 0.155 * math.hypot(base.x - rim.x, base.y - rim.y)
    draft.band(layer, color, spine, [wide, wide, 0.35 * wide], steps=2)


def _patch(draft: Draft, layer: str, shape: Shape, at: OnWing, coverts: list[Pen], *, short_tailed: bool) -> None:
    """Add the patch of the spread wing, where the shape has it."""
    color = label("wing_patch")
    if shape.patch == "edge":  # Pale flight feathers; a vulture with a short tail has them on the hand alone.
        if not short_tailed:
            rear = [at(s, 1.0) for s in (0.80, 0.6, 0.4, 0.2, 0.0)]
            draft.add(layer, color, [*coverts, *rear], sharp=(0, 3, 4, -1))
        for i in range(6):
            _finger(draft, layer, color, at, i / 5)
        return
    draft.polygon(layer, color, [at(s, c) for s, c in forms().spread_patches[shape.patch]])
