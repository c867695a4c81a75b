"""Plain features of decoded media, which nothing is trained for: histograms of colours, means and spreads."""

from __future__ import annotations

import numpy as np

__all__ = ["PICTURE_FEATURES", "picture_features", "sequence_features", "spectrum_features"]

LEVELS = 4  # Of each colour in a histogram.
GRID = 4  # Places along each side whose mean colour is a feature.
PICTURE_FEATURES = LEVELS**3 + 3 * GRID**2
RANGE = 80.0  # In dB: what lies further below the loudest is silence.
LOUD = 0.98  # Quantile over time.


def picture_features(pixels: np.ndarray) -> np.ndarray:
    """Return the square roots of a histogram of 4 x 4 x 4 colours, and the mean colours of 4 x 4 places.

    Returns ndarray of float32, shape (112,).
    """
    side = pixels.shape[-1]
    level = (pixels >> 6).reshape(3, -1).astype(np.int64)
    counts = np.bincount(level[0] * LEVELS**2 + level[1] * LEVELS + level[2], minlength=LEVELS**3)
    # Where places would cut pixels, each pixel is cut in as many parts.
    whole = pixels if side % GRID == 0 else pixels.repeat(GRID, axis=1).repeat(GRID, axis=2)
    block = whole.shape[-1] // GRID
    means = whole.reshape(3, GRID, block, GRID, block).mean(axis=(2, 4)) / 255
    return np.concatenate([np.sqrt(counts / side**2), means.ravel()]).astype(np.float32)


def spectrum_features(level: np.ndarray) -> np.ndarray:
    """Return mean, standard deviation and a high quantile over time of every band of a spectrogram.

    Returns ndarray of float32, shape (..., 3 * bands).
    """
    level = np.maximum(level - level.max(axis=(-2, -1), keepdims=True), -RANGE)
    return np.concatenate([level.mean(-1), level.std(-1), np.quantile(level, LOUD, axis=-1)], -1).astype(np.float32)


def sequence_features(steps: np.ndarray) -> np.ndarray:
    """Return mean and standard deviation over the steps of a sequence that are not all zeros.

    Returns ndarray of float32, shape (2 * width,).
    """
    there = steps[np.abs(steps).max(axis=1) > 0]
    if not len(there):
        return np.zeros(2 * steps.shape[1], dtype=np.float32)
    return np.concatenate([there.mean(0), there.std(0)]).astype(np.float32)
