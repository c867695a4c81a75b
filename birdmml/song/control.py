"""Control curves: pitch and loudness drawn coarsely, a point every few samples, and brought to the sample rate."""

from __future__ import annotations

import numpy as np

__all__ = ["block_length", "grid", "in_order", "phase", "raise_rate"]

CONTROL_HZ = 2756.25  # An eighth of 22,050 Hz: enough for the fastest rasp, an eighth of the work.


def block_length(sample_rate: int) -> int:
    """Return the number of samples between two points of a control curve.

    Parameters
    ----------
    sample_rate : int
        In Hz.

    Returns
    -------
    int
        At least 2 samples.

    Examples
    --------
    >>> block_length(22050), block_length(48000)
    (8, 17)
    """
    return max(2, round(sample_rate / CONTROL_HZ))


def grid(duration: float, sample_rate: int) -> np.ndarray:
    """Return the points of a control curve as shares of its duration.

    Parameters
    ----------
    duration : float
        In seconds.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray of float32, shape (points,)
        From 0 to 1, evenly spaced; at least five.

    Examples
    --------
    >>> len(grid(0.1, 22050))
    277
    """
    blocks = max(4, round(duration * sample_rate / block_length(sample_rate)))
    return np.arange(blocks + 1, dtype=np.float32) / np.float32(blocks)


def raise_rate(points: np.ndarray, block: int) -> np.ndarray:
    """Interpolate a control curve linearly to the sample rate.

    Parameters
    ----------
    points : ndarray, shape (blocks + 1,)
        The curve.
    block : int
        Samples from point to point.

    Returns
    -------
    ndarray of float32, shape (block, blocks)
        In lanes: sample ``b * block + j`` is at [j, b], which is several times faster to compute with than the other
        way round; `in_order` ends it. The last point is the limit of the curve and not part of it.

    Examples
    --------
    >>> in_order(raise_rate(np.array([0.0, 1.0, 1.0]), 2))
    array([0. , 0.5, 1. , 1. ], dtype=float32)
    """
    points = points.astype(np.float32, copy=False)
    ramp = np.arange(block, dtype=np.float32)[:, None] / np.float32(block)
    lanes = ramp * (points[1:] - points[:-1])
    lanes += points[:-1]
    return lanes


def in_order(lanes: np.ndarray) -> np.ndarray:
    """Put the samples of lanes one after the other.

    Parameters
    ----------
    lanes : ndarray, shape (block, blocks)
        Of `raise_rate` or `phase`.

    Returns
    -------
    ndarray, shape (block * blocks,)
        In order of time.

    Examples
    --------
    >>> in_order(np.array([[0, 2], [1, 3]]))
    array([0, 1, 2, 3])
    """
    return lanes.T.ravel()


def phase(frequency: np.ndarray, block: int, sample_rate: int) -> np.ndarray:
    r"""Integrate a curve of frequency to phase, exactly, at the sample rate.

    Between two points the frequency is a line, so the phase is a parabola:
    :math:`\theta = 2 \pi (c + f_0 t + (f_1 - f_0) t^2 / 2 T)` with c the cycles so far, in double precision.

    Parameters
    ----------
    frequency : ndarray, shape (blocks + 1,)
        In Hz.
    block : int
        Samples from point to point.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray of float32, shape (block, blocks)
        In radians, in lanes as of `raise_rate`; modulo two turns at every point, so that half of it is a phase too.

    Examples
    --------
    >>> (in_order(phase(np.full(3, 250.0), 2, 1000)) / np.pi).round(3)
    array([0. , 0.5, 1. , 1.5], dtype=float32)
    """
    span = block / sample_rate
    cycles = np.cumsum(frequency[1:] + frequency[:-1], dtype=np.float64) * (span / 2)
    start = np.concatenate(([0.0], cycles[:-1])) % 2.0
    time = (np.arange(block) / sample_rate).astype(np.float32)[:, None]
    turn = 2 * np.pi
    frequency = frequency.astype(np.float32, copy=False)
    lanes = time * ((frequency[1:] - frequency[:-1]) * (turn / (2 * span)))
    lanes += frequency[:-1] * turn
    lanes *= time
    lanes += (turn * start).astype(np.float32)
    return lanes
