"""What birds rest on: branches, posts, trunks, stones, wires, stems and feeders, drawn sharp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from birdmml.picture.bank import crop, grain
from birdmml.picture.canvas import Canvas
from birdmml.picture.paint import color_table, over, reduce_labels

__all__ = ["Foothold", "cast_shadow", "lay_shapes", "lay_support"]

Shape = tuple[int, np.ndarray]
DARK, MIDDLE, LIGHT, LEAF, LEAF_LIGHT, EXTRA, WHITE, SHADOW = range(1, 9)


@dataclass(frozen=True)
class Foothold:
    """Where the bird stands, in pixels: the feet, the length of its body, how thick its perch is, and where it faces."""

    x: float
    y: float
    unit: float
    girth: float
    facing: int
    size: int


def lay_shapes(
    frame: np.ndarray,
    shapes: Sequence[Shape],
    colors: np.ndarray,
    rough: float,
    phase: int,
    shadow: tuple[Foothold, float] | None = None,
) -> np.ndarray | None:
    """Paint polygons over a picture, in place, with smooth edges.

    Parameters
    ----------
    frame : ndarray of uint8, shape (3, size, size)
        The picture so far.
    shapes : sequence of (int, ndarray of float, shape (n, 2))
        Rows of ``colors`` from 1, and corners in pixels.
    colors : ndarray of uint8, shape (k, 3)
        Colours.
    rough : float
        How much the texture of bark or stone shows, in [0, 1].
    phase : int
        Which part of the texture.
    shadow : (Foothold, float), optional
        Who stands on it, and how deep its shadow is.

    Returns
    -------
    ndarray of bool, shape (size, size), or None
        Where something was painted; None if nowhere.
    """
    size = frame.shape[1]
    corners = np.concatenate([points for _, points in shapes])
    x0, y0 = (int(v) for v in np.clip(np.floor(corners.min(axis=0)), 0, size))
    x1, y1 = (int(v) for v in np.clip(np.ceil(corners.max(axis=0)) + 1, 0, size))
    if x1 <= x0 or y1 <= y0:
        return None
    labels = np.zeros((2 * (y1 - y0), 2 * (x1 - x0)), dtype=np.uint8)
    fill = Canvas(labels).fill
    for color, points in shapes:
        fill(np.ascontiguousarray((points - (x0, y0)) * 2, dtype=np.float32), color)
    layer = reduce_labels(labels, color_table(colors))
    if rough:
        relief = (crop(grain(), y1 - y0, x1 - x0, phase, phase * 3) * int(rough * 16)) >> 4
        relief += 128
        tinted = layer.colors
        tinted *= relief.view(np.uint16)
        tinted >>= np.uint16(7)
        np.minimum(tinted, layer.opacity, out=tinted)
    if shadow:
        cast_shadow(layer.colors, *shadow, y0, x0)
    over(frame, layer, y0, x0)
    cover = np.zeros((size, size), dtype=bool)
    cover[y0:y1, x0:x1] = layer.opacity > 127
    return cover


def lay_support(
    frame: np.ndarray,
    support: str,
    foot: Foothold,
    colors: np.ndarray,
    scene: np.random.Generator,
    *,
    snowy: bool,
    shadow: float,
) -> None:
    """Draw the support of a bird into a picture, in place, with the bird's shadow on it; see `Foothold`."""
    maker = MAKERS.get(support)
    if maker is None:
        return
    phase = int(scene.integers(512))
    shapes = maker(foot, scene.random(64), snowy)
    rough = 0.9 if support in ("trunk", "stone", "snag", "branch", "post") else 0.3
    lay_shapes(frame, shapes, colors, rough, phase, None if support in ("trunk", "wire", "stem") else (foot, shadow))


def cast_shadow(pixels: np.ndarray, foot: Foothold, depth: float, row: int = 0, column: int = 0) -> None:
    """Darken what is below a bird, in place, in a window of the picture whose upper left corner is given."""
    height, width = pixels.shape[1:]
    x, y = foot.x - column, foot.y - row
    half, tall = foot.unit * 0.48, foot.unit * 0.10
    x0, x1 = (int(v) for v in np.clip((x - half, x + half), 0, width))
    y0, y1 = (int(v) for v in np.clip((y - tall * 0.5, y + 1.9 * tall), 0, height))
    if x1 <= x0 or y1 <= y0:
        return
    across = ((np.arange(x0, x1, dtype=np.float32) - x) / half) ** 2
    down = ((np.arange(y0, y1, dtype=np.float32) - y - tall * 0.7) / (1.2 * tall)) ** 2
    keep = (256 * (1 - np.clip(1 - across[None] - down[:, None], 0, 1) * depth)).astype(np.uint16)
    window = pixels[:, y0:y1, x0:x1]
    window[:] = (window * keep) >> np.uint16(8)


def _limb(x: np.ndarray, y: np.ndarray, half: np.ndarray, snowy: bool) -> list[Shape]:
    """A limb along a line, lit from above; half its thickness at each point."""
    shapes = []
    for color, top, bottom in ((DARK, -1.0, 1.0), (MIDDLE, -1.0, 0.45), (LIGHT, -0.82, -0.25)):
        upper, lower = y + half * top, y + half * bottom
        shapes.append((color, np.stack([np.r_[x, x[::-1]], np.r_[upper, lower[::-1]]], axis=1)))
    if snowy:
        cap = np.r_[y - half * 1.9, (y - half * 0.55)[::-1]]
        shapes.append((WHITE, np.stack([np.r_[x, x[::-1]], cap], axis=1)))
    return shapes


def _leaf(x: float, y: float, angle: float, length: float) -> list[Shape]:
    along = np.array([0, 0.25, 0.55, 0.8, 1.0, 0.8, 0.55, 0.25]) * length
    across = np.array([0, 0.20, 0.26, 0.16, 0, -0.16, -0.26, -0.20]) * length
    cos, sin = np.cos(angle), np.sin(angle)
    points = np.stack([x + along * cos - across * sin, y + along * sin + across * cos], axis=1)
    return [(LEAF, points), (LEAF_LIGHT, points[:5])]


def _branch(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    half = foot.girth / 2
    x = np.linspace(-4, foot.size + 4, 11)
    away = (x - foot.x) / foot.size
    bumps = (draws[:11] - 0.5) * half * 0.5 * np.minimum(np.abs(away) * 6, 1)
    y = (
        foot.y
        + half * 0.92
        + foot.size * ((draws[11] - 0.5) * 0.34 * away + (draws[12] - 0.5) * 0.30 * away**2)
        + bumps
    )
    taper = 1 - 0.5 * (away if draws[13] < 0.5 else -away)
    shapes = _limb(x, y, half * np.clip(taper, 0.35, 1.5), False)
    side = []
    for i in range(3):
        start, up, reach = draws[16 + 3 * i : 19 + 3 * i]
        x0 = start * foot.size
        if abs(x0 - foot.x) < foot.unit * 0.5:
            continue
        y0 = float(np.interp(x0, x, y))
        rise = -1 if up < 0.7 else 1
        ends = np.linspace(0, 1, 5)
        dx = foot.size * (0.05 + 0.22 * reach) * (1 if start > 0.5 else -1)
        line_y = y0 + rise * foot.size * 0.20 * (0.3 + reach) * ends**1.3
        side += _limb(x0 + dx * ends, line_y, half * 0.32 * (1 - 0.7 * ends), False)
        if draws[28 + i] < 0.75 and not snowy:
            for k in range(3):
                angle = (draws[32 + 3 * i + k] - 0.5) * 2.6 + (0 if dx > 0 else np.pi)
                j = k + 2
                side += _leaf(x0 + dx * ends[j], line_y[j], angle, foot.size * (0.045 + 0.05 * draws[44 + 3 * i + k]))
    if snowy:
        reach = np.clip(np.abs(x - foot.x) / (0.35 * foot.unit + 1), 0, 1)
        top = y - half * np.clip(taper, 0.35, 1.5)
        cap = np.r_[top - half * (0.2 + 0.9 * reach * (0.5 + draws[50:61])), (top + half * 0.35)[::-1]]
        shapes.append((WHITE, np.stack([np.r_[x, x[::-1]], cap], axis=1)))
    return side + shapes


def _twig(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    slim = Foothold(foot.x, foot.y, foot.unit, foot.girth * 0.55, foot.facing, foot.size)
    return _branch(slim, draws, snowy)


def _column(x0: float, x1: float, top: float, size: int, bias: float) -> list[Shape]:
    """An upright post between two edges, darker on the side away from the light."""

    def slab(color: int, a: float, b: float) -> Shape:
        left, right = x0 + (x1 - x0) * a, x0 + (x1 - x0) * b
        return color, np.array([(left, top), (right, top), (right, size + 4.0), (left, size + 4.0)])

    return [
        slab(DARK, 0, 1),
        slab(MIDDLE, 0.0 if bias < 0.5 else 0.3, 0.7 if bias < 0.5 else 1.0),
        slab(LIGHT, 0.25, 0.5),
    ]


def _post(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    half = max(foot.unit * (0.24 + 0.10 * draws[0]), foot.girth)
    shapes = _column(foot.x - half, foot.x + half, foot.y, foot.size, draws[1])
    rim = half * 0.22
    lid = [
        (foot.x - half, foot.y),
        (foot.x - half * 0.6, foot.y - rim * 0.4),
        (foot.x + half * 0.6, foot.y - rim * 0.4),
    ]
    lid += [(foot.x + half, foot.y), (foot.x + half * 0.9, foot.y + rim), (foot.x - half * 0.9, foot.y + rim)]
    shapes.append((WHITE if snowy else LIGHT, np.array(lid)))
    for a in draws[2:5]:
        x = foot.x + half * (a * 1.6 - 0.8)
        shapes.append(
            (
                SHADOW,
                np.array(
                    [(x, foot.y + half), (x + 1.2, foot.y + half * 2), (x + 0.6, foot.size), (x - 0.4, foot.size)]
                ),
            )
        )
    return shapes


def _snag(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    half = max(foot.unit * (0.16 + 0.08 * draws[0]), foot.girth * 0.8)
    lean = (draws[1] - 0.5) * 0.4
    low = foot.size + 4.0
    drop = low - foot.y

    def edge(share: float, y: float) -> tuple[float, float]:
        down = (y - foot.y) / max(drop, 1)
        return foot.x + lean * (y - foot.y) + half * share * (1 + 0.8 * down), y

    top = [
        edge(-1, foot.y + half * 0.3),
        edge(-0.5, foot.y - half * 0.05),
        edge(0.2, foot.y),
        edge(0.7, foot.y - half * 0.1),
        edge(1, foot.y + half * 0.5),
    ]
    shapes: list[Shape] = [(DARK, np.array([*top, edge(1, low), edge(-1, low)]))]
    shapes.append((MIDDLE, np.array([*top[:4], edge(0.45, low), edge(-1, low)])))
    shapes.append(
        (
            LIGHT,
            np.array(
                [edge(-0.6, foot.y + half * 0.2), edge(-0.1, foot.y + half * 0.1), edge(-0.2, low), edge(-0.7, low)]
            ),
        )
    )
    y0 = foot.y + drop * (0.3 + 0.4 * draws[2])
    ends = np.linspace(0, 1, 5)
    side = 1 if draws[3] < 0.5 else -1
    x = foot.x + lean * (y0 - foot.y) + side * (half * 0.6 + ends * foot.unit * (0.5 + draws[4]))
    return _limb(x, y0 - ends * foot.unit * (0.2 + 0.5 * draws[5]), half * 0.34 * (1 - 0.6 * ends), False) + shapes


def _trunk(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    wide = foot.unit * (0.9 + 0.9 * draws[0])
    ys = np.linspace(-4, foot.size + 4, 9)
    lean = (draws[1] - 0.5) * 0.10
    wobble = (draws[2:11] - 0.5) * foot.unit * 0.05 * np.minimum(np.abs(ys - foot.y) / (foot.unit * 0.6), 1)
    near = foot.x + foot.facing * (lean * (ys - foot.y) + wobble)

    def slab(color: int, a: float, b: float) -> Shape:
        left, right = near + foot.facing * wide * a, near + foot.facing * wide * b
        return color, np.stack([np.r_[left, right[::-1]], np.r_[ys, ys[::-1]]], axis=1)

    shapes = [slab(DARK, 0.0, 1.0), slab(MIDDLE, 0.10, 0.82), slab(LIGHT, 0.22, 0.5)]
    for i in range(14):
        u, v = draws[12 + 2 * i], draws[13 + 2 * i]
        x = foot.x + foot.facing * wide * (0.06 + 0.86 * u)
        y, tall, thin = v * foot.size, foot.unit * (0.10 + 0.16 * draws[40 + i]), foot.unit * 0.018
        shapes.append(
            (SHADOW, np.array([(x, y - tall), (x + thin, y), (x + thin * 0.5, y + tall), (x - thin, y + tall * 0.2)]))
        )
    return shapes


def _wire(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    half = max(foot.unit * 0.018, 0.7)
    x = np.linspace(-4, foot.size + 4, 7)
    y = foot.y + half + (x - foot.x) * (draws[0] - 0.5) * 0.24
    return _limb(x, y, np.full(7, half), False)[:2]


def _stem(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    """A reed that bends under the bird, and upright ones with cattails beside it."""
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
        line = np.array([(x0 + lean * (top - low), top), (x0, low)])
        shapes.insert(0, (DARK, np.concatenate([line - (half, 0), (line + (half, 0))[::-1]])))
        shapes.insert(1, (MIDDLE, np.concatenate([line - (half, 0), (line + (half * 0.2, 0))[::-1]])))
    side = 1 if draws[0] < 0.5 else -1
    t = np.linspace(-1, 1, 12)
    half = np.full(12, max(foot.unit * 0.034, 0.9)) * (1 - 0.6 * np.clip(t, 0, 1))
    x = foot.x + side * foot.unit * np.where(t < 0, 1.1 * t + 0.35 * t**2, 1.0 * t)
    y = foot.y + half * 0.8 + foot.size * np.where(t < 0, 0.9 * t**2, 0.16 * t**2)
    order = np.argsort(x)
    return shapes + _limb(x[order], y[order], half[order], False)


def _stone(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    wide, low = foot.unit * (0.9 + 0.8 * draws[0]), foot.size + 4.0
    profile = np.array(
        [
            (-1.3, 1.0),
            (-1.05, 0.5),
            (-0.8, 0.2),
            (-0.4, 0.03),
            (0.0, 0.0),
            (0.35, 0.0),
            (0.7, 0.16),
            (1.05, 0.5),
            (1.25, 1.0),
        ]
    )
    profile[:, 0] += (draws[1:10] - 0.5) * 0.16
    scale = (wide, max(low - foot.y, foot.unit * 0.4))
    edge = profile * scale + (foot.x, foot.y)
    shapes: list[Shape] = [(DARK, np.concatenate([edge, [(edge[-1, 0], low), (edge[0, 0], low)]]))]
    shapes.append((MIDDLE, np.concatenate([edge[1:8], edge[6:2:-1] * (1, 1) + (wide * 0.1, scale[1] * 0.5)])))
    shapes.append((LIGHT, np.concatenate([edge[2:7], edge[5:2:-1] + (0, scale[1] * 0.12)])))
    for i in range(5):
        x, y = foot.x + wide * (draws[12 + i] * 1.6 - 0.8), foot.y + scale[1] * (0.3 + 0.6 * draws[20 + i])
        r = foot.unit * 0.16 * draws[28 + i]
        shapes.append(
            (LEAF if i % 2 else SHADOW, np.array([(x - r, y), (x, y - r * 0.4), (x + r, y), (x, y + r * 0.5)]))
        )
    return shapes


def _feeder(foot: Foothold, draws: np.ndarray, snowy: bool) -> list[Shape]:
    thick, half = max(foot.girth * 0.4, 2.0), foot.unit * (0.95 + 0.4 * draws[0])
    back = foot.facing * foot.unit * (0.10 + 0.2 * draws[1])
    left, right = foot.x + back - half, foot.x + back + half
    y = foot.y

    def box(color: int, x0: float, y0: float, x1: float, y1: float) -> Shape:
        return color, np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])

    tube = foot.x + foot.facing * foot.unit * 1.02
    if draws[2] < 0.7 and 0.06 < tube / foot.size < 0.94:
        wide = foot.unit * 0.26
        bottom = y + foot.unit * 0.35
        shapes = [
            box(EXTRA, tube - wide, -4, tube + wide, bottom),
            box(LIGHT, tube - wide * 0.5, -4, tube - wide * 0.2, bottom),
        ]
        shapes += [box(DARK, tube - wide * 1.1, bottom, tube + wide * 1.1, bottom + foot.unit * 0.14)]
        for k in (-1, 0):
            shapes.append(
                box(
                    SHADOW,
                    tube - wide * 0.22,
                    y + k * foot.unit * 0.8 - 0.14 * foot.unit,
                    tube + wide * 0.22,
                    y + k * foot.unit * 0.8,
                )
            )
        ends = sorted((foot.x - foot.facing * foot.unit * 0.2, tube + foot.facing * wide))
        return [*shapes, box(DARK, ends[0], y, ends[1], y + thick)]
    shapes = [box(DARK, left, y, right, y + thick * 2.2), box(MIDDLE, left, y, right, y + thick * 1.4)]
    shapes += [box(LIGHT, left, y, right, y + thick * 0.5)]
    shapes += [box(DARK, foot.x + back - thick, y + thick * 2.2, foot.x + back + thick, foot.size + 4)]
    for i in range(9):
        x, r = left + (right - left) * draws[8 + i], max(foot.unit * 0.022, 0.6)
        shapes.append((EXTRA if i % 2 else SHADOW, np.array([(x - r, y), (x, y - r * 1.4), (x + r, y)])))
    return shapes


MAKERS: dict[str, Callable[[Foothold, np.ndarray, bool], list[Shape]]] = {
    "branch": _branch,
    "twig": _twig,
    "post": _post,
    "snag": _snag,
    "trunk": _trunk,
    "wire": _wire,
    "stem": _stem,
    "stone": _stone,
    "feeder": _feeder,
}
