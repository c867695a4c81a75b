"""What birds rest on besides wood: wires, reeds, stones and feeders; and the list of all supports."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from birdmml.picture.wood import (
    DARK,
    EXTRA,
    LEAF,
    LIGHT,
    MIDDLE,
    SHADOW,
    Foothold,
    Shape,
    branch,
    limb,
    post,
    snag,
    trunk,
    twig,
)

__all__ = ["MAKERS", "Foothold", "Shape"]


def _wire(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    half = max(foot.unit * 0.018, 0.7)
    x = np.linspace(-4, foot.size + 4, 7)
    y = foot.y + half + (x - foot.x) * (draws[0] - 0.5) * 0.24
    return limb(x, y, np.full(7, half), False)[:2]


def _stem(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    """Make a reed that bends under the bird, and upright ones with cattails beside it."""
    shapes: list[Shape] = []
    for i in range(1, 5):
        half = max(foot.unit * 0.026, 0.8)
        lean = (draws[i] - 0.5) * 0.3
        x0 = foot.x + foot.unit * (0.35 + 0.5 * draws[4 + i]) * (1 if i % 2 else -1) * i
        low, top = foot.size + 4.0, -6.0
        if i < 3:
            top = foot.size * (0.02 + 0.4 * draws[8 + i])
            fat, tall = foot.unit * 0.075, foot.unit * 0.26
            head = np.array(
                [(0, -1.0), (0.8, -0.85), (1, 0), (0.8, 0.85), (0, 1.0), (-0.8, 0.85), (-1, 0), (-0.8, -0.85)]
            )
            shapes.append((EXTRA, head * (fat, tall) + (x0 + lean * (top - low), top + tall)))
        line, thick = np.array([(x0 + lean * (top - low), top), (x0, low)]), np.array([half, 0.0])
        shapes.insert(0, (DARK, np.concatenate([line - thick, (line + thick)[::-1]])))
        shapes.insert(1, (MIDDLE, np.concatenate([line - thick, (line + 0.2 * thick)[::-1]])))
    side = 1 if draws[0] < 0.5 else -1
    t = np.linspace(-1, 1, 12)
    halves = max(foot.unit * 0.034, 0.9) * (1 - 0.6 * np.clip(t, 0, 1))
    x = foot.x + side * foot.unit * np.where(t < 0, 1.1 * t + 0.35 * t**2, 1.0 * t)
    y = foot.y + halves * 0.8 + foot.size * np.where(t < 0, 0.9 * t**2, 0.16 * t**2)
    order = np.argsort(x)
    return shapes + limb(x[order], y[order], halves[order], False)


# Outline of a stone from left to right, in widths and heights from where the bird stands.
PROFILE = (
    *((-1.3, 1.0), (-1.05, 0.5), (-0.8, 0.2), (-0.4, 0.03), (0.0, 0.0)),
    *((0.35, 0.0), (0.7, 0.16), (1.05, 0.5), (1.25, 1.0)),
)


def _stone(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    wide, low = foot.unit * (0.9 + 0.8 * draws[0]), foot.size + 4.0
    profile = np.array(PROFILE)
    profile[:, 0] += (draws[1:10] - 0.5) * 0.16
    tall = max(low - foot.y, foot.unit * 0.4)
    edge = profile * (wide, tall) + (foot.x, foot.y)
    shapes: list[Shape] = [(DARK, np.concatenate([edge, [(edge[-1, 0], low), (edge[0, 0], low)]]))]
    shapes.append((MIDDLE, np.concatenate([edge[1:8], edge[6:2:-1] + np.array([wide * 0.1, tall * 0.5])])))
    shapes.append((LIGHT, np.concatenate([edge[2:7], edge[5:2:-1] + np.array([0, tall * 0.12])])))
    return shapes + _lichen(foot, draws, wide, tall)


def _lichen(foot: Foothold, draws: np.ndarray, wide: float, tall: float) -> list[Shape]:
    """Make spots of lichen and dents in a stone."""
    shapes = []
    for i in range(5):
        x, y = foot.x + wide * (draws[12 + i] * 1.6 - 0.8), foot.y + tall * (0.3 + 0.6 * draws[20 + i])
        r = foot.unit * 0.16 * draws[28 + i]
        spot = np.array([(x - r, y), (x, y - r * 0.4), (x + r, y), (x, y + r * 0.5)])
        shapes.append((LEAF if i % 2 else SHADOW, spot))
    return shapes


def _box(color: int, x0: float, y0: float, x1: float, y1: float) -> Shape:
    return color, np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _feeder(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    """Make a tube with a perch, where there is room for one, or else a tray with seeds."""
    tube = foot.x + foot.facing * foot.unit * 1.02
    if draws[2] < 0.7 and 0.06 < tube / foot.size < 0.94:
        return _tube(foot, tube)
    return _tray(foot, draws)


def _tube(foot: Foothold, x: float) -> list[Shape]:
    unit, y, wide = foot.unit, foot.y, foot.unit * 0.26
    bottom = y + unit * 0.35
    shapes = [_box(EXTRA, x - wide, -4, x + wide, bottom), _box(LIGHT, x - wide * 0.5, -4, x - wide * 0.2, bottom)]
    shapes.append(_box(DARK, x - wide * 1.1, bottom, x + wide * 1.1, bottom + unit * 0.14))
    for low in (y - 0.8 * unit, y):  # Holes, above perches.
        shapes.append(_box(SHADOW, x - wide * 0.22, low - 0.14 * unit, x + wide * 0.22, low))
    ends = sorted((foot.x - foot.facing * unit * 0.2, x + foot.facing * wide))
    return [*shapes, _box(DARK, ends[0], y, ends[1], y + max(foot.girth * 0.4, 2.0))]


def _tray(foot: Foothold, draws: np.ndarray) -> list[Shape]:
    thick, half, y = max(foot.girth * 0.4, 2.0), foot.unit * (0.95 + 0.4 * draws[0]), foot.y
    middle = foot.x + foot.facing * foot.unit * (0.10 + 0.2 * draws[1])
    left, right = middle - half, middle + half
    shapes = [_box(DARK, left, y, right, y + thick * 2.2), _box(MIDDLE, left, y, right, y + thick * 1.4)]
    shapes += [_box(LIGHT, left, y, right, y + thick * 0.5)]
    shapes += [_box(DARK, middle - thick, y + thick * 2.2, middle + thick, foot.size + 4)]
    for i in range(9):
        x, r = left + (right - left) * draws[8 + i], max(foot.unit * 0.022, 0.6)
        shapes.append((EXTRA if i % 2 else SHADOW, np.array([(x - r, y), (x, y - r * 1.4), (x + r, y)])))
    return shapes


def _nectar(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    """Make a red feeder with a flower where the tip of the bill is."""
    unit, side = foot.unit, foot.facing
    x, y = foot.x + side * unit * 0.42, foot.y
    dish = np.array([(-0.46, 0.0), (-0.34, -0.12), (0.34, -0.12), (0.46, 0.0), (0.34, 0.16), (-0.34, 0.16)])
    bottle = np.array([(-0.2, -4.0), (0.2, -4.0), (0.24, -0.2), (0.1, -0.1), (-0.1, -0.1), (-0.24, -0.2)])
    flower = np.array([(0, -0.09), (0.05, -0.03), (0.09, 0.02), (0.04, 0.06), (0, 0.1), (-0.06, 0.04), (-0.08, -0.02)])
    place = (x, y + 0.02 * unit)
    shapes = [(EXTRA, bottle * unit + place), (DARK, dish * unit + place), (MIDDLE, dish * (unit, unit * 0.7) + place)]
    shapes.append((LIGHT, dish[:4] * (unit * 0.8, unit * 0.8) + place))
    return [*shapes, (LEAF, flower * unit + (foot.x + side * unit * 0.03, y))]


MAKERS: dict[str, Callable[[Foothold, np.ndarray, bool], list[Shape]]] = {
    "branch": branch,
    "twig": twig,
    "post": post,
    "snag": snag,
    "trunk": trunk,
    "wire": _wire,
    "stem": _stem,
    "stone": _stone,
    "feeder": _feeder,
    "nectar": _nectar,
}
