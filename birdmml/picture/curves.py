"""Smooth curves through control points, as fixed weights: a bird that bends needs only its control points moved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

__all__ = ["curve_weights", "sample_curves"]


def curve_weights(
    points: np.ndarray, *, closed: bool = True, sharp: Sequence[int] = (), steps: int = 5
) -> tuple[np.ndarray, np.ndarray]:
    """Return how the samples of a centripetal Catmull-Rom curve are made from its control points.

    Parameters
    ----------
    points : ndarray of float, shape (n, 2)
        Control points; the curve goes through each.
    closed : bool
        Whether the last point is joined to the first.
    sharp : sequence of int
        Points at which the curve has a corner.
    steps : int
        Samples per segment.

    Returns
    -------
    places : ndarray of int32, shape (samples, 4)
        Control points that each sample is made from.
    weights : ndarray of float32, shape (samples, 4)
        Their weights; each row sums to 1.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    >>> places, weights = curve_weights(square, steps=4)
    >>> places.shape, bool(np.allclose(weights.sum(axis=1), 1))
    ((16, 4), True)
    """
    count, segments = len(points), len(points) if closed else len(points) - 1
    corner = np.zeros(count, dtype=bool)
    corner[list(sharp) if closed else [*sharp, 0, -1]] = True
    after = np.arange(1, count + 1) % count
    gaps = np.maximum(np.sqrt(np.hypot(*(points[after] - points).T)), 1e-4)
    start, end = _tangents(gaps, corner)
    basis = _hermite(steps)[None, :, :, None]
    ends = np.stack(
        [np.tile((0.0, 1, 0, 0), (count, 1)), start, np.tile((0.0, 0, 1, 0), (count, 1)), end[after]], axis=1
    )
    ends[:, (1, 3)] *= gaps[:, None, None]
    weights = (basis * ends[:segments, None]).sum(axis=2).reshape(-1, 4)
    places = (np.arange(segments)[:, None] + np.arange(-1, 3)) % count
    places = places.repeat(steps, axis=0)
    if not closed:
        places = np.concatenate([places, [[count - 2, count - 1, 0, 1]]])
        weights = np.concatenate([weights, [[0.0, 1, 0, 0]]])
    return places.astype(np.int32), weights.astype(np.float32)


@lru_cache(maxsize=64)
def _hermite(steps: int) -> np.ndarray:
    """Weights, shape (steps, 4), of the first point, its tangent, the last point and its tangent."""
    t = np.arange(steps) / steps
    return np.stack([2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t, 3 * t**2 - 2 * t**3, t**3 - t**2], axis=1)


def _tangents(gaps: np.ndarray, corner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights, shape (points, 4), of the tangents per unit of knot: where a segment starts, and where one ends.

    At a corner a segment leaves straight for the next point, and arrives straight from the last.
    """
    before = np.roll(gaps, 1)
    both = 1 / (before + gaps)
    smooth = np.stack([both - 1 / before, 1 / before - 1 / gaps, 1 / gaps - both], axis=1)
    none = np.zeros(len(gaps))
    leaving = np.stack([none, -1 / gaps, 1 / gaps], axis=1)
    arriving = np.stack([-1 / before, 1 / before, none], axis=1)
    start, end = np.zeros((len(gaps), 4)), np.zeros((len(gaps), 4))
    start[:, 0:3] = np.where(corner[:, None], leaving, smooth)
    end[:, 1:4] = np.where(corner[:, None], arriving, smooth)
    return start, end


def sample_curves(controls: np.ndarray, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the samples of curves.

    Parameters
    ----------
    controls : ndarray of float32, shape (points, 2)
        Control points.
    places, weights : ndarray, shape (samples, 4)
        From `curve_weights`.

    Returns
    -------
    ndarray of float32, shape (samples, 2)
        Points on the curves.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    >>> places, weights = curve_weights(square, sharp=range(4), steps=2)
    >>> sample_curves(square.astype(np.float32), places, weights)[1].tolist()
    [0.5, 0.0]
    """
    out = controls[places[:, 0]] * weights[:, 0:1]
    for k in (1, 2, 3):
        out += controls[places[:, k]] * weights[:, k : k + 1]
    return out
