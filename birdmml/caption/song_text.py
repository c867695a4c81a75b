"""The sentence about the recording."""

from __future__ import annotations

from collections.abc import Sequence

from birdmml.caption.draws import Draws
from birdmml.caption.facts import Fact
from birdmml.caption.grammar import with_article
from birdmml.caption.song_facts import voice_of
from birdmml.caption.sound_lexicon import (
    NUMBER_WORDS,
    PITCH_TAILS,
    PITCH_WORDS,
    RATE_TAILS,
    RATE_WORDS,
    SETTING_WORDS,
    SYLLABLE_WORDS,
    VOICES,
)
from birdmml.caption.templates import SONG, SONG_SETTING
from birdmml.species import Song

__all__ = ["SETTING", "song_sentence"]

SETTING = ("weather", "distance", "others")
SERIES = ("series", "run", "string", "sequence")
SOME_SOUND = ("some kind of sound", "a sound of some sort", "notes of some kind")


def song_sentence(facts: Sequence[Fact], song: Song, register: str, bare: str, first: bool, draws: Draws) -> str:
    """Say what the recording holds.

    Parameters
    ----------
    facts : sequence of Fact
        About the recording; at least one.
    song : Song
        As heard.
    register : str
        Of `birdmml.caption.templates.REGISTERS`.
    bare : str
        What the bird is called, without its article.
    first : bool
        Whether the sentence is the first of the caption.
    draws : Draws
        Source of choices.

    Returns
    -------
    str
        Without capital or full stop.
    """
    found = {fact.attribute: fact.value for fact in facts}
    kind = _voice(facts, song)
    voice, gives = draws.pick(VOICES[kind])
    setting = [draws.pick(SETTING_WORDS[name, value]) for name, value in found.items() if name in SETTING]
    slots = {"a": with_article(bare), "bare": bare, "voice": voice, "gives": gives}
    case = "first" if first else "later"
    if len(setting) == len(found):
        return draws.pick(SONG_SETTING[register][case]).format(setting=setting[0], **slots)
    sound, how = _sound(found, kind, draws)
    tail = "".join(f", {words}" for words in (*how, *setting))
    if how and how[0].startswith(("between", "at about")) and "song" not in found:
        tail = tail[1:]
    options: Sequence[str] = SONG[register][case]
    if "song" not in found and "syllable" not in found:  # "Its song is a high song" would say it twice.
        options = [option for option in options if "{voice}" not in option]
    return draws.pick(options).format(sound=sound, how=tail, **slots)


def _voice(facts: Sequence[Fact], song: Song) -> str:
    for fact in facts:
        if fact.attribute == "song" and fact.status != "true":
            return "voice"
        if fact.attribute == "syllable" and fact.status != "generic":
            return voice_of(fact.value)
    return voice_of(song.syllables[0])


def _sound(found: dict[str, str], voice: str, draws: Draws) -> tuple[str, list[str]]:
    how = []
    adjectives = {}
    plain = "song" in found or found.get("syllable") == "some"  # Nothing can be put before the noun.
    for name, words, tails in (("rate", RATE_WORDS, RATE_TAILS), ("pitch", PITCH_WORDS, PITCH_TAILS)):
        value = found.get(name)
        if value and (plain or value == "some"):
            how.append(draws.pick(tails[value]))
        elif value:
            adjectives[name] = draws.pick(words[value])
    if "range" in found:
        how.insert(0, "over some range of pitch" if found["range"] == "some" else found["range"])
    if "phrases" in found:
        how.append(_phrases(found["phrases"], draws))
    return _head(found, adjectives, voice, draws), how


def _head(found: dict[str, str], adjectives: dict[str, str], voice: str, draws: Draws) -> str:
    rate, pitch = adjectives.get("rate", ""), adjectives.get("pitch", "")
    kind = found.get("song") or found.get("syllable")
    if kind == "some":
        return draws.pick(SOME_SOUND)
    if "song" in found:
        return found["song"]
    if kind:
        series = with_article(" ".join(word for word in (rate, draws.pick(SERIES)) if word))
        return f"{series} of {f'{pitch} ' if pitch else ''}{draws.pick(SYLLABLE_WORDS[kind])}"
    qualities = ", ".join(word for word in (rate, pitch) if word)
    return with_article(f"{qualities} {voice}" if qualities else voice)


def _phrases(count: str, draws: Draws) -> str:
    if count == "some":
        return "some number of times"
    if count == "1":
        return draws.pick(("given once", "in a single phrase"))
    if count == "2":
        return draws.pick(("given twice", "in two phrases"))
    number = NUMBER_WORDS[int(count)] if int(count) < len(NUMBER_WORDS) else count
    return draws.pick((f"in {number} phrases", f"given {number} times", f"{number} times over"))
