"""Mel: the spectrogram that the paper's audio encoder reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

__all__ = ["BANDS", "HIGH_HZ", "HOP", "LOW_HZ", "WINDOW", "frames_of", "log_mel"]

BANDS, WINDOW, HOP = 128, 1024, 512
LOW_HZ, HIGH_HZ = 500.0, 10_000.0

_FLOOR = 1e-10  # Of power.
_RANGE_DB = 80.0

# Slaney's mel: linear up to 1000 Hz, 200 / 3 Hz each, and then 27 to a factor of 6.4.
_LINEAR_HZ, _LINEAR_MEL = 200 / 3, 15.0
_LOG_STEP = math.log(6.4) / 27


def log_mel(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Compute a log-mel spectrogram: 128 bands of 500 to 10,000 Hz, from windows of 1024 samples every 512.

    The numbers are those of librosa's ``melspectrogram`` and ``power_to_db``, more than twice as fast: filters and
    window are made once, and each clip is one transform.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        A recording.
    sample_rate : int
        In Hz; below 20,000 Hz the bands end at the Nyquist frequency.

    Returns
    -------
    ndarray of float32, shape (128, 1 + samples // 512)
        In dB of power, at most 80 below the loudest.

    Examples
    --------
    >>> log_mel(np.sin(np.arange(22050, dtype=np.float32)), 22050).shape
    (128, 44)
    """
    from scipy.fft import rfft

    filters, window = _bank(sample_rate)
    padded = np.pad(np.asarray(samples, dtype=np.float32), WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * window
    # The window, and so the transform, is in double precision, as in librosa: the numbers are the same to the last bit.
    spectrum = rfft(frames, axis=1).astype(np.complex64)
    power = np.einsum("ft,mf->mt", (np.abs(spectrum) ** 2).T, filters, optimize=True)
    levels = 10 * np.log10(np.maximum(np.float32(_FLOOR), power))
    return np.maximum(levels, levels.max() - np.float32(_RANGE_DB))


def frames_of(samples: int) -> int:
    """Return how many frames the spectrogram of a recording has.

    Parameters
    ----------
    samples : int
        Length of the recording.

    Returns
    -------
    int
        One per hop, and one.

    Examples
    --------
    >>> frames_of(22050)
    44
    """
    return 1 + samples // HOP


@lru_cache(maxsize=8)
def _bank(sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the filters, shape (bands, bins), and the window.

    Both are librosa's to the last bit, which a test compares; librosa itself takes a second to load in every process.
    """
    # Bands are triangles between the centres of their neighbours, equally far apart in mel, and of one area each.
    low, high = _mel([LOW_HZ, min(HIGH_HZ, sample_rate / 2)])
    edges = _hertz(np.linspace(low, high, BANDS + 2))
    apart = np.subtract.outer(edges, np.fft.rfftfreq(WINDOW, 1 / sample_rate))
    rising, falling = -apart[:-2] / np.diff(edges)[:-1, None], apart[2:] / np.diff(edges)[1:, None]
    filters = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    filters *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return filters, 0.5 + 0.5 * np.cos(np.linspace(-np.pi, np.pi, WINDOW + 1)[:-1])


def _mel(hertz: Sequence[float]) -> np.ndarray:
    f = np.asarray(hertz, dtype=float)
    return np.where(f < 1000, f / _LINEAR_HZ, _LINEAR_MEL + np.log(np.maximum(f, 1000) / 1000) / _LOG_STEP)


def _hertz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < _LINEAR_MEL, _LINEAR_HZ * mel, 1000 * np.exp(_LOG_STEP * (mel - _LINEAR_MEL)))
