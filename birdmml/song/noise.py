"""Noise, weather and mains hum: seamless loops that every process makes alike, once, read from drawn places."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy import fft

from confu_core.random import generator

LOOP_SECONDS = 30
EDGES = (25.0, 250.0, 900.0, 2500.0, 6000.0, 24_000.0)  # Hz: the bands of which ambient noise is mixed.


def shaped_loop(sample_rate: int, name: str, spectrum: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Make half a minute of Gaussian noise, of power 1, whose amplitudes at frequencies in Hz follow a spectrum."""
    length = LOOP_SECONDS * sample_rate
    source = generator(0, "song", "noise", name, sample_rate)
    parts = source.standard_normal((length // 2 + 1, 2), dtype=np.float32).view(np.complex64)[:, 0]
    frequency = np.arange(length // 2 + 1, dtype=np.float32) / LOOP_SECONDS
    parts *= spectrum(frequency).astype(np.float32)
    parts[0] = 0
    loop = fft.irfft(parts, length)
    power = float(np.mean(np.square(loop)))
    return loop / np.float32(np.sqrt(power)) if power > 0 else loop


@lru_cache(maxsize=4)
def white_loop(sample_rate: int) -> np.ndarray:  # float32, shape (30 * sample_rate,)
    """Return white noise of power 1."""
    return locked(shaped_loop(sample_rate, "white", np.ones_like))


@lru_cache(maxsize=12)
def grain_loop(sample_rate: int, corner_hz: float) -> np.ndarray:  # float32, shape (30 * sample_rate,)
    """Return noise of power 1 with little above a corner frequency, to unsettle a voice with."""
    return locked(shaped_loop(sample_rate, f"grain {corner_hz:g}", lambda f: np.exp(-np.square(f / corner_hz))))


@lru_cache(maxsize=6)
def band_loops(sample_rate: int, top_hz: float) -> tuple[np.ndarray, ...]:
    """Return pink noise cut into five bands that overlap softly, each of power 1, or 0 above the Nyquist frequency."""

    def band(low: float, high: float) -> Callable[[np.ndarray], np.ndarray]:
        """Return the spectrum of one band of pink noise."""

        def spectrum(f: np.ndarray) -> np.ndarray:
            """Return the amplitude of the band at frequencies."""
            f = np.maximum(f, 1)
            sides = (f > 20) / np.sqrt((1 + (low / f) ** 6) * (1 + (f / high) ** 6) * f)
            return sides * upper_limit(f, top_hz)

        return spectrum

    return tuple(
        locked(shaped_loop(sample_rate, f"band {low:g}", band(low, high)))
        if low < sample_rate / 2
        else np.zeros(LOOP_SECONDS * sample_rate, np.float32)
        for low, high in pairwise(EDGES)
    )


def upper_limit(frequency: np.ndarray, top_hz: float) -> np.ndarray:
    """Return the amplitude that a recorder lets pass: 1 / sqrt(1 + (f / top)^24), steep as anti-alias filters are."""
    squared = np.square(frequency * (1 / top_hz))
    fourth = squared * squared
    return 1 / np.sqrt(1 + np.square(fourth * fourth * fourth))


def read_loop(loop: np.ndarray, place: float, samples: int) -> np.ndarray:  # shape (samples,)
    """Read so many samples of a loop from a place in [0, 1) of it: a view where the loop holds them in one piece."""
    start = int(place * len(loop))
    turns, rest = divmod(start + samples, len(loop))
    return np.concatenate((loop[start:], *[loop] * (turns - 1), loop[:rest])) if turns else loop[start:rest]


def locked(loop: np.ndarray) -> np.ndarray:
    """Return samples that are kept, guarded against being changed by whoever reads them."""
    loop.flags.writeable = False
    return loop


@lru_cache(maxsize=12)
def weather_loop(sample_rate: int, weather: str, top_hz: float, shift: bool) -> np.ndarray:
    """Return half a minute of wind or rain, of power 1; shifted, of buffeting wind or a downpour on leaves."""
    loop = (_wind if weather == "wind" else _rain)(sample_rate, top_hz, shift)
    loop -= loop.mean()
    loop /= np.sqrt(np.mean(np.square(loop)))
    return locked(loop)


@lru_cache(maxsize=8)
def hum_loop(sample_rate: int, mains_hz: int) -> np.ndarray:  # float32, shape (30 * sample_rate,)
    """Return half a minute of mains hum with its harmonics, of power 1."""
    second = np.arange(sample_rate) / sample_rate
    levels = {1: 0.6, 2: 1.0, 3: 0.35, 4: 0.3, 6: 0.15, 8: 0.1, 10: 0.06}
    hum = sum(level * np.sin(2 * np.pi * mains_hz * k * second + k * k) for k, level in levels.items())
    return locked(np.tile((hum / np.sqrt(np.mean(np.square(hum)))).astype(np.float32), LOOP_SECONDS))


def _wind(sample_rate: int, top_hz: float, shift: bool) -> np.ndarray:
    corner = 70.0 if shift else 160.0

    def rumble(f: np.ndarray) -> np.ndarray:
        """Return the amplitude of wind in a microphone."""
        return (f > 22) / (1 + (f / corner) ** 2)

    def leaves(f: np.ndarray) -> np.ndarray:
        """Return the amplitude of wind in leaves."""
        return upper_limit(f, top_hz) / np.sqrt((1 + (1400 / np.maximum(f, 1)) ** 4) * (1 + (f / 5000) ** 3))

    gust = _gusts(sample_rate, shift)
    low = shaped_loop(sample_rate, f"wind {shift}", rumble) * gust
    if shift:  # The membrane is driven to its stops.
        low = np.tanh(low * np.float32(0.8)) + np.float32(0.3) * low
    return low + np.float32(0.16) * shaped_loop(sample_rate, f"leaves {shift}", leaves) * np.square(gust)


def _gusts(sample_rate: int, shift: bool) -> np.ndarray:
    slow = shaped_loop(64, f"gusts {shift}", lambda f: (f > 0) / (1 + (f / (0.9 if shift else 0.35)) ** 2))
    points = np.append(slow, slow[:1]) * (0.75 if shift else 0.5)
    places = np.arange(LOOP_SECONDS * sample_rate) * (64 / sample_rate)
    return np.exp(np.interp(places, np.arange(len(points)), points)).astype(np.float32)


def _rain(sample_rate: int, top_hz: float, shift: bool) -> np.ndarray:
    def hiss(f: np.ndarray) -> np.ndarray:
        """Return the amplitude of rain."""
        f = np.maximum(f, 1)
        sides = (1 + ((700 if shift else 1800) / f) ** 4) * (1 + (f / 7000) ** 4)
        return (f > 30) * upper_limit(f, top_hz) * np.sqrt(0.02 * 300 / f + 1 / sides)

    loop = shaped_loop(sample_rate, f"rain {shift}", hiss)
    source = generator(0, "song", "drops", sample_rate, int(shift))
    drops = [_drop(sample_rate, source.random(4), min(top_hz, 0.42 * sample_rate), shift) for _ in range(32)]
    count = LOOP_SECONDS * (110 if shift else 45)
    places = source.integers(0, len(loop) - max(map(len, drops)), count)
    gains = np.minimum((0.5 * source.random(count) ** -0.45 - 0.45).astype(np.float32), 5.0)
    chosen = source.integers(0, 32, count).tolist()
    for place, gain, which in zip(places.tolist(), gains, chosen, strict=True):
        loop[place : place + len(drops[which])] += gain * drops[which]
    return loop


def _drop(sample_rate: int, u: np.ndarray, highest: float, shift: bool) -> np.ndarray:
    """Return one drop on a leaf: a thud or a tick that rings for some milliseconds."""
    time = np.arange(round(0.02 * sample_rate)) / sample_rate
    pitch = min((350 if shift else 700) * 8 ** u[0], highest)
    fade = np.minimum(time / 0.0012, 1) * np.exp(-time / (0.001 + 0.003 * u[1])) * np.minimum((0.02 - time) / 0.004, 1)
    above = np.sin(2 * np.pi * min(pitch * (1.4 + u[2]), highest) * time)
    return (fade * (np.sin(2 * np.pi * pitch * time) + 0.6 * above)).astype(np.float32)
