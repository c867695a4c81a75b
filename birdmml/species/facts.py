"""What is true of one picture and of one song: what a caption may say, and what the shards record."""

from __future__ import annotations

from dataclasses import dataclass

BACKGROUNDS = ("foliage", "sky", "water", "snow", "feeder", "reeds", "field", "rock")
ACTIVITIES = ("perched", "standing", "swimming", "wading", "clinging", "hovering", "flying")
WEATHERS = ("calm", "wind", "rain")


@dataclass(frozen=True)
class PictureFacts:
    """What a picture shows."""

    background: str  # One of `BACKGROUNDS`.
    activity: str  # One of `ACTIVITIES`.
    facing: str  # Where the bill points: "left" or "right".
    view: str  # From where it is seen: "side" or "three-quarter".
    sex: str  # Whose plumage is drawn: "male", where the sexes look alike, or "female".
    visible: frozenset[str]  # Parts and marks, of `PARTS` and `MARKS`, that a viewer can make out.
    occlusion: float  # Share of the bird that something in front hides, in [0, 1].
    blur: float  # Standard deviations of the blur, in pixels, and of the noise, in grey levels of 255.
    noise: float


@dataclass(frozen=True)
class SongFacts:
    """What a recording holds."""

    syllables: tuple[str, ...]  # Kinds that are heard, of `words().syllables`, in order of first occurrence.
    low_hz: float  # Lowest and highest fundamental frequency sung.
    high_hz: float
    rate: float  # Syllables per second within a phrase, as sung.
    phrases: int  # How many are heard whole.
    weather: str  # One of `WEATHERS`.
    others: bool  # Whether other birds sing in the distance.
    distance_m: float  # From bird to recorder.
    snr_db: float  # Power of the song, where it sounds, over that of everything else, in dB.
