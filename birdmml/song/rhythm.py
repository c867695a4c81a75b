"""Rhythm within a syllable: the beats of trills, rattles and drums."""

from __future__ import annotations

import numpy as np

from birdmml.song.gesture import Beats

__all__ = ["beats"]


def beats(duration: float, rate: float, element: float, hurry: float, traits: np.ndarray) -> Beats:
    """Lay out the beats of one syllable, nearly evenly.

    Parameters
    ----------
    duration : float
        Of the syllable, in seconds.
    rate : float
        Beats per second, on average.
    element : float
        Length of one beat's sound, in seconds; the last one ends with the syllable.
    hurry : float
        Positive: the beats draw together by this share; negative: they draw apart.
    traits : ndarray, shape (TRAITS,)
        Of the individual; they unsettle beats by a hundredth of the interval and gains by some 5%.

    Returns
    -------
    Beats
        At least one.

    Examples
    --------
    >>> beats(1.0, 10, 0.05, 0.0, np.full(12, 0.5)).onsets.shape
    (10,)
    >>> bool(np.diff(beats(1.0, 10, 0.05, 0.3, np.full(12, 0.5)).onsets)[-1] < 0.09)
    True
    """
    count = max(1, int((duration - element) * rate + 1))
    order = np.arange(count)
    uneven = np.sin(order * (2.3 + traits[0]) + 6 * traits[1])
    intervals = (1 + hurry * (0.5 - order / max(1, count - 1))) * (1 + 0.01 * uneven) / rate
    onsets = np.concatenate(([0.0], np.cumsum(intervals[:-1])))
    return Beats(onsets, 1 + 0.06 * np.sin(order * (3.7 + traits[2]) + 6 * traits[3]))
