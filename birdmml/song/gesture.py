"""Gesture: what a bird does to sing one syllable, as control curves; Cast: who sings it, how long and how high."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from confu_core.random import generator

CONTROL_HZ = 2756.25  # An eighth of 22,050 Hz: enough for the fastest rasp, an eighth of the work.
SHORTEST = 0.003  # Seconds of the quickest onset and release; a steeper one is a click.
TRAITS = 12  # Numbers in [0, 1) that say how a letter of a song is formed, beyond its kind.
_ROUGH = generator(0, "song", "roughness").standard_normal(8192, dtype=np.float32)


def block_length(sample_rate: int) -> int:
    """Return the number of samples, at least 2, between two points of a control curve."""
    return max(2, round(sample_rate / CONTROL_HZ))


def grid(duration: float, sample_rate: int) -> np.ndarray:  # float32, shape (points,)
    """Return the points of a control curve that lasts so many seconds, as even shares of it from 0 to 1."""
    blocks = max(4, round(duration * sample_rate / block_length(sample_rate)))
    return np.arange(blocks + 1, dtype=np.float32) / np.float32(blocks)


def raise_rate(points: np.ndarray, block: int) -> np.ndarray:  # float32, shape (block, blocks)
    """Interpolate a control curve linearly to the sample rate, in lanes: sample b * block + j is at [j, b]."""
    points = points.astype(np.float32, copy=False)
    ramp = np.arange(block, dtype=np.float32)[:, None] / np.float32(block)
    lanes = ramp * (points[1:] - points[:-1])
    lanes += points[:-1]
    return lanes


def in_order(lanes: np.ndarray) -> np.ndarray:  # shape (block * blocks,)
    """Put the samples of lanes, as `raise_rate` and `phase` return them, in order of time."""
    return lanes.T.ravel()


def phase(frequency: np.ndarray, block: int, sample_rate: int) -> np.ndarray:  # float32, shape (block, blocks)
    r"""Integrate a curve of frequency to phase, exactly, at the sample rate.

    Between two points the frequency is a line, so the phase is a parabola:
    :math:`\theta = 2 \pi (c + f_0 t + (f_1 - f_0) t^2 / 2 T)` with c the cycles so far, in double precision.
    """
    span = block / sample_rate
    cycles = np.cumsum(frequency[1:] + frequency[:-1], dtype=np.float64) * (span / 2)
    start = np.concatenate(([0.0], cycles[:-1])) % 2.0
    time = (np.arange(block) / sample_rate).astype(np.float32)[:, None]
    turn = 2 * np.pi
    frequency = frequency.astype(np.float32, copy=False)
    lanes = time * ((frequency[1:] - frequency[:-1]) * (turn / (2 * span)))
    lanes += frequency[:-1] * turn
    lanes *= time
    lanes += (turn * start).astype(np.float32)
    return lanes


def smooth(x: np.ndarray) -> np.ndarray:
    """Ease from 0 to 1 along a raised cosine, flat outside [0, 1]."""
    return 0.5 - 0.5 * np.cos(np.pi * np.minimum(np.maximum(x, 0.0), 1.0))


def envelope(x: np.ndarray, duration: float, attack: float, decay: float) -> np.ndarray:  # shape (points,)
    """Rise and fall along raised cosines of so many seconds, with a plateau of 1 between, at shares x of a duration."""
    attack, decay = (max(seconds, SHORTEST) / duration for seconds in (attack, decay))
    full = max(1.0, attack + decay)
    return smooth(x * (full / attack)) * smooth((1 - x) * (full / decay))


def bend(x: np.ndarray, curve: float) -> np.ndarray:
    """Go from 0 to 1, fast first where `curve` is positive, slowly first where it is negative."""
    return x if abs(curve) < 1e-3 else np.expm1(-curve * x) / np.expm1(-curve)


def steps(x: np.ndarray, levels: np.ndarray, sharpness: float = 1.0) -> np.ndarray:  # shape (points,)
    """Pass through levels at even distances, easing from each to the next; the sharper, the longer it stays at each."""
    place = x * (len(levels) - 1)
    index = np.minimum(place.astype(int), len(levels) - 2)
    share = smooth((place - index - 0.5) * sharpness + 0.5)
    return levels[index] + (levels[index + 1] - levels[index]) * share


@dataclass(frozen=True)
class Cast:
    """A letter of a song, given to a singer."""

    duration: float  # In seconds.
    low_hz: float  # Band of the letter's own fundamental.
    high_hz: float
    harmonicity: float  # In [0, 1], of the song.
    trill_rate: float  # In Hz, of the song; 0 leaves it to the kind.
    # In [0, 1]: traits of the species, and those of the individual, which are close to them. Choices between forms
    # follow `fixed`, so that individuals agree on them; degrees follow `free`; shape (TRAITS,).
    fixed: np.ndarray
    free: np.ndarray
    sample_rate: int  # In Hz.

    @property
    def noisy(self) -> float:
        """How far the voice is from pure tones: 0 where it is made of them, 1 where it is noise."""
        return 1 - self.harmonicity

    def points(self) -> np.ndarray:
        """Return the control points as shares of the duration."""
        return grid(self.duration, self.sample_rate)

    def hertz(self, height: np.ndarray) -> np.ndarray:
        """Map heights in [0, 1] to Hz, evenly by octave; outside they are clipped."""
        octaves = math.log(self.high_hz / self.low_hz)
        return self.low_hz * np.exp(octaves * np.minimum(np.maximum(height, 0.0), 1.0))

    def within(self, frequency: np.ndarray) -> np.ndarray:
        """Clip frequencies to the band."""
        return np.minimum(np.maximum(frequency, self.low_hz), self.high_hz)

    def middle_hz(self) -> float:
        """Return the geometric middle of the band."""
        return math.sqrt(self.low_hz * self.high_hz)

    def waver(self, x: np.ndarray) -> np.ndarray:
        """Return slow unsteadiness of pitch, of size 1, as every living voice has it."""
        turns = 2 * np.pi * self.duration * x
        return np.sin(turns * (4 + 3 * self.free[10]) + 6.3 * self.free[11]) + 0.5 * np.sin(
            turns * 11.3 + 9 * self.free[9]
        )

    def roughness(self, points: int, corner_hz: float) -> np.ndarray:
        """Return noise of size 1, at most 2, at the control rate and smooth below a corner frequency."""
        width = max(1, round(CONTROL_HZ / (2 * corner_hz)))
        start = int(self.free[8] * 4000)
        noise = _ROUGH[(start + np.arange(points + width)) % len(_ROUGH)]
        total = np.concatenate((np.zeros(1, np.float32), np.cumsum(noise)))
        smooth = (total[width:] - total[:-width])[:points] / math.sqrt(width)
        return np.minimum(np.maximum(smooth, -2), 2)


@dataclass(frozen=True)
class Beats:
    """When a gesture is struck again and again."""

    onsets: np.ndarray  # In seconds from the start of the syllable; shape (beats,).
    gains: np.ndarray  # Amplitudes; shape (beats,).


@dataclass(frozen=True)
class Gesture:
    """Source and filter of one syllable, as control curves: ndarrays of float32 of shape (points,)."""

    frequency: np.ndarray  # Fundamental, in Hz.
    amplitude: np.ndarray  # In [0, 1], 0 at both ends.
    brightness: float = 0.03  # Amplitude of each partial over that of the one below.
    upper: tuple[np.ndarray, np.ndarray] | None = None  # Frequency and amplitude of a second voice.
    noise: np.ndarray | float = 0.0  # Share of the power that is noise, in [0, 1].
    grain: float = 0.0  # Depth of fast random modulation, which turns a line into a narrow band of noise.
    subharmonic: float = 0.0  # Depth of modulation at half the fundamental.
    # Resonances of the vocal tract; none leaves the source as it is.
    formants: tuple[tuple[float, float, float], ...] = ()
    beats: Beats | None = None  # Repetitions of the gesture within the syllable.
    # Of wood that is struck, instead of a voice: Hz, seconds, amplitude; shape (modes, 3).
    modes: np.ndarray | None = None


def beats(duration: float, rate: float, element: float, hurry: float, traits: np.ndarray) -> Beats:
    """Lay out beats of ``element`` seconds over a syllable; they draw together by the share ``hurry``."""
    count = max(1, int((duration - element) * rate + 1))
    order = np.arange(count)
    uneven = np.sin(order * (2.3 + traits[0]) + 6 * traits[1])
    intervals = (1 + hurry * (0.5 - order / max(1, count - 1))) * (1 + 0.01 * uneven) / rate
    onsets = np.concatenate(([0.0], np.cumsum(intervals[:-1])))
    return Beats(onsets, 1 + 0.06 * np.sin(order * (3.7 + traits[2]) + 6 * traits[3]))
