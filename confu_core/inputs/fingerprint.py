"""Fingerprints: short codes of pictures and recordings that survive recompression."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.inputs.nearness import distance, groups_of, near_pairs, tells_apart

__all__ = [
    "PICTURE_DISTANCE",
    "PICTURE_WORDS",
    "SOUND_DISTANCE",
    "SOUND_WORDS",
    "distance",
    "groups_of",
    "near_pairs",
    "picture_hash",
    "sound_fingerprint",
    "tells_apart",
]

PICTURE_WORDS, SOUND_WORDS = 4, 8
PICTURE_DISTANCE = 12  # Differing bits, at most, between copies of one picture; of 256.
SOUND_DISTANCE = 48  # Between copies of one recording; of 512.

_WORD = 64
_SIDE = 32  # Pixels of a reduced picture.
_BANDS, _TIMES = 32, 64  # Cells of a reduced spectrogram.
_GREY_LEVELS = 6.0  # A frequency of a picture has to be stronger than what compression leaves of none.
_DECIBELS = 1e-6  # Of a spectrogram, stronger than rounding.
_LOWEST_HZ, _HIGHEST_HZ = 250.0, 7500.0
_FRAME_SECONDS = 0.046
_RANGE_DB = 60.0  # Below the loudest cell; with less, two quiet recordings of one kind of song would be alike.
_SILENCE = 1e-12
_MOST_FRAMES = 1024  # Frames transformed at a time.


def picture_hash(image: np.ndarray) -> np.ndarray:
    """Return 256 bits that copies of a picture share: signs of the lowest frequencies of its brightness.

    Recompressing, resizing, and slight changes of brightness, contrast or noise change few bits; mirroring, turning
    and cropping change many. This is the perceptual hash of Zauner (2010), by the sign of each frequency. Of 64 bits,
    as is usual, too many are decided by the sky: other pictures of the same scene would be copies.

    Returns ndarray of uint64, shape (4,).
    """
    if image.ndim != 3 or image.shape[0] != 3 or image.dtype != np.uint8:
        raise InvalidValue(f"image must be uint8 of shape (3, height, width); got {image.dtype} of {image.shape}")
    from PIL import Image

    grey = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0))).convert("L")
    small = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float64)
    return _signs(small, _GREY_LEVELS, PICTURE_WORDS)


def sound_fingerprint(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return 512 bits that copies of a recording share: signs of the lowest frequencies of its spectrogram.

    The recording is divided into 64 equal times and 32 bands from 250 to 7500 Hz; the power in each cell is taken in
    dB, down to 60 below the loudest. Gain, recompression, another rate of at least 16 kHz and faint noise change few
    bits. Copies that begin or end elsewhere are not recognised.

    Returns ndarray of uint64, shape (8,).
    """
    if samples.ndim != 1 or not len(samples):
        raise InvalidValue(f"samples must be one channel of at least one sample; got shape {samples.shape}")
    power = _cells(np.asarray(samples, dtype=np.float32), sample_rate)
    loudest = power.max()
    if loudest <= _SILENCE:
        return np.zeros(SOUND_WORDS, dtype=np.uint64)
    return _signs(np.maximum(10 * np.log10(np.maximum(power / loudest, _SILENCE)), -_RANGE_DB), _DECIBELS, SOUND_WORDS)


def _signs(table: np.ndarray, above: float, words: int) -> np.ndarray:
    """Return which of the lowest frequencies of a table, but for its mean, are positive, and not for nothing."""
    from scipy.fft import dctn

    lowest = dctn(table, norm="ortho").ravel()[_lowest(table.shape, words * _WORD)]
    return np.packbits(lowest > above).view(">u8").astype(np.uint64)


@lru_cache(maxsize=2)
def _lowest(shape: tuple[int, int], count: int) -> np.ndarray:
    """Return the places of the lowest frequencies in their order, as many along each side as it is long."""
    down, across = np.indices(shape)
    return np.argsort(((down / shape[0]) ** 2 + (across / shape[1]) ** 2).ravel(), kind="stable")[1 : count + 1]


def _cells(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the mean power in equal times and bands, shape (bands, times)."""
    from scipy.fft import rfft

    frame = max(_BANDS, round(_FRAME_SECONDS * sample_rate))
    # Frames are spread over the recording, two per time at least, so that a short one has as many cells as a long one.
    count = _TIMES * max(2, -(-2 * len(samples) // (frame * _TIMES)))
    padded = np.pad(samples, (frame // 2, frame - frame // 2))
    starts = np.round(np.linspace(0, len(samples) - 1, count)).astype(np.int64)
    window = np.hanning(frame).astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(padded, frame)
    blocks = []
    for block in (starts[at : at + _MOST_FRAMES] for at in range(0, count, _MOST_FRAMES)):
        spectrum = rfft(views[block] * window, axis=1)
        blocks.append((spectrum.real**2 + spectrum.imag**2) @ _bands(sample_rate, frame))
    return np.concatenate(blocks).reshape(_TIMES, -1, _BANDS).mean(axis=1).T


@lru_cache(maxsize=8)
def _bands(sample_rate: int, frame: int) -> np.ndarray:
    """Return the weights of frequencies in bands; a band between two frequencies takes the nearer one."""
    edges = np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _BANDS + 1)
    frequencies = np.arange(frame // 2 + 1) * sample_rate / frame
    band = np.searchsorted(edges, frequencies, side="right") - 1
    filters = np.zeros((len(band), _BANDS), dtype=np.float32)
    for number in range(_BANDS):
        inside = np.flatnonzero(band == number)
        if not len(inside):
            centre = round((edges[number] + edges[number + 1]) / 2 * frame / sample_rate)
            inside = np.array([centre])[: centre < len(band)]
        filters[inside, number] = 1 / max(1, len(inside))
    return filters
