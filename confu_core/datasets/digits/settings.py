"""Settings: the options of `digits:`, as numbers and names that have been checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from confu_core.datasets.digits.noise import noise_names
from confu_core.errors import InvalidValue

__all__ = ["CAPTIONS", "DigitSettings", "number", "whole"]

CAPTIONS: Mapping[str, tuple[str, ...]] = {
    "word": ("{}",),
    "phrase": ("{}", "the digit {}", "a handwritten {}", "the number {} spoken aloud", "somebody writes and says {}"),
}
_RATES = (8000, 16000)


@dataclass(frozen=True)
class DigitSettings:
    """What decides the samples, besides pictures and recordings.

    Attributes
    ----------
    removed : float
        Share of the energy of pictures that is removed, in [0, 1).
    snr : float
        Power of the word beside that of the noise, in dB.
    noise : tuple of str
        Kinds of noise, of which each sample has one; empty for none.
    vary : float
        How far a recording is varied in pitch, tempo and gain, in [0, 1].
    captions : str
        ``"word"`` or ``"phrase"``.
    rate : int
        Of the sounds, in Hz: 8000 or 16000.
    seconds : float
        Length of the sounds.
    seed : int
        The user's.
    """

    removed: float = 0.75
    snr: float = -4.0
    noise: tuple[str, ...] = ("white", "pink", "babble")
    vary: float = 1.0
    captions: str = "word"
    rate: int = 8000
    seconds: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.removed < 1:
            raise InvalidValue(f"removed must be in [0, 1); got {self.removed:g}")
        if not -60 <= self.snr <= 100:
            raise InvalidValue(f"snr must be in [-60, 100] dB; got {self.snr:g}")
        if not 0 <= self.vary <= 1:
            raise InvalidValue(f"vary must be in [0, 1]; got {self.vary:g}")
        if self.captions not in CAPTIONS:
            raise InvalidValue(f"captions must be {' or '.join(CAPTIONS)}; got {self.captions!r}")
        if self.rate not in _RATES:
            raise InvalidValue(f"rate must be {' or '.join(map(str, _RATES))} Hz; got {self.rate}")
        if not 0.25 <= self.seconds <= 10:
            raise InvalidValue(f"seconds must be in [0.25, 10]; got {self.seconds:g}")
        noise_names(",".join(self.noise) or "none")

    def as_dict(self) -> dict[str, Any]:
        """Return all but the seed, as JSON values."""
        return {
            name: list(value) if name == "noise" else value for name, value in asdict(self).items() if name != "seed"
        }


def number(name: str, text: str) -> float:
    """Read a number of an option.

    Parameters
    ----------
    name, text : str
        Of the option, and what the user wrote.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    InvalidValue
        If it is none.

    Examples
    --------
    >>> number("removed", "0.75")
    0.75
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidValue(f"{name} must be a number; got {text!r}")
    return value


def whole(name: str, text: str, least: int) -> int:
    """Read a whole number of an option.

    Parameters
    ----------
    name, text : str
        Of the option, and what the user wrote.
    least : int
        The smallest allowed.

    Returns
    -------
    int
        At least `least`.

    Raises
    ------
    InvalidValue
        If it is none.

    Examples
    --------
    >>> whole("train", "many", 1)
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: train must be a whole number of at least 1; got 'many'
    """
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) < least:
        raise InvalidValue(f"{name} must be a whole number of at least {least}; got {text!r}")
    return int(text)
