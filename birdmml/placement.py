"""Place species in groups and units by how much they look and sound alike, so that a design leaves out no species."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from birdmml.design import DEFAULT_SHARES, GROUPS, SUM_TOLERANCE, Design, Shares, Unit
from birdmml.species import MARKS, PARTS, Plumage, Song, shapes, words
from confu_core.errors import InvalidValue
from confu_core.orders import MOST_CELLS
from confu_core.settings import Dial

# How far apart two looks are for another shape, for a mark that only one has, and for twice the length, in units of
# the distance between black and white on one part.
SHAPE_WEIGHT, MARK_WEIGHT, LENGTH_WEIGHT = 2.0, 0.5, 1.0
# The same for songs: another kind of syllable, one octave, twice the rate, noise instead of tones.
SYLLABLE_WEIGHT, OCTAVE_WEIGHT, RATE_WEIGHT, HARMONICITY_WEIGHT = 1.0, 1.0, 0.5, 1.0
# Species per unit, as near as the number of species allows: enough that one modality alone is mostly wrong.
UNIT_SIZES = {"redundant": 1, "image-unique": 3, "audio-unique": 3, "complement": 9, "xor": 4}
# Species without which there is no such group.
LEAST = {"image-unique": 2, "audio-unique": 2, "complement": 4, "xor": 2}


def look_vector(plumage: Plumage) -> np.ndarray:
    """Describe looks by numbers whose Euclidean distance says how different two birds look."""
    colors = words().colors
    parts = [np.array(colors[plumage.colors[part]].rgb) / 255 / math.sqrt(3) for part in PARTS]
    marks = [MARK_WEIGHT * (mark in plumage.colors) for mark in MARKS]
    shape = [SHAPE_WEIGHT / math.sqrt(2) * (plumage.shape == shape) for shape in shapes()]
    return np.concatenate([*parts, marks, shape, [LENGTH_WEIGHT * math.log2(plumage.length_cm)]])


def song_vector(song: Song) -> np.ndarray:
    """Describe a song by numbers whose Euclidean distance says how different two songs sound."""
    kinds = [SYLLABLE_WEIGHT / math.sqrt(2) * (kind in song.syllables) for kind in words().syllables]
    pitch = [OCTAVE_WEIGHT * math.log2(hertz) for hertz in (song.low_hz, song.high_hz)]
    return np.array([*kinds, *pitch, RATE_WEIGHT * math.log2(song.rate), HARMONICITY_WEIGHT * song.harmonicity])


def nearest_units(vectors: np.ndarray, candidates: Sequence[int], sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """Pick units of so many species that are near to each other: the closest pair left, and whoever is nearest to it.

    Vectors are of shape (species, features); candidates are rows of them, and so are the units, ascending.

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


def make_design(
    looks: np.ndarray,
    songs: np.ndarray,
    names: Sequence[str],
    *,
    shares: Shares = DEFAULT_SHARES,
    weights: Sequence[float] | np.ndarray | None = None,
    group_weights: Mapping[str, float] | None = None,
    p: float = 1.0,
    image_noise: float = 0.0,
    audio_noise: float = 0.0,
) -> Design:
    """Place species in groups and units, by the vectors of their looks and songs, of shape (species, features).

    Those that look most alike become ``audio-unique``, and of the others those that sound most alike
    ``image-unique``: what they share is what they nearly share in nature. The rest are dealt out far apart. The dials
    are those of `birdmml.settings.Settings`; `weights` say how frequent each species is. An InvalidValue says that a
    parameter breaks its constraint, or that a group has too few species for its kind.

    >>> vectors = np.arange(10.0)[:, None]
    >>> design = make_design(vectors, vectors, [f"bird {i}" for i in range(10)], shares=Shares(redundant=0.6, xor=0.4))
    >>> [len(unit.species) for unit in design.units]
    [1, 1, 1, 1, 1, 1, 4]
    """
    for name, value in (("p", p), ("image_noise", image_noise), ("audio_noise", audio_noise)):
        Dial(low=0, high=1).checked(name, value)
    counts = _counts(shares, len(names))
    left = list(range(len(names)))
    units: list[Unit] = []
    for group, vectors in (("audio-unique", looks), ("image-unique", songs)):
        chosen = nearest_units(vectors, left, _sizes(counts[group], UNIT_SIZES[group]))
        units += [_unit(group, rows) for rows in chosen]
        left = [row for row in left if not any(row in rows for rows in chosen)]
    for group in ("complement", "xor", "redundant"):
        # Every so-many-th of those left, in the order of the table: relatives come to lie in different units.
        picked = [left[int(i * len(left) / counts[group])] for i in range(counts[group])]
        sizes = _sizes(len(picked), UNIT_SIZES[group])
        units += [_unit(group, tuple(picked[i :: len(sizes)])) for i in range(len(sizes))]
        left = [row for row in left if row not in picked]
    raw = np.ones(len(names)) if weights is None else np.array(weights, dtype=np.float64)
    for unit in units:
        raw[list(unit.species)] *= (group_weights or {}).get(unit.group, 1.0)
    units.sort(key=lambda unit: GROUPS.index(unit.group))
    design = Design(tuple(names), tuple(units), tuple((raw / raw.sum()).tolist()), p, image_noise, audio_noise)
    for group, types in design.types.items():
        size = (counts[group], *map(len, types))
        if math.prod(size) > MOST_CELLS:
            raise InvalidValue(
                f"shares must leave {group} a law of at most {MOST_CELLS:,} cells (species x looks x songs); "
                f"got {' x '.join(map(str, size))}: lower its share, or species"
            )
    return design


def _counts(shares: Shares, species: int) -> dict[str, int]:
    """Split the species by largest remainder, and check that every group has enough for its kind."""
    wanted = {group: share * species for group, share in shares.by_group().items()}
    counts = {group: int(count + SUM_TOLERANCE) for group, count in wanted.items()}
    by_remainder = sorted(GROUPS, key=lambda group: counts[group] - wanted[group])
    for group in by_remainder[: species - sum(counts.values())]:
        counts[group] += 1
    for group, least in LEAST.items():
        if 0 < counts[group] < least or (counts[group] == 0 < wanted[group]):
            raise InvalidValue(
                f"{group} must have at least {least} species; its share {shares.by_group()[group]:g} of {species} "
                f"gives {counts[group]}: raise the share or the number of species, or set the share to 0"
            )
    return counts


def _sizes(count: int, size: int) -> list[int]:
    """Cut a number of species into units of nearly equal sizes."""
    parts = max(1, round(count / size)) if count else 0
    return [len(range(i, count, parts)) for i in range(parts)]


def _unit(group: str, rows: tuple[int, ...]) -> Unit:
    size, first = len(rows), rows[:1]
    if group == "redundant":
        return Unit(group, rows, rows, rows, ((0, 0),))
    if group == "image-unique":
        return Unit(group, rows, rows, first, tuple((i, 0) for i in range(size)))
    if group == "audio-unique":
        return Unit(group, rows, first, rows, tuple((0, i) for i in range(size)))
    if group == "complement":
        width = math.ceil(math.sqrt(size))
        height = math.ceil(size / width)
        return Unit(group, rows, rows[:height], rows[-width:], tuple(divmod(i, width) for i in range(size)))
    return Unit(group, rows, rows, rows)
