"""Sources of sound: band-limited tones with partials, and blows on wood."""

from __future__ import annotations

import numpy as np

from birdmml.song.control import in_order, raise_rate

__all__ = ["HIGHEST", "blow", "partials"]

HIGHEST = 0.46  # Of the sample rate: no partial is sung above, so none folds back.


def partials(theta: np.ndarray, brightness: float, count: int) -> np.ndarray:
    r"""Sum the partials of a tone, each weaker by one factor than the one below.

    The sum has a closed form that costs the same for any count:
    :math:`\sum_{k=1}^{N} r^{k-1} \sin k\theta =
    (\sin\theta - r^N \sin (N+1)\theta + r^{N+1} \sin N\theta) / (1 - 2 r \cos\theta + r^2)`.

    Parameters
    ----------
    theta : ndarray of float32, any shape
        Phase of the fundamental, in radians.
    brightness : float
        The factor r, in [0, 1).
    count : int
        N, such that none lies above the Nyquist frequency.

    Returns
    -------
    ndarray of float32, shape of `theta`
        The tone; its fundamental has amplitude 1.

    Examples
    --------
    >>> theta = np.array([0.5], dtype=np.float32)
    >>> bool(np.isclose(partials(theta, 0.5, 2)[0], np.sin(0.5) + 0.5 * np.sin(1.0)))
    True
    """
    first = np.sin(theta)
    if count < 2 or brightness < 1e-3:
        return first
    r = np.float32(brightness)
    top = r**count
    over = first - top * np.sin((count + 1) * theta) + top * r * np.sin(count * theta)
    return over / (1 + r * r - 2 * r * np.cos(theta))


def blow(modes: np.ndarray, burst: np.ndarray, block: int, sample_rate: int) -> np.ndarray:
    r"""Strike a piece of wood: modes that ring down, and the knock itself.

    :math:`\sum_k a_k e^{-t / \tau_k} \sin 2 \pi f_k t`, plus noise that dies within milliseconds.

    Parameters
    ----------
    modes : ndarray, shape (modes, 3)
        Frequency in Hz, time constant in seconds, and amplitude.
    burst : ndarray of float32, shape (samples,)
        Noise for the knock; its length is a multiple of `block`.
    block : int
        Samples from point to point of the decays.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray of float32, shape (samples,)
        Zero at the start and faded at the end.

    Examples
    --------
    >>> blow(np.array([[500.0, 0.01, 1.0]]), np.zeros(800, np.float32), 8, 22050).shape
    (800,)
    """
    modes = modes[modes[:, 0] < HIGHEST * sample_rate]
    points = np.arange(len(burst) // block + 1) * (block / sample_rate)
    onset = np.minimum(points / 0.002, 1)
    onset = onset * onset * (3 - 2 * onset) * np.clip((points[-1] - points) / 0.008, 0, 1)
    time = np.arange(len(burst), dtype=np.float32) / np.float32(sample_rate)
    sound = burst * in_order(raise_rate(onset * np.exp(-points / 0.004), block))
    for frequency, decay, amplitude in modes:
        ring = np.sin(np.float32(2 * np.pi * frequency) * time)
        sound += ring * in_order(raise_rate(amplitude * onset * np.exp(-points / decay), block))
    return sound
