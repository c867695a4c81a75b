"""Mel: the spectrogram that the paper's audio encoder reads."""

from __future__ import annotations

import numpy as np

__all__ = ["log_mel"]

BANDS, WINDOW, HOP = 128, 1024, 512
LOW_HZ, HIGH_HZ = 500.0, 10_000.0


def log_mel(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Compute a log-mel spectrogram through librosa: 128 bands of 500 to 10,000 Hz.

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
    import librosa  # Slow to load, and not needed to generate.

    power = librosa.feature.melspectrogram(
        y=samples,
        sr=sample_rate,
        n_fft=WINDOW,
        hop_length=HOP,
        n_mels=BANDS,
        fmin=LOW_HZ,
        fmax=min(HIGH_HZ, sample_rate / 2),
    )
    return librosa.power_to_db(power)
