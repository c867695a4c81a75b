"""A bird as labelled curves on a skeleton: control points with bones, frames to measure in, and smooth curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from birdmml.species import MARKS, PARTS

# A label is 4 * number of the part + tone; 0 is nothing.
PLAIN, LIGHT, DARK, SPECKLE = range(4)
NAMES = ("nothing", *PARTS, *MARKS, "iris", "pupil", "glint", "claw", "inner")
_NUMBERS = {name: place for place, name in enumerate(NAMES)}
# The skull moves with the head, but is as round from any side; what is drawn on the head is not.
BODY, HEAD, TAIL, WING, FOOT, SKULL = range(6)
BONES = 6


def number(name: str) -> int:
    """Return the number of a part, a mark, or a detail such as ``"pupil"``."""
    return _NUMBERS[name]


def label(name: str, tone: int = PLAIN) -> int:
    """Return the label, in [0, 256), of a part in a tone."""
    return 4 * _NUMBERS[name] + tone


def curve_weights(points: np.ndarray, *, sharp: Sequence[int] = (), steps: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Return from which four control points each sample of a closed centripetal Catmull-Rom curve is made, and how."""
    count = len(points)
    corner = np.zeros(count, dtype=bool)
    corner[list(sharp)] = True
    after = np.arange(1, count + 1) % count
    gaps = np.maximum(np.sqrt(np.hypot(*(points[after] - points).T)), 1e-4)
    start, end = _tangents(gaps, corner)
    basis = _hermite(steps)[None, :, :, None]
    ends = np.stack(
        [np.tile((0.0, 1, 0, 0), (count, 1)), start, np.tile((0.0, 0, 1, 0), (count, 1)), end[after]], axis=1
    )
    ends[:, (1, 3)] *= gaps[:, None, None]
    weights = (basis * ends[:, None]).sum(axis=2).reshape(-1, 4)
    places = (np.arange(count)[:, None] + np.arange(-1, 3)) % count
    places = places.repeat(steps, axis=0)
    return places.astype(np.int32), weights.astype(np.float32)


@lru_cache(maxsize=64)
def _hermite(steps: int) -> np.ndarray:
    """Weights, shape (steps, 4), of the first point, its tangent, the last point and its tangent."""
    t = np.arange(steps) / steps
    return np.stack([2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t, 3 * t**2 - 2 * t**3, t**3 - t**2], axis=1)


def _tangents(gaps: np.ndarray, corner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights, shape (points, 4), of the tangents per unit of knot: where a segment starts, and where one ends.

    At a corner a segment leaves straight for the next point, and arrives straight from the last.
    """
    before = np.roll(gaps, 1)
    both = 1 / (before + gaps)
    smooth = np.stack([both - 1 / before, 1 / before - 1 / gaps, 1 / gaps - both], axis=1)
    none = np.zeros(len(gaps))
    leaving = np.stack([none, -1 / gaps, 1 / gaps], axis=1)
    arriving = np.stack([-1 / before, 1 / before, none], axis=1)
    start, end = np.zeros((len(gaps), 4)), np.zeros((len(gaps), 4))
    start[:, 0:3] = np.where(corner[:, None], leaving, smooth)
    end[:, 1:4] = np.where(corner[:, None], arriving, smooth)
    return start, end


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
