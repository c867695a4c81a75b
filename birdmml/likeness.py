"""How much two species look alike, and how much they sound alike, by what the table says of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from birdmml.species import Plumage, Song
from birdmml.vocabulary import COLORS, MARKS, PARTS, SHAPES, SYLLABLES

__all__ = ["look_vector", "nearest_units", "song_vector"]

# How far apart two looks are for another shape, for a mark that only one has, and for twice the length, in units of
# the distance between black and white on one part.
SHAPE_WEIGHT, MARK_WEIGHT, LENGTH_WEIGHT = 2.0, 0.5, 1.0
# The same for songs: another kind of syllable, one octave, twice the rate, noise instead of tones.
SYLLABLE_WEIGHT, OCTAVE_WEIGHT, RATE_WEIGHT, HARMONICITY_WEIGHT = 1.0, 1.0, 0.5, 1.0


def look_vector(plumage: Plumage) -> np.ndarray:
    """Describe looks by numbers whose Euclidean distance says how different two birds look.

    Parameters
    ----------
    plumage : Plumage
        What a bird looks like.

    Returns
    -------
    ndarray of float64, shape (features,)
        Colours of parts, marks, shape and length.

    Examples
    --------
    >>> from birdmml.table import find_species
    >>> look_vector(find_species("Mallard").plumage).ndim
    1
    """
    parts = [np.array(COLORS[plumage.colors[part]]) / 255 / math.sqrt(3) for part in PARTS]
    marks = [MARK_WEIGHT * (mark in plumage.colors) for mark in MARKS]
    shape = [SHAPE_WEIGHT / math.sqrt(2) * (plumage.shape == shape) for shape in SHAPES]
    return np.concatenate([*parts, marks, shape, [LENGTH_WEIGHT * math.log2(plumage.length_cm)]])


def song_vector(song: Song) -> np.ndarray:
    """Describe a song by numbers whose Euclidean distance says how different two songs sound.

    Parameters
    ----------
    song : Song
        What a bird sounds like.

    Returns
    -------
    ndarray of float64, shape (features,)
        Kinds of syllable, pitch, rate and harmonicity.

    Examples
    --------
    >>> from birdmml.table import find_species
    >>> song_vector(find_species("Mallard").song).ndim
    1
    """
    kinds = [SYLLABLE_WEIGHT / math.sqrt(2) * (kind in song.syllables) for kind in SYLLABLES]
    pitch = [OCTAVE_WEIGHT * math.log2(hertz) for hertz in (song.low_hz, song.high_hz)]
    return np.array([*kinds, *pitch, RATE_WEIGHT * math.log2(song.rate), HARMONICITY_WEIGHT * song.harmonicity])


def nearest_units(vectors: np.ndarray, candidates: Sequence[int], sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """Pick units of species that are near to each other: the closest pair left, and whoever is nearest to it.

    Parameters
    ----------
    vectors : ndarray, shape (species, features)
        One row per species.
    candidates : sequence of int
        Rows that may be picked, each once.
    sizes : sequence of int
        Species per unit; no more in all than there are candidates.

    Returns
    -------
    list of tuple of int
        Rows of each unit, ascending.

    Examples
    --------
    >>> nearest_units(np.array([[0.0], [9.0], [1.0], [10.0]]), range(4), [2, 2])
    [(0, 2), (1, 3)]
    """
    left, units = list(candidates), []
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    for size in sizes:
        among = distances[np.ix_(left, left)]
        first = int(among.min(1).argmin())
        nearest = np.argsort(np.where(np.arange(len(left)) == first, -1.0, among[first]), kind="stable")[:size]
        unit = tuple(sorted(left[i] for i in nearest))
        units.append(unit)
        left = [row for row in left if row not in unit]
    return units
