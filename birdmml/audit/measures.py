"""What is measured of one cell: contents, fingerprints, faults, and the features that probes see."""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from typing import Any

import numpy as np

from confu_core.inputs import Picture, Sequence, Sound
from confu_core.inputs.complaint import complaint, refusing
from confu_core.inputs.decode import content, decode_sequence
from confu_core.inputs.fingerprint import PICTURE_WORDS, SOUND_WORDS, picture_hash, sound_fingerprint
from confu_core.inputs.picture import PICTURE_FEATURES, decode_picture, picture_features
from confu_core.inputs.sound import decode_sound, spectrum_features

_CONTENT = ("content", "u8", (2,))
PICTURE = np.dtype(
    [
        _CONTENT,
        ("print", "u8", (PICTURE_WORDS,)),
        ("width", "u4"),
        ("height", "u4"),
        ("contrast", "f4"),  # The largest standard deviation of a colour over the picture, in grey levels.
        ("lost", "f4"),  # The share along one side that is of just one colour, neither black nor white.
    ]
)
SOUND = np.dtype(
    [
        _CONTENT,
        ("print", "u8", (SOUND_WORDS,)),
        ("rate", "u4"),  # Of the file, in Hz.
        ("seconds", "f4"),
        ("peak", "f4"),  # Of full scale.
        ("clipped", "f4"),  # Share of the samples.
        ("snr_db", "f4"),
    ]
)
SEQUENCE = np.dtype([_CONTENT, ("steps", "u4")])

_SIDE = 64
_SEEN = 256  # Pixels of the side at least, in which what is of one colour is told.
_BLACK, _WHITE = 16, 240  # Grey levels.

_BANDS = 32
_FRAME_SECONDS = 0.046
_LOW_HZ, _HIGH_HZ = 60.0, 10_000.0
_FLOOR = 1e-10  # Of power: below what 16 bits hold.
_QUIET = 0.2  # Quantile over time.
_BESIDE = 4  # Bands on either side among which a tone stands out.
_FLAT, _RUN = 5e-4, 3  # How near to the peak, relative to it, and for how many samples on end, is clipping.
_LEAST_PEAK = 0.02  # A quieter recording has so few levels that several samples on end share the highest.


def shape_of(one: Picture | Sound | Sequence) -> tuple[np.dtype, int]:
    """Return the type of the measures of a modality, and the width of its features."""
    if isinstance(one, Sequence):
        return SEQUENCE, one.width
    return (SOUND, 3 * _BANDS) if isinstance(one, Sound) else (PICTURE, PICTURE_FEATURES)


def measure(one: Picture | Sound | Sequence, cell: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return measures and features of a cell, as `shape_of` says; a `DatasetError` says why it cannot be decoded."""
    if isinstance(one, Sequence):
        return measure_sequence(cell, one)
    data = content(one, cell)
    assert isinstance(data, bytes)
    return measure_sound(data, one.sample_rate) if isinstance(one, Sound) else measure_picture(data)


def content_hash(data: bytes) -> np.ndarray:
    """Return 128 bits that no two different contents share, of shape (2,)."""
    return np.frombuffer(hashlib.blake2b(data, digest_size=16).digest(), dtype="<u8").astype(np.uint64)


def measure_picture(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Measure a picture file; features are a histogram of colours and the mean colours of places."""
    from PIL import Image

    pixels = decode_picture(data, _SIDE, whole=True)
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        image.draft("RGB", (_SEEN, _SEEN))
        lost = _lost_share(np.asarray(image.convert("RGB")))
    contrast = pixels.reshape(3, -1).std(axis=1).max()
    values = (content_hash(data), picture_hash(pixels), width, height, contrast, lost)
    return np.array(values, dtype=PICTURE), picture_features(pixels)


def measure_sequence(cell: Any, one: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Measure a sequence of vectors; features are the mean over the steps that are not all zeros."""
    steps = decode_sequence(cell, one.length, one.width)
    taken = steps[np.abs(steps).max(axis=1) > 0]
    mean = taken.mean(axis=0) if len(taken) else np.zeros(one.width, dtype=np.float32)
    return np.array((content_hash(steps.tobytes()), len(taken)), dtype=SEQUENCE), mean.astype(np.float32)


def measure_sound(data: bytes, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Measure a sound file; features are statistics of 32 mel bands over time, in dB, heard at the sample rate."""
    rate = _rate(data)
    samples = decode_sound(data, rate)
    power = mel_power(samples, rate)
    values = (
        content_hash(data),
        sound_fingerprint(samples, rate),
        rate,
        len(samples) / rate,
        float(np.abs(samples).max()),
        clipped_share(samples),
        signal_to_noise(power),
    )
    if rate != sample_rate:
        power = mel_power(decode_sound(data, sample_rate), sample_rate)
    return np.array(values, dtype=SOUND), spectrum_features(10 * np.log10(np.maximum(power, _FLOOR)))


def mel_power(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the power in 32 bands, evenly spaced on the mel scale from 60 Hz to 10 kHz, of shape (32, frames).

    Frames are 46 ms long and overlap by half. Bands above half the sample rate are empty.
    """
    from scipy.fft import rfft

    frame = max(64, round(_FRAME_SECONDS * sample_rate))
    padded = np.pad(samples.astype(np.float32, copy=False), (0, max(0, frame - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[:: frame // 2]
    spectrum = rfft(frames * np.hanning(frame).astype(np.float32), axis=1)
    return ((spectrum.real**2 + spectrum.imag**2) @ _filters(sample_rate, frame)).T


def clipped_share(samples: np.ndarray) -> float:
    """Return the share of samples that lie on a plateau at the peak, three or more on end.

    Clipping is told by its shape, so that it is still seen after the level was lowered.

    >>> tone = np.sin(np.arange(1000) / 3)
    >>> clipped_share(tone), clipped_share(np.clip(2 * tone, -1, 1)) > 0.5
    (0.0, True)
    """
    size = np.abs(samples)
    peak = size.max(initial=0)
    if peak < _LEAST_PEAK or len(size) < _RUN:
        return 0.0
    at_peak = size >= peak * (1 - _FLAT)
    # With its sign: noise of two values is no plateau.
    above = at_peak & (samples > 0)
    return float(sum(_in_runs(side) for side in (above, at_peak & ~above)) / len(size))


def signal_to_noise(power: np.ndarray) -> float:
    """Estimate in dB how far a recording rises above its own noise, in the quarter of the bands where it does so most.

    Noise is what is always there in a band of `mel_power`: the level exceeded four fifths of the time; of a steady
    tone, that of its neighbours. All else is signal. Noise alone is at -3 to -2, whatever its colour; silence and what
    is below 16 frames has no ratio, NaN.
    """
    frames = power.shape[1] // 2
    if frames < 8 or power.max() <= _FLOOR:
        return float("nan")
    smooth = power[:, : 2 * frames].reshape(len(power), frames, 2).mean(axis=2)
    noise = _noise_floor(smooth)
    ratio = np.maximum(smooth - noise[:, None], 0).mean(axis=1) / noise
    return float(10 * np.log10(max(np.sort(ratio)[-len(ratio) // 4 :].mean(), _FLOOR)))


def _noise_floor(power: np.ndarray) -> np.ndarray:
    from scipy.ndimage import median_filter

    level = 10 * np.log10(np.maximum(np.quantile(power, _QUIET, axis=1), _FLOOR))
    # At both ends the slope goes on, so that rumble is no tone.
    before = 2 * level[0] - level[_BESIDE:0:-1]
    after = 2 * level[-1] - level[-2 : -_BESIDE - 2 : -1]
    around = median_filter(np.concatenate([before, level, after]), size=2 * _BESIDE + 1)[_BESIDE:-_BESIDE]
    return np.maximum(10 ** (np.minimum(level, around) / 10), _FLOOR)


def _rate(data: bytes) -> int:
    import soundfile

    with refusing("the sound cannot be decoded", lambda error: complaint(error, data)):
        return int(soundfile.info(io.BytesIO(data)).samplerate)


def _in_runs(mask: np.ndarray) -> int:
    """Count the true values that have as many true neighbours on end as make a plateau."""
    if not mask.any():
        return 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= _RUN].sum())


@lru_cache(maxsize=8)
def _filters(sample_rate: int, frame: int) -> np.ndarray:
    """Return triangles on the mel scale, each of sum 1, of shape (bins, bands)."""
    low, high = 2595 * np.log10(1 + np.array([_LOW_HZ, _HIGH_HZ]) / 700)
    edges = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    above = np.fft.rfftfreq(frame, 1 / sample_rate)[:, None] - edges
    steps = np.diff(edges)
    bank = np.maximum(np.minimum(above[:, :-2] / steps[:-1], -above[:, 2:] / steps[1:]), 0)
    # A band between two bins takes the nearer one.
    for band in np.flatnonzero(bank.sum(0) == 0):
        nearest = round(edges[band + 1] * frame / sample_rate)
        bank[nearest : nearest + 1, band] = 1
    return (bank / np.maximum(bank.sum(0), 1e-12)).astype(np.float32)


def _lost_share(pixels: np.ndarray) -> float:
    """Return the largest share along one side that is of one colour, as of a picture that was cut and filled up."""
    return max(_filled_share(np.rot90(pixels, turn)) for turn in range(4))


def _filled_share(pixels: np.ndarray) -> float:
    """Return the share of rows at the bottom that are of one colour; black bars and white paper are none."""
    colour = pixels[-1, 0]
    if (pixels[-1] != colour).any():
        return 0.0
    filled = (pixels == colour).all(axis=(1, 2))
    if filled.all() or colour.max() < _BLACK or colour.min() > _WHITE:
        return 0.0
    return float(np.argmin(filled[::-1])) / len(filled)
