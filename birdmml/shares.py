"""Which share of the species is told apart in which way."""

from __future__ import annotations

import math
from dataclasses import dataclass

from confu_core.errors import InvalidValue

__all__ = ["DEFAULT_SHARES", "GROUPS", "Shares"]

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

    redundant: float = 0.0
    image_unique: float = 0.0
    audio_unique: float = 0.0
    complement: float = 0.0
    xor: float = 0.0

    def __post_init__(self) -> None:
        shares = self.by_group()
        for group, share in shares.items():
            if not 0 <= share <= 1:
                raise InvalidValue(f"the share of {group} must be in [0, 1]; got {share}")
        total = math.fsum(shares.values())
        if abs(total - 1) > SUM_TOLERANCE:
            given = ", ".join(f"{group} {share:g}" for group, share in shares.items() if share)
            raise InvalidValue(f"shares must add up to 1; got {total:g} ({given})")

    def by_group(self) -> dict[str, float]:
        """Return the shares by the name of the group.

        Returns
        -------
        dict of str to float
            In the order of `GROUPS`.

        Examples
        --------
        >>> Shares(xor=1.0).by_group()["xor"]
        1.0
        """
        return {group: float(getattr(self, group.replace("-", "_"))) for group in GROUPS}


DEFAULT_SHARES = Shares(0.2, 0.1, 0.1, 0.3, 0.3)
