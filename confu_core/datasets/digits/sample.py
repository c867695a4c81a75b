"""One sample of spoken digits: what decides it, a word at another pitch, tempo and moment, noise, and a caption."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from confu_core.datasets.avmnist import WORDS
from confu_core.datasets.digits.recordings import Recording, word
from confu_core.errors import InvalidValue
from confu_core.inputs.alterations import pink_noise
from confu_core.random import generator

CAPTIONS: Mapping[str, tuple[str, ...]] = {
    "word": ("{}",),
    "phrase": ("{}", "the digit {}", "a handwritten {}", "the number {} spoken aloud", "somebody writes and says {}"),
}
RATES = (8000, 16000)
BABBLE = "babble"
TALKERS = 5

_SEMITONES = 2.0
_TEMPO = 0.2  # Between a fifth slower and a fifth faster.
_GAIN_DB = -9.0
_PEAK = 0.95
_WINDOW_SECONDS, _SEARCH_SECONDS = 0.03, 0.008


@dataclass(frozen=True)
class DigitSettings:
    """What decides the samples, besides pictures and recordings."""

    removed: float = 0.75  # Share of the energy of pictures that is removed, in [0, 1).
    snr: float = -4.0  # Power of the word beside that of the noise, in dB.
    noise: tuple[str, ...] = ("white", "pink", "babble")  # Of which each sample has one; empty for none.
    vary: float = 1.0  # How far a recording is varied in pitch, tempo and gain, in [0, 1].
    captions: str = "word"  # Of `CAPTIONS`.
    rate: int = 8000  # Of the sounds, in Hz.
    seconds: float = 1.0  # Length of the sounds.
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.removed < 1:
            raise InvalidValue(f"removed must be in [0, 1); got {self.removed:g}")
        for name, low, high, unit in (("snr", -60, 100, " dB"), ("vary", 0, 1, ""), ("seconds", 0.25, 10, "")):
            if not low <= (value := getattr(self, name)) <= high:
                raise InvalidValue(f"{name} must be in [{low}, {high}]{unit}; got {value:g}")
        if self.captions not in CAPTIONS:
            raise InvalidValue(f"captions must be {' or '.join(CAPTIONS)}; got {self.captions!r}")
        if self.rate not in RATES:
            raise InvalidValue(f"rate must be {' or '.join(map(str, RATES))} Hz; got {self.rate}")
        noise_names(",".join(self.noise) or "none")

    def as_dict(self) -> dict[str, Any]:
        """Return all but the seed, as JSON values."""
        told = {**asdict(self), "noise": list(self.noise)}
        del told["seed"]
        return told


def draw_sound(
    recording: Recording, others: Sequence[Recording], settings: DigitSettings, split: str, row: int
) -> tuple[np.ndarray, dict[str, Any]]:
    """Draw the word in noise that is heard in one row, int16 of shape (seconds * rate,), and say what was drawn.

    Talkers of a babble are chosen among the others, which are the recordings of the same split.
    """
    rate, length = settings.rate, round(settings.seconds * settings.rate)
    draw = generator(settings.seed, "digits", "sound", split, row)
    variation = draw_variation(draw, settings.vary)
    said = varied(word(recording, rate), variation, rate, length)
    clip, kind = place_word(said, variation, length), "none"
    if settings.noise:
        kind = settings.noise[int(draw.integers(len(settings.noise)))]
        if kind == BABBLE:
            talkers = draw.integers(len(others), size=TALKERS)
            noise = babble(draw, length, [word(others[number], rate) for number in talkers])
        else:
            noise = NOISES[kind](draw, length)
        clip = add_noise(clip, noise, settings.snr)
    facts = {
        "noise": kind,
        "pitch": round(variation.pitch, 4),
        "tempo": round(variation.tempo, 4),
        "start_s": variation.start(length, len(said)) / rate,
        "word_s": len(said) / rate,
    }
    return to_int16(clip, variation.gain_db), facts


def caption_of(digit: int, settings: DigitSettings, split: str, row: int) -> str:
    """Return the text of one row, such as ``"seven"`` or ``"the digit seven"``.

    Examples
    --------
    >>> caption_of(7, DigitSettings(), "train", 0)
    'seven'
    """
    forms = CAPTIONS[settings.captions]
    drawn = int(generator(settings.seed, "digits", "caption", split, row).integers(len(forms)))
    return forms[drawn].format(WORDS[digit])


@dataclass(frozen=True)
class Variation:
    """How one sample says what a recording says."""

    pitch: float  # Factor of the frequencies.
    tempo: float  # Factor of the speed.
    gain_db: float  # Of the loudest moment of the clip, below full scale.
    lead_in: float  # In [0, 1): when the word begins, as a share of the time it leaves free.

    def start(self, length: int, spoken: int) -> int:
        """Return the sample of a clip in which a word of `spoken` samples begins."""
        return int(self.lead_in * (length - spoken + 1))


def draw_variation(draw: np.random.Generator, amount: float) -> Variation:
    """Draw a variation of up to two semitones, a fifth of the speed and 9 dB where the amount, in [0, 1], is 1.

    When the word begins is drawn whatever the amount is, and so are as many numbers.

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
    """Say a word at another pitch and tempo, and faster where it would have more samples than the longest may.

    Returns ndarray of float64, of power 1 and about ``len(word) / tempo`` samples.
    """
    from scipy.signal import resample

    tempo = max(variation.tempo, len(word) / longest)
    length = min(longest, max(1, round(len(word) / tempo)))
    # Stretched without a change of pitch, then played faster or slower, which changes both.
    stretched = _stretched(word.astype(np.float64), round(length * variation.pitch), sample_rate)
    said = resample(stretched, length) if len(stretched) != length else stretched
    return said / np.sqrt(np.mean(np.square(said)))


def _stretched(samples: np.ndarray, length: int, sample_rate: int) -> np.ndarray:
    """Return a sound of another length and the same pitch: overlapping pieces, each where it fits the last best.

    Waveform similarity overlap-add (Verhelst and Roelands, 1993).
    """
    half = round(_WINDOW_SECONDS * sample_rate / 2)
    reach = round(_SEARCH_SECONDS * sample_rate)
    if length == len(samples):
        return samples
    if len(samples) < 4 * half:
        return np.interp(np.linspace(0, len(samples) - 1, length), np.arange(len(samples)), samples)
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


def place_word(said: np.ndarray, variation: Variation, length: int) -> np.ndarray:
    """Put a word into silence of a length in samples, at least its own.

    Examples
    --------
    >>> place_word(np.ones(2), Variation(1.0, 1.0, 0.0, 0.5), 4)
    array([0., 1., 1., 0.])
    """
    clip = np.zeros(length)
    start = variation.start(length, len(said))
    clip[start : start + len(said)] = said
    return clip


def to_int16(clip: np.ndarray, gain_db: float) -> np.ndarray:
    """Scale a clip so that its loudest moment is at a level below 95% of full scale, in 16 bits; nothing is cut off.

    Examples
    --------
    >>> to_int16(np.array([0.0, -2.0, 1.0]), 0.0)
    array([     0, -31129,  15564], dtype=int16)
    """
    scale = _PEAK * 10 ** (gain_db / 20) / np.abs(clip).max()
    return np.rint(clip * scale * 32767).astype(np.int16)


def white(draw: np.random.Generator, length: int) -> np.ndarray:
    """Draw white noise: the same power at every frequency."""
    return draw.standard_normal(length)


def babble(draw: np.random.Generator, length: int, words: Sequence[np.ndarray]) -> np.ndarray:
    """Mix a murmur of words played backwards and over again, so that no digit can be heard in it."""
    mixed = np.zeros(length)
    for spoken in words:
        mixed += np.resize(np.roll(spoken[::-1], int(draw.integers(len(spoken)))), length)
    return mixed


NOISES: Mapping[str, Callable[[np.random.Generator, int], np.ndarray]] = {"white": white, "pink": pink_noise}


def noise_names(text: str) -> tuple[str, ...]:
    """Return the kinds of noise that a text names, with commas, of which each sample has one.

    Examples
    --------
    >>> noise_names("white,babble"), noise_names("none")
    (('white', 'babble'), ())
    """
    if text == "none":
        return ()
    names, known = tuple(text.split(",")), (*NOISES, BABBLE)
    if not set(names) <= set(known):
        raise InvalidValue(f"noise must be none, or some of {', '.join(known)} with commas; got {text!r}")
    return names


def add_noise(clip: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Add noise of any power to a word in silence, whose power is 1 where it sounds, at a ratio in dB.

    Examples
    --------
    >>> clip, noise = np.array([0.0, 1.0, -1.0, 0.0]), np.array([3.0, -3.0, 3.0, 3.0])
    >>> (add_noise(clip, noise, 20.0) - clip).round(3)
    array([ 0.1, -0.1,  0.1,  0.1])
    """
    return clip + noise * (10 ** (-snr_db / 20) / np.sqrt(np.mean(np.square(noise))))
