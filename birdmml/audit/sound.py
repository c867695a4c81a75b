"""What is measured of one recording: content, fingerprint, rate, length, peak, clipping, noise, and mel statistics."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np

from birdmml.audit.content import content_of
from confu_core.errors import DatasetError
from confu_core.inputs.complaint import complaint
from confu_core.inputs.fingerprint import SOUND_WORDS, sound_fingerprint
from confu_core.inputs.plain import spectrum_features
from confu_core.inputs.sound import decode_sound

__all__ = ["SOUND", "SOUND_FEATURES", "clipped_share", "measure_sound", "mel_power", "signal_to_noise"]

SOUND = np.dtype(
    [
        ("content", "u8", (2,)),
        ("print", "u8", (SOUND_WORDS,)),
        ("rate", "u4"),
        ("seconds", "f4"),
        ("peak", "f4"),
        ("clipped", "f4"),
        ("snr_db", "f4"),
    ]
)
_BANDS = 32
SOUND_FEATURES = 3 * _BANDS
_FRAME_SECONDS = 0.046
_LOW_HZ, _HIGH_HZ = 60.0, 10_000.0
_FLOOR = 1e-10  # Of power: below what 16 bits hold.
_QUIET = 0.2  # Quantile over time.
_BESIDE = 4  # Bands on either side among which a tone stands out.
_FLAT, _RUN = 5e-4, 3  # How near to the peak, relative to it, and for how many samples on end, is clipping.
_LEAST_PEAK = 0.02  # A quieter recording has so few levels that several samples on end share the highest.


def measure_sound(data: bytes, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Measure one recording.

    Parameters
    ----------
    data : bytes
        A FLAC, Ogg or WAV file.
    sample_rate : int
        In Hz, for features; all else is measured at the rate of the file.

    Returns
    -------
    tuple of (ndarray of SOUND, shape (), and ndarray of float32, shape (SOUND_FEATURES,))
        Measures: the rate of the file in Hz, length in s, peak and share of clipped samples in [0, 1], SNR in dB.
        Features: mean, standard deviation and a high quantile over time of 32 mel bands, in dB.

    Raises
    ------
    DatasetError
        If it cannot be decoded.
    """
    rate = _rate(data)
    samples = decode_sound(data, rate)
    peak = float(np.abs(samples).max())
    power = mel_power(samples, rate)
    values = (
        content_of(data),
        sound_fingerprint(samples, rate),
        rate,
        len(samples) / rate,
        peak,
        clipped_share(samples),
        signal_to_noise(power),
    )
    if rate != sample_rate:
        power = mel_power(decode_sound(data, sample_rate), sample_rate)
    return np.array(values, dtype=SOUND), spectrum_features(10 * np.log10(np.maximum(power, _FLOOR)))


def mel_power(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return the power in 32 bands, evenly spaced on the mel scale from 60 Hz to 10 kHz.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        A recording.
    sample_rate : int
        In Hz; what lies above half of it is empty.

    Returns
    -------
    ndarray of float32, shape (32, frames)
        Frames are 46 ms long and overlap by half.
    """
    from scipy.fft import rfft

    frame = max(64, round(_FRAME_SECONDS * sample_rate))
    padded = np.pad(samples.astype(np.float32, copy=False), (0, max(0, frame - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[:: frame // 2]
    spectrum = rfft(frames * np.hanning(frame).astype(np.float32), axis=1)
    return ((spectrum.real**2 + spectrum.imag**2) @ _filters(sample_rate, frame)).T


def clipped_share(samples: np.ndarray) -> float:
    """Return the share of samples that lie on a plateau at the peak, three or more on end.

    Parameters
    ----------
    samples : ndarray of float, shape (samples,)
        A recording.

    Returns
    -------
    float
        In [0, 1]. Clipping is told by its shape, so that it is still seen after the level was lowered.

    Examples
    --------
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
    """Estimate how far a recording rises above its own noise, in the quarter of the bands where it does so most.

    Noise is what is always there in a band: the level exceeded four fifths of the time; of a steady tone, that of its
    neighbours. All else is signal.

    Parameters
    ----------
    power : ndarray of float, shape (bands, frames)
        As `mel_power` returns it.

    Returns
    -------
    float
        In dB. Noise alone is at -3 to -2, whatever its colour. NaN for silence, and below 16 frames.
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

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            return int(sound.samplerate)
    except Exception as error:  # Decoders raise anything over hostile bytes, and each failure is the finding.
        raise DatasetError(f"the sound cannot be decoded: {complaint(error, data)}") from error


def _in_runs(mask: np.ndarray) -> int:
    """Count the true values that have as many true neighbours on end as make a plateau."""
    if not mask.any():
        return 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= _RUN].sum())


@lru_cache(maxsize=8)
def _filters(sample_rate: int, frame: int) -> np.ndarray:
    """Return triangles on the mel scale, shape (bins, bands)."""
    top, bottom = (2595 * np.log10(1 + hertz / 700) for hertz in (_HIGH_HZ, _LOW_HZ))
    edges = 700 * (10 ** (np.linspace(bottom, top, _BANDS + 2) / 2595) - 1)
    bins = np.arange(frame // 2 + 1)[:, None] * sample_rate / frame
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.clip(np.minimum(rising, falling), 0, None)
    # A band between two bins takes the nearer one.
    for band in np.flatnonzero(filters.sum(0) == 0):
        nearest = round(edges[band + 1] * frame / sample_rate)
        filters[nearest : nearest + 1, band] = 1
    return (filters / np.maximum(filters.sum(0), 1e-12)).astype(np.float32)
