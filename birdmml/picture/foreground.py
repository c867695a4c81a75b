"""What is in front of the bird: leaves and stalks out of focus, and sharp blades of grass at its feet."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from birdmml.picture.paint import Layer, over, upscale
from birdmml.picture.props import Shape, lay_shapes

__all__ = ["lay_blades", "lay_veil"]


def lay_veil(
    frame: np.ndarray, kind: str, near: tuple[float, float], look: np.ndarray, draws: np.ndarray
) -> np.ndarray:
    """Draw blurred leaves or stalks before a picture, in place.

    Parameters
    ----------
    frame : ndarray of uint8, shape (3, size, size)
        The picture so far.
    kind : {"leaves", "stalks"}
        What hangs in front.
    near : tuple of float
        Where the first of them lies, in pixels.
    look : ndarray of uint8, shape (6, 3)
        Colours of the scene.
    draws : ndarray of float, shape (24,)
        Numbers in [0, 1).

    Returns
    -------
    ndarray of bool, shape (size, size)
        What it hides.
    """
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
            _leaf(draw, x, y, c * 6.283, side * (0.10 + 0.12 * d))
    return mask.filter(ImageFilter.BoxBlur(1))


def _leaf(draw: ImageDraw.ImageDraw, x: float, y: float, angle: float, length: float) -> None:
    along = np.array([-0.5, -0.2, 0.15, 0.5, 0.15, -0.2]) * length
    across = np.array([0, 0.24, 0.2, 0, -0.2, -0.24]) * length
    cos, sin = np.cos(angle), np.sin(angle)
    points = np.stack([x + along * cos - across * sin, y + along * sin + across * cos], axis=1)
    draw.polygon(points.ravel().tolist(), fill=235)


def lay_blades(
    frame: np.ndarray, x: float, y: float, unit: float, colors: np.ndarray, draws: np.ndarray, count: int = 14
) -> np.ndarray | None:
    """Draw sharp blades of grass before the feet of a bird, in place.

    Returns
    -------
    ndarray of bool, shape (size, size), or None
        What they hide.
    """
    shapes: list[Shape] = []
    for a, b, c in draws[: 3 * count].reshape(-1, 3).tolist():
        root = x + (a - 0.5) * unit * 2.4
        low = y + unit * (0.10 + 0.22 * c)
        tall, lean, thin = unit * (0.16 + 0.34 * b), unit * (c - 0.5) * 0.4, max(unit * 0.016, 0.6)
        blade = np.array(
            [(root - thin, low), (root + lean * 0.4, low - tall * 0.6), (root + lean, low - tall), (root + thin, low)]
        )
        shapes.append((1 + int(3 * b), blade))
    painted = lay_shapes(frame, shapes, colors, None, 0)
    if painted is None:
        return None
    window, row, column = painted
    cover = np.zeros(frame.shape[1:], dtype=bool)
    cover[row : row + window.shape[0], column : column + window.shape[1]] = window
    return cover
