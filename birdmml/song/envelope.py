"""Envelopes and bends: the shapes of which gestures are made, as functions of the share of a duration."""

from __future__ import annotations

import numpy as np

__all__ = ["SHORTEST", "bend", "envelope", "smooth", "steps"]

SHORTEST = 0.003  # Seconds of the quickest onset and release; a steeper one is a click.


def smooth(x: np.ndarray) -> np.ndarray:
    """Ease from 0 to 1 along a raised cosine, flat outside [0, 1].

    Parameters
    ----------
    x : ndarray
        Any shape.

    Returns
    -------
    ndarray
        (1 - cos(pi x)) / 2 for x clipped to [0, 1].

    Examples
    --------
    >>> smooth(np.array([-1.0, 0.5, 2.0]))
    array([0. , 0.5, 1. ])
    """
    return 0.5 - 0.5 * np.cos(np.pi * np.minimum(np.maximum(x, 0.0), 1.0))


def envelope(x: np.ndarray, duration: float, attack: float, decay: float) -> np.ndarray:
    """Rise and fall along raised cosines, with a plateau of 1 between.

    Parameters
    ----------
    x : ndarray, shape (points,)
        Share of the duration.
    duration : float
        In seconds.
    attack, decay : float
        In seconds, at least `SHORTEST` and at most what the duration holds.

    Returns
    -------
    ndarray, shape (points,)
        In [0, 1]; 0 at both ends.

    Examples
    --------
    >>> envelope(np.array([0.0, 0.5, 1.0]), 0.1, 0.01, 0.02)
    array([0., 1., 0.])
    """
    attack, decay = (max(seconds, SHORTEST) / duration for seconds in (attack, decay))
    full = max(1.0, attack + decay)
    return smooth(x * (full / attack)) * smooth((1 - x) * (full / decay))


def bend(x: np.ndarray, curve: float) -> np.ndarray:
    """Go from 0 to 1, fast first where `curve` is positive, slowly first where it is negative.

    Parameters
    ----------
    x : ndarray
        In [0, 1].
    curve : float
        The more, the steeper; 0 is a line.

    Returns
    -------
    ndarray
        (1 - exp(-curve x)) / (1 - exp(-curve)).

    Examples
    --------
    >>> bend(np.array([0.0, 0.5, 1.0]), 2.0).round(2)
    array([0.  , 0.73, 1.  ])
    """
    return x if abs(curve) < 1e-3 else np.expm1(-curve * x) / np.expm1(-curve)


def steps(x: np.ndarray, levels: np.ndarray, sharpness: float = 1.0) -> np.ndarray:
    """Pass through levels one after the other, easing from each to the next.

    Parameters
    ----------
    x : ndarray, shape (points,)
        In [0, 1], where the levels lie at even distances.
    levels : ndarray, shape (levels,)
        At least two.
    sharpness : float
        1 turns all the time; more stays longer at each level.

    Returns
    -------
    ndarray, shape (points,)
        The curve.

    Examples
    --------
    >>> steps(np.array([0.0, 0.25, 0.5, 1.0]), np.array([0.0, 1.0, 0.0]))
    array([0. , 0.5, 1. , 0. ])
    """
    place = x * (len(levels) - 1)
    index = np.minimum(place.astype(int), len(levels) - 2)
    share = smooth((place - index - 0.5) * sharpness + 0.5)
    return levels[index] + (levels[index + 1] - levels[index]) * share
