"""A bird as curves on a skeleton: control points with bones, and the frames in which anatomists would measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from birdmml.picture.curves import curve_weights

__all__ = [
    "BODY",
    "BONES",
    "FOOT",
    "HEAD",
    "SKULL",
    "TAIL",
    "WING",
    "Draft",
    "Frame",
    "Pen",
    "Stroke",
    "blend",
    "ribbon",
]

# The skull moves with the head, but is as round from any side; what is drawn on the head is not.
BODY, HEAD, TAIL, WING, FOOT, SKULL = range(6)
BONES = 6


class Pen(NamedTuple):
    """A control point at rest: facing right, y up, z towards the viewer; and how much each bone moves it."""

    x: float
    y: float
    z: float
    bones: tuple[float, ...]


class Stroke(NamedTuple):
    """A closed curve of the drawing: its layer, its label and its rows among the samples."""

    layer: str
    label: int
    start: int
    stop: int


@lru_cache(maxsize=BONES)
def one_bone(bone: int) -> tuple[float, ...]:
    """Return the weights of a point that one bone moves."""
    return tuple(float(bone == other) for other in range(BONES))


@dataclass(frozen=True)
class Frame:
    """Coordinates of a part of the body: an origin, a direction, a scale and the bone that carries it."""

    x: float
    y: float
    angle: float
    scale: float
    bone: int

    def at(self, u: float, v: float, z: float = 0.0) -> Pen:
        """Return a control point from forward, upward and sideward coordinates in this frame."""
        cos, sin, scale = math.cos(self.angle), math.sin(self.angle), self.scale
        return Pen(
            self.x + scale * (u * cos - v * sin), self.y + scale * (u * sin + v * cos), z * scale, one_bone(self.bone)
        )


def blend(a: Pen, b: Pen, share: float) -> Pen:
    """Return the point between two points; ``share`` is that of the second."""
    keep = 1 - share
    bones = tuple(keep * p + share * q for p, q in zip(a.bones, b.bones, strict=True))
    return Pen(keep * a.x + share * b.x, keep * a.y + share * b.y, keep * a.z + share * b.z, bones)


def ribbon(spine: Sequence[Pen], widths: Sequence[float]) -> list[Pen]:
    """Return the outline of a band along a line; a width of 0 at an end makes a point."""
    left, right = [], []
    for i, (pen, width) in enumerate(zip(spine, widths, strict=True)):
        before, after = spine[max(i - 1, 0)], spine[min(i + 1, len(spine) - 1)]
        dx, dy = after.x - before.x, after.y - before.y
        norm = math.hypot(dx, dy) or 1.0
        nx, ny = -dy / norm * width / 2, dx / norm * width / 2
        left.append(pen._replace(x=pen.x + nx, y=pen.y + ny))
        right.append(pen._replace(x=pen.x - nx, y=pen.y - ny))
    return left + right[::-1]


@lru_cache(maxsize=8192)
def _curve(
    points: tuple[tuple[float, float], ...], corners: tuple[int, ...], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Remember curves: birds of one shape differ in few of them."""
    return curve_weights(np.array(points), sharp=corners, steps=steps)


@dataclass
class Draft:
    """Collects the curves of a bird."""

    pens: list[Pen] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    places: list[np.ndarray] = field(default_factory=list)
    weights: list[np.ndarray] = field(default_factory=list)
    samples: int = 0

    def add(self, layer: str, label: int, pens: Sequence[Pen], *, sharp: Sequence[int] = (), steps: int = 3) -> None:
        """Add a closed curve through control points, with corners at those that ``sharp`` numbers."""
        corners = tuple(i % len(pens) for i in sharp)
        places, weights = _curve(tuple([pen[:2] for pen in pens]), corners, steps)
        self.strokes.append(Stroke(layer, label, self.samples, self.samples + len(places)))
        self.places.append(places + len(self.pens))
        self.weights.append(weights)
        self.samples += len(places)
        self.pens.extend(pens)

    def polygon(self, layer: str, label: int, pens: Sequence[Pen]) -> None:
        """Add a closed polygon with straight edges."""
        self.add(layer, label, pens, sharp=range(len(pens)), steps=1)

    def band(self, layer: str, label: int, spine: Sequence[Pen], widths: Sequence[float], *, steps: int = 3) -> None:
        """Add a band along a line."""
        pens = ribbon(spine, widths)
        ends = (0, len(spine) - 1, len(spine), -1)
        self.add(layer, label, pens, sharp=ends, steps=steps if len(spine) > 2 else 1)
