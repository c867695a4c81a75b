"""Everything that decides what becomes of real media: sizes, windows, limits, splits, and what counts as a copy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from birdmml.settings import LARGEST_SEED, is_number
from confu_core.cells import NOTHING, cleaned
from confu_core.errors import InvalidValue, nearest
from confu_core.inputs.sound import DURATION_LIMIT

__all__ = ["APART", "SPLITS", "IngestSettings", "settings_from"]

SPLITS = ("train", "validation", "test")
WINDOWS = ("loudest", "start", "middle", "even")
DUPLICATES = ("near", "exact")
MEDIA_KINDS = ("picture", "sound")
APART = ("individual", "recording", "author")
SUM_TOLERANCE = 1e-6
# Field to its lowest and highest value; both allowed.
RANGES: dict[str, tuple[float, float]] = {
    "seconds": (0.25, 60),
    "shortest": (0.05, 60),
    "longest": (0.05, DURATION_LIMIT),
    "silence": (-120, 0),
}
WHOLE: dict[str, tuple[int, int]] = {
    "seed": (0, LARGEST_SEED),
    "size": (16, 4096),
    "sample_rate": (8000, 48_000),
    "jpeg_quality": (1, 100),
    "min_side": (1, 4096),
}
LOUDNESS = (-60.0, -5.0)


@dataclass(frozen=True)
class IngestSettings:
    """The dials of a dataset of real media.

    Parameters
    ----------
    size : int
        Width and height of pictures, in pixels.
    jpeg_quality : int
        Of all pictures.
    seconds, sample_rate : float, int
        Length of clips in seconds, and samples per second.
    window : {"loudest", "start", "middle", "even"}
        Which part of a recording becomes the clip: that of most energy, its beginning, its middle; or, evenly placed,
        a part of its own for each row that names the recording.
    loudness : float or None
        Level that clips are brought to, in dB relative to full scale; None leaves them as they are.
    split : tuple of float, optional
        Shares of train, validation and test. By default the manifest's own splits, and 0.8, 0.1, 0.1 where it has none.
    seed : int
        Decides splits and the order of rows.
    min_side : int
        Pictures with a shorter side are too small, in pixels.
    shortest, longest : float
        Limits of the length of a recording, in seconds.
    silence : float
        A clip below this level is silent, in dB relative to full scale.
    duplicates : {"near", "exact"}
        Whether near copies count as copies too, or only files of equal bytes.
    keep_duplicates : tuple of str
        Of ``"picture"`` and ``"sound"``: kinds whose copies stay. They share a split then.
    apart : tuple of str
        Columns none of whose values is in two splits that are made here. Those of the default need not be there.
    na : tuple of str
        Cells that say that nothing is known, in any case. Empty cells say it too.

    Raises
    ------
    InvalidValue
        If a value breaks its constraint.

    Examples
    --------
    >>> IngestSettings(window="loudst")
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: window has no value 'loudst'; did you mean 'loudest'?
    """

    size: int = 224
    jpeg_quality: int = 90
    seconds: float = 3.0
    sample_rate: int = 22_050
    window: str = "loudest"
    loudness: float | None = -23.0
    split: tuple[float, ...] | None = None
    seed: int = 0
    min_side: int = 32
    shortest: float = 0.5
    longest: float = DURATION_LIMIT
    silence: float = -60.0
    duplicates: str = "near"
    keep_duplicates: tuple[str, ...] = ()
    apart: tuple[str, ...] = APART
    na: tuple[str, ...] = NOTHING

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not is_number(value) or not low <= value <= high:
                raise InvalidValue(f"{name} must be in [{low:g}, {high:g}]; got {value!r}")
            object.__setattr__(self, name, float(value))
        for name, limits in WHOLE.items():
            value = getattr(self, name)
            if type(value) is not int or not limits[0] <= value <= limits[1]:
                raise InvalidValue(f"{name} must be a whole number in [{limits[0]}, {limits[1]}]; got {value!r}")
        if self.shortest > self.longest:
            raise InvalidValue(f"shortest must be at most longest, {self.longest:g} s; got {self.shortest:g}")
        _check_words(self)
        object.__setattr__(self, "na", tuple(cleaned(one).casefold() for one in self.na))
        object.__setattr__(self, "loudness", _checked_loudness(self.loudness))
        object.__setattr__(self, "split", _checked_shares(self.split))

    def as_dict(self) -> dict[str, Any]:
        """Return all dials but the seed, as JSON values; equal settings give equal text."""
        values = asdict(self)
        del values["seed"]
        if self.na == NOTHING:  # As in datasets that were built before it could be changed.
            del values["na"]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def settings_from(values: Mapping[str, Any]) -> IngestSettings:
    """Return settings from values by name, as a file or a manifest has them.

    Parameters
    ----------
    values : mapping of str to object
        Lists stand for tuples.

    Returns
    -------
    IngestSettings
        Checked.

    Raises
    ------
    InvalidValue
        If there is no such setting, or a value breaks its constraint.

    Examples
    --------
    >>> settings_from({"size": 64, "split": [0.5, 0.25, 0.25]}).split
    (0.5, 0.25, 0.25)
    """
    known = [field.name for field in fields(IngestSettings)]
    for name in values:
        if name not in known:
            raise InvalidValue(f"unknown setting {name!r} of real media: {nearest(name, known)}")
    checked: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in values.items()}
    return IngestSettings(**checked)


def _check_words(settings: IngestSettings) -> None:
    known: tuple[str, ...]
    for name, known in (("window", WINDOWS), ("duplicates", DUPLICATES)):
        if (value := getattr(settings, name)) not in known:
            raise InvalidValue(f"{name} has no value {value!r}; {nearest(str(value), known)}")
    for name in ("keep_duplicates", "apart", "na"):
        values = getattr(settings, name)
        if not isinstance(values, tuple) or not all(isinstance(value, str) for value in values):
            raise InvalidValue(f"{name} must be a list of names; got {values!r}")
    for value in settings.keep_duplicates:
        if value not in MEDIA_KINDS:
            raise InvalidValue(f"keep_duplicates has no value {value!r}; {nearest(value, MEDIA_KINDS)}")


def _checked_loudness(value: Any) -> float | None:
    if value is None or value == "none":
        return None
    if not is_number(value) or not LOUDNESS[0] <= value <= LOUDNESS[1]:
        raise InvalidValue(f"loudness must be in [{LOUDNESS[0]:g}, {LOUDNESS[1]:g}] dB, or none; got {value!r}")
    return float(value)


def _checked_shares(shares: Any) -> tuple[float, ...] | None:
    if shares is None:
        return None
    fit = isinstance(shares, tuple) and len(shares) == len(SPLITS) and all(map(is_number, shares))
    if not fit or min(shares) < 0 or shares[0] == 0 or not math.isclose(math.fsum(shares), 1, abs_tol=SUM_TOLERANCE):
        got = list(shares) if isinstance(shares, tuple) else shares
        wanted = f"{len(SPLITS)} shares that add up to 1 ({', '.join(SPLITS)}), the first above 0"
        raise InvalidValue(f"split must be {wanted}; got {got!r}")
    return tuple(map(float, shares))
