"""Noise that every process makes alike, once: seamless loops from fixed seeds, read from drawn places."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy import fft

from confu_core.random import generator

__all__ = ["EDGES", "LOOP_SECONDS", "band_loops", "grain_loop", "read_loop", "shaped_loop", "upper_limit", "white_loop"]

LOOP_SECONDS = 30
EDGES = (25.0, 250.0, 900.0, 2500.0, 6000.0, 24_000.0)  # Hz: the bands of which ambient noise is mixed.


def shaped_loop(sample_rate: int, name: str, spectrum: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Make a loop of Gaussian noise of a given spectrum.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    name : str
        Of the random stream: another name, another noise.
    spectrum : callable
        From frequencies (n,) in Hz, the first of them 0, to amplitudes (n,).

    Returns
    -------
    ndarray of float32, shape (30 * sample_rate,)
        Mean 0 and power 1, or all zeros where the spectrum is; its end joins its start.

    Examples
    --------
    >>> loop = shaped_loop(8000, "doctest", np.ones_like)
    >>> loop.shape, bool(abs(np.mean(loop**2) - 1) < 1e-3)
    ((240000,), True)
    """
    length = LOOP_SECONDS * sample_rate
    source = generator(0, "song", "noise", name, sample_rate)
    parts = source.standard_normal((length // 2 + 1, 2), dtype=np.float32).view(np.complex64)[:, 0]
    frequency = np.arange(length // 2 + 1, dtype=np.float32) / LOOP_SECONDS
    parts *= spectrum(frequency).astype(np.float32)
    parts[0] = 0
    loop = fft.irfft(parts, length)
    power = float(np.mean(np.square(loop)))
    return loop / np.float32(np.sqrt(power)) if power > 0 else loop


@lru_cache(maxsize=4)
def white_loop(sample_rate: int) -> np.ndarray:
    """Return white noise of power 1.

    Parameters
    ----------
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray of float32, shape (30 * sample_rate,)
        Read-only.

    Examples
    --------
    >>> white_loop(8000).flags.writeable
    False
    """
    return _locked(shaped_loop(sample_rate, "white", np.ones_like))


@lru_cache(maxsize=12)
def grain_loop(sample_rate: int, corner_hz: float) -> np.ndarray:
    """Return slow noise, to unsettle a voice with.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    corner_hz : float
        Width of its spectrum.

    Returns
    -------
    ndarray of float32, shape (30 * sample_rate,)
        Of power 1. Read-only.

    Examples
    --------
    >>> bool(np.abs(np.diff(grain_loop(8000, 40.0))).max() < 0.3)
    True
    """
    return _locked(shaped_loop(sample_rate, f"grain {corner_hz:g}", lambda f: np.exp(-np.square(f / corner_hz))))


@lru_cache(maxsize=6)
def band_loops(sample_rate: int, top_hz: float) -> tuple[np.ndarray, ...]:
    """Return pink noise cut into five bands that overlap softly.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    top_hz : float
        Where the recorder cuts off, in Hz.

    Returns
    -------
    tuple of ndarrays of float32, each of shape (30 * sample_rate,)
        From low to high, each of power 1; zeros for a band above the Nyquist frequency. Read-only.

    Examples
    --------
    >>> len(band_loops(8000, 20_000.0))
    5
    """

    def band(low: float, high: float) -> Callable[[np.ndarray], np.ndarray]:
        def spectrum(f: np.ndarray) -> np.ndarray:
            f = np.maximum(f, 1)
            sides = (f > 20) / np.sqrt((1 + (low / f) ** 6) * (1 + (f / high) ** 6) * f)
            return sides * upper_limit(f, top_hz)

        return spectrum

    return tuple(
        _locked(shaped_loop(sample_rate, f"band {low:g}", band(low, high)))
        if low < sample_rate / 2
        else np.zeros(LOOP_SECONDS * sample_rate, np.float32)
        for low, high in pairwise(EDGES)
    )


def upper_limit(frequency: np.ndarray, top_hz: float) -> np.ndarray:
    """Return the amplitude that a recorder lets pass: it cuts off as steeply as anti-alias filters do.

    Parameters
    ----------
    frequency : ndarray
        In Hz.
    top_hz : float
        Where it is down by 3 dB, in Hz.

    Returns
    -------
    ndarray
        1 / sqrt(1 + (f / top)^24).

    Examples
    --------
    >>> upper_limit(np.array([3000.0, 6000.0, 9000.0]), 6000.0).round(2)
    array([1.  , 0.71, 0.01])
    """
    squared = np.square(frequency * (1 / top_hz))
    fourth = squared * squared
    return 1 / np.sqrt(1 + np.square(fourth * fourth * fourth))


def read_loop(loop: np.ndarray, place: float, samples: int) -> np.ndarray:
    """Read from a loop.

    Parameters
    ----------
    loop : ndarray, shape (length,)
        Its end joins its start.
    place : float
        Where to begin, as a share of the loop, in [0, 1).
    samples : int
        How many.

    Returns
    -------
    ndarray, shape (samples,)
        A view where the loop holds it in one piece.

    Examples
    --------
    >>> read_loop(np.arange(4), 0.5, 6)
    array([2, 3, 0, 1, 2, 3])
    """
    start = int(place * len(loop))
    if start + samples <= len(loop):
        return loop[start : start + samples]
    return np.take(loop, np.arange(start, start + samples), mode="wrap")


def _locked(loop: np.ndarray) -> np.ndarray:
    loop.flags.writeable = False
    return loop
