"""One bird as a layer of the picture: its labels, its colours and its shading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from birdmml.picture.bank import crop, feathers, fray_mask
from birdmml.picture.labels import NAMES
from birdmml.picture.light import Light, shade
from birdmml.picture.paint import Layer, color_table, reduce_labels
from birdmml.picture.raster import draw_labels
from birdmml.picture.template import Template

Bounds = tuple[np.ndarray, np.ndarray]

__all__ = ["BirdLayer", "extent", "paint_bird", "part_map"]


@dataclass(frozen=True)
class BirdLayer:
    """A drawn bird.

    Attributes
    ----------
    labels : ndarray of uint8, shape (2 height, 2 width)
        Labels, see `birdmml.picture.labels`, at twice the size.
    paint : Layer
        Its colours, of shape (height, width).
    row, column : int
        Upper left corner within the picture.
    """

    labels: np.ndarray
    paint: Layer
    row: int
    column: int


def extent(template: Template, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest x and y of a bird, each of shape (2,)."""
    x, y = points[: template.bound, 0], points[: template.bound, 1]
    return np.array([x.min(), y.min()]), np.array([x.max(), y.max()])


def paint_bird(
    template: Template,
    points: np.ndarray,
    bounds: Bounds,
    colors: np.ndarray,
    light: Light,
    *,
    unit: float,
    size: int,
    phase: int,
) -> BirdLayer:
    """Draw a bird.

    Parameters
    ----------
    template : Template
        Which bird.
    points : ndarray of float32, shape (samples, 2)
        Its curves in pixels of the picture, y down.
    bounds : pair of ndarray
        Their `extent`, in the same pixels.
    colors : ndarray of uint8, shape (256, 3)
        From `coat`.
    light : Light
        The light.
    unit : float
        Length of the body, in pixels.
    size : int
        Of the picture, in pixels.
    phase : int
        Which part of the textures to use.

    Returns
    -------
    BirdLayer
        The part of the bird that lies in the picture.
    """
    low, high = bounds
    x0, y0 = (int(v) for v in np.clip(np.floor(low) - 2, 0, size - 2))
    x1, y1 = (int(v) for v in np.clip(np.ceil(high) + 3, 2, size))
    x1, y1 = max(x1, x0 + 2), max(y1, y0 + 2)
    around = np.ascontiguousarray((points - (x0, y0)) * 2, dtype=np.float32)
    fray = _fray(unit, 2 * (y1 - y0), 2 * (x1 - x0), phase)
    labels = draw_labels((2 * (x1 - x0), 2 * (y1 - y0)), around, template.layers, fray)
    paint = reduce_labels(labels, color_table(colors))
    _model(paint, light, template.anatomy.depth * unit * 0.5, phase)
    return BirdLayer(labels, paint, y0, x0)


def _fray(unit: float, height: int, width: int, phase: int) -> list[tuple[int, int, np.ndarray]]:
    step = max(1, round(unit / 110))
    return [(step, step, crop(fray_mask(), height, width, phase * 7, phase * 13))]


def _model(paint: Layer, light: Light, roundness: float, phase: int) -> None:
    """Shade a layer in place, with the relief of its feathers."""
    height, width = paint.opacity.shape
    factors = shade(paint.opacity, light, roundness)
    factors += crop(feathers(), height, width, phase * 3, phase * 17)
    colors = paint.colors
    colors *= factors.view(np.uint16)
    colors >>= np.uint16(7)
    np.minimum(colors, paint.opacity, out=colors)


def part_map(layer: BirdLayer) -> np.ndarray:
    """Return which part each pixel of a layer shows.

    Returns
    -------
    ndarray of uint8, shape (height, width)
        Numbers of `birdmml.picture.labels.NAMES`; 0 is nothing.
    """
    return layer.labels[::2, ::2] >> 2


assert NAMES[0] == "nothing"
