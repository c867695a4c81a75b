"""What birds rest on, as polygons: branches, trunks, posts, wires, reeds, stones and feeders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

Polygon = tuple[int, np.ndarray]
DARK, MIDDLE, LIGHT, LEAF, LEAF_LIGHT, EXTRA, WHITE, SHADOW = range(1, 9)
# Outline of a stone from left to right, in widths and heights from where the bird stands.
LEFT = ((-1.3, 1.0), (-1.05, 0.5), (-0.8, 0.2), (-0.4, 0.03), (0.0, 0.0))
RIGHT = ((0.35, 0.0), (0.7, 0.16), (1.05, 0.5), (1.25, 1.0))


@dataclass(frozen=True)
class Foothold:
    """Where a bird stands, in pixels: its feet, the length of its body, the girth of its perch; and where it faces."""

    x: float
    y: float
    unit: float
    girth: float
    facing: int
    size: int


def limb(x: np.ndarray, y: np.ndarray, half: np.ndarray, snowy: bool) -> list[Polygon]:
    """Return a limb along a line, lit from above; ``half`` is half its thickness at each point."""
    around = np.concatenate([x, x[::-1]])
    bands = [(DARK, -1.0, 1.0), (MIDDLE, -1.0, 0.45), (LIGHT, -0.82, -0.25)]
    if snowy:
        bands.append((WHITE, -1.9, -0.55))
    shapes = []
    for color, top, bottom in bands:
        corners = np.empty((len(around), 2), dtype=np.float32)
        corners[:, 0] = around
        corners[: len(x), 1] = y + half * top
        corners[len(x) :, 1] = (y + half * bottom)[::-1]
        shapes.append((color, corners))
    return shapes


def leaf_points(along: list[float], across: list[float], x: float, y: float, angle: float, length: float) -> np.ndarray:
    """Return the corners of a leaf, given along and across it in lengths, that grows at an angle from a point."""
    u, v = np.array(along) * length, np.array(across) * length
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([x + u * cos - v * sin, y + u * sin + v * cos], axis=1)


def _leaf(x: float, y: float, angle: float, length: float) -> list[Polygon]:
    along, across = [0, 0.25, 0.55, 0.8, 1.0, 0.8, 0.55, 0.25], [0, 0.20, 0.26, 0.16, 0, -0.16, -0.26, -0.20]
    points = leaf_points(along, across, x, y, angle, length)
    return [(LEAF, points), (LEAF_LIGHT, points[:5])]


def branch(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    """Return a branch across the picture, below the feet, with side twigs and leaves, or with snow on it."""
    half = foot.girth / 2
    x = np.linspace(-4, foot.size + 4, 11)
    away = (x - foot.x) / foot.size
    bumps = (draws[:11] - 0.5) * half * 0.5 * np.minimum(np.abs(away) * 6, 1)
    slope, bow = (draws[11] - 0.5) * 0.34, (draws[12] - 0.5) * 0.30
    y = foot.y + half * 0.92 + foot.size * (slope * away + bow * away**2) + bumps
    halves = half * np.clip(1 - 0.5 * (away if draws[13] < 0.5 else -away), 0.35, 1.5)
    shapes: list[Polygon] = []
    for i in range(2):
        shapes += _side_twig(foot, x, y, draws[16 + 16 * i : 32 + 16 * i], leafy=not snowy)
    shapes += limb(x, y, halves, False)
    if snowy:
        clear = np.clip(np.abs(x - foot.x) / (0.35 * foot.unit + 1), 0, 1)  # The bird has swept its perch.
        cap = y - halves - half * (0.2 + 0.9 * clear * (0.5 + draws[50:61]))
        around = np.concatenate([cap, (y - halves + half * 0.35)[::-1]])
        shapes.append((WHITE, np.stack([np.concatenate([x, x[::-1]]), around], axis=1)))
    return shapes


def _side_twig(foot: Foothold, x: np.ndarray, y: np.ndarray, draws: np.ndarray, *, leafy: bool) -> list[Polygon]:
    """Return a twig that leaves a branch somewhere beside the bird."""
    start, up, reach = (float(draw) for draw in draws[:3])
    x0 = start * foot.size
    if abs(x0 - foot.x) < foot.unit * 0.5:
        return []
    ends = np.linspace(0, 1, 5)
    side = 1 if start > 0.5 else -1
    xs = x0 + side * foot.size * (0.05 + 0.22 * reach) * ends
    rise = -0.15 if up < 0.7 else 0.13
    ys = float(np.interp(x0, x, y)) + rise * foot.size * (0.3 + reach) * ends**1.3
    shapes = limb(xs, ys, foot.girth * 0.16 * (1 - 0.7 * ends), False)
    if leafy and draws[3] < 0.75:
        for k in range(3):
            angle = (draws[4 + k] - 0.5) * 2.6 + (0 if side > 0 else np.pi)
            shapes += _leaf(xs[k + 2], ys[k + 2], angle, foot.size * (0.045 + 0.05 * draws[8 + k]))
    return shapes


def twig(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    """Return a thin branch."""
    return branch(replace(foot, girth=foot.girth * 0.55), draws, snowy)


def post(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    """Return a sawn post below the feet, darker on the side away from the light."""
    half = max(foot.unit * (0.24 + 0.10 * draws[0]), foot.girth)
    x, y, low = foot.x, foot.y, foot.size + 4.0

    def slab(color: int, left: float, right: float) -> Polygon:
        """Return an upright strip between two shares of the half width."""
        a, b = x + half * left, x + half * right
        return color, np.array([(a, y), (b, y), (b, low), (a, low)])

    middle = (-1.0, 0.4) if draws[1] < 0.5 else (-0.4, 1.0)
    shapes = [slab(DARK, -1, 1), slab(MIDDLE, *middle), slab(LIGHT, -0.5, 0.0)]
    lid = np.array([(-1, 0), (-0.6, -0.09), (0.6, -0.09), (1, 0), (0.9, 0.22), (-0.9, 0.22)])
    shapes.append((WHITE if snowy else LIGHT, lid * half + (x, y)))
    for share in draws[2:5]:
        at = x + half * (share * 1.6 - 0.8)
        crack = [(at, y + half), (at + 1.2, y + half * 2), (at + 0.6, low), (at - 0.4, low)]
        shapes.append((SHADOW, np.array(crack)))
    return shapes


def snag(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    """Return a broken trunk below the feet, with the stub of a branch."""
    half = max(foot.unit * (0.16 + 0.08 * draws[0]), foot.girth * 0.8)
    lean, drop = (draws[1] - 0.5) * 0.4, foot.size + 4.0 - foot.y

    def edge(share: float, down: float) -> tuple[float, float]:
        """Return the point at a share of the half width, so many half widths below the top."""
        fall = down * half
        return foot.x + lean * fall + half * share * (1 + 0.8 * fall / max(drop, 1)), foot.y + fall

    low = drop / half
    top = [edge(-1, 0.3), edge(-0.5, -0.05), edge(0.2, 0), edge(0.7, -0.1), edge(1, 0.5)]
    shapes = [(DARK, np.array([*top, edge(1, low), edge(-1, low)]))]
    shapes.append((MIDDLE, np.array([*top[:4], edge(0.45, low), edge(-1, low)])))
    shapes.append((LIGHT, np.array([edge(-0.6, 0.2), edge(-0.1, 0.1), edge(-0.2, low), edge(-0.7, low)])))
    ends = np.linspace(0, 1, 5)
    start = drop * (0.3 + 0.4 * draws[2])
    reach = (half * 0.6 + ends * foot.unit * (0.5 + draws[4])) * (1 if draws[3] < 0.5 else -1)
    rise = foot.y + start - ends * foot.unit * (0.2 + 0.5 * draws[5])
    return limb(foot.x + lean * start + reach, rise, half * 0.34 * (1 - 0.6 * ends), False) + shapes


def trunk(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    """Return a trunk from top to bottom, whose near edge is at the feet, with furrows in its bark."""
    wide = foot.facing * foot.unit * (0.9 + 0.9 * draws[0])
    ys = np.linspace(-4, foot.size + 4, 9)
    lean = (draws[1] - 0.5) * 0.10
    wobble = (draws[2:11] - 0.5) * foot.unit * 0.05 * np.minimum(np.abs(ys - foot.y) / (foot.unit * 0.6), 1)
    near = foot.x + foot.facing * (lean * (ys - foot.y) + wobble)
    around = np.concatenate([ys, ys[::-1]])

    def slab(color: int, a: float, b: float) -> Polygon:
        """Return the strip between two shares of the width, along the near edge."""
        return color, np.stack([np.concatenate([near + wide * a, (near + wide * b)[::-1]]), around], axis=1)

    furrow = np.array([(0.0, -1.0), (1.0, 0.0), (0.5, 1.0), (-1.0, 0.2)])
    sizes = np.stack([np.full(14, 0.018), 0.10 + 0.16 * draws[40:54]], axis=1) * foot.unit
    places = np.stack([foot.x + wide * (0.06 + 0.86 * draws[12:26]), foot.size * draws[26:40]], axis=1)
    furrows = furrow * sizes[:, None] + places[:, None]
    shapes = [slab(DARK, 0.0, 1.0), slab(MIDDLE, 0.10, 0.82), slab(LIGHT, 0.22, 0.5)]
    return shapes + [(SHADOW, one) for one in furrows]


def _wire(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    half = max(foot.unit * 0.018, 0.7)
    x = np.linspace(-4, foot.size + 4, 7)
    y = foot.y + half + (x - foot.x) * (draws[0] - 0.5) * 0.24
    return limb(x, y, np.full(7, half), False)[:2]


def _stem(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    """Make a reed that bends under the bird, and upright ones with cattails beside it."""
    shapes: list[Polygon] = []
    for i in range(1, 5):
        half = max(foot.unit * 0.026, 0.8)
        lean = (draws[i] - 0.5) * 0.3
        x0 = foot.x + foot.unit * (0.35 + 0.5 * draws[4 + i]) * (1 if i % 2 else -1) * i
        low, top = foot.size + 4.0, -6.0
        if i < 3:
            top = foot.size * (0.02 + 0.4 * draws[8 + i])
            fat, tall = foot.unit * 0.075, foot.unit * 0.26
            right = [(0, -1.0), (0.8, -0.85), (1, 0), (0.8, 0.85)]
            head = np.array([*right, *((-x, -y) for x, y in right)])
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


def _stone(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    wide, low = foot.unit * (0.9 + 0.8 * draws[0]), foot.size + 4.0
    profile = np.array((*LEFT, *RIGHT))
    profile[:, 0] += (draws[1:10] - 0.5) * 0.16
    tall = max(low - foot.y, foot.unit * 0.4)
    edge = profile * (wide, tall) + (foot.x, foot.y)
    shapes: list[Polygon] = [(DARK, np.concatenate([edge, [(edge[-1, 0], low), (edge[0, 0], low)]]))]
    shapes.append((MIDDLE, np.concatenate([edge[1:8], edge[6:2:-1] + np.array([wide * 0.1, tall * 0.5])])))
    shapes.append((LIGHT, np.concatenate([edge[2:7], edge[5:2:-1] + np.array([0, tall * 0.12])])))
    return shapes + _lichen(foot, draws, wide, tall)


def _lichen(foot: Foothold, draws: np.ndarray, wide: float, tall: float) -> list[Polygon]:
    """Make spots of lichen and dents in a stone."""
    shapes = []
    for i in range(5):
        x, y = foot.x + wide * (draws[12 + i] * 1.6 - 0.8), foot.y + tall * (0.3 + 0.6 * draws[20 + i])
        r = foot.unit * 0.16 * draws[28 + i]
        spot = np.array([(x - r, y), (x, y - r * 0.4), (x + r, y), (x, y + r * 0.5)])
        shapes.append((LEAF if i % 2 else SHADOW, spot))
    return shapes


def _box(color: int, x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return color, np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _feeder(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
    """Make a tube with a perch, where there is room for one, or else a tray with seeds."""
    tube = foot.x + foot.facing * foot.unit * 1.02
    if draws[2] < 0.7 and 0.06 < tube / foot.size < 0.94:
        return _tube(foot, tube)
    return _tray(foot, draws)


def _tube(foot: Foothold, x: float) -> list[Polygon]:
    unit, y, wide = foot.unit, foot.y, foot.unit * 0.26
    bottom = y + unit * 0.35
    shapes = [_box(EXTRA, x - wide, -4, x + wide, bottom), _box(LIGHT, x - wide * 0.5, -4, x - wide * 0.2, bottom)]
    shapes.append(_box(DARK, x - wide * 1.1, bottom, x + wide * 1.1, bottom + unit * 0.14))
    for low in (y - 0.8 * unit, y):  # Holes, above perches.
        shapes.append(_box(SHADOW, x - wide * 0.22, low - 0.14 * unit, x + wide * 0.22, low))
    ends = sorted((foot.x - foot.facing * unit * 0.2, x + foot.facing * wide))
    return [*shapes, _box(DARK, ends[0], y, ends[1], y + max(foot.girth * 0.4, 2.0))]


def _tray(foot: Foothold, draws: np.ndarray) -> list[Polygon]:
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


def _nectar(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Polygon]:
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


MAKERS: dict[str, Callable[[Foothold, np.ndarray, bool], list[Polygon]]] = {
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
