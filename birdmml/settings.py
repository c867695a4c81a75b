"""Everything that decides a generated dataset but its format: dials, their defaults, ranges and options."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from birdmml.caption import CaptionDials
from birdmml.design import DEFAULT_SHARES, GROUPS, SUM_TOLERANCE, Shares
from birdmml.species import select_species
from confu_core.errors import InvalidValue, nearest
from confu_core.settings import Dial, check_dials, dial, real, share, whole
from confu_core.typed import is_number

SPLITS = ("train", "validation", "test", "shift")
LARGEST_SEED = 2**63 - 1
SPECIES = (2, 10_000)
ROUNDING = 1e-6  # Rows that a product of shares may fall short of a whole number.
GROUP_WEIGHT = Dial(float, low=0.01, high=100)
# In a unit whose species is the sum of look and song, a text that tells of one bird's looks would share pairs with the
# picture, and its species could be found by matching picture and song to the text one by one.
NATURE_ALONE = {"marks": 0.0, "song": 0.0, "nature": 1.0}
# What is meant where settings say nothing by group, as those written before anything could be said.
UNSAID: dict[str, Any] = {"group_captions": {}, "group_weights": {}}


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
    group_captions : mapping of str to mapping of str to float
        Dials of `CaptionDials` that are others in a group; by default captions of ``xor`` are natural history alone.
    group_weights : mapping of str to float
        How many times as frequent the species of a group are; 1 where a group is not named. By default nearly half
        of all samples are of ``xor``, whose law has the most combinations and is learned last.

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

    species: int | tuple[str, ...] = dial(
        20, 'How many species; or which, such as "Canada Jay,Bobolink".', meaning="how many species, or which"
    )
    per_species: float = real(240.0, "Triplets of each species on average, all splits together.", low=4, high=1e6)
    seed: int = whole(0, "Decides everything that is drawn.", low=0, high=LARGEST_SEED)
    shares: Shares = dial(
        DEFAULT_SHARES, "How species are told apart, such as redundant=0.6,xor=0.4; the shares add up to 1."
    )
    p: float = share(
        1.0,
        "Mixing parameter of the xor group, in [0, 1].",
        meaning="mixing parameter of the xor group: 1 is pure synergy",
    )
    image_noise: float = share(0.0, "Probability that a picture shows another type of its group.")
    audio_noise: float = share(0.0, "Probability that a recording holds another type of its group.")
    imbalance: float = real(
        1.0, "How many times more frequent the most frequent species is than the least.", low=1, high=1000
    )
    audio_reuse: float = share(0.0, "Share of species whose recordings serve two samples each.")
    per_individual: int = whole(4, low=1, high=1000, meaning="samples of one bird, in one place")
    split_shares: tuple[float, ...] = dial((0.6, 0.1, 0.2, 0.1), meaning="shares of train, validation, test and shift")
    size: int = whole(224, "Width and height of pictures, in pixels.", low=16, high=4096)
    jpeg_quality: int = whole(
        90, "Highest JPEG quality; pictures vary by up to 20 below.", low=1, high=100, meaning="highest JPEG quality"
    )
    seconds: float = real(3.0, "Length of recordings, in seconds.", low=0.25, high=60)
    sample_rate: int = whole(22_050, "Samples per second.", low=8000, high=48_000)
    caption: CaptionDials = dial(
        help="A dial of the captions, such as name_share=0.3; or of a group's, such as xor.marks=0.5.",
        factory=CaptionDials,
        metavar="NAME=VALUE",
    )
    group_captions: Any = field(default_factory=lambda: {"xor": NATURE_ALONE})
    group_weights: Any = dial(
        help="How many times as frequent the species of a group are, such as xor=2; the others are 1.",
        factory=lambda: {"xor": 2.0},
    )

    def __post_init__(self) -> None:
        check_dials(self)
        _check_split_shares(self.split_shares)
        object.__setattr__(self, "species", _checked_species(self.species))
        for name, checked in (("group_captions", self._checked_captions), ("group_weights", _weight)):
            object.__setattr__(self, name, _by_group(name, getattr(self, name), checked))

    def caption_of(self, group: str) -> CaptionDials:
        """Return what captions of a group say."""
        return replace(self.caption, **dict(dict(self.group_captions).get(group, ())))

    def _checked_captions(self, group: str, dials: Any) -> tuple[tuple[str, float], ...]:
        """Return the dials of a group, sorted, as a setting that can be compared and hashed."""
        table = dict(dials) if isinstance(dials, tuple) else dials
        named = checked_dials(f"group_captions.{group}", CaptionDials, table)
        replace(self.caption, **named)  # Checks the ranges.
        return tuple(sorted((name, float(value)) for name, value in named.items()))

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
        """Return all dials but the seed, as JSON values: equal settings give equal text, whether with 1 or 1.0."""
        values = asdict(self)
        del values["seed"]
        lists = {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
        captions = {group: dict(dials) for group, dials in self.group_captions}
        together = {**values, **lists}
        together |= {"group_captions": captions, "group_weights": dict(self.group_weights)}
        return {name: value for name, value in together.items() if value or name not in UNSAID}


def checked_dials(name: str, kind: type, table: Any) -> dict[str, float]:
    """Return a table of numbers by the fields of a record, with underscores; ranges are for the record to check."""
    known = [dial.name for dial in fields(kind)]
    if not isinstance(table, Mapping):
        raise InvalidValue(f"{name} must be a table of {', '.join(known)}; got {table!r}")
    given = {key.replace("-", "_"): value for key, value in table.items()}
    for key, value in given.items():
        if key not in known:
            raise InvalidValue(f"unknown setting {name}.{key}: {nearest(key, known)}")
        if not is_number(value):
            raise InvalidValue(f"{name}.{key} must be a number; got {value!r}")
    return given


def _by_group(name: str, given: Any, checked: Callable[[str, Any], Any]) -> tuple[tuple[str, Any], ...]:
    """Return a setting per group as pairs, in the order of the groups."""
    if not isinstance(given, Mapping | tuple):
        raise InvalidValue(f"{name} must be a table by group ({', '.join(GROUPS)}); got {given!r}")
    named = {str(group).replace("_", "-"): value for group, value in dict(given).items()}
    for group in named:
        if group not in GROUPS:
            raise InvalidValue(f"{name} has no group {group!r}: {nearest(group, GROUPS)}")
    return tuple((group, checked(group, named[group])) for group in GROUPS if group in named)


def _weight(group: str, weight: Any) -> Any:
    return GROUP_WEIGHT.checked(f"group_weights.{group}", weight)


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
