"""Render: from the gesture of a syllable to its sound at the source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from birdmml.song.gesture import Beats, Gesture, block_length, in_order, phase, raise_rate
from birdmml.song.harsh import BLOW
from birdmml.song.noise import grain_loop, read_loop, white_loop

HIGHEST = 0.46  # Of the sample rate: no partial is sung above, so none folds back.
_GRAINS = ((30.0, 400.0), (120.0, 1600.0), (400.0, np.inf))  # Corner in Hz for fundamentals below so many Hz.
AUDIBLE = 0.1  # Of the loudest point: where a syllable is softer, its pitch does not count.


def partials(theta: np.ndarray, brightness: float, count: int) -> np.ndarray:
    r"""Sum the partials of a tone, each weaker by one factor than the one below.

    The sum has a closed form that costs the same for any count:
    :math:`\sum_{k=1}^{N} r^{k-1} \sin k\theta =
    (\sin\theta - r^N \sin (N+1)\theta + r^{N+1} \sin N\theta) / (1 - 2 r \cos\theta + r^2)`.
    """
    first = np.sin(theta)
    if count < 2 or brightness < 1e-3:
        return first
    r = np.float32(brightness)
    top = r**count
    over = first - top * np.sin((count + 1) * theta) + top * r * np.sin(count * theta)
    return over / (1 + r * r - 2 * r * np.cos(theta))


def blow(modes: np.ndarray, burst: np.ndarray, block: int, sample_rate: int) -> np.ndarray:  # float32, shape (samples,)
    r"""Strike a piece of wood: modes that ring down, and the knock itself.

    :math:`\sum_k a_k e^{-t / \tau_k} \sin 2 \pi f_k t`, plus noise that dies within milliseconds.
    """
    modes = modes[modes[:, 0] < HIGHEST * sample_rate]
    points = np.arange(len(burst) // block + 1) * (block / sample_rate)
    onset = np.minimum(points / 0.002, 1)
    onset = onset * onset * (3 - 2 * onset) * np.clip((points[-1] - points) / 0.008, 0, 1)
    time = np.arange(len(burst), dtype=np.float32) / np.float32(sample_rate)
    sound = burst * in_order(raise_rate(onset * np.exp(-points / 0.004), block))
    for frequency, decay, amplitude in modes:
        ring = np.sin(np.float32(2 * np.pi * frequency) * time)
        sound += ring * in_order(raise_rate(amplitude * onset * np.exp(-points / decay), block))
    return sound


@dataclass(frozen=True)
class Sound:
    """A syllable, or one beat of it, at its source."""

    # Before the vocal tract; all zeros where no part of it lies below the Nyquist frequency; shape (samples,).
    samples: np.ndarray
    formants: tuple[tuple[float, float, float], ...]  # The vocal tract; empty for whistles and wood.
    lowest_hz: float  # Below it the vocal tract lets little pass.
    beats: Beats | None  # When the sound is repeated within the syllable.
    # Lowest and highest fundamental at even steps along the syllable, in Hz; NaN where it is too soft to count; shape
    # (2, points).
    pitches: np.ndarray

    @cached_property
    def pitch_range(self) -> tuple[float, float]:
        """Lowest and highest fundamental of the whole syllable, in Hz; NaN where there is none."""
        return _extremes(self.pitches)

    def pitch_between(self, start: float, end: float) -> tuple[float, float]:
        """Return the lowest and highest fundamental between two shares of the syllable, NaN where there is none."""
        points = self.pitches.shape[1]
        first = int(start * points)
        return _extremes(self.pitches[:, first : max(first + 1, math.ceil(end * points))])


def render(gesture: Gesture, sample_rate: int, place: float) -> Sound:
    """Sing a gesture; ``place``, in [0, 1), is the stretch of noise that it breathes."""
    block = block_length(sample_rate)
    if gesture.modes is not None:
        length = round(BLOW * sample_rate / block) * block
        burst = 0.25 * _soft_noise(sample_rate, place, length, max(1, sample_rate // 11_000))
        samples = blow(gesture.modes, burst, block, sample_rate)
        modes = gesture.modes[gesture.modes[:, 0] < HIGHEST * sample_rate, 0]
        pitches = np.stack((modes, modes)) if len(modes) else np.full((2, 1), np.nan)
    else:
        samples, pitches = _voiced(gesture, sample_rate, place, block), _pitches(gesture, sample_rate)
    if gesture.beats is not None:
        pitches = np.tile(pitches, len(gesture.beats.onsets))
    return Sound(samples, gesture.formants, 0.45 * float(gesture.frequency.min()), gesture.beats, pitches)


def _voiced(gesture: Gesture, sample_rate: int, place: float, block: int) -> np.ndarray:
    lanes = _tone(gesture.frequency, gesture.brightness, gesture.subharmonic, sample_rate, block)
    if np.any(gesture.noise):
        lanes = _breathed(lanes, gesture.noise, sample_rate, place, block)
    lanes *= raise_rate(gesture.amplitude, block)
    if gesture.upper is not None:
        frequency, loudness = gesture.upper
        lanes += _tone(frequency, gesture.brightness, 0.0, sample_rate, block) * raise_rate(loudness, block)
    sound = in_order(lanes)
    if gesture.grain > 0.005:
        middle = float(gesture.frequency.mean())
        width = next((corner for corner, pitch in _GRAINS if middle < pitch), _GRAINS[-1][0])
        sound *= 1 + np.float32(gesture.grain) * read_loop(grain_loop(sample_rate, width), place, len(sound))
    return sound


def _breathed(lanes: np.ndarray, share: np.ndarray | float, sample_rate: int, place: float, block: int) -> np.ndarray:
    """Trade a share of the power for white noise, which is as white in lanes as in order."""
    share = np.broadcast_to(np.asarray(share, np.float32), lanes.shape[1] + 1)
    strength = np.sqrt(np.mean(np.square(lanes)))
    hiss = read_loop(white_loop(sample_rate), (place + 0.37) % 1, lanes.size).reshape(lanes.shape)
    lanes *= raise_rate(np.sqrt(1 - share), block)
    lanes += hiss * raise_rate(strength * np.sqrt(share), block)
    return lanes


def _tone(frequency: np.ndarray, brightness: float, subharmonic: float, sample_rate: int, block: int) -> np.ndarray:
    highest = HIGHEST * sample_rate
    theta = phase(frequency, block, sample_rate)
    tone = partials(theta, brightness, int(highest / frequency.max()))
    if subharmonic > 0:
        tone *= 1 + np.float32(subharmonic) * np.cos(theta * np.float32(0.5))
    if frequency.max() >= highest:
        tone *= raise_rate(np.clip((highest - frequency) / (0.02 * highest), 0, 1), block)
    return tone


def _soft_noise(sample_rate: int, place: float, length: int, width: int) -> np.ndarray:
    """Return noise of power 1 below about sample_rate / (2 width)."""
    noise = read_loop(white_loop(sample_rate), place, -(-length // width) + 1)
    return in_order(raise_rate(noise * np.float32(1.22), width))[:length]


def _extremes(pitches: np.ndarray) -> tuple[float, float]:
    return float(np.fmin.reduce(pitches[0])), float(np.fmax.reduce(pitches[1]))


def _pitches(gesture: Gesture, sample_rate: int) -> np.ndarray:
    low = np.where(gesture.amplitude > AUDIBLE * gesture.amplitude.max(), gesture.frequency, np.nan)
    low = np.where(low < HIGHEST * sample_rate, low, np.nan)
    if gesture.upper is None:
        return np.stack((low, low))
    high = np.where(gesture.upper[1] > AUDIBLE * gesture.amplitude.max(), gesture.upper[0], low)
    return np.stack((low, np.fmax(low, np.where(high < HIGHEST * sample_rate, high, np.nan))))
