"""From curves to a map of labels, at twice the size of the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from birdmml.picture.canvas import Canvas
from birdmml.picture.draft import Stroke
from birdmml.picture.labels import NAMES, SPECKLE, label, number

__all__ = ["draw_labels"]

Fray = tuple[int, int, np.ndarray]

# Patterns of the breast and of the back are seen on these parts.
BREAST_PARTS = ("breast", "belly", "flanks")
BACK_PARTS = ("back", "wing")


def _table(names: Iterable[str]) -> np.ndarray:
    table = np.zeros(256, dtype=np.uint8)
    for name in names:
        table[4 * number(name) : 4 * number(name) + 4] = SPECKLE
    return table


SPECKLED = {"breast marks": _table(BREAST_PARTS), "back marks": _table(BACK_PARTS)}


def _blank(size: tuple[int, int], label: int = 0) -> np.ndarray:
    return np.full(size[::-1], label, dtype=np.uint8) if label else np.zeros(size[::-1], dtype=np.uint8)


def _paint(labels: np.ndarray, samples: np.ndarray, strokes: Iterable[Stroke]) -> np.ndarray:
    fill = Canvas(labels).fill
    for _, color, start, stop in strokes:
        fill(samples[start:stop], color)
    return labels


def draw_labels(
    size: tuple[int, int], samples: np.ndarray, layers: dict[str, list[Stroke]], fray: Sequence[Fray] = ()
) -> np.ndarray:
    """Return the map of labels of a bird.

    Parameters
    ----------
    size : tuple of int
        Width and height, in pixels of the map.
    samples : ndarray of float32, shape (samples, 2)
        Points of the curves, in pixels of the map.
    layers : dict of str to list of Stroke
        What to paint, by layer.
    fray : sequence of (rows, columns, mask)
        Where the mask, uint8 of shape (height, width), is 255 and not 0, plumage shows what lies so many pixels up and
        left: the edges of the tracts are frayed like feathers.

    Returns
    -------
    ndarray of uint8, shape (height, width)
        Labels; 0 where there is no bird.
    """
    plumage = _paint(_blank(size), samples, layers.get("tail", ()))
    cut = _paint(_blank(size), samples, [stroke._replace(label=255) for stroke in layers["silhouette"]])
    tracts = _paint(_blank(size, label("belly")), samples, layers["tract"] + layers.get("disc", []))
    _blit(plumage, tracts, cut)
    _paint(plumage, samples, layers.get("wing", ()))
    for layer in ("breast marks", "back marks"):
        if layer in layers:
            marks = _paint(_blank(size), samples, layers[layer])
            plumage |= marks & SPECKLED[layer][plumage]
    for rows, columns, mask in fray:
        height, width = plumage.shape
        moved = plumage[: height - rows, : width - columns].copy()
        _blit(plumage[rows:, columns:], moved, mask[rows:, columns:])
    _behind(plumage, samples, layers.get("under", ()))
    return _paint(plumage, samples, layers["over"])


def _blit(labels: np.ndarray, other: np.ndarray, mask: np.ndarray) -> None:
    """Copy labels where a mask is 255 and not 0, in place: a hundred times as fast as a masked copy."""
    labels ^= (labels ^ other) & mask


def _behind(plumage: np.ndarray, samples: np.ndarray, strokes: Sequence[Stroke]) -> None:
    """Paint legs and far wing where nothing is yet, in place."""
    if not strokes:
        return
    first = strokes[0].start
    corners = samples[first : strokes[-1].stop]
    height, width = plumage.shape
    x0, y0 = (int(v) for v in np.clip(corners.min(axis=0) - 1, 0, (width, height)))
    x1, y1 = (int(v) for v in np.clip(corners.max(axis=0) + 2, 0, (width, height)))
    if x1 <= x0 or y1 <= y0:
        return
    window = plumage[y0:y1, x0:x1]
    moved = [stroke._replace(start=stroke.start - first, stop=stroke.stop - first) for stroke in strokes]
    under = _paint(_blank((x1 - x0, y1 - y0)), corners - np.array([x0, y0], dtype=np.float32), moved)
    under *= window == 0
    window |= under


assert len(NAMES) <= 64, "a label is one byte"
