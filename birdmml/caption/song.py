"""The recording in words: what a caption may state of it, what would be wrong to state, and the sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from birdmml.caption.facts import SONG_SLOTS, Fact
from birdmml.caption.grammar import Draws, templates, with_article
from birdmml.species import WEATHERS, Song, SongFacts, Species, grade, load_species, words

SLOTS = {"kind": 6.0, "pitch": 1.0, "pace": 1.0, "setting": 1.0}  # What the sound is like comes first.
NEAR, FAR = 20, 50  # Metres.
DRAWN = ("high", "low", "deep", "thin", "shrill", "sharp", "squeaky", "monotonous", "pitch")
PACED = ("slow", "slows", "fast", "faster", "rapid", "quick", "long", "lazy", "leisurely", "hurried", "speeds", "drawn")
SETTING = ("weather", "distance", "others")


def song_facts(species: Species, song: Song, recording: SongFacts, share: float, draws: Draws) -> list[Fact]:
    """Choose true facts of a recording, which may be of another species, for the share of its slots that is filled."""
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
    """Return the word, from "very low" to "very high", for the middle (in octaves) of a range."""
    return grade(words().pitches, math.sqrt(low_hz * high_hz))


def range_of(low_hz: float, high_hz: float) -> str:
    """Return a range of frequencies as a caption has it."""
    if high_hz < 1000:
        unit, low, high = "Hz", f"{round(low_hz, -1):.0f}", f"{round(high_hz, -1):.0f}"
    else:
        unit, low, high = "kHz", f"{low_hz / 1000:.1f}", f"{high_hz / 1000:.1f}"
    return f"at about {high} {unit}" if high_hz < 1.1 * low_hz else f"between {low} and {high} {unit}"


def rate_of(rate: float) -> str:
    """Return the word, from "drawn-out" to "fast", for a number of syllables per second."""
    return grade(words().rates, rate)


def distance_of(distance_m: float) -> str:
    """Return "near", "middle" or "far" for a distance in metres."""
    return "near" if distance_m < NEAR else "middle" if distance_m < FAR else "far"


def song_words(species: Species, song: Song) -> str:
    """Return the words for a song, or nothing if the table has none for it."""
    return species.song_words if song == species.song else _known_words().get(song, "")


def wrong_song(fact: Fact, song: Song, recording: SongFacts, draws: Draws) -> str:
    """Return a value of the same vocabulary that is clearly not true of the recording."""
    attribute, value = fact.attribute, fact.value
    if attribute == "song":
        return draws.pick(_other_words(song.syllables))
    if attribute == "syllable":
        return draws.pick([kind for kind in words().syllables if kind not in (*song.syllables, *recording.syllables)])
    if attribute in ("pitch", "rate"):
        scale = list(words().pitches if attribute == "pitch" else words().rates)
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
    return [species.song_words for species in load_species() if set(species.song.syllables).isdisjoint(syllables)]


def song_sentence(facts: Sequence[Fact], song: Song, register: str, bare: str, first: bool, draws: Draws) -> str:
    """Return a sentence about the recording in a register, without capital or full stop."""
    stated = {fact.attribute: fact.value for fact in facts}
    kind = _voice(facts, song)
    voice, gives = draws.pick(words().voices[kind])
    setting = [draws.pick(words().setting[name][value]) for name, value in stated.items() if name in SETTING]
    slots = {"a": with_article(bare), "bare": bare, "voice": voice, "gives": gives}
    case = "first" if first else "later"
    if len(setting) == len(stated):
        return draws.pick(templates().song_setting[register][case]).format(setting=setting[0], **slots)
    sound, how = _sound(stated, kind, draws)
    tail = "".join(f", {phrase}" for phrase in (*how, *setting))
    if how and how[0].startswith(("between", "at about")) and "song" not in stated:
        tail = tail[1:]
    options: Sequence[str] = templates().song[register][case]
    if "song" not in stated and "syllable" not in stated:  # "Its song is a high song" would say it twice.
        options = [option for option in options if "{voice}" not in option]
    return draws.pick(options).format(sound=sound, how=tail, **slots)


def _voice(facts: Sequence[Fact], song: Song) -> str:
    for fact in facts:
        if fact.attribute == "song" and fact.status != "true":
            return "voice"
        if fact.attribute == "syllable" and fact.status != "generic":
            return words().syllables[fact.value].voice
    return words().syllables[song.syllables[0]].voice


def _sound(stated: dict[str, str], voice: str, draws: Draws) -> tuple[str, list[str]]:
    how = []
    adjectives = {}
    plain = "song" in stated or stated.get("syllable") == "some"  # Nothing can be put before the noun.
    for name, scale in (("rate", words().rates), ("pitch", words().pitches)):
        value = stated.get(name)
        if value == "some":
            how.append(draws.pick(words().some[name]))
        elif value and plain:
            how.append(draws.pick(scale[value].tails))
        elif value:
            adjectives[name] = draws.pick(scale[value].words)
    if "range" in stated:
        how.insert(0, "over some range of pitch" if stated["range"] == "some" else stated["range"])
    if "phrases" in stated:
        how.append(_phrases(stated["phrases"], draws))
    return _head(stated, adjectives, voice, draws), how


def _head(stated: dict[str, str], adjectives: dict[str, str], voice: str, draws: Draws) -> str:
    rate, pitch = adjectives.get("rate", ""), adjectives.get("pitch", "")
    kind = stated.get("song") or stated.get("syllable")
    if kind == "some":
        return draws.pick(words().some["sound"])
    if "song" in stated:
        return stated["song"]
    if kind:
        series = with_article(f"{rate} {draws.pick(words().phrases['series'])}".strip())
        return f"{series} of {f'{pitch} ' if pitch else ''}{draws.pick(words().syllables[kind].words)}"
    qualities = ", ".join(word for word in (rate, pitch) if word)
    return with_article(f"{qualities} {voice}" if qualities else voice)


def _phrases(count: str, draws: Draws) -> str:
    if count == "some":
        return "some number of times"
    if count == "1":
        return draws.pick(("given once", "in a single phrase"))
    if count == "2":
        return draws.pick(("given twice", "in two phrases"))
    numbers = words().numbers
    number = numbers[int(count)] if int(count) < len(numbers) else count
    return draws.pick((f"in {number} phrases", f"given {number} times", f"{number} times over"))
