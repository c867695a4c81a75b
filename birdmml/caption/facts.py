"""What a caption states: facts, each true, wrong or generic, and the text that they became."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["STATUSES", "Caption", "Fact"]

STATUSES = ("true", "wrong", "generic")


class Fact(NamedTuple):
    """One thing that a caption states.

    Attributes
    ----------
    attribute : str
        A part or mark ("crown", "wing_bars"), a form ("bill_form"), or one of "shape", "size", "sex", "activity",
        "background", "facing", "view", "occlusion", "song", "syllable", "pitch", "range", "rate", "phrases", "weather",
        "distance", "others", "nature", "habitat", "name".
    value : str
        What is said of it, in the words of the table; "some" where the status is generic.
    status : {"true", "wrong", "generic"}
        Whether it agrees with the picture, the recording and the species.
    """

    attribute: str
    value: str
    status: str


@dataclass(frozen=True)
class Caption:
    """A caption.

    Attributes
    ----------
    text : str
        One to four sentences.
    facts : tuple of Fact
        All that the text states.
    named : bool
        Whether it names the species.
    """

    text: str
    facts: tuple[Fact, ...]
    named: bool
