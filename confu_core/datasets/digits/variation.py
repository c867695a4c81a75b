"""Variation: the same recording at another pitch, tempo, loudness and moment, where there are few recordings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Variation", "draw_variation", "place_word", "varied"]

_SEMITONES = 2.0
_TEMPO = 0.2  # Between a fifth slower and a fifth faster.
_GAIN_DB = -9.0
_PEAK = 0.95
_WINDOW_SECONDS, _SEARCH_SECONDS = 0.03, 0.008


@dataclass(frozen=True)
class Variation:
    """How one sample says what a recording says.

    Attributes
    ----------
    pitch : float
        Factor of the frequencies.
    tempo : float
        Factor of the speed.
    gain_db : float
        Of the loudest moment of the clip, below full scale.
    lead_in : float
        In [0, 1): when the word begins, as a share of the time it leaves free.
    """

    pitch: float
    tempo: float
    gain_db: float
    lead_in: float


def draw_variation(draw: np.random.Generator, amount: float) -> Variation:
    """Draw a variation.

    Parameters
    ----------
    draw : numpy.random.Generator
        Of one sample.
    amount : float
        In [0, 1]: of pitch, tempo and gain; 1 is up to two semitones, a fifth of the speed and 9 dB. When the word
        begins is drawn whatever it is.

    Returns
    -------
    Variation
        Four draws, whatever `amount` is.

    Examples
    --------
    >>> draw_variation(np.random.default_rng(0), 0.0).pitch
    1.0
    """
    pitch, tempo, gain, lead_in = draw.random(4)
    return Variation(
        pitch=float(2 ** (amount * _SEMITONES / 12 * (2 * pitch - 1))),
        tempo=float((1 + _TEMPO) ** (amount * (2 * tempo - 1))),
        gain_db=float(amount * _GAIN_DB * gain),
        lead_in=float(lead_in),
    )


def varied(word: np.ndarray, variation: Variation, sample_rate: int, longest: int) -> np.ndarray:
    """Say a word at another pitch and tempo.

    Parameters
    ----------
    word : ndarray of float32, shape (samples,)
        Without silence around it.
    variation : Variation
        Pitch and tempo.
    sample_rate : int
        In Hz.
    longest : int
        Samples that it may have; it is said faster where it would have more.

    Returns
    -------
    ndarray of float64
        Of power 1, about ``len(word) / tempo`` samples long, at most `longest`.
    """
    from scipy.signal import resample

    tempo = max(variation.tempo, len(word) / longest)
    length = min(longest, max(1, round(len(word) / tempo)))
    # Stretched without a change of pitch, then played faster or slower, which changes both.
    stretched = _stretched(word.astype(np.float64), round(length * variation.pitch), sample_rate)
    said = resample(stretched, length) if len(stretched) != length else stretched
    return said / np.sqrt(np.mean(np.square(said)))


def place_word(said: np.ndarray, variation: Variation, length: int) -> np.ndarray:
    """Put a word into silence.

    Parameters
    ----------
    said : ndarray of float64, shape (samples,)
        At most `length` samples.
    variation : Variation
        When it begins.
    length : int
        Samples of the clip.

    Returns
    -------
    ndarray of float64, shape (length,)
        Zeros before and after the word.

    Examples
    --------
    >>> place_word(np.ones(2), Variation(1.0, 1.0, 0.0, 0.5), 4)
    array([0., 1., 1., 0.])
    """
    clip = np.zeros(length)
    start = int(variation.lead_in * (length - len(said) + 1))
    clip[start : start + len(said)] = said
    return clip


def to_int16(clip: np.ndarray, gain_db: float) -> np.ndarray:
    """Scale a clip so that its loudest moment is at a level, in 16 bits.

    Parameters
    ----------
    clip : ndarray of float64, shape (samples,)
        Not silent.
    gain_db : float
        Below 95% of full scale.

    Returns
    -------
    ndarray of int16, shape (samples,)
        Nothing is cut off.

    Examples
    --------
    >>> to_int16(np.array([0.0, -2.0, 1.0]), 0.0)
    array([     0, -31129,  15564], dtype=int16)
    """
    scale = _PEAK * 10 ** (gain_db / 20) / np.abs(clip).max()
    return np.rint(clip * scale * 32767).astype(np.int16)


def _stretched(samples: np.ndarray, length: int, sample_rate: int) -> np.ndarray:
    """Return a sound of another length and the same pitch: overlapping pieces, each where it fits the last best.

    Waveform similarity overlap-add (Verhelst and Roelands, 1993).
    """
    half = round(_WINDOW_SECONDS * sample_rate / 2)
    reach = round(_SEARCH_SECONDS * sample_rate)
    if length == len(samples) or len(samples) < 4 * half:
        return samples if length == len(samples) else _linear(samples, length)
    window = np.hanning(2 * half + 1)[:-1]
    source = np.pad(samples, (half + reach, 3 * half + 2 * reach))
    result = np.zeros(length + 3 * half)
    speed, last = len(samples) / length, reach
    for out in range(0, length + half, half):
        # Where the piece would lie, and, beside that, where it goes on as the piece before it did.
        wanted = min(round(out * speed) + reach, len(source) - 2 * half - reach - 1)
        best = wanted
        if out:
            follows = source[last + half : last + 3 * half]
            around = source[wanted - reach : wanted + reach + 2 * half]
            best = wanted - reach + int(np.argmax(np.correlate(around, follows, "valid")))
        result[out : out + 2 * half] += window * source[best : best + 2 * half]
        last = min(best, len(source) - 3 * half)
    return result[half : half + length]


def _linear(samples: np.ndarray, length: int) -> np.ndarray:
    return np.interp(np.linspace(0, len(samples) - 1, length), np.arange(len(samples)), samples)
