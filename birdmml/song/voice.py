"""Voice: what one individual of a species sings, and which of its syllables comes when in one recording."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from birdmml.song import harsh, tonal
from birdmml.song.gesture import TRAITS, Cast, Gesture
from birdmml.song.render import HIGHEST
from birdmml.species import Song
from confu_core.data_files import read_data, record
from confu_core.random import generator

LETTERS = 8
VARIANTS = 3
_DIALECT = ((0.022, 0.048), (0.05, 0.11))  # Standard deviation and limit of the logarithms of pitch and tempo.
_SHIFTS = np.array([0.05, 0.16, 0.16])[:, None, None]  # Of letters within the band, by variant.
MARGIN = 0.5  # Seconds before the clip that are sung too, for their reverberation.


@dataclass(frozen=True)
class Kind:
    """How syllables of one kind lie in time and in the band of a song."""

    share: float  # Of the time to the next syllable for which it sounds.
    shortest: float  # Its duration, in seconds; where syllables follow too fast for the shortest, it gives way.
    longest: float
    width: float  # Share of the song's band, by octaves, through which one syllable moves.
    loudness: float = 1.0  # Amplitude beside other kinds.
    octaves: float = 1.4  # At most so far it moves, however wide the song's band.
    deep: bool = False  # Whether it lies at the bottom of the band where other kinds share it.
    # Whether two of them in a row differ audibly, as noise does; whistled syllables are repeated to perfection.
    varied: bool = False

    def duration(self, slot: float, stretch: float) -> float:
        """Return how many of the ``slot`` seconds to the next a syllable sounds; a stretch of 1 is its usual length."""
        low = min(self.shortest, 0.95 * slot)
        return min(max(self.share * slot * stretch, low), self.longest * stretch)


KINDS = {
    name: record(Kind, values, f"syllables.toml: {name}")
    for name, values in read_data("birdmml", "syllables.toml").items()
}
# Each kind is a function of its name.
RECIPES: Mapping[str, Callable[[Cast], Gesture]] = {name: vars(tonal).get(name) or vars(harsh)[name] for name in KINDS}


@dataclass(frozen=True)
class Manner:
    """What all individuals of a species share beyond the row of the table; letters of one kind step down the band."""

    traits: np.ndarray  # In [0, 1]: how each letter is formed; shape (LETTERS, TRAITS).
    # In [0, 1]: gap between phrases, crescendo, acceleration, pause between bouts, and loudness of letters; shape (8,).
    habits: np.ndarray
    bands: np.ndarray  # Lowest and highest fundamental of each letter, in Hz; shape (letters, 2).


@dataclass(frozen=True)
class Voice:
    """One individual of a species."""

    song: Song  # Of its species.
    manner: Manner  # Of its species.
    traits: np.ndarray  # Its own, close to those of its species; shape (LETTERS, TRAITS).
    pitch: float  # Factors on frequencies and on rates.
    tempo: float
    # Band of each letter in each phrase variant of its repertoire, in Hz; shape (VARIANTS, letters, 2).
    bands: np.ndarray
    runs: np.ndarray  # Syllables by which a long run is lengthened in each variant; shape (VARIANTS,).

    def cast(self, letter: int, duration: float, variant: int, sample_rate: int) -> Cast:
        """Give a letter of the song to this singer."""
        song, fixed, free = self.song, self.manner.traits[letter], self.traits[letter]
        (low, high), rate = self.bands[variant, letter], song.trill_rate * self.tempo
        return Cast(duration, low, high, song.harmonicity, rate, fixed, free, sample_rate)


@lru_cache(maxsize=512)
def species_manner(song: Song) -> Manner:
    """Return what the table leaves open about a song, drawn from the song itself: equal for equal songs."""
    # Equal songs must be one text: 3200 and 3200.0 are equal, and their representations are not.
    numbers = (song.low_hz, song.high_hz, song.rate, song.repeats, song.harmonicity, song.trill_rate)
    row = (tuple(song.syllables), song.phrase, tuple(map(float, numbers)))
    source = generator(0, "song", "manner", repr(row))
    traits, habits = source.random((LETTERS, TRAITS), np.float32), source.random(8)
    return Manner(traits, habits, _bands(song, traits[:, 0]))


def voice_of(song: Song, individual: np.random.Generator) -> Voice:
    """Draw an individual, pitched within 5% and paced within 12% of its species; equal streams are one bird."""
    manner = species_manner(song)
    drawn = individual.standard_normal((LETTERS + 2, TRAITS), np.float32)
    traits = 1 - np.abs(1 - np.abs(manner.traits + np.float32(0.1) * drawn[:LETTERS]))  # Reflected at 0 and at 1.
    pitch, tempo = (
        math.exp(min(max(sd * float(z), -most), most)) for z, (sd, most) in zip(drawn[LETTERS], _DIALECT, strict=False)
    )
    drift = individual.uniform(-1, 1, (VARIANTS, len(song.syllables), 1))
    shift = drift * _SHIFTS * math.log(song.high_hz / song.low_hz)
    room = np.log(song.low_hz / manner.bands[:, :1]), np.log(song.high_hz / manner.bands[:, 1:])
    bands = manner.bands * np.exp(np.minimum(np.maximum(shift, room[0]), room[1])) * pitch
    runs = np.rint(np.minimum(np.maximum(drawn[LETTERS + 1, :VARIANTS], -1.4), 1.4)).astype(int)
    return Voice(song, manner, traits, pitch, tempo, bands, runs)


def _bands(song: Song, draws: np.ndarray) -> np.ndarray:
    """Place the letters in the song's band: those of one kind from high to low, together from end to end."""
    octaves = np.log2(song.high_hz / song.low_hz)
    letters = len(song.syllables)
    widths, lows = np.empty(letters), np.empty(letters)
    for i, kind in enumerate(song.syllables):
        count, order = song.syllables.count(kind), song.syllables[:i].count(kind)
        made = KINDS[kind]
        width = min(made.width * (0.7 if count > 1 else 1.0), made.octaves / max(octaves, 1e-9))
        share = 1 - order / (count - 1) if count > 1 else (0.0 if made.deep else draws[i]) if letters > 1 else 0.5
        widths[i], lows[i] = width, share * (1 - width)
    if letters > 1 and (span := float((lows + widths).max() - lows.min())) < 1:
        lows = (lows - lows.min()) * (1 - widths) / np.maximum(span - widths, 1e-9)
    lows = np.clip(lows, 0, 1 - widths)
    return song.low_hz * np.exp2(octaves * np.stack((lows, lows + widths), axis=1))


class Note(NamedTuple):
    """A syllable in time."""

    letter: int  # Of the song, from 0.
    onset: float  # In seconds; the clip begins at 0.
    duration: float
    gain: float  # Amplitude.
    phrase: int  # Counts phrases; notes of one phrase share it.
    last: bool  # Whether a pause or the end of the phrase follows.


@dataclass(frozen=True)
class Score:
    """What one recording asks of a singer."""

    notes: tuple[Note, ...]  # In order of time, from `MARGIN` before the clip to its end.
    variant: int  # Of the individual's repertoire.
    rate: float  # Syllables per second as planned.
    lengths: dict[int, int]  # Notes in a whole phrase, by phrase.


def write_score(voice: Voice, seconds: float, sample_rate: int, take: np.random.Generator) -> Score:
    """Choose a phrase variant and lay out its syllables over a clip, of which at least one begins within it."""
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
    longest = max(len(run.group()) for run in re.finditer(r"([A-H])\1*", phrase))
    series = longest * (repeats if len(set(phrase)) == 1 else 1)
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
