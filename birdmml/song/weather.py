"""Weather and machines: loops of wind, rain and mains hum, the same in every process."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from birdmml.song.noise import LOOP_SECONDS, shaped_loop, upper_limit
from confu_core.random import generator

__all__ = ["hum_loop", "weather_loop"]


@lru_cache(maxsize=12)
def weather_loop(sample_rate: int, weather: str, top_hz: float, shift: bool) -> np.ndarray:
    """Return half a minute of wind or rain.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    weather : {"wind", "rain"}
        Which.
    top_hz : float
        Where the recorder cuts off, in Hz.
    shift : bool
        Whether it is of the kind that only the shifted split has: buffeting wind, a downpour on leaves.

    Returns
    -------
    ndarray of float32, shape (30 * sample_rate,)
        Of power 1; its end joins its start. Read-only.

    Examples
    --------
    >>> weather_loop(8000, "rain", 20_000.0, False).shape
    (240000,)
    """
    loop = (_wind if weather == "wind" else _rain)(sample_rate, top_hz, shift)
    loop -= loop.mean()
    loop /= np.sqrt(np.mean(np.square(loop)))
    loop.flags.writeable = False
    return loop


@lru_cache(maxsize=8)
def hum_loop(sample_rate: int, mains_hz: int) -> np.ndarray:
    """Return mains hum with its harmonics.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    mains_hz : int
        50 or 60.

    Returns
    -------
    ndarray of float32, shape (30 * sample_rate,)
        Of power 1. Read-only.

    Examples
    --------
    >>> bool(abs(np.mean(hum_loop(8000, 60) ** 2) - 1) < 1e-3)
    True
    """
    second = np.arange(sample_rate) / sample_rate
    levels = {1: 0.6, 2: 1.0, 3: 0.35, 4: 0.3, 6: 0.15, 8: 0.1, 10: 0.06}
    hum = sum(level * np.sin(2 * np.pi * mains_hz * k * second + k * k) for k, level in levels.items())
    loop = np.tile((hum / np.sqrt(np.mean(np.square(hum)))).astype(np.float32), LOOP_SECONDS)
    loop.flags.writeable = False
    return loop


def _wind(sample_rate: int, top_hz: float, shift: bool) -> np.ndarray:
    corner = 70.0 if shift else 160.0

    def rumble(f: np.ndarray) -> np.ndarray:
        return (f > 22) / (1 + (f / corner) ** 2)

    def leaves(f: np.ndarray) -> np.ndarray:
        return upper_limit(f, top_hz) / np.sqrt((1 + (1400 / np.maximum(f, 1)) ** 4) * (1 + (f / 5000) ** 3))

    gust = _gusts(sample_rate, shift)
    low = shaped_loop(sample_rate, f"wind {shift}", rumble) * gust
    if shift:  # The membrane is driven to its stops.
        low = np.tanh(low * np.float32(0.8)) + np.float32(0.3) * low
    return low + np.float32(0.16) * shaped_loop(sample_rate, f"leaves {shift}", leaves) * np.square(gust)


def _gusts(sample_rate: int, shift: bool) -> np.ndarray:
    slow = shaped_loop(64, f"gusts {shift}", lambda f: (f > 0) / (1 + (f / (0.9 if shift else 0.35)) ** 2))
    points = np.append(slow, slow[:1]) * (0.75 if shift else 0.5)
    return np.exp(
        np.interp(np.arange(LOOP_SECONDS * sample_rate) * (64 / sample_rate), np.arange(len(points)), points)
    ).astype(np.float32)


def _rain(sample_rate: int, top_hz: float, shift: bool) -> np.ndarray:
    def hiss(f: np.ndarray) -> np.ndarray:
        f = np.maximum(f, 1)
        return (
            (f > 30)
            * upper_limit(f, top_hz)
            * np.sqrt(0.02 * 300 / f + 1 / ((1 + ((700 if shift else 1800) / f) ** 4) * (1 + (f / 7000) ** 4)))
        )

    loop = shaped_loop(sample_rate, f"rain {shift}", hiss)
    source = generator(0, "song", "drops", sample_rate, int(shift))
    drops = [_drop(sample_rate, source.random(4), min(top_hz, 0.42 * sample_rate), shift) for _ in range(32)]
    count = LOOP_SECONDS * (110 if shift else 45)
    places = source.integers(0, len(loop) - max(map(len, drops)), count)
    gains = (0.5 * source.random(count) ** -0.45 - 0.45).astype(np.float32)
    for place, gain, which in zip(
        places.tolist(), np.minimum(gains, 5.0), source.integers(0, 32, count).tolist(), strict=True
    ):
        loop[place : place + len(drops[which])] += gain * drops[which]
    return loop


def _drop(sample_rate: int, u: np.ndarray, highest: float, shift: bool) -> np.ndarray:
    """Return one drop on a leaf: a thud or a tick that rings for some milliseconds."""
    time = np.arange(round(0.02 * sample_rate)) / sample_rate
    pitch = min((350 if shift else 700) * 8 ** u[0], highest)
    fade = np.minimum(time / 0.0012, 1) * np.exp(-time / (0.001 + 0.003 * u[1])) * np.minimum((0.02 - time) / 0.004, 1)
    return (
        fade * (np.sin(2 * np.pi * pitch * time) + 0.6 * np.sin(2 * np.pi * min(pitch * (1.4 + u[2]), highest) * time))
    ).astype(np.float32)
