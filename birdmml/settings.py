"""Everything that decides a dataset but its format: dials, their defaults and their ranges."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from birdmml.caption import CaptionDials
from birdmml.shares import DEFAULT_SHARES, Shares
from birdmml.table import select_species
from confu_core.errors import InvalidValue

__all__ = ["SPLITS", "Settings", "is_number"]

SPLITS = ("train", "validation", "test", "shift")
LARGEST_SEED = 2**63 - 1
SUM_TOLERANCE = 1e-6
SPECIES = (2, 10_000)
ROUNDING = 1e-6  # Rows that a product of shares may fall short of a whole number.
# Field to its lowest and highest value; both allowed.
RANGES: dict[str, tuple[float, float]] = {
    "per_species": (4, 1_000_000),
    "p": (0, 1),
    "image_noise": (0, 1),
    "audio_noise": (0, 1),
    "audio_reuse": (0, 1),
    "imbalance": (1, 1000),
    "seconds": (0.25, 60),
}
WHOLE: dict[str, tuple[int, int]] = {
    "per_individual": (1, 1000),
    "seed": (0, LARGEST_SEED),
    "size": (16, 4096),
    "sample_rate": (8000, 48_000),
    "jpeg_quality": (1, 100),
}


@dataclass(frozen=True)
class Settings:
    """The dials of a dataset.

    Parameters
    ----------
    species : int or tuple of str
        How many, spread over the table's families; or which, by common or scientific name. Names are kept as the table
        has them and in its order, so that the same species are the same settings.
    per_species : float
        Triplets of each species on average, all splits together; the number of all triplets is rounded.
    seed : int
        Decides everything that is drawn.
    shares : Shares
        How species are told apart (`birdmml.design`).
    p : float
        Mixing parameter of the ``xor`` group.
    image_noise, audio_noise : float
        Probability that a type is shown as another of its group.
    imbalance : float
        How many times more frequent the most frequent species is than the least frequent; 1 is balanced.
    audio_reuse : float
        Share of species whose recordings serve two samples each, which show the same types; never across splits.
    per_individual : int
        Samples of one bird, in one place, as long as its type stays the same.
    split_shares : tuple of float
        Of train, validation, test and shift.
    size : int
        Width and height of pictures, in pixels.
    jpeg_quality : int
        Highest quality; pictures vary by up to 20 below.
    seconds, sample_rate : float, int
        Length of recordings in seconds, and samples per second.
    caption : CaptionDials
        What captions say.

    Raises
    ------
    InvalidValue
        If a value breaks its constraint.

    Examples
    --------
    >>> Settings(p=1.5)
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: p must be in [0, 1]; got 1.5
    """

    species: int | tuple[str, ...] = 50
    per_species: float = 100
    seed: int = 0
    shares: Shares = DEFAULT_SHARES
    p: float = 1.0
    image_noise: float = 0.0
    audio_noise: float = 0.0
    imbalance: float = 1.0
    audio_reuse: float = 0.0
    per_individual: int = 4
    split_shares: tuple[float, ...] = (0.6, 0.1, 0.2, 0.1)
    size: int = 224
    jpeg_quality: int = 90
    seconds: float = 3.0
    sample_rate: int = 22_050
    caption: CaptionDials = field(default_factory=CaptionDials)

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not is_number(value) or not low <= value <= high:
                raise InvalidValue(f"{name} must be in [{low:g}, {high:g}]; got {value!r}")
        for name, limits in WHOLE.items():
            value = getattr(self, name)
            if type(value) is not int or not limits[0] <= value <= limits[1]:
                raise InvalidValue(f"{name} must be a whole number in [{limits[0]}, {limits[1]}]; got {value!r}")
        _check_split_shares(self.split_shares)
        object.__setattr__(self, "species", _checked_species(self.species))

    @property
    def species_count(self) -> int:
        """Number of species, whether they are counted or named."""
        return self.species if isinstance(self.species, int) else len(self.species)

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split: at least one, and together as many as there are triplets."""
        total = round(self.species_count * self.per_species)
        rows = {
            name: max(1, int(share * total + ROUNDING)) for name, share in zip(SPLITS, self.split_shares, strict=True)
        }
        largest = max(rows, key=lambda name: rows[name])
        return {**rows, largest: rows[largest] + total - sum(rows.values())}

    def as_dict(self) -> dict[str, Any]:
        """Return all dials but the seed, as JSON values.

        Returns
        -------
        dict
            Nested for shares and captions. Equal settings give equal text, whether a 1 or a 1.0 was asked for.

        Examples
        --------
        >>> Settings(p=1).as_dict()["p"]
        1.0
        """
        values = asdict(self)
        del values["seed"]
        fractions = {name: float(values[name]) for name in RANGES}
        records = {name: {key: float(value) for key, value in values[name].items()} for name in ("shares", "caption")}
        lists = {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
        return {**values, **fractions, **records, **lists}


def is_number(value: object) -> bool:
    """Return whether a value from a configuration file is a number.

    Parameters
    ----------
    value : object
        Any.

    Returns
    -------
    bool
        False for True and False.

    Examples
    --------
    >>> is_number(0.5), is_number("0.5"), is_number(True)
    (True, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked_species(species: Any) -> int | tuple[str, ...]:
    if isinstance(species, tuple) and all(isinstance(name, str) for name in species):
        return tuple(one.common_name for one in select_species(species))
    if type(species) is not int or not SPECIES[0] <= species <= SPECIES[1]:
        got = list(species) if isinstance(species, tuple) else species
        wanted = f"a whole number in [{SPECIES[0]}, {SPECIES[1]}], or a list of names"
        raise InvalidValue(f"species must be {wanted}; got {got!r}")
    return species


def _check_split_shares(shares: Any) -> None:
    fit = isinstance(shares, tuple) and len(shares) == len(SPLITS) and all(is_number(share) for share in shares)
    if not fit or min(shares) <= 0 or not math.isclose(math.fsum(shares), 1, abs_tol=SUM_TOLERANCE):
        wanted = f"{len(SPLITS)} numbers above 0 that add up to 1"
        got = list(shares) if isinstance(shares, tuple) else shares
        total = f", which add up to {math.fsum(shares):g}" if fit else ""
        raise InvalidValue(f"split_shares must be {wanted} ({', '.join(SPLITS)}); got {got!r}{total}")
