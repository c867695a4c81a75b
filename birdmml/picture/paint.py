"""From labels to colour, at twice the size and then halved, so that edges are smooth; pictures are three planes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Layer", "color_table", "over", "planes", "reduce_labels", "upscale"]


class Layer(NamedTuple):
    """Something to lay over a picture.

    Attributes
    ----------
    colors : ndarray of uint16, shape (3, height, width)
        Red, green and blue, multiplied by opacity, in [0, 255].
    opacity : ndarray of uint16, shape (height, width)
        In [0, 255].
    """

    colors: np.ndarray
    opacity: np.ndarray


def color_table(colors: np.ndarray) -> np.ndarray:
    """Pack the colours of labels, so that a whole pixel is one number and four pixels can be added.

    Parameters
    ----------
    colors : ndarray of uint8, shape (n, 3)
        Colour of each label; label 0 is nothing.

    Returns
    -------
    ndarray of uint32, shape (n,)
        Red, green and blue, in fields of 10 bits; 0 for label 0.
    """
    wide = np.asarray(colors, dtype=np.uint32)
    table = wide[:, 0] | wide[:, 1] << np.uint32(10) | wide[:, 2] << np.uint32(20)
    table[0] = 0
    return table


def reduce_labels(labels: np.ndarray, table: np.ndarray) -> Layer:
    """Color a map of labels and halve it, averaging 2 by 2.

    Parameters
    ----------
    labels : ndarray of uint8, shape (2 height, 2 width)
        Labels, below the length of the table.
    table : ndarray of uint32
        From `color_table`.

    Returns
    -------
    Layer
        Of shape (height, width).

    Examples
    --------
    >>> table = color_table(np.array([[0, 0, 0], [200, 100, 0]]))
    >>> layer = reduce_labels(np.array([[0, 1], [0, 1]], dtype=np.uint8), table)
    >>> layer.colors.ravel().tolist(), layer.opacity.tolist()
    ([100, 50, 0], [[127]])
    """
    pairs = np.ascontiguousarray(labels).view("<u2")  # Two neighbours are the bytes of one number.
    top, bottom = pairs[0::2], pairs[1::2]
    first = top & np.uint16(255)
    # Few quads hold more than one label; for the others one look-up does for four.
    mixed = np.flatnonzero((top != bottom) | (first != top >> np.uint16(8)))
    corners = np.stack([half.ravel()[mixed] for half in (top, bottom)])
    corners = np.concatenate([corners & np.uint16(255), corners >> np.uint16(8)])
    summed = np.take(table * np.uint32(4), first.astype(np.intp), mode="clip")
    summed.ravel()[mixed] = table[corners].sum(axis=0, dtype=np.uint32)
    opacity = (first != 0) * np.uint16(255)
    opacity.ravel()[mixed] = np.count_nonzero(corners, axis=0) * 255 // 4
    colors = np.empty((3, *summed.shape), dtype=np.uint16)
    for k in range(3):
        colors[k] = (summed >> np.uint32(10 * k + 2)) & np.uint32(255)  # A quarter of the field of 10 bits.
    return Layer(colors, opacity)


def over(frame: np.ndarray, layer: Layer, row: int, column: int) -> None:
    """Lay a layer over a frame, in place.

    Parameters
    ----------
    frame : ndarray of uint8, shape (3, size, size)
        The picture so far.
    layer : Layer
        It must lie within the frame.
    row, column : int
        Where its upper left corner goes.
    """
    height, width = layer.opacity.shape
    window = frame[:, row : row + height, column : column + width]
    keep = 255 - layer.opacity
    keep += keep >> np.uint16(7)  # 255 becomes 256, so that a shift divides exactly at both ends.
    mixed = window * keep
    mixed >>= np.uint16(8)
    mixed += layer.colors
    np.minimum(mixed, 255, out=mixed)
    window[:] = mixed


def planes(small: np.ndarray) -> np.ndarray:
    """Return a picture of shape (height, width, channels) as planes, (channels, height, width)."""
    return np.ascontiguousarray(np.moveaxis(small, 2, 0))


def upscale(small: np.ndarray, factor: int, height: int, width: int) -> np.ndarray:
    """Enlarge by an integer factor, bilinear.

    Parameters
    ----------
    small : ndarray of uint8, shape (channels, rows, columns)
        At least height / factor + 1 rows and width / factor + 1 columns.
    factor : int
        1, 2 or 4.
    height, width : int
        Of the result.

    Returns
    -------
    ndarray of uint8, shape (channels, height, width)
        The enlarged picture.

    Examples
    --------
    >>> upscale(np.array([[[0, 8], [0, 8]]], dtype=np.uint8), 2, 2, 2)[0, 0].tolist()
    [0, 4]
    """
    while factor > 1:
        factor //= 2
        rows, columns = -(-height // factor), -(-width // factor)
        small = _doubled(small)[:, : rows + 1, : columns + 1]
    return small[:, :height, :width]


def _doubled(small: np.ndarray) -> np.ndarray:
    """Put the mean of each two neighbours between them, along both axes; all on bytes, which is fast."""
    channels, rows, columns = small.shape
    right = _mean(small[:, :, :-1], small[:, :, 1:])
    wide = np.empty((channels, rows, columns - 1), dtype="<u2")  # Two pixels as the bytes of one number.
    wide[:] = small[:, :, :-1]
    wide |= right.astype(np.uint16) << np.uint16(8)
    lines = np.concatenate([wide.view(np.uint8), small[:, :, -1:]], axis=2)
    out = np.empty((channels, 2 * rows - 1, 2 * columns - 1), dtype=np.uint8)
    out[:, 0::2] = lines
    out[:, 1::2] = _mean(lines[:, :-1], lines[:, 1:])
    return out


def _mean(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the mean of bytes, rounded down, without widening them."""
    return (a & b) + ((a ^ b) >> np.uint8(1))
