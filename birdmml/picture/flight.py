"""The spread wing: its outline from above, by kind, and how both wings look in the views of flight."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from birdmml.picture.anatomy import Anatomy
from birdmml.picture.draft import BODY, WING, Draft, Frame, Pen
from birdmml.picture.labels import DARK, PLAIN, label

__all__ = ["PLANFORMS", "VIEWS", "draw_spread"]

Place = Callable[[float, float], Pen]


class Planform(NamedTuple):
    """Outline of a wing, at `STATIONS` along it.

    Attributes
    ----------
    lead : tuple of float
        How far the leading edge lies before that of the root, in spans.
    width : tuple of float
        Depth, in chords of the root.
    fingers : int
        How many primaries stand apart at the tip.
    """

    lead: tuple[float, ...]
    width: tuple[float, ...]
    fingers: int


class Seen(NamedTuple):
    """How one wing is seen: where it joins the body, and its direction and share outward and backward, in degrees."""

    root: tuple[float, float]
    outward: tuple[float, float]
    backward: tuple[float, float]


STATIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
PLANFORMS: Mapping[str, Planform] = MappingProxyType(
    {
        "sickle": Planform((0.0, 0.09, 0.10, 0.02, -0.14, -0.40), (1.0, 0.98, 0.90, 0.72, 0.46, 0.03), 0),
        "pointed": Planform((0.0, 0.11, 0.16, 0.09, -0.05, -0.25), (1.0, 0.94, 0.88, 0.70, 0.44, 0.04), 0),
        "broad": Planform((0.0, 0.06, 0.09, 0.08, 0.05, 0.0), (1.0, 1.06, 1.04, 0.94, 0.80, 0.55), 6),
        "rounded": Planform((0.0, 0.07, 0.09, 0.05, -0.02, -0.12), (1.0, 0.98, 0.94, 0.84, 0.64, 0.22), 0),
    }
)
# The far wing and the near one: from the side in a shallow V, from below, from above, and in front of a flower.
VIEWS: Mapping[str, tuple[Seen, Seen]] = MappingProxyType(
    {
        "spread": (
            Seen((0.32, 0.18), (58, 0.78), (190, 0.86)),
            Seen((0.27, 0.16), (139, 0.88), (205, 0.74)),
        ),
        "below": (
            Seen((0.27, -0.10), (-84, 0.66), (184, 0.96)),
            Seen((0.27, 0.02), (97, 0.86), (186, 0.96)),
        ),
        "above": (
            Seen((0.27, 0.20), (84, 0.84), (182, 0.96)),
            Seen((0.27, 0.20), (-103, 0.70), (178, 0.96)),
        ),
        "hover": (
            Seen((0.32, 0.14), (76, 0.66), (186, 0.90)),
            Seen((0.28, 0.14), (128, 0.70), (208, 0.95)),
        ),
    }
)


def draw_spread(draft: Draft, anatomy: Anatomy, body: Frame, marks: Collection[str], view: str, tail: str) -> None:
    """Add both wings, spread, as they look in one of `VIEWS`; the far one lies behind the body."""
    far, near = VIEWS[view]
    form = PLANFORMS[anatomy.planform]
    for layer, tone, seen in (("under", DARK, far), ("wing", PLAIN, near)):
        root = Frame(body.x, body.y, body.angle, 1, BODY if tone else WING)
        at = _place(root.at(seen.root[0], seen.root[1] * anatomy.depth), seen, form, anatomy)
        edge = _flight_feathers(draft, layer, tone, at, form)
        if "wing_patch" in marks:
            _patch(draft, layer, anatomy, at, edge, short_tailed=tail == "short")
        if "wing_bars" in marks and not tone:
            line = [at(s, c) for s, c in ((0.04, 0.46), (0.3, 0.44), (0.6, 0.42))]
            draft.band(layer, label("wing_bars"), line, [0.02, 0.035, 0.01])


def _place(root: Pen, seen: Seen, form: Planform, anatomy: Anatomy) -> Place:
    """Return the map from (share of the span, share of the chord) to the wing as it is seen."""
    turn, share = math.radians(seen.outward[0]), seen.outward[1] * anatomy.span
    out = (share * math.cos(turn), share * math.sin(turn))
    turn, share = math.radians(seen.backward[0]), seen.backward[1]
    back = (share * math.cos(turn), share * math.sin(turn))

    def at(s: float, c: float) -> Pen:
        behind = c * anatomy.chord * _between(form.width, s) - anatomy.span * _between(form.lead, s)
        return root._replace(x=root.x + s * out[0] + behind * back[0], y=root.y + s * out[1] + behind * back[1])

    return at


def _between(values: tuple[float, ...], s: float) -> float:
    """Interpolate what is given at `STATIONS`."""
    place = min(max(s, 0.0), 1.0) * (len(STATIONS) - 1)
    low = min(int(place), len(STATIONS) - 2)
    return values[low] + (place - low) * (values[low + 1] - values[low])


def _flight_feathers(draft: Draft, layer: str, tone: int, at: Place, form: Planform) -> list[Pen]:
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


def _finger(draft: Draft, layer: str, color: int, at: Place, share: float) -> None:
    """Add one of the primaries that stand apart; ``share`` is 0 at the leading edge."""
    c = 0.07 + 0.84 * share
    end = 1.0 - 0.10 * (2 * share - 0.7) ** 2
    spine = [at(0.74, c), at(0.90, c + 0.08 * (share - 0.4)), at(end, c + 0.3 * (share - 0.45))]
    base, rim = at(0.82, 0.0), at(0.82, 1.0)
    wide = 0.155 * math.hypot(base.x - rim.x, base.y - rim.y)
    draft.band(layer, color, spine, [wide, wide, 0.35 * wide], steps=2)


def _patch(draft: Draft, layer: str, anatomy: Anatomy, at: Place, coverts: list[Pen], *, short_tailed: bool) -> None:
    """Add the patch of the spread wing, where the anatomy has it."""
    color = label("wing_patch")
    if anatomy.patch == "edge":  # Pale flight feathers; a vulture with a short tail has them on the hand alone.
        if not short_tailed:
            rear = [at(s, 1.0) for s in (0.80, 0.6, 0.4, 0.2, 0.0)]
            draft.add(layer, color, [*coverts, *rear], sharp=(0, 3, 4, -1))
        for i in range(6):
            _finger(draft, layer, color, at, i / 5)
        return
    low, high, fore, rear_edge = {
        "tips": (0.80, 1.0, 0.0, 1.0),
        "shoulder": (0.02, 0.26, 0.05, 0.40),
        "primaries": (0.60, 0.69, 0.20, 0.95),
        "speculum": (0.08, 0.38, 0.60, 0.95),
    }.get(anatomy.patch, (0.04, 0.36, 0.78, 1.0))
    corners = [(low, fore), (high, fore), (high, rear_edge), (low, rear_edge)]
    draft.polygon(layer, color, [at(s, c) for s, c in corners])


assert VIEWS.keys() >= {"spread", "hover"}
