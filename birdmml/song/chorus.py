"""Chorus: birds in the distance, of no species in particular, sung once per process."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from birdmml.song.air import path_through
from birdmml.song.phrase import write_score
from birdmml.song.site import Recorder, Site
from birdmml.song.stage import perform
from birdmml.song.voice import voice_of
from birdmml.species import Song
from confu_core.random import generator

__all__ = ["distant_birds"]

BIRDS = 36
SECONDS = 2.2
# Kinds, lowest and highest Hz, rate, phrase, repeats and trill rate of a dawn that could be anywhere.
_SONGS: tuple[tuple[tuple[str, ...], float, float, float, str, int, float], ...] = (
    (("whistle", "slur"), 2200, 3600, 2.5, "AABB", 1, 0),
    (("warble",), 2300, 4800, 0.8, "A", 1, 0),
    (("trill",), 3200, 5200, 0.6, "A", 1, 13),
    (("slur", "upslur"), 1900, 3800, 3.0, "ABAB", 1, 0),
    (("chirp",), 2800, 4600, 3.5, "AAAA-A", 1, 0),
    (("chip",), 3600, 6500, 4.0, "AA-A--A", 1, 0),
    (("harsh",), 900, 2200, 2.5, "AAA", 1, 0),
    (("coo", "coo"), 420, 620, 1.4, "ABB", 1, 0),
    (("warble", "trill"), 2000, 5200, 1.1, "AB", 1, 18),
)


@lru_cache(maxsize=4)
def distant_birds(sample_rate: int, top_hz: float) -> tuple[np.ndarray, ...]:
    """Return songs from a hundred metres away and more.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    top_hz : float
        Where the recorder cuts off, in Hz.

    Returns
    -------
    tuple of ndarrays of float32, each of shape (samples,)
        Some two seconds each, faded at both ends, of root mean square 1 where they sing. Read-only.

    Examples
    --------
    >>> len(distant_birds(8000, 30_000.0))
    36
    """
    recorder = Recorder(80.0, 0.0, 3000.0, 0.0, top_hz, 60, 0.0, 0.0)
    return tuple(_bird(index, recorder, sample_rate) for index in range(BIRDS))


def _bird(index: int, recorder: Recorder, sample_rate: int) -> np.ndarray:
    source = generator(0, "song", "chorus", index)
    kinds, low, high, rate, phrase, repeats, trill = _SONGS[index % len(_SONGS)]
    pitch, pace = source.uniform(0.85, 1.15), source.uniform(0.8, 1.2)
    song = Song(kinds, low * pitch, high * pitch, rate * pace, phrase, repeats, 0.9, trill)
    voice = voice_of(song, source)
    score = write_score(voice, SECONDS, sample_rate, source)
    site = Site(recorder, "calm", 0.0, (0.0,) * 5, source.random(), 0.3, np.zeros((0, 2)), 2.0, False)
    path = path_through(site, source.uniform(100, 180), sample_rate)
    clip = round(SECONDS * sample_rate)
    wet = perform(voice, score, clip, path, source).samples
    edge = (np.arange(clip, dtype=np.float32) + np.float32(0.5)) / np.float32(0.06 * sample_rate)
    wet *= np.square(np.sin(np.minimum(np.minimum(edge, edge[::-1]), 1) * np.float32(np.pi / 2)))
    power = float(np.mean(np.square(wet)))
    loud = wet / np.float32(np.sqrt(2 * power)) if power > 0 else wet
    loud.flags.writeable = False
    return loud
