"""Reduction: pictures without most of their energy, as the literature makes the picture alone a poor witness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from confu_core.errors import InvalidValue

__all__ = ["Reduction", "fit_reduction"]

_BLOCK = 4096  # Pictures at a time.


@dataclass(frozen=True, eq=False)
class Reduction:
    """The mean picture, and the directions in which pictures may still differ from it.

    Attributes
    ----------
    mean : ndarray of float64, shape (pixels,)
        Of the training pictures.
    components : ndarray of float64, shape (kept, pixels)
        Orthonormal principal components, the one with most energy first.
    kept : float
        Share of the energy of the training pictures, around their mean, that these hold.
    """

    mean: np.ndarray
    components: np.ndarray
    kept: float

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Reduce one picture.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width)
            Any picture of the same size.

        Returns
        -------
        ndarray of uint8, shape (height, width)
            What is left of it, rounded and cut off at black and white.
        """
        if self.kept == 1:
            return image
        # One picture at a time: products of matrices of other shapes round otherwise, and bytes must not vary.
        shift = image.reshape(-1) - self.mean
        left = self.mean + sum(component * float(component @ shift) for component in self.components)
        return np.rint(left.clip(0, 255)).astype(np.uint8).reshape(image.shape)


def fit_reduction(images: np.ndarray, removed: float) -> Reduction:
    """Find the principal components that hold what is not removed of the energy of pictures.

    Parameters
    ----------
    images : ndarray of uint8, shape (pictures, height, width)
        Those of the training split.
    removed : float
        Share of the energy to remove, in [0, 1).

    Returns
    -------
    Reduction
        With the fewest leading components that hold at least ``1 - removed`` of the energy: the sum of squared
        differences from the mean picture.

    Raises
    ------
    InvalidValue
        If `removed` lies outside, or the pictures do not differ.

    Examples
    --------
    >>> images = np.zeros((4, 1, 2), np.uint8)
    >>> images[:, 0, 0], images[:, 0, 1] = [0, 0, 200, 200], [0, 100, 0, 100]
    >>> reduction = fit_reduction(images, 0.75)
    >>> reduction.kept, reduction(images[3]).tolist()
    (0.8, [[200, 50]])
    """
    if not 0 <= removed < 1:
        raise InvalidValue(f"removed must be in [0, 1); got {removed:g}")
    flat = images.reshape(len(images), -1)
    mean = sum(block.sum(axis=0) for block in _blocks(flat)) / len(flat)
    if removed == 0:
        return Reduction(mean, np.empty((0, flat.shape[1])), 1.0)
    scatter = sum((block - mean).T @ (block - mean) for block in _blocks(flat))
    energy, vectors = np.linalg.eigh(scatter)
    energy, vectors = energy[::-1].clip(0), vectors[:, ::-1]
    if energy[0] == 0:
        raise InvalidValue("removed must be 0 where all pictures are the same")
    shares = np.cumsum(energy) / energy.sum()
    count = int(np.searchsorted(shares, 1 - removed - 1e-12)) + 1
    return Reduction(mean, np.ascontiguousarray(vectors[:, :count].T), float(min(shares[count - 1], 1.0)))


def _blocks(flat: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(flat), _BLOCK):
        yield flat[start : start + _BLOCK].astype(np.float64)
