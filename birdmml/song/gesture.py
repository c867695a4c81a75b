"""Gesture: what a bird does to sing one syllable; Cast: who sings it, how long and how high."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from birdmml.song.control import CONTROL_HZ, grid
from confu_core.random import generator

__all__ = ["TRAITS", "Beats", "Cast", "Gesture"]

TRAITS = 12  # Numbers in [0, 1) that say how a letter of a song is formed, beyond its kind.
_ROUGH = generator(0, "song", "roughness").standard_normal(8192, dtype=np.float32)


@dataclass(frozen=True)
class Cast:
    """A letter of a song, given to a singer.

    Attributes
    ----------
    duration : float
        In seconds.
    low_hz, high_hz : float
        Band of the letter's own fundamental.
    harmonicity : float
        In [0, 1], of the song.
    trill_rate : float
        In Hz, of the song; 0 leaves it to the kind.
    fixed, free : ndarray of float32, shape (TRAITS,)
        In [0, 1]: traits of the species, and those of the individual, which are close to them. Choices between forms
        follow `fixed`, so that individuals agree on them; degrees follow `free`.
    sample_rate : int
        In Hz.
    """

    duration: float
    low_hz: float
    high_hz: float
    harmonicity: float
    trill_rate: float
    fixed: np.ndarray
    free: np.ndarray
    sample_rate: int

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
    """When a gesture is struck again and again.

    Attributes
    ----------
    onsets : ndarray, shape (beats,)
        In seconds from the start of the syllable.
    gains : ndarray, shape (beats,)
        Amplitudes.
    """

    onsets: np.ndarray
    gains: np.ndarray


@dataclass(frozen=True)
class Gesture:
    """Source and filter of one syllable, as control curves: ndarrays of float32 of shape (points,).

    Attributes
    ----------
    frequency : ndarray
        Fundamental, in Hz.
    amplitude : ndarray
        In [0, 1], 0 at both ends.
    brightness : float
        Amplitude of each partial over that of the one below.
    upper : tuple of two ndarrays, or None
        Frequency and amplitude of a second voice.
    noise : ndarray or float
        Share of the power that is noise, in [0, 1].
    grain : float
        Depth of fast random modulation, which turns a line into a narrow band of noise.
    subharmonic : float
        Depth of modulation at half the fundamental.
    formants : tuple of (Hz, bandwidth in Hz, gain in dB)
        Resonances of the vocal tract; none leaves the source as it is.
    beats : Beats or None
        Repetitions of the gesture within the syllable.
    modes : ndarray of shape (modes, 3), or None
        Of wood that is struck, instead of a voice: Hz, seconds, amplitude.
    """

    frequency: np.ndarray
    amplitude: np.ndarray
    brightness: float = 0.03
    upper: tuple[np.ndarray, np.ndarray] | None = None
    noise: np.ndarray | float = 0.0
    grain: float = 0.0
    subharmonic: float = 0.0
    formants: tuple[tuple[float, float, float], ...] = ()
    beats: Beats | None = None
    modes: np.ndarray | None = None
