"""Birds in water: cut at the water line, with a reflection that the ripples break up."""

from __future__ import annotations

import numpy as np

from birdmml.picture.bank import crop, ripples
from birdmml.picture.bird import BirdLayer
from birdmml.picture.paint import Layer, over
from birdmml.picture.props import Foothold
from birdmml.picture.template import Template

__all__ = ["immerse"]


def immerse(
    frame: np.ndarray, layer: BirdLayer, template: Template, support: str, foot: Foothold, scene: np.random.Generator
) -> None:
    """Cut a bird in water at the water line, and lay its reflection on the water; both in place.

    Parameters
    ----------
    frame : ndarray of uint8, shape (3, size, size)
        The picture so far, without the bird.
    layer : BirdLayer
        The bird; its labels below the water line are cleared.
    template : Template
        Which bird.
    support : str
        "water" for swimmers, "shallows" for waders; nothing happens elsewhere.
    foot : Foothold
        Where it stands.
    scene : numpy.random.Generator
        Where the ripples are.
    """
    if support not in ("water", "shallows"):
        return
    height, width = layer.paint.opacity.shape
    if support == "water":
        body = template.anatomy.depth * foot.unit
        middle = foot.y + template.ground * foot.unit
        line = middle + 0.24 * body - layer.row
    else:
        line = foot.y - 0.22 * template.anatomy.leg * foot.unit - layer.row
    line = int(min(max(line, 1), height))
    wobble = crop(ripples(), 1, width, int(scene.integers(512)), int(scene.integers(512)))[0] // 24
    rows = np.arange(height)[:, None]
    dry = rows < line + wobble[None]
    layer.paint.colors[:] *= dry
    layer.paint.opacity[:] *= dry
    layer.labels[:] *= np.repeat(np.repeat(dry, 2, 0), 2, 1)
    _reflect(frame, layer, line, scene)


def _reflect(frame: np.ndarray, layer: BirdLayer, line: int, scene: np.random.Generator) -> None:
    size = frame.shape[1]
    height, width = layer.paint.opacity.shape
    top = layer.row + line
    rows = min(int(line * 0.8), size - top)
    if rows <= 1:
        return
    source = np.clip(line - 1 - (np.arange(rows) * 1.2).astype(int), 0, height - 1)
    wave = crop(ripples(), rows, 1, int(scene.integers(512)), int(scene.integers(512)))[:, 0]
    shift = (wave * np.linspace(0.05, 0.22, rows)).astype(int)
    columns = np.clip(np.arange(width)[None] + shift[:, None], 0, width - 1)
    fade = np.linspace(150, 50, rows).astype(np.uint16)[:, None]
    colors, opacity = layer.paint.colors[:, source[:, None], columns], layer.paint.opacity[source[:, None], columns]
    over(frame, Layer((colors * fade) >> np.uint16(8), (opacity * fade) >> np.uint16(8)), top, layer.column)
    edge = frame[:, top : top + 2, layer.column : layer.column + width]
    wet = np.where(layer.paint.opacity[max(line - 2, 0)] > 0, 200, 256).astype(np.uint16)
    edge[:] = (edge * wet) >> np.uint16(8)
