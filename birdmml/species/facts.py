"""What is true of one picture and of one song: what a caption may say, and what the shards record."""

from __future__ import annotations

from dataclasses import dataclass

BACKGROUNDS = ("foliage", "sky", "water", "snow", "feeder", "reeds", "field", "rock")
ACTIVITIES = ("perched", "standing", "swimming", "wading", "clinging", "hovering", "flying")
WEATHERS = ("calm", "wind", "rain")


@dataclass(frozen=True)
class PictureFacts:
    """What a picture shows.

    Attributes
    ----------
    background : str
        One of `BACKGROUNDS`.
    activity : str
        One of `ACTIVITIES`.
    facing : {"left", "right"}
        Where the bill points.
    view : {"side", "three-quarter"}
        From where it is seen.
    sex : {"male", "female"}
        Whose plumage is drawn; "male" where the sexes look alike.
    visible : frozenset of str
        Parts and marks (names of `PARTS` and `MARKS`) that a viewer can make out.
    occlusion : float
        Share of the bird that something in front hides, in [0, 1].
    blur : float
        Standard deviation of the blur, in pixels.
    noise : float
        Standard deviation of the sensor noise, in grey levels of 255.
    """

    background: str
    activity: str
    facing: str
    view: str
    sex: str
    visible: frozenset[str]
    occlusion: float
    blur: float
    noise: float


@dataclass(frozen=True)
class SongFacts:
    """What a recording holds.

    Attributes
    ----------
    syllables : tuple of str
        Kinds of syllable that are heard, of `words().syllables`, in order of first occurrence.
    low_hz, high_hz : float
        Lowest and highest fundamental frequency sung.
    rate : float
        Syllables per second within a phrase, as sung.
    phrases : int
        Phrases that are heard whole.
    weather : str
        One of `WEATHERS`.
    others : bool
        Whether other birds sing in the distance.
    distance_m : float
        From bird to recorder.
    snr_db : float
        Power of the song, where it sounds, over that of everything else, in dB.
    """

    syllables: tuple[str, ...]
    low_hz: float
    high_hz: float
    rate: float
    phrases: int
    weather: str
    others: bool
    distance_m: float
    snr_db: float
