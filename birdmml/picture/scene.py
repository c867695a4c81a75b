"""What is sharp around the bird: what it rests on and its shadow, what hangs in front of it, and water."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from birdmml.picture.bird import BirdLayer
from birdmml.picture.paint import Layer, color_table, filler, over, pixel, reduce_labels, upscale
from birdmml.picture.supports import MAKERS, Foothold, Polygon, leaf_points
from birdmml.picture.template import Template
from birdmml.picture.textures import crop, relief

# A leaf of the veil, along and across.
LEAF: tuple[list[float], list[float]] = ([-0.5, -0.2, 0.15, 0.5, 0.15, -0.2], [0, 0.24, 0.2, 0, -0.2, -0.24])


def lay_shapes(
    frame: np.ndarray,
    shapes: Sequence[Polygon],
    colors: np.ndarray,
    rough: int | None,
    phase: int,
    shadow: tuple[Foothold, float] | None = None,
) -> np.ndarray | None:  # bool, shape (size, size)
    """Paint polygons, each with its row of colours, over a picture in place; return what they cover."""
    size = frame.shape[1]
    corners = np.concatenate([points for _, points in shapes]).astype(np.float32)
    x0, y0 = (pixel(low, size) for low in corners.min(axis=0).tolist())
    x1, y1 = (pixel(math.ceil(high) + 1, size) for high in corners.max(axis=0).tolist())
    if x1 <= x0 or y1 <= y0:
        return None
    labels = np.zeros((2 * (y1 - y0), 2 * (x1 - x0)), dtype=np.uint8)
    fill = filler(labels)
    corners -= np.array([x0, y0], dtype=np.float32)
    corners *= 2
    start = 0
    for color, points in shapes:
        fill(corners[start : start + len(points)], color, 1)
        start += len(points)
    layer = reduce_labels(labels, color_table(colors))
    if rough is not None:
        surface = 128 + (crop(relief("grain"), y1 - y0, x1 - x0, phase, phase * 3) >> np.int16(rough))
        tinted = layer.colors
        tinted *= surface.view(np.uint16)
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
    rough = 0 if support in ("trunk", "stone", "snag", "branch", "post") else 2
    lay_shapes(frame, shapes, colors, rough, phase, None if support in ("trunk", "wire", "stem") else (foot, shadow))


def cast_shadow(pixels: np.ndarray, foot: Foothold, depth: float, row: int = 0, column: int = 0) -> None:
    """Darken what is below a bird, in place, in a window of the picture whose upper left corner is given."""
    height, width = pixels.shape[1:]
    x, y = foot.x - column, foot.y - row
    half, tall = foot.unit * 0.48, foot.unit * 0.10
    x0, x1 = pixel(x - half, width), pixel(x + half, width)
    y0, y1 = pixel(y - tall * 0.5, height), pixel(y + 1.9 * tall, height)
    if x1 <= x0 or y1 <= y0:
        return
    across = ((np.arange(x0, x1, dtype=np.float32) - x) / half) ** 2
    down = ((np.arange(y0, y1, dtype=np.float32) - y - tall * 0.7) / (1.2 * tall)) ** 2
    keep = (256 * (1 - np.clip(1 - across[None] - down[:, None], 0, 1) * depth)).astype(np.uint16)
    window = pixels[:, y0:y1, x0:x1]
    window[:] = (window * keep) >> np.uint16(8)


def lay_veil(
    frame: np.ndarray, kind: str, near: tuple[float, float], look: np.ndarray, draws: np.ndarray
) -> np.ndarray:  # bool, shape (size, size)
    """Draw blurred leaves or stalks before a picture, in place, by 24 numbers in [0, 1); return what they hide."""
    size = frame.shape[1]
    factor = 4 if size >= 64 else 2
    mask = _veil_mask(kind, near, draws, -(-size // factor) + 1, factor)
    color = (look[2] * (1 - draws[1]) + look[4] * draws[1]).astype(np.uint16)
    cover = np.zeros((size, size), dtype=bool)
    box = mask.getbbox()
    if box is None:
        return cover
    left, top = min(box[0], mask.width - 2), min(box[1], mask.width - 2)
    soft = np.asarray(mask)[None, top : box[3] + 1, left : box[2] + 1]
    y0, x0 = top * factor, left * factor
    height, width = min((soft.shape[1] - 1) * factor, size - y0), min((soft.shape[2] - 1) * factor, size - x0)
    if height <= 0 or width <= 0:
        return cover
    veil = upscale(soft, factor, height, width)[0].astype(np.uint16)
    over(frame, Layer((color[:, None, None] * veil) >> np.uint16(8), veil), y0, x0)
    cover[y0 : y0 + height, x0 : x0 + width] = veil > 110
    return cover


def _veil_mask(kind: str, near: tuple[float, float], draws: np.ndarray, side: int, factor: int) -> Image.Image:
    """Draw how dense the veil is, ``factor`` times as small as the picture."""
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    x0, y0 = near[0] / factor, near[1] / factor
    for i in range(1 + int(draws[0] * 3)):
        a, b, c, d = draws[4 + 4 * i : 8 + 4 * i]
        x = x0 + (0 if i == 0 else (a - 0.5) * side * 0.9)
        y = y0 + (0 if i == 0 else (b - 0.5) * side * 0.5)
        if kind == "stalks":
            lean = (c - 0.5) * 0.4 * side
            draw.line((x - lean, side, x + lean, -2), fill=225, width=max(1, int(side * (0.015 + 0.022 * d))))
        else:
            points = leaf_points(*LEAF, x, y, c * 6.283, side * (0.10 + 0.12 * d))
            draw.polygon(points.ravel().tolist(), fill=235)
    return mask.filter(ImageFilter.BoxBlur(1))


def lay_blades(
    frame: np.ndarray, x: float, y: float, unit: float, colors: np.ndarray, draws: np.ndarray, count: int = 14
) -> np.ndarray | None:  # bool, shape (size, size), or None
    """Draw sharp blades of grass before the feet of a bird, in place; return what they hide."""
    shapes: list[Polygon] = []
    for a, b, c in draws[: 3 * count].reshape(-1, 3).tolist():
        root = x + (a - 0.5) * unit * 2.4
        low = y + unit * (0.10 + 0.22 * c)
        tall, lean, thin = unit * (0.16 + 0.34 * b), unit * (c - 0.5) * 0.4, max(unit * 0.016, 0.6)
        tip = [(root + lean * 0.4, low - tall * 0.6), (root + lean, low - tall)]
        shapes.append((1 + int(3 * b), np.array([(root - thin, low), *tip, (root + thin, low)])))
    return lay_shapes(frame, shapes, colors, None, 0)


def immerse(
    frame: np.ndarray, layer: BirdLayer, template: Template, support: str, foot: Foothold, scene: np.random.Generator
) -> None:
    """Cut a bird in water at the water line, and lay its reflection on the water; both in place."""
    if support not in ("water", "shallows"):
        return
    height, width = layer.paint.opacity.shape
    if support == "water":
        body = template.shape.depth * foot.unit
        middle = foot.y + template.ground * foot.unit
        line = middle + 0.24 * body - layer.row
    else:
        line = foot.y - 0.22 * template.shape.leg * foot.unit - layer.row
    line = int(min(max(line, 1), height))
    edge = line + crop(relief("ripples"), 1, width, int(scene.integers(512)), int(scene.integers(512)))[0] // 24
    first = max(int(edge.min()), 0)  # All above is dry.
    dry = np.arange(first, height)[:, None] < edge
    layer.paint.colors[:, first:] *= dry
    layer.paint.opacity[first:] *= dry
    layer.labels[2 * first :] *= dry.repeat(2, axis=0).repeat(2, axis=1)
    _reflect(frame, layer, line, scene)


def _reflect(frame: np.ndarray, layer: BirdLayer, line: int, scene: np.random.Generator) -> None:
    size = frame.shape[1]
    height, width = layer.paint.opacity.shape
    top = layer.row + line
    rows = min(int(line * 0.8), size - top)
    if rows <= 1:
        return
    source = np.clip(line - 1 - (np.arange(rows) * 1.2).astype(int), 0, height - 1)
    wave = crop(relief("ripples"), rows, 1, int(scene.integers(512)), int(scene.integers(512)))[:, 0]
    shift = (wave * np.linspace(0.05, 0.22, rows)).astype(int)
    columns = np.clip(np.arange(width)[None] + shift[:, None], 0, width - 1)
    fade = np.linspace(150, 50, rows).astype(np.uint16)[:, None]
    mirrored = source[:, None] * width + columns
    colors = layer.paint.colors.reshape(3, -1).take(mirrored, axis=1)
    opacity = layer.paint.opacity.take(mirrored)
    over(frame, Layer((colors * fade) >> np.uint16(8), (opacity * fade) >> np.uint16(8)), top, layer.column)
    edge = frame[:, top : top + 2, layer.column : layer.column + width]
    wet = np.where(layer.paint.opacity[max(line - 2, 0)] > 0, 200, 256).astype(np.uint16)
    edge[:] = (edge * wet) >> np.uint16(8)
