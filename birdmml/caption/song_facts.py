"""What a caption may state of a recording, and what would be wrong to state."""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import lru_cache

from birdmml.caption.dials import SONG_SLOTS
from birdmml.caption.draws import Draws
from birdmml.caption.facts import Fact
from birdmml.caption.sound_lexicon import PITCHES, RATES
from birdmml.facts import WEATHERS, SongFacts
from birdmml.species import Song, Species
from birdmml.table import load_species
from birdmml.vocabulary import SYLLABLES

__all__ = ["distance_of", "pitch_of", "range_of", "rate_of", "song_facts", "song_words", "voice_of", "wrong_song"]

SLOTS = {"kind": 6.0, "pitch": 1.0, "pace": 1.0, "setting": 1.0}  # What the sound is like comes first.
HIGHEST = (350, 1000, 2500, 4500)  # Hz, of the middle of the range.
FASTEST = (0.9, 2, 4.5, 8)  # Syllables per second.
NEAR, FAR = 20, 50  # Metres.
DRAWN = ("high", "low", "deep", "thin", "shrill", "sharp", "squeaky", "monotonous", "pitch")
PACED = ("slow", "slows", "fast", "faster", "rapid", "quick", "long", "lazy", "leisurely", "hurried", "speeds", "drawn")
CALLS = frozenset(("harsh", "croak", "quack", "honk", "scream", "rattle", "chip", "chirp", "buzz", "boom", "hoot"))


def song_facts(species: Species, song: Song, recording: SongFacts, share: float, draws: Draws) -> list[Fact]:
    """Choose true facts for the slots of the recording.

    Parameters
    ----------
    species : Species
        Whose caption it is; its own words for the song are used where `song` is its own.
    song : Song
        As heard.
    recording : SongFacts
        What the recording holds.
    share : float
        Of the slots that are filled, on average.
    draws : Draws
        Source of choices.

    Returns
    -------
    list of Fact
        At most `SONG_SLOTS`.
    """
    slots = draws.weighted(tuple(SLOTS), tuple(SLOTS.values()), draws.count(SONG_SLOTS, share))
    words = song_words(species, song) if set(recording.syllables) >= set(song.syllables) else ""
    facts = []
    if "kind" in slots and words and draws.chance(0.7):
        facts.append(Fact("song", words, "true"))
    elif "kind" in slots and recording.syllables:
        facts.append(Fact("syllable", draws.pick(recording.syllables), "true"))
    stated = set(facts[0].value.replace(",", "").replace("-", " ").split()) if facts else set()
    if "pitch" in slots:
        facts.append(Fact(*_pitch(recording, stated, draws), "true"))
    if "pace" in slots:
        facts.append(Fact(*_pace(recording, stated, draws), "true"))
    if "setting" in slots:
        facts.append(Fact(*draws.pick(_settings(recording)), "true"))
    return facts


def pitch_of(low_hz: float, high_hz: float) -> str:
    """Return the word of `PITCHES` for the middle (in octaves) of a range.

    Examples
    --------
    >>> pitch_of(220, 380), pitch_of(6000, 8500)
    ('very low', 'very high')
    """
    return PITCHES[bisect_left(HIGHEST, math.sqrt(low_hz * high_hz))]


def range_of(low_hz: float, high_hz: float) -> str:
    """Return a range of frequencies as a caption has it.

    Examples
    --------
    >>> range_of(1496, 4210), range_of(221, 380), range_of(6400, 6500)
    ('between 1.5 and 4.2 kHz', 'between 220 and 380 Hz', 'at about 6.5 kHz')
    """
    if high_hz < 1000:
        unit, low, high = "Hz", f"{round(low_hz, -1):.0f}", f"{round(high_hz, -1):.0f}"
    else:
        unit, low, high = "kHz", f"{low_hz / 1000:.1f}", f"{high_hz / 1000:.1f}"
    return f"at about {high} {unit}" if high_hz < 1.1 * low_hz else f"between {low} and {high} {unit}"


def rate_of(rate: float) -> str:
    """Return the word of `RATES` for a number of syllables per second.

    Examples
    --------
    >>> rate_of(0.5), rate_of(3)
    ('drawn-out', 'steady')
    """
    return RATES[bisect_left(FASTEST, rate)]


def distance_of(distance_m: float) -> str:
    """Return "near", "middle" or "far" for a distance in metres.

    Examples
    --------
    >>> distance_of(8)
    'near'
    """
    return "near" if distance_m < NEAR else "middle" if distance_m < FAR else "far"


def song_words(species: Species, song: Song) -> str:
    """Return the words for a song, or nothing if the table has none for it.

    Parameters
    ----------
    species : Species
        Tried first.
    song : Song
        Of this or another species.

    Returns
    -------
    str
        Such as "a clear whistled series".
    """
    return species.song_words if song == species.song else _known_words().get(song, "")


def voice_of(syllable: str) -> str:
    """Return "song", "call", "drumming" or "hum": what one calls a sound of this kind."""
    if syllable in ("drum", "hum"):
        return "drumming" if syllable == "drum" else "hum"
    return "call" if syllable in CALLS else "song"


def wrong_song(fact: Fact, song: Song, recording: SongFacts, draws: Draws) -> str:
    """Return a value that is clearly not the true one.

    Parameters
    ----------
    fact : Fact
        The true fact.
    song, recording : Song, SongFacts
        What it is true of.
    draws : Draws
        Source of choices.

    Returns
    -------
    str
        Of the same vocabulary.
    """
    attribute, value = fact.attribute, fact.value
    if attribute == "song":
        return draws.pick(_other_words(song.syllables))
    if attribute == "syllable":
        return draws.pick([kind for kind in SYLLABLES if kind not in (*song.syllables, *recording.syllables)])
    if attribute in ("pitch", "rate"):
        scale = PITCHES if attribute == "pitch" else RATES
        return draws.pick([other for other in scale if abs(scale.index(other) - scale.index(value)) > 1])
    if attribute == "range":
        factor = 0.3 if recording.low_hz > 600 else 4.0
        return range_of(recording.low_hz * factor, recording.high_hz * factor)
    if attribute == "phrases":
        return str(int(value) + draws.pick((2, 3)))
    choices = {"weather": WEATHERS, "distance": ("near", "far"), "others": ("yes", "no")}
    return draws.pick([other for other in choices[attribute] if other != value])


def _pitch(recording: SongFacts, stated: set[str], draws: Draws) -> tuple[str, str]:
    if draws.chance(0.35) or not stated.isdisjoint(DRAWN):
        return "range", range_of(recording.low_hz, recording.high_hz)
    return "pitch", pitch_of(recording.low_hz, recording.high_hz)


def _pace(recording: SongFacts, stated: set[str], draws: Draws) -> tuple[str, str]:
    if recording.phrases and (draws.chance(0.3) or not stated.isdisjoint(PACED)):
        return "phrases", str(recording.phrases)
    return "rate", rate_of(recording.rate)


def _settings(recording: SongFacts) -> list[tuple[str, str]]:
    return [
        ("weather", recording.weather),
        ("distance", distance_of(recording.distance_m)),
        ("others", "yes" if recording.others else "no"),
    ]


@lru_cache(maxsize=1)
def _known_words() -> dict[Song, str]:
    return {species.song: species.song_words for species in load_species()}


@lru_cache(maxsize=512)
def _other_words(syllables: tuple[str, ...]) -> list[str]:
    return [one.song_words for one in load_species() if set(one.song.syllables).isdisjoint(syllables)]
