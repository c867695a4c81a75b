"""Smooth curves through control points, as fixed weights: a bird that bends needs only its control points moved."""

from __future__ import annotations

from collections.abc import Sequence

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
    count = len(points)
    corners = set(sharp) if closed else {*sharp, 0, count - 1}
    ahead = np.roll(points, -1, axis=0) - points
    gaps = np.maximum(np.sqrt(np.hypot(ahead[:, 0], ahead[:, 1])), 1e-4)
    tangents = np.stack([_tangent(i, gaps, i in corners, count) for i in range(count)])
    along = np.arange(steps) / steps
    places, weights = [], []
    for i in range(count if closed else count - 1):
        neighbours = [(i + k) % count for k in (-1, 0, 1, 2)]
        places.append(np.tile(neighbours, (steps, 1)))
        weights.append(_segment(along, i, gaps, tangents, i in corners, (i + 1) % count in corners))
    if not closed:
        places.append(np.array([[count - 2, count - 1, 0, 1]]))
        weights.append(np.array([[0.0, 1, 0, 0]]))
    return np.concatenate(places).astype(np.int32), np.concatenate(weights).astype(np.float32)


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


def _tangent(i: int, gaps: np.ndarray, corner: bool, count: int) -> np.ndarray:
    """Weights of the points before, at and after i in the tangent at i, per unit of knot."""
    if corner:
        return np.zeros(3)
    before, after = gaps[(i - 1) % count], gaps[i]
    both = before + after
    return np.array([-1 / before + 1 / both, 1 / before - 1 / after, 1 / after - 1 / both])


def _segment(
    along: np.ndarray, i: int, gaps: np.ndarray, tangents: np.ndarray, corner: bool, next_corner: bool
) -> np.ndarray:
    """Weights, shape (steps, 4), of the points i - 1 to i + 2 in the Hermite segment from i to i + 1."""
    gap, count = gaps[i], len(gaps)
    t = along[:, None]
    start = np.zeros(4)
    end = np.zeros(4)
    if corner:
        start[1:3] = -1 / gap, 1 / gap
    else:
        start[0:3] = tangents[i]
    if next_corner:
        end[1:3] = -1 / gap, 1 / gap
    else:
        end[1:4] = tangents[(i + 1) % count]
    first, last = np.array([0.0, 1, 0, 0]), np.array([0.0, 0, 1, 0])
    return (
        (2 * t**3 - 3 * t**2 + 1) * first
        + (t**3 - 2 * t**2 + t) * gap * start
        + (-2 * t**3 + 3 * t**2) * last
        + (t**3 - t**2) * gap * end
    )
