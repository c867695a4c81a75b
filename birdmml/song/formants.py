"""Formants: the resonances of a vocal tract, as a response over frequency."""

from __future__ import annotations

import numpy as np

__all__ = ["formant_response"]

FLOOR = 0.02  # Amplitude between the resonances, so that no partial vanishes.


def formant_response(
    frequency: np.ndarray, formants: tuple[tuple[float, float, float], ...], lowest_hz: float
) -> np.ndarray:
    r"""Return what a vocal tract lets pass.

    :math:`|H| = (0.02 + \sum g / (1 + (2 (f - f_c) / b)^2)) / \sqrt{1 + (f_l / f)^6}`.

    Parameters
    ----------
    frequency : ndarray of float32, shape (n,)
        In Hz.
    formants : tuple of (Hz, bandwidth in Hz, gain in dB)
        The resonances.
    lowest_hz : float
        Below it little passes, as no voice has much below its fundamental.

    Returns
    -------
    ndarray of float32, shape (n,)
        Amplitudes.

    Examples
    --------
    >>> formant_response(np.array([0, 1000, 4000], np.float32), ((1000.0, 500.0, 0.0),), 100.0).round(2)
    array([0.  , 1.02, 0.03], dtype=float32)
    """
    response = np.full(len(frequency), FLOOR, np.float32)
    for center, width, gain in formants:
        response += 10 ** (gain / 20) / (1 + np.square((frequency - center) * (2 / width)))
    below = np.square(lowest_hz / np.maximum(frequency, 1))
    response /= np.sqrt(1 + below * below * below)
    return response
