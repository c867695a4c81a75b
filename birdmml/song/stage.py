"""Stage: each syllable is sung once or twice and copied to wherever the score has it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from birdmml.song.air import Path, carry
from birdmml.song.gesture import TRAITS, Beats
from birdmml.song.render import Sound, render
from birdmml.song.voice import KINDS, LETTERS, RECIPES, Note, Score, Voice

SLIVER = 0.03  # Seconds, or half of the syllable: with less of it inside the clip it is not sung.
_TAKES = 2  # Versions of a noisy syllable that is sung often, so that no two neighbours need be the same.


class Heard(NamedTuple):
    """A syllable that a recording holds."""

    note: Note  # What was asked.
    start: int  # First sample within the clip, and one past the last.
    end: int
    whole: bool  # Whether none of it is cut off.
    low_hz: float  # Fundamental within the clip.
    high_hz: float


@dataclass(frozen=True)
class Performance:
    """A song as recorded, without noise."""

    samples: np.ndarray  # With reverberation, also of what was sung just before the clip; shape (clip,).
    heard: tuple[Heard, ...]  # In order of time.


def perform(voice: Voice, score: Score, clip: int, path: Path, take: np.random.Generator) -> Performance:
    """Sing a score, and return it as it arrives at the recorder, with the syllables that lie within the clip."""
    samples, scaled = np.zeros(clip, np.float32), np.empty(clip, np.float32)
    form = _Forms(voice, score, path, take)
    heard = []
    for note in score.notes:
        sung = form(note)
        start = round(note.onset * path.sample_rate)
        part = _within(note, start, sung, clip, path.sample_rate)
        if part is None and start + sung.length > 0:
            continue
        low, high = max(0, -start), min(len(sung.samples), clip - start)
        if high > low:
            np.multiply(sung.samples[low:high], np.float32(note.gain), out=scaled[: high - low])
            samples[start + low : start + high] += scaled[: high - low]
        if part is not None and not math.isnan(part.low_hz):
            heard.append(part)
    return Performance(samples, tuple(heard))


class _Form(NamedTuple):
    """A syllable as recorded: its samples with their tail, and how many of them are the syllable itself."""

    samples: np.ndarray
    length: int
    sound: Sound


class _Forms:
    """Sounds of the letters in one recording, each made when first asked for."""

    def __init__(self, voice: Voice, score: Score, path: Path, take: np.random.Generator) -> None:
        self.voice, self.score, self.path = voice, score, path
        self.draws = take.random((LETTERS, _TAKES)).tolist()
        self.nudges = take.standard_normal((LETTERS, _TAKES, TRAITS), np.float32) * np.float32(0.025)
        kinds = [KINDS[kind] for kind in voice.song.syllables]
        times = Counter(note.letter for note in score.notes)
        self.varied = {letter for letter, count in times.items() if count > 2 and kinds[letter].varied}
        self.sung: dict[tuple[int, int], _Form] = {}
        self.count = 0

    def __call__(self, note: Note) -> _Form:
        self.count += 1
        # Three of one and one of the other, shifting along: neither a machine nor a strict alternation.
        version = int(note.letter in self.varied and (self.count * 5 + self.count // 7) % 4 == 0)
        key = (note.letter, version)
        if key not in self.sung:
            self.sung[key] = self._make(note, version)
        return self.sung[key]

    def _make(self, note: Note, version: int) -> _Form:
        cast = self.voice.cast(note.letter, note.duration, self.score.variant, self.path.sample_rate)
        free = np.minimum(np.maximum(cast.free + self.nudges[note.letter, version], 0), 1)
        gesture = RECIPES[self.voice.song.syllables[note.letter]](replace(cast, free=free))
        sound = render(gesture, self.path.sample_rate, self.draws[note.letter][version])
        samples, length = carry(sound, self.path), len(sound.samples)
        if sound.beats is not None:
            samples, last = _repeat(samples, sound.beats, self.path.sample_rate)
            length += last
        return _Form(samples, length, sound)


def _repeat(element: np.ndarray, beats: Beats, sample_rate: int) -> tuple[np.ndarray, int]:
    starts = np.rint(beats.onsets * sample_rate).astype(int).tolist()
    samples = np.zeros(starts[-1] + len(element), np.float32)
    for start, gain in zip(starts, beats.gains.astype(np.float32), strict=True):
        samples[start : start + len(element)] += gain * element
    return samples, starts[-1]


def _within(note: Note, start: int, sung: _Form, clip: int, sample_rate: int) -> Heard | None:
    length = sung.length
    first, last = max(start, 0), min(start + length, clip)
    if last - first < min(0.5 * length, SLIVER * sample_rate):
        return None
    whole = last - first == length
    low, high = sung.sound.pitch_range
    if not whole:
        low, high = sung.sound.pitch_between((first - start) / length, (last - start) / length)
    return Heard(note, first, last, whole, low, high)


def sung_spans(heard: Sequence[Heard]) -> list[tuple[int, int]]:
    """Merge the stretches in which syllables sound, in samples."""
    spans: list[tuple[int, int]] = []
    for syllable in heard:
        if spans and syllable.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], syllable.end))
        else:
            spans.append((syllable.start, syllable.end))
    return spans
