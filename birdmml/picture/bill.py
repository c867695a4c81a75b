"""The bill: a form per name, in head radii from its base."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from birdmml.picture.anatomy import Anatomy
from birdmml.picture.draft import Draft, Frame, Pen
from birdmml.picture.labels import DARK, LIGHT, label

__all__ = ["BILL_FORMS", "draw_bill"]

# From shares of the length and heights, in head radii, to points.
Along = Callable[[float, float], Pen]
# How blunt the tip is, as a share of the depth.
BLUNT = MappingProxyType({"flat": 0.20, "chisel": 0.10, "massive": 0.12})


class BillForm(NamedTuple):
    """Length and depth in head radii; how the ridge bulges, how far the tip drops, and how far it hooks."""

    length: float
    depth: float
    bulge: float
    drop: float
    hook: float


BILL_FORMS: Mapping[str, BillForm] = MappingProxyType(
    {
        "cone": BillForm(0.78, 0.66, 0.10, 0.10, 0.0),
        "thin": BillForm(0.82, 0.26, 0.02, 0.03, 0.0),
        "hooked": BillForm(0.92, 0.52, 0.16, 0.06, 0.24),
        "long": BillForm(2.5, 0.30, 0.0, 0.02, 0.0),
        "decurved": BillForm(1.4, 0.28, 0.10, 0.55, 0.0),
        "chisel": BillForm(1.22, 0.36, 0.0, 0.02, 0.0),
        "flat": BillForm(1.28, 0.52, -0.16, 0.20, 0.0),
        "dagger": BillForm(1.75, 0.42, 0.04, 0.02, 0.0),
        "stout": BillForm(1.05, 0.46, 0.10, 0.06, 0.0),
        "short": BillForm(0.62, 0.30, 0.04, 0.03, 0.0),
        "massive": BillForm(1.2, 0.66, 0.20, 0.08, 0.06),
        "needle": BillForm(2.1, 0.15, 0.0, 0.0, 0.0),
    }
)


def draw_bill(draft: Draft, anatomy: Anatomy, shape: str, bill: str, head: Frame) -> None:
    """Add the bill, upper and lower half, the line of the mouth and the nostril."""
    if shape == "owl":
        _front_bill(draft, head)
    elif shape == "pelican":
        _pouch(draft, anatomy, head)
    else:
        _side_bill(draft, anatomy, shape, bill, head)


def _side_bill(draft: Draft, anatomy: Anatomy, shape: str, bill: str, head: Frame) -> None:
    form = BILL_FORMS[bill]
    length, depth = form.length * anatomy.bill, form.depth * anatomy.bill_depth
    bulge, tip = form.bulge * depth, BLUNT.get(bill, 0.05) * depth
    if bill == "decurved" and anatomy.foot == "wading":  # To probe with.
        length *= 1.6
    if bill == "flat" and shape in ("duck", "goose"):  # A duck's has a spoon at its end.
        bulge, tip = 0.5 * bulge, 1.3 * tip
    drop = form.drop * 0.55 * length if bill == "decurved" else form.drop
    base, middle = 0.90 * anatomy.skull[0], -0.08 * depth

    def at(share: float, height: float) -> Pen:
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
    pens = [
        head.at(0.03 - 0.10, 0.08),
        head.at(0.03, 0.16),
        head.at(0.03 + 0.10, 0.08),
        head.at(0.10, -0.16),
        head.at(0.03, -0.34),
    ]
    pens.append(head.at(-0.04, -0.16))
    draft.add("over", label("bill"), pens, sharp=(4,))
    draft.band("over", label("bill", DARK), [head.at(0.06, 0.05), head.at(0.03, -0.32)], [0.08 * head.scale, 0])


def _pouch(draft: Draft, anatomy: Anatomy, head: Frame) -> None:
    """Add the bill of a pelican, with the pouch below."""
    length, base = anatomy.bill, 0.80 * anatomy.skull[0]

    def at(share: float, height: float) -> tuple[float, float]:
        return base + length * share * 0.90, height - length * 0.42 * share

    pouch = [at(-0.12, -0.2), at(0.4, 0.0), at(0.95, 0.0), at(0.7, -0.34), at(0.35, -0.66), at(0.06, -0.86)]
    draft.add("over", label("bill", DARK), [head.at(*p) for p in pouch], sharp=(0, 2))
    upper = [at(-0.06, 0.30), at(0.5, 0.20), at(0.96, 0.14), at(1.0, -0.16), at(0.9, 0.0), at(0.4, 0.0), at(-0.1, -0.2)]
    draft.add("over", label("bill"), [head.at(*p) for p in upper], sharp=(0, 3, 6))
    draft.band("over", label("inner"), [head.at(*at(s, -0.02)) for s in (-0.1, 0.4, 0.92)], [0.005] * 3)
