"""A song of each kind of syllable, and short ways to record it."""

from __future__ import annotations

from typing import Any

import numpy as np

from birdmml.song.recording import Recording, record
from birdmml.species import Song, words
from confu_core.random import generator

# Band in Hz, rate, harmonicity and trill rate that suit each kind.
ROWS = {
    "whistle": (3000, 4000, 1.5, 0.98, 0),
    "slur": (2000, 5000, 3, 0.95, 0),
    "upslur": (2000, 5000, 3, 0.95, 0),
    "chip": (3500, 7500, 5, 0.9, 0),
    "trill": (3500, 6500, 0.4, 0.95, 14),
    "buzz": (4000, 7000, 1.2, 0.6, 80),
    "warble": (2000, 5500, 0.5, 0.95, 0),
    "hoot": (300, 400, 2, 0.95, 0),
    "coo": (400, 600, 1.5, 0.97, 0),
    "drum": (500, 2500, 0.5, 0.2, 16),
    "harsh": (1500, 3500, 2, 0.3, 0),
    "croak": (150, 400, 1.5, 0.3, 40),
    "quack": (350, 700, 3, 0.6, 0),
    "honk": (300, 650, 2, 0.75, 0),
    "scream": (1600, 3200, 0.5, 0.6, 0),
    "rattle": (2500, 5500, 0.5, 0.3, 20),
    "chirp": (2500, 5000, 3, 0.85, 0),
    "flute": (1900, 4500, 1.6, 0.98, 0),
    "hum": (50, 60, 0.4, 0.6, 0),
    "boom": (120, 200, 1, 0.9, 0),
}
assert set(ROWS) == set(words().syllables)
SONGS = {kind: Song((kind,), row[0], row[1], row[2], "A", 4, row[3], row[4]) for kind, row in ROWS.items()}
TONAL = ("whistle", "slur", "upslur", "chip", "warble", "hoot", "coo", "chirp", "boom")


def streams(name: int | str = 0, **other: int | str) -> dict[str, np.random.Generator]:
    return {part: generator(0, part, other.get(part, name)) for part in ("individual", "scene", "take")}


def recorded(song: Song, name: int | str = 0, **named: Any) -> Recording:
    return record(song, **{"seconds": 3.0, "sample_rate": 22_050, **streams(name), **named})
