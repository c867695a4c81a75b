"""What birds rest on, painted sharp into the picture, with the shadow of the bird on it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from birdmml.picture.bank import crop, grain
from birdmml.picture.canvas import Canvas
from birdmml.picture.paint import color_table, over, reduce_labels
from birdmml.picture.supports import MAKERS, Foothold, Shape

__all__ = ["Foothold", "cast_shadow", "lay_shapes", "lay_support"]


def lay_shapes(
    frame: np.ndarray,
    shapes: Sequence[Shape],
    colors: np.ndarray,
    rough: int | None,
    phase: int,
    shadow: tuple[Foothold, float] | None = None,
) -> tuple[np.ndarray, int, int] | None:
    """Paint polygons over a picture, in place, with smooth edges.

    Parameters
    ----------
    frame : ndarray of uint8, shape (3, size, size)
        The picture so far.
    shapes : sequence of (int, ndarray of float, shape (n, 2))
        Rows of ``colors`` from 1, and corners in pixels.
    colors : ndarray of uint8, shape (k, 3)
        Colours.
    rough : int or None
        How often the texture of bark or stone is halved; None for smooth things.
    phase : int
        Which part of the texture.
    shadow : (Foothold, float), optional
        Who stands on it, and how deep its shadow is.

    Returns
    -------
    tuple of (ndarray of bool, row, column), or None
        Where something was painted, and the upper left corner of that window; None if nowhere.
    """
    size = frame.shape[1]
    corners = np.concatenate([points for _, points in shapes]).astype(np.float32)
    x0, y0 = (int(v) for v in np.clip(np.floor(corners.min(axis=0)), 0, size))
    x1, y1 = (int(v) for v in np.clip(np.ceil(corners.max(axis=0)) + 1, 0, size))
    if x1 <= x0 or y1 <= y0:
        return None
    labels = np.zeros((2 * (y1 - y0), 2 * (x1 - x0)), dtype=np.uint8)
    fill = Canvas(labels).fill
    corners -= np.array([x0, y0], dtype=np.float32)
    corners *= 2
    start = 0
    for color, points in shapes:
        fill(corners[start : start + len(points)], color)
        start += len(points)
    layer = reduce_labels(labels, color_table(colors))
    if rough is not None:
        relief = 128 + (crop(grain(), y1 - y0, x1 - x0, phase, phase * 3) >> np.int16(rough))
        tinted = layer.colors
        tinted *= relief.view(np.uint16)
        tinted >>= np.uint16(7)
        np.minimum(tinted, layer.opacity, out=tinted)
    if shadow:
        cast_shadow(layer.colors, *shadow, y0, x0)
    over(frame, layer, y0, x0)
    return layer.opacity > 127, y0, x0


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
    x0, x1 = (int(v) for v in np.clip((x - half, x + half), 0, width))
    y0, y1 = (int(v) for v in np.clip((y - tall * 0.5, y + 1.9 * tall), 0, height))
    if x1 <= x0 or y1 <= y0:
        return
    across = ((np.arange(x0, x1, dtype=np.float32) - x) / half) ** 2
    down = ((np.arange(y0, y1, dtype=np.float32) - y - tall * 0.7) / (1.2 * tall)) ** 2
    keep = (256 * (1 - np.clip(1 - across[None] - down[:, None], 0, 1) * depth)).astype(np.uint16)
    window = pixels[:, y0:y1, x0:x1]
    window[:] = (window * keep) >> np.uint16(8)
