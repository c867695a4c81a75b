"""Fingerprints: short codes of pictures and recordings that survive recompression, and which of many lie near."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.random import generator

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
_FEW = 50  # Items, below which copies may be most of them.
_PAIRS, _ODD = 4000, 0.01


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


def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return in how many bits fingerprints differ.

    Returns ndarray of int, shape (...).
    """
    return _ones(np.bitwise_xor(first, second)).sum(axis=-1)


def near_pairs(fingerprints: np.ndarray, within: int) -> np.ndarray:
    """Find the pairs of fingerprints that differ in few bits, without comparing all with all.

    The bits are cut into ``within + 1`` bands: who differs in at most `within` bits agrees in at least one band whole,
    so that just those with an equal band are compared, and no pair is missed.

    Returns ndarray of int64, shape (pairs, 2).
    """
    bits = _WORD * fingerprints.shape[1]
    if not 0 <= within < bits:
        raise InvalidValue(f"within must be in [0, {bits - 1}] bits; got {within}")
    if len(fingerprints) < 2:
        return np.empty((0, 2), dtype=np.int64)
    unique, first, inverse = np.unique(fingerprints, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    again = np.flatnonzero(first[inverse] != np.arange(len(fingerprints)))
    found = [np.stack([first[inverse[again]], again], axis=1)]
    found += [np.sort(first[pairs], axis=1) for pairs in _band_pairs(unique, within)]
    return np.unique(np.concatenate(found), axis=0).astype(np.int64)


def copy_pairs(fingerprints: np.ndarray, within: int) -> np.ndarray:
    """Return near pairs as `near_pairs` does, but none where fingerprints do not tell the items of a collection apart.

    Pictures of one pattern, such as digits rebuilt from a few components, have nearly one fingerprint. There a small
    distance is no sign of a copy.
    """
    if len(fingerprints) >= _FEW:
        one, other = generator(0, "nearness").integers(0, len(fingerprints), (2, _PAIRS))
        apart = distance(fingerprints[one[one != other]], fingerprints[other[one != other]])
        if np.quantile(apart, _ODD) <= 2 * within:
            return np.empty((0, 2), dtype=np.int64)
    return near_pairs(fingerprints, within)


def groups_of(pairs: np.ndarray, count: int) -> np.ndarray:
    """Return which items hang together by pairs.

    Returns ndarray of int64, shape (count,).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    return first[label].astype(np.int64)


def _band_pairs(unique: np.ndarray, within: int) -> list[np.ndarray]:
    """Return pairs of near ones among rows that all differ, some of them more than once."""
    bits = np.unpackbits(unique.astype(">u8").view(np.uint8), axis=1)
    found = []
    for columns in np.array_split(np.arange(bits.shape[1]), within + 1):
        packed = np.packbits(bits[:, columns], axis=1)
        key = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
        order = np.argsort(key, kind="stable")
        rows, ordered = np.asfortranarray(unique[order]), key[order]
        run = np.cumsum(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        # The neighbour at every offset within a run of equal bands; short runs end before long ones.
        here = np.arange(len(order))
        for offset in range(1, len(order)):
            here = here[: np.searchsorted(here, len(order) - offset)]
            here = here[run[here] == run[here + offset]]
            if not len(here):
                break
            close = here[_near(rows, here, here + offset, within)]
            found.append(np.stack([order[close], order[close + offset]], axis=1))
    return found


def _near(rows: np.ndarray, one: np.ndarray, other: np.ndarray, within: int) -> np.ndarray:
    """Return which pairs are near, word by word: most pairs are told apart by the first."""
    left, bits = np.arange(len(one)), np.zeros(len(one), dtype=np.int64)
    for word in rows.T:
        bits = bits + _ones(word[one[left]] ^ word[other[left]])
        left, bits = left[bits <= within], bits[bits <= within]
    return left


def _ones(words: np.ndarray) -> np.ndarray:
    """Count the bits of 64-bit words; NumPy has this of its own from version 2 on."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(words).astype(np.int64)
    return np.unpackbits(words[..., None].view(np.uint8), axis=-1).sum(axis=-1, dtype=np.int64)
