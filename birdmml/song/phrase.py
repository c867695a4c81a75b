"""Phrases: which syllable comes when, in one recording of one individual."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from birdmml.song.gesture import TRAITS
from birdmml.song.source import HIGHEST
from birdmml.song.syllables import KINDS
from birdmml.song.voice import VARIANTS, Voice

__all__ = ["Note", "Score", "write_score"]

MARGIN = 0.5  # Seconds before the clip that are sung too, for their reverberation.


class Note(NamedTuple):
    """A syllable in time.

    Attributes
    ----------
    letter : int
        Of the song, from 0.
    onset, duration : float
        In seconds; the clip begins at 0.
    gain : float
        Amplitude.
    phrase : int
        Counts phrases; notes of one phrase share it.
    last : bool
        Whether a pause or the end of the phrase follows.
    """

    letter: int
    onset: float
    duration: float
    gain: float
    phrase: int
    last: bool


@dataclass(frozen=True)
class Score:
    """What one recording asks of a singer.

    Attributes
    ----------
    notes : tuple of Note
        In order of time, from `MARGIN` before the clip to its end.
    variant : int
        Of the individual's repertoire.
    rate : float
        Syllables per second as planned.
    lengths : dict
        Notes in a whole phrase, by phrase.
    """

    notes: tuple[Note, ...]
    variant: int
    rate: float
    lengths: dict[int, int]


def write_score(voice: Voice, seconds: float, sample_rate: int, take: np.random.Generator) -> Score:
    """Choose a phrase variant and lay out its syllables over a clip.

    Parameters
    ----------
    voice : Voice
        Who sings.
    seconds : float
        Length of the clip.
    sample_rate : int
        In Hz; a clip starts before a syllable that can be heard at it.
    take : numpy.random.Generator
        Stream of the recording.

    Returns
    -------
    Score
        With at least one note that begins within the clip.

    Examples
    --------
    >>> from birdmml.song.voice import voice_of
    >>> from birdmml.species import Song
    >>> fee_bee = Song(("whistle", "whistle"), 3200, 4000, 1.6, "AB", 2, 1.0, 0)
    >>> voice = voice_of(fee_bee, np.random.default_rng(0))
    >>> [note.letter for note in write_score(voice, 2.0, 22050, np.random.default_rng(0)).notes]
    [0, 1, 0]
    """
    draws = take.random(8)
    variant = int(draws[0] ** 1.5 * VARIANTS)
    bout, lengths, span = _bout(voice, variant, draws, take)
    start = _start(bout, voice, variant, seconds, sample_rate, draws)
    pause = span + (0.7 + 2.0 * voice.manner.habits[3]) * (0.8 + 0.5 * draws[3])
    repeats = int((seconds + start) / pause) + 1
    per_bout = len(lengths)
    notes = tuple(
        Note(note.letter, onset, note.duration, note.gain, note.phrase + k * per_bout, note.last)
        for k in range(repeats)
        for note in bout
        if (onset := note.onset + k * pause - start) + note.duration > -MARGIN and onset < seconds
    )
    lengths = {phrase + k * per_bout: count for k in range(repeats) for phrase, count in lengths.items()}
    return Score(notes, variant, voice.song.rate * voice.tempo, lengths)


def _bout(
    voice: Voice, variant: int, draws: np.ndarray, take: np.random.Generator
) -> tuple[list[Note], dict[int, int], float]:
    """Return the notes of one bout from time 0, the notes in each of its phrases, and its length in seconds."""
    song, habits = voice.song, voice.manner.habits
    slot = 1 / (song.rate * voice.tempo)
    phrase = _vary(song.phrase, int(voice.runs[variant]) + int(draws[1] * 3 - 1 if draws[2] < 0.3 else 0))
    repeats = song.repeats if song.repeats < 4 else max(2, round(song.repeats * (0.85 + 0.3 * draws[4])))
    gap = 0.0 if len(set(phrase)) == 1 and len(phrase) < 3 else (0.15 + 0.35 * habits[0]) * slot
    total = len(phrase.replace("-", "")) * repeats
    hurry = _hurry(phrase, repeats, habits[2])
    shakes = np.clip(take.standard_normal((2, total)), -2, 2).T.tolist()
    notes: list[Note] = []
    now = 0.0
    for repeat in range(repeats):
        for sign, following in zip(phrase, phrase[1:] + "-", strict=True):
            step = slot * (1 + hurry * (0.5 - len(notes) / total))
            if sign != "-":
                gain = _dynamics(len(notes) / total, habits[1], total)
                notes.append(_note(voice, sign, now, step, gain, shakes[len(notes)], repeat, following == "-"))
            now += step
        now += gap
    return notes, dict.fromkeys(range(repeats), total // repeats), max(now, notes[-1].onset + notes[-1].duration)


def _note(
    voice: Voice, sign: str, now: float, step: float, gain: float, shakes: list[float], phrase: int, last: bool
) -> Note:
    letter = ord(sign) - ord("A")
    kind, traits = KINDS[voice.song.syllables[letter]], voice.traits[letter]
    length = kind.duration(step, 0.78 + 0.3 * float(traits[TRAITS - 2]))
    loudness = kind.loudness * (0.65 + 0.35 * float(voice.manner.traits[letter, TRAITS - 1]))
    return Note(letter, now + 0.02 * step * shakes[0], length, gain * loudness * 10 ** (0.04 * shakes[1]), phrase, last)


def _start(bout: list[Note], voice: Voice, variant: int, seconds: float, sample_rate: int, draws: np.ndarray) -> float:
    """Return when in the bout the clip begins: mostly just before it, else before a later syllable of it."""
    limit = 0.9 * HIGHEST * sample_rate
    heard = [note for note in bout if voice.bands[variant, note.letter, 0] < limit] or bout
    end = bout[-1].onset + bout[-1].duration
    later = [note for note in heard if end - note.onset > 0.75 * seconds]
    first = later[int(draws[5] * len(later))] if later and draws[6] < 0.4 else heard[0]
    lead = 0.02 + 0.12 * draws[7] if first is not heard[0] else 0.03 + 0.4 * draws[7]
    return first.onset - min(lead, 0.3 * seconds)


def _vary(phrase: str, more: int) -> str:
    """Lengthen or shorten the longest run of one letter, if it is long."""
    longest = max((run.group() for run in re.finditer(r"([A-H])\1*", phrase)), key=len)
    if len(longest) < 3 or not more:
        return phrase
    return phrase.replace(longest, longest[0] * max(2, len(longest) + more), 1)


def _hurry(phrase: str, repeats: int, habit: float) -> float:
    series = max(len(run.group()) for run in re.finditer(r"([A-H])\1*", phrase)) * (
        repeats if len(set(phrase)) == 1 else 1
    )
    if series < 5:
        return 0.0
    return 1.2 * (habit - 0.7) if habit > 0.7 else -0.8 * (0.15 - habit) if habit < 0.15 else 0.0


def _dynamics(place: float, habit: float, total: int) -> float:
    """Return the gain along a bout: some species swell, some fade, most only begin a little softer."""
    if habit > 0.6 and total > 3:
        return 0.3 + 0.7 * min(1.0, place / 0.4)
    if habit < 0.2 and total > 3:
        return 1 - 0.55 * place
    return 0.8 + 0.2 * min(1.0, 3 * place)
