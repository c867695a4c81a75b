"""Surroundings: everything a recording holds beside the song."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from birdmml.song.air import Path, path_through
from birdmml.song.noise import band_loops, hum_loop, locked, read_loop, weather_loop
from birdmml.song.site import Circumstances, Recorder, Site
from birdmml.song.stage import perform
from birdmml.song.voice import voice_of, write_score
from birdmml.species import Song
from confu_core.data_files import read_data, record
from confu_core.random import generator

BIRDS = 36
SECONDS = 2.2
_SONGS = [record(Song, values, "chorus.toml: songs") for values in read_data("birdmml", "chorus.toml")["songs"]]
_CENTERS = (90.0, 470.0, 1500.0, 3900.0, 9000.0)  # Hz, of the bands.
_STRETCH = 1 << 15  # Samples.
_HISS = (0.1, 0.17, 0.27, 0.4, 0.5)  # Amplitudes of white noise in the bands, of total power about 0.5.


@lru_cache(maxsize=4 * BIRDS)
def distant_bird(index: int, sample_rate: int, top_hz: float) -> np.ndarray:
    """Return a song from a hundred metres away and more, of some two seconds and root mean square 1 where it sings."""
    recorder = Recorder(80.0, 0.0, 3000.0, 0.0, top_hz, 60, 0.0, 0.0)
    source = generator(0, "song", "chorus", index)
    song = _SONGS[index % len(_SONGS)]
    pitch, pace = source.uniform(0.85, 1.15), source.uniform(0.8, 1.2)
    song = replace(song, low_hz=song.low_hz * pitch, high_hz=song.high_hz * pitch, rate=song.rate * pace)
    voice = voice_of(song, source)
    score = write_score(voice, SECONDS, sample_rate, source)
    site = Site(recorder, "calm", 0.0, (0.0,) * 5, source.random(), 0.3, np.zeros((0, 2)), 2.0, False)
    path = path_through(site, source.uniform(100, 180), sample_rate)
    clip = round(SECONDS * sample_rate)
    wet = perform(voice, score, clip, path, source).samples
    edge = (np.arange(clip, dtype=np.float32) + np.float32(0.5)) / np.float32(0.06 * sample_rate)
    wet *= np.square(np.sin(np.minimum(np.minimum(edge, edge[::-1]), 1) * np.float32(np.pi / 2)))
    power = float(np.mean(np.square(wet)))
    return locked(wet / np.float32(np.sqrt(2 * power)) if power > 0 else wet)


def surroundings(site: Site, circumstances: Circumstances, path: Path, samples: int) -> np.ndarray:
    """Record a site without its singer: ambient noise of power 1, with weather, hum and distant birds added."""
    recorder, places, sample_rate = site.recorder, circumstances.places, path.sample_rate
    levels, loops = _levels(site, path), band_loops(sample_rate, recorder.top_hz)
    parts = list(zip(loops, places, levels, strict=False))
    if site.weather != "calm":
        loop = weather_loop(sample_rate, site.weather, recorder.top_hz, site.shift)
        parts.append((loop, places[5], site.weather_level))
    if recorder.hum > 0:
        parts.append((hum_loop(sample_rate, recorder.hum_hz), places[6], recorder.hum))
    first, *others = [(read_loop(loop, place, samples), np.float32(gain)) for loop, place, gain in parts]
    rest = first[0] * first[1]
    # Stretch by stretch, so that what is summed stays in the processor's cache.
    for block in (slice(start, start + _STRETCH) for start in range(0, samples, _STRETCH)):
        for loop, gain in others:
            rest[block] += loop[block] * gain
    for which, when, gain in circumstances.others:
        _mix(rest, distant_bird(int(which * BIRDS), sample_rate, recorder.top_hz), when, gain)
    return rest


def _mix(rest: np.ndarray, bird: np.ndarray, when: float, gain: float) -> None:
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
