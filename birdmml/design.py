"""How species are told apart: who shares which looks and which songs, and with what probability.

Every species belongs to one of five groups, and within its group to a unit: species that share visual types or song
types among themselves and with nobody else. A type is named by the species whose looks or song it is.

- ``redundant``: looks of its own and a song of its own; either suffices.
- ``image-unique``: looks of its own; the song is that of its whole unit.
- ``audio-unique``: a song of its own; the looks are those of its whole unit.
- ``complement``: a grid of looks and songs; each narrows the species down, both together decide.
- ``xor``: with probability p the species is the modular sum of two independent types (for two types: their XOR), else
  it follows the looks; the song alone tells nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.settings import dials, share

GROUPS = ("redundant", "image-unique", "audio-unique", "complement", "xor")
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Shares:
    """The share of species in each group.

    Parameters
    ----------
    redundant, image_unique, audio_unique, complement, xor : float
        Each in [0, 1]; together 1.

    Raises
    ------
    InvalidValue
        If one is out of range, or they do not add up to 1.

    Examples
    --------
    >>> Shares(redundant=0.5, xor=0.2)
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: shares must add up to 1; got 0.7 (redundant 0.5, xor 0.2)
    """

    redundant: float = share(0.0, meaning="share of species that picture and song tell apart alone")
    image_unique: float = share(0.0, meaning="share of species that only the picture tells apart")
    audio_unique: float = share(0.0, meaning="share of species that only the song tells apart")
    complement: float = share(0.0, meaning="share of species that picture and song narrow down from two sides")
    xor: float = share(0.0, meaning="share of species that picture and song tell apart together alone")

    def __post_init__(self) -> None:
        shares = self.by_group()
        for (name, dial), (group, value) in zip(dials(Shares).items(), shares.items(), strict=True):
            object.__setattr__(self, name, dial.checked(f"the share of {group}", value))
        total = math.fsum(shares.values())
        if abs(total - 1) > SUM_TOLERANCE:
            given = ", ".join(f"{group} {value:g}" for group, value in shares.items() if value)
            raise InvalidValue(f"shares must add up to 1; got {total:g} ({given})")

    def by_group(self) -> dict[str, float]:
        """Return the shares by the name of the group, with hyphens, in the order of `GROUPS`."""
        return {group: float(getattr(self, group.replace("-", "_"))) for group in GROUPS}


DEFAULT_SHARES = Shares(0.2, 0.1, 0.1, 0.3, 0.3)


@dataclass(frozen=True)
class Unit:
    """Species, rows of the table, that share types among themselves and with nobody else; types are named by species.

    `cells` are for each species the positions of its types in `looks` and `songs`; empty in an ``xor`` unit.
    """

    group: str
    species: tuple[int, ...]
    looks: tuple[int, ...]
    songs: tuple[int, ...]
    cells: tuple[tuple[int, int], ...] = ()

    def law(self, p: float) -> np.ndarray:
        """Return the probability of each pair of types given the species, shape (species, looks, songs), before noise.

        >>> Unit("xor", (4, 7), (4, 7), (4, 7)).law(1.0)[1]  # ones on the other diagonal
        array([[0. , 0.5],
               [0.5, 0. ]])
        """
        size = len(self.species)
        table = np.zeros((size, len(self.looks), len(self.songs)))
        if self.cells:
            for row, (look, song) in enumerate(self.cells):
                table[row, look, song] = 1
            return table
        rows, looks = np.indices((size, size))
        table[rows, looks, (rows - looks) % size] = p / size
        table[np.arange(size), np.arange(size)] += (1 - p) / size
        return table


@dataclass(frozen=True)
class Latents:
    """The types of one sample, by the species whose looks or song they are: as it has them, and as they are shown.

    Without observation noise that is the same. The gate says whether, in an ``xor`` unit, the species is the sum of its
    types.
    """

    look: int
    song: int
    shown_look: int
    shown_song: int
    gate: bool


@dataclass(frozen=True)
class Design:
    """How every species is told apart.

    `names` and `weights`, which add up to 1, are in the order of the table that was used, of which every species is in
    one unit; `p` is the mixing parameter of the ``xor`` units, and noise the probability that a type is shown as
    another one of its group.
    """

    names: tuple[str, ...]
    units: tuple[Unit, ...]
    weights: tuple[float, ...]
    p: float = 1.0
    image_noise: float = 0.0
    audio_noise: float = 0.0

    @cached_property
    def place(self) -> dict[int, tuple[Unit, int]]:
        """The unit of each species, and its position there."""
        return {row: (unit, i) for unit in self.units for i, row in enumerate(unit.species)}

    @cached_property
    def types(self) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
        """The visual and the song types of every group."""
        members = {group: [unit for unit in self.units if unit.group == group] for group in GROUPS}
        return {
            group: (tuple(t for unit in units for t in unit.looks), tuple(t for unit in units for t in unit.songs))
            for group, units in members.items()
            if units
        }

    def draw(self, species: int, source: np.random.Generator) -> Latents:
        """Draw the types of one sample of a species, a row of the table, and what is shown of them."""
        unit, position = self.place[species]
        gate_at, free, *noise = source.random(6)
        gate = not unit.cells and gate_at < self.p
        if unit.cells:
            look, song = unit.cells[position]
        else:
            size = len(unit.species)
            other = int(free * size)
            look, song = (other, (position - other) % size) if gate else (position, other)
        looks, songs = self.types[unit.group]
        return Latents(
            look=unit.looks[look],
            song=unit.songs[song],
            shown_look=_observed(unit.looks[look], looks, self.image_noise, *noise[:2]),
            shown_song=_observed(unit.songs[song], songs, self.audio_noise, *noise[2:]),
            gate=gate,
        )

    def law(self, group: str) -> np.ndarray:
        """Return the joint law of species and shown types within a group, float64 of shape (species, looks, songs).

        Species are in the order of the group's units; the sum is the probability of the group.
        """
        units = [unit for unit in self.units if unit.group == group]
        sizes = np.array([(len(unit.species), len(unit.looks), len(unit.songs)) for unit in units])
        table = np.zeros(sizes.sum(0))
        ends = sizes.cumsum(0)
        for unit, low, high in zip(units, ends - sizes, ends, strict=True):
            block = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
            weights = np.array([self.weights[row] for row in unit.species])
            table[block] = unit.law(self.p) * weights[:, None, None]
        return _noisy(_noisy(table, 1, self.image_noise), 2, self.audio_noise)


def _observed(true: int, types: tuple[int, ...], noise: float, hit: float, pick: float) -> int:
    others = [one for one in types if one != true]
    return others[int(pick * len(others))] if others and hit < noise else true


def _noisy(table: np.ndarray, axis: int, noise: float) -> np.ndarray:
    """Show a type as another one, all equally likely, with a given probability."""
    types = table.shape[axis]
    if types == 1 or noise == 0:
        return table
    return (1 - noise) * table + noise * (table.sum(axis, keepdims=True) - table) / (types - 1)
