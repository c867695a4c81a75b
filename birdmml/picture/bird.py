"""One bird as a layer of the picture: its labels, its colours and its shading."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from birdmml.picture.camera import Light, shade, tinted
from birdmml.picture.draft import NAMES
from birdmml.picture.paint import Layer, color_table, draw_labels, pixel, reduce_labels
from birdmml.picture.template import Template
from birdmml.picture.textures import crop, fray_mask, relief
from birdmml.species import Plumage, shapes, words

Bounds = tuple[np.ndarray, np.ndarray]
DETAILS = {"pupil": (14, 13, 15), "glint": (250, 250, 250), "claw": (46, 41, 38), "inner": (34, 30, 28)}
DARK_IRIS = (40, 26, 20)
PALE_RIM = (142, 132, 120)
DARK_FACE = 106


@dataclass(frozen=True)
class BirdLayer:
    """A drawn bird: the part of it that lies in the picture."""

    labels: np.ndarray  # Labels, see `birdmml.picture.draft`, at twice the size; shape (2 height, 2 width).
    paint: Layer  # Its colours, of shape (height, width).
    row: int  # Upper left corner within the picture.
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
    """Draw a bird from its curves and their extent, in pixels with y down; ``unit`` is the length of its body."""
    low, high = (bound.tolist() for bound in bounds)
    x0, y0 = (pixel(math.floor(least) - 2, size - 2) for least in low)
    x1, y1 = (max(pixel(math.ceil(most) + 3, size), start + 2) for most, start in zip(high, (x0, y0), strict=True))
    around = np.ascontiguousarray((points - (x0, y0)) * 2, dtype=np.float32)
    fray = _fray(unit, 2 * (y1 - y0), 2 * (x1 - x0), phase)
    labels = draw_labels((2 * (x1 - x0), 2 * (y1 - y0)), around, template.layers, fray)
    paint = reduce_labels(labels, color_table(colors))
    _model(paint, light, template.shape.depth * unit * 0.5, phase)
    return BirdLayer(labels, paint, y0, x0)


def _fray(unit: float, height: int, width: int, phase: int) -> list[tuple[int, int, np.ndarray]]:
    step = max(1, round(unit / 110))
    return [(step, step, crop(fray_mask(), height, width, phase * 7, phase * 13))]


def _model(paint: Layer, light: Light, roundness: float, phase: int) -> None:
    """Shade a layer in place, with the relief of its feathers."""
    height, width = paint.opacity.shape
    factors = shade(paint.opacity, light, roundness)
    factors += crop(relief("feathers"), height, width, phase * 3, phase * 17)
    colors = paint.colors
    colors *= factors.view(np.uint16)
    colors >>= np.uint16(7)
    np.minimum(colors, paint.opacity, out=colors)


def part_map(layer: BirdLayer) -> np.ndarray:  # uint8, shape (height, width)
    """Return which part each pixel of a layer shows, as a number of `NAMES`; 0 is nothing."""
    return layer.labels[::2, ::2] >> 2


assert NAMES[0] == "nothing"


def coat(plumage: Plumage, light: Light, tints: np.ndarray, wear: float = 0.0) -> np.ndarray:  # uint8, shape (256, 3)
    """Return the colour of every label in a light; wear, in [0, 1], fades colours towards brown."""
    colors = words().colors
    named = {name: colors[color].rgb for name, color in plumage.colors.items()}
    named |= DETAILS | {"iris": shapes()[plumage.shape].iris or DARK_IRIS}
    base = np.array([named.get(name, (0, 0, 0)) for name in NAMES]) * tints
    base += wear * 0.10 * (np.array([128, 117, 104]) - base)
    tones = np.zeros((64, 4, 3))
    tones[: len(NAMES), 0] = base
    tones[: len(NAMES), 1] = np.minimum(base * 1.10 + 9, 255)
    tones[: len(NAMES), 2] = base * 0.74
    # Feathers overlap: their marks never stand out as if they were painted on.
    tones[: len(NAMES), 3] = 0.8 * np.array(colors[plumage.pattern_color].rgb) + 0.2 * base
    details = [NAMES.index(name) for name in (*DETAILS, "iris")]
    tones[details, 1:] = tones[details, :1]
    # Skin around the eye, without which a dark eye is lost in a dark face.
    tones[NAMES.index("iris"), 1] = PALE_RIM if max(named[_around_eye(plumage)]) < DARK_FACE else DETAILS["inner"]
    out = tinted(tones.reshape(256, 3), light)
    out[4 * NAMES.index("glint")] = 250
    return out


def _around_eye(plumage: Plumage) -> str:
    """Return the part in which the eye lies."""
    through = shapes()[plumage.shape].mask in ("line", "broad")
    return "mask" if through and "mask" in plumage.colors else "face"
