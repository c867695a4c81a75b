"""What a caption may state, how much of it, and what it became: dials, facts and captions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from confu_core.errors import InvalidValue
from confu_core.settings import check_dials, share

LOOK_SLOTS = 8  # Shape, size, activity, setting, and four marks of plumage.
SONG_SLOTS = 4  # What it is like, its pitch, its pace, and how it was recorded.
NATURE_SLOTS = 2  # Two habits, or a habit and a habitat.
STATUSES = ("true", "wrong", "generic")


@dataclass(frozen=True)
class CaptionDials:
    """Shares that shape captions; each in [0, 1].

    Parameters
    ----------
    name_share : float
        Probability that a caption names the species.
    marks, song, nature : float
        Share of the `LOOK_SLOTS`, `SONG_SLOTS` and `NATURE_SLOTS` that captions fill, on average; the number in one
        caption is binomial. A caption that would be left empty fills one slot, of a kind whose dial is not 0.
        With ``marks=0`` nothing in the text depends on the picture, with ``song=0`` nothing on the recording, with
        ``nature=0`` nothing on the species.
    drop_share, wrong_share, generic_share : float
        Probability that the attribute in a filled slot is left out, replaced by a wrong one, or made generic ("some
        color on the wings"); together at most 1.

    Raises
    ------
    InvalidValue
        If a share is outside [0, 1], or the last three add up to more than 1.

    Examples
    --------
    >>> CaptionDials(name_share=0.331).marks
    0.5
    >>> CaptionDials(name_share=1.3)
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: name_share must be in [0, 1]; got 1.3
    """

    name_share: float = share(0.0, meaning="probability that a caption names the species")
    marks: float = share(0.5, meaning="probability of each fact of the picture")
    song: float = share(0.5, meaning="probability of each fact of the recording")
    nature: float = share(0.6, meaning="probability of each fact of the species")
    drop_share: float = share(0.0, meaning="probability that a fact is left out")
    wrong_share: float = share(0.0, meaning="probability that a fact is wrong")
    generic_share: float = share(0.0, meaning="probability that a fact is made generic")

    def __post_init__(self) -> None:
        check_dials(self)
        total = self.drop_share + self.wrong_share + self.generic_share
        if total > 1 + 1e-9:
            raise InvalidValue(f"drop_share + wrong_share + generic_share must be in [0, 1]; got {total:g}")


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
    """A caption: one to four sentences, all facts that they state, and whether they name the species."""

    text: str
    facts: tuple[Fact, ...]
    named: bool
