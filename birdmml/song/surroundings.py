"""Surroundings: everything a recording holds beside the song."""

from __future__ import annotations

import math

import numpy as np

from birdmml.song.air import Path
from birdmml.song.chorus import distant_birds
from birdmml.song.noise import band_loops, read_loop
from birdmml.song.site import Circumstances, Site
from birdmml.song.weather import hum_loop, weather_loop

__all__ = ["surroundings"]

_CENTERS = (90.0, 470.0, 1500.0, 3900.0, 9000.0)  # Hz, of the bands.
_HISS = (0.1, 0.17, 0.27, 0.4, 0.5)  # Amplitudes of white noise in the bands, of total power about 0.5.


def surroundings(site: Site, circumstances: Circumstances, path: Path, samples: int) -> np.ndarray:
    """Record a site without its singer.

    Parameters
    ----------
    site : Site
        Where.
    circumstances : Circumstances
        Of the take.
    path : Path
        Of the recorder.
    samples : int
        How many.

    Returns
    -------
    ndarray of float32, shape (samples,)
        Ambient noise of power 1, with weather, hum and distant birds added.

    Examples
    --------
    >>> from birdmml.song.air import path_through
    >>> from birdmml.song.site import draw_circumstances, draw_site
    >>> site = draw_site(np.random.default_rng(0), False)
    >>> around = draw_circumstances(site, 1.0, np.random.default_rng(0))
    >>> surroundings(site, around, path_through(site, 20.0, 8000), 8000).shape
    (8000,)
    """
    recorder, places, sample_rate = site.recorder, circumstances.places, path.sample_rate
    levels, loops = _levels(site, path), band_loops(sample_rate, recorder.top_hz)
    rest = read_loop(loops[0], places[0], samples) * np.float32(levels[0])
    part = np.empty(samples, np.float32)

    def add(loop: np.ndarray, place: float, gain: float) -> None:
        np.multiply(read_loop(loop, place, samples), np.float32(gain), out=part)
        np.add(rest, part, out=rest)

    for loop, place, level in zip(loops[1:], places[1:], levels[1:], strict=False):
        add(loop, place, level)
    if site.weather != "calm":
        add(weather_loop(sample_rate, site.weather, recorder.top_hz, site.shift), places[5], site.weather_level)
    if recorder.hum > 0:
        add(hum_loop(sample_rate, recorder.hum_hz), places[6], recorder.hum)
    for which, when, gain in circumstances.others:
        _mix(rest, distant_birds(sample_rate, recorder.top_hz), which, when, gain)
    return rest


def _mix(rest: np.ndarray, birds: tuple[np.ndarray, ...], which: float, when: float, gain: float) -> None:
    bird = birds[int(which * len(birds))]
    start = round(when * len(rest))
    low, high = max(0, -start), min(len(bird), len(rest) - start)
    if high > low:
        rest[start + low : start + high] += np.float32(gain) * bird[low:high]


def _levels(site: Site, path: Path) -> list[float]:
    """Return the amplitudes of the bands, of total power 1: the ambient noise as recorded, and the recorder's own."""
    nyquist = path.sample_rate / 2
    passed = [float(path.recorder[min(round(512 * center / nyquist), 512)]) for center in _CENTERS]
    levels = [
        math.hypot(ambient * share, hiss * site.recorder.hiss)
        for ambient, share, hiss in zip(site.ambient, passed, _HISS, strict=True)
    ]
    total = math.sqrt(sum(level * level for level in levels))
    return [level / total for level in levels]
