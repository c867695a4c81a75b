"""Filled polygons on a map of labels that NumPy and Pillow share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

__all__ = ["Canvas"]


class Canvas:
    """A map of labels to draw on.

    Parameters
    ----------
    labels : ndarray of uint8, shape (height, width)
        Contiguous; it is drawn on in place.

    Examples
    --------
    >>> labels = np.zeros((4, 4), dtype=np.uint8)
    >>> corners = np.array([[0, 0], [3, 0], [3, 3], [0, 3]], dtype=np.float32)
    >>> Canvas(labels).fill(corners, 7)
    >>> int(labels.min())
    7
    """

    def __init__(self, labels: np.ndarray) -> None:
        height, width = labels.shape
        # Pillow's core draws into the array itself, and takes corners as an array of floats. Its public face would copy
        # the one and flatten the other, and takes longer to set up than most birds take to fill.
        image = Image.core.map_buffer(labels, (width, height), "raw", 0, ("L", 0, 1))
        self._fill: Callable[[np.ndarray, int, int], None] = Image.core.draw(image, 0).draw_polygon

    def fill(self, corners: np.ndarray, label: int) -> None:
        """Fill a polygon.

        Parameters
        ----------
        corners : ndarray of float32, shape (corners, 2)
            Contiguous; x and y in pixels.
        label : int
            In [0, 256).
        """
        self._fill(corners, label, 1)
