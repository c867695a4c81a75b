"""Everything that decides what becomes of real media: sizes, windows, limits, splits, and what counts as a copy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from birdmml.design import SUM_TOLERANCE
from birdmml.settings import Settings
from confu_core.cells import NOTHING, cleaned
from confu_core.errors import InvalidValue, nearest
from confu_core.inputs.sound import DURATION_LIMIT
from confu_core.settings import check_dials, dial, like, real, whole
from confu_core.typed import is_number

SPLITS = ("train", "validation", "test")
WINDOWS = ("loudest", "start", "middle", "even")
DUPLICATES = ("near", "exact")
MEDIA_KINDS = ("picture", "sound")
APART = ("individual", "recording", "author")


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

    size: int = like(Settings, "size")
    jpeg_quality: int = like(Settings, "jpeg_quality")
    seconds: float = like(Settings, "seconds")
    sample_rate: int = like(Settings, "sample_rate")
    window: str = dial("loudest", "Part of a recording that is the clip: loudest, start, middle or even.")
    loudness: float | None = real(
        -23.0, "Level of clips, in dB relative to full scale.", low=-60, high=-5, unit="dB", none="none"
    )
    split: tuple[float, ...] | None = dial(
        None, "Shares of train, validation, test.", shown="the manifest's splits, or 0.8,0.1,0.1"
    )
    seed: int = like(Settings, "seed")
    min_side: int = whole(32, "Pictures with a shorter side are left out, in pixels.", low=1, high=4096)
    shortest: float = real(0.5, "Shorter recordings are left out, in seconds.", low=0.05, high=60)
    longest: float = real(DURATION_LIMIT, "Longer recordings are left out, in seconds.", low=0.05, high=DURATION_LIMIT)
    silence: float = real(-60.0, "Quieter recordings are left out, in dB relative to full scale.", low=-120, high=0)
    duplicates: str = dial("near", "What counts as a copy: near or exact.")
    keep_duplicates: tuple[str, ...] = dial((), "Kinds whose copies stay: picture, sound.")
    apart: tuple[str, ...] = dial(APART, "Columns none of whose values is in two splits; or none.")
    na: tuple[str, ...] = dial(
        NOTHING, "Cells that say nothing is known, in any case.", shown="NA, null, -, unknown and the like"
    )

    def __post_init__(self) -> None:
        check_dials(self)
        if self.shortest > self.longest:
            raise InvalidValue(f"shortest must be at most longest, {self.longest:g} s; got {self.shortest:g}")
        _check_words(self)
        object.__setattr__(self, "na", tuple(cleaned(one).casefold() for one in self.na))
        object.__setattr__(self, "split", _checked_shares(self.split))

    def as_dict(self) -> dict[str, Any]:
        """Return all dials but the seed, as JSON values; equal settings give equal text."""
        values = asdict(self)
        del values["seed"]
        if self.na == NOTHING:  # As in datasets that were built before it could be changed.
            del values["na"]
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def settings_from(values: Mapping[str, Any]) -> IngestSettings:
    """Return settings from values by name, as a file or a manifest has them: lists stand for tuples.

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


def _checked_shares(shares: Any) -> tuple[float, ...] | None:
    if shares is None:
        return None
    fit = isinstance(shares, tuple) and len(shares) == len(SPLITS) and all(map(is_number, shares))
    if not fit or min(shares) < 0 or shares[0] == 0 or not math.isclose(math.fsum(shares), 1, abs_tol=SUM_TOLERANCE):
        got = list(shares) if isinstance(shares, tuple) else shares
        wanted = f"{len(SPLITS)} shares that add up to 1 ({', '.join(SPLITS)}), the first above 0"
        raise InvalidValue(f"split must be {wanted}; got {got!r}")
    return tuple(map(float, shares))
