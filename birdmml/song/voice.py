"""Voice: what a species sings, and how one individual of it does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from birdmml.song.gesture import TRAITS, Cast
from birdmml.song.syllables import KINDS
from birdmml.species import Song
from confu_core.random import generator

__all__ = ["LETTERS", "Manner", "Voice", "species_manner", "voice_of"]

LETTERS = 8
VARIANTS = 3
_DIALECT = ((0.022, 0.048), (0.05, 0.11))  # Standard deviation and limit of the logarithms of pitch and tempo.
_SHIFTS = np.array([0.05, 0.16, 0.16])[:, None, None]  # Of letters within the band, by variant.


@dataclass(frozen=True)
class Manner:
    """What all individuals of a species share beyond the row of the table.

    Attributes
    ----------
    traits : ndarray, shape (LETTERS, TRAITS)
        In [0, 1]: how each letter is formed.
    habits : ndarray, shape (8,)
        In [0, 1]: gap between phrases, crescendo, acceleration, pause between bouts, and loudness of letters.
    bands : ndarray, shape (letters, 2)
        Lowest and highest fundamental of each letter, in Hz.
    """

    traits: np.ndarray
    habits: np.ndarray
    bands: np.ndarray


@dataclass(frozen=True)
class Voice:
    """One individual.

    Attributes
    ----------
    song : Song
        Of its species.
    manner : Manner
        Of its species.
    traits : ndarray, shape (LETTERS, TRAITS)
        Its own, close to those of its species.
    pitch, tempo : float
        Factors on frequencies and on rates.
    bands : ndarray, shape (VARIANTS, letters, 2)
        Band of each letter in each phrase variant of its repertoire, in Hz.
    runs : ndarray of int, shape (VARIANTS,)
        Syllables by which a long run is lengthened in each variant.
    """

    song: Song
    manner: Manner
    traits: np.ndarray
    pitch: float
    tempo: float
    bands: np.ndarray
    runs: np.ndarray

    def cast(self, letter: int, duration: float, variant: int, sample_rate: int) -> Cast:
        """Give a letter of the song to this singer."""
        low, high = self.bands[variant, letter]
        return Cast(
            duration,
            low,
            high,
            self.song.harmonicity,
            self.song.trill_rate * self.tempo,
            self.manner.traits[letter],
            self.traits[letter],
            sample_rate,
        )


@lru_cache(maxsize=512)
def species_manner(song: Song) -> Manner:
    """Return what the table leaves open about a song, drawn from the song itself.

    Parameters
    ----------
    song : Song
        A row of the table.

    Returns
    -------
    Manner
        Equal for equal songs. Letters of one kind step down through the band from the first to the last, so that
        two whistles A and B are a high one and a lower one.

    Examples
    --------
    >>> fee_bee = Song(("whistle", "whistle"), 3200, 4000, 1.6, "AB", 2, 1.0, 0)
    >>> [round(float(high)) for _, high in species_manner(fee_bee).bands]
    [4000, 3240]
    """
    # Equal songs must be one text: 3200 and 3200.0 are equal, and their representations are not.
    numbers = (song.low_hz, song.high_hz, song.rate, song.repeats, song.harmonicity, song.trill_rate)
    row = (tuple(song.syllables), song.phrase, tuple(map(float, numbers)))
    source = generator(0, "song", "manner", repr(row))
    traits, habits = source.random((LETTERS, TRAITS), np.float32), source.random(8)
    return Manner(traits, habits, _bands(song, traits[:, 0]))


def voice_of(song: Song, individual: np.random.Generator) -> Voice:
    """Draw an individual.

    Parameters
    ----------
    song : Song
        Of its species.
    individual : numpy.random.Generator
        Its stream; equal streams are one bird.

    Returns
    -------
    Voice
        Pitched within 5% and paced within 12% of its species.

    Examples
    --------
    >>> fee_bee = Song(("whistle", "whistle"), 3200, 4000, 1.6, "AB", 2, 1.0, 0)
    >>> 0.95 <= voice_of(fee_bee, np.random.default_rng(0)).pitch <= 1.05
    True
    """
    manner = species_manner(song)
    drawn = individual.standard_normal((LETTERS + 2, TRAITS), np.float32)
    traits = 1 - np.abs(1 - np.abs(manner.traits + np.float32(0.1) * drawn[:LETTERS]))  # Reflected at 0 and at 1.
    pitch, tempo = (
        math.exp(min(max(sd * float(z), -most), most)) for z, (sd, most) in zip(drawn[LETTERS], _DIALECT, strict=False)
    )
    shift = (
        individual.uniform(-1, 1, (VARIANTS, len(song.syllables), 1)) * _SHIFTS * math.log(song.high_hz / song.low_hz)
    )
    room = np.log(song.low_hz / manner.bands[:, :1]), np.log(song.high_hz / manner.bands[:, 1:])
    bands = manner.bands * np.exp(np.minimum(np.maximum(shift, room[0]), room[1])) * pitch
    runs = np.rint(np.minimum(np.maximum(drawn[LETTERS + 1, :VARIANTS], -1.4), 1.4)).astype(int)
    return Voice(song, manner, traits, pitch, tempo, bands, runs)


def _bands(song: Song, draws: np.ndarray) -> np.ndarray:
    """Place the letters in the song's band: those of one kind from high to low, together from end to end."""
    octaves = np.log2(song.high_hz / song.low_hz)
    letters = len(song.syllables)
    widths, lows = np.empty(letters), np.empty(letters)
    for i, kind in enumerate(song.syllables):
        count, order = song.syllables.count(kind), song.syllables[:i].count(kind)
        made = KINDS[kind]
        width = min(made.width * (0.7 if count > 1 else 1.0), made.octaves / max(octaves, 1e-9))
        share = 1 - order / (count - 1) if count > 1 else (0.0 if made.deep else draws[i]) if letters > 1 else 0.5
        widths[i], lows[i] = width, share * (1 - width)
    if letters > 1 and (span := float((lows + widths).max() - lows.min())) < 1:
        lows = (lows - lows.min()) * (1 - widths) / np.maximum(span - widths, 1e-9)
    lows = np.clip(lows, 0, 1 - widths)
    return song.low_hz * np.exp2(octaves * np.stack((lows, lows + widths), axis=1))
