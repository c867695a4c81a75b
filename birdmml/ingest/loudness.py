"""Loudness of a clip: measured between its pauses, and brought to a level."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = ["decibels", "levelled", "loudness_of"]

Samples = npt.NDArray[np.float32]
BLOCK_SECONDS, OVERLAP = 0.4, 0.75
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, 10.0  # dB.
HIGHEST_PEAK = 0.891  # -1 dB: room for what a lossy encoder may add.
LOWEST = -200.0


def decibels(power: float) -> float:
    """Return a mean square in dB relative to full scale.

    Parameters
    ----------
    power : float
        Mean of squared samples.

    Returns
    -------
    float
        At least -200.

    Examples
    --------
    >>> decibels(0.01), decibels(0.0)
    (-20.0, -200.0)
    """
    return max(LOWEST, 10 * math.log10(power)) if power > 0 else LOWEST


def loudness_of(samples: Samples, sample_rate: int) -> float:
    """Return the level of a clip between its pauses.

    The clip is divided into blocks of 0.4 s that overlap by three quarters; blocks below -70 dB are left out, then
    those more than 10 dB below the mean of the others; the loudness is the mean of what is left. These are the gates
    of ITU-R BS.1770 without its weighting of frequencies, which is flat where birds sing.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        A clip of at least one sample.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        In dB relative to full scale; -200 where every block is below -70 dB.

    Examples
    --------
    >>> tone = 0.1 * np.sqrt(2) * np.sin(np.arange(16000, dtype=np.float32))
    >>> round(loudness_of(np.r_[tone, np.zeros(16000)].astype(np.float32), 16000), 1)  # The pause hardly counts.
    -20.7
    """
    block = min(len(samples), max(1, round(BLOCK_SECONDS * sample_rate)))
    step = max(1, round(block * (1 - OVERLAP)))
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    starts = np.arange(0, len(samples) - block + 1, step)
    power = (energy[starts + block] - energy[starts]) / block
    power = power[power > 10 ** (ABSOLUTE_GATE / 10)]
    if not len(power):
        return LOWEST
    return decibels(float(power[power >= power.mean() * 10 ** (-RELATIVE_GATE / 10)].mean()))


def levelled(samples: Samples, sample_rate: int, target: float) -> Samples:
    """Amplify or attenuate a clip to a loudness, as far as its peaks allow.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        A clip.
    sample_rate : int
        In Hz.
    target : float
        Loudness, in dB relative to full scale.

    Returns
    -------
    ndarray of float32, shape (samples,)
        No sample is beyond -1 dB: a clip with high peaks stays quieter, since it is never clipped or compressed.
        Silence stays silence.

    Examples
    --------
    >>> tone = np.sin(np.arange(16000, dtype=np.float32)) / 100
    >>> round(loudness_of(levelled(tone, 16000, -23.0), 16000), 2)
    -23.0
    """
    peak = float(np.abs(samples).max())
    measured = loudness_of(samples, sample_rate)
    if peak == 0 or measured <= LOWEST:
        return samples
    gain = min(10 ** ((target - measured) / 20), HIGHEST_PEAK / peak)
    return (samples * np.float32(gain)).astype(np.float32)
