"""Recording: a song of one individual, at one site, in one take, with what is true of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import soundfile

from birdmml.song.air import path_through
from birdmml.song.render import HIGHEST
from birdmml.song.site import Circumstances, Site, draw_circumstances, draw_site
from birdmml.song.stage import Heard, perform, sung_spans
from birdmml.song.surroundings import surroundings
from birdmml.song.voice import Score, voice_of, write_score
from birdmml.species import Song, SongFacts
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import sound

SECONDS = (0.25, 60.0)
SAMPLE_RATES = (8000, 48_000)
EDGE = 0.004  # Seconds over which a recording opens and closes.


@dataclass(frozen=True)
class Recording:
    """A recording before its parts are summed."""

    song: np.ndarray  # The song as recorded, and everything else, both at the final level; shape (samples,).
    rest: np.ndarray
    sounding: np.ndarray  # Where the song sounds; shape (samples,).
    facts: SongFacts  # What is true of it.

    def mix(self, sample_rate: int) -> np.ndarray:  # float32, shape (samples,)
        """Sum the parts, centre them, and open and close softly."""
        samples = self.song + self.rest
        samples -= samples.mean()
        fade = _fade(round(EDGE * sample_rate))
        samples[: len(fade)] *= fade
        samples[-len(fade) :] *= fade[::-1]
        return samples


def sing(
    song: Song,
    *,
    seconds: float = 3.0,
    sample_rate: int = 22_050,
    individual: np.random.Generator,
    scene: np.random.Generator,
    take: np.random.Generator,
    shift: bool = False,
) -> tuple[np.ndarray, SongFacts]:
    """Record a bird in the field.

    Parameters
    ----------
    song : Song
        Of the species.
    seconds : float
        Length, in [0.25, 60].
    sample_rate : int
        In Hz, in [8000, 48000].
    individual : numpy.random.Generator
        Which bird: its pitch, tempo, form of syllables and repertoire.
    scene : numpy.random.Generator
        Which site: reverberation, recorder, ambient noise and weather.
    take : numpy.random.Generator
        Which recording: phrase variant, timing, distance, SNR and distant birds.
    shift : bool
        Whether recorder, weather and reverberation are of kinds that the other splits never have, and SNR lower.

    Returns
    -------
    samples : ndarray of float32, shape (round(seconds * sample_rate),)
        In [-0.95, 0.95]. Equal streams give equal bytes, whatever was made before.
    facts : SongFacts
        What is true of it.

    Raises
    ------
    InvalidValue
        If a number is out of range, or the whole song lies above what the sample rate can hold.

    Examples
    --------
    >>> from birdmml.species import find_species
    >>> from confu_core.random import generator
    >>> streams = {name: generator(0, name) for name in ("individual", "scene", "take")}
    >>> samples, facts = sing(find_species("Northern Cardinal").song, **streams)
    >>> samples.shape, samples.dtype, facts.syllables[0]
    ((66150,), dtype('float32'), 'slur')
    """
    made = record(
        song, seconds=seconds, sample_rate=sample_rate, individual=individual, scene=scene, take=take, shift=shift
    )
    return made.mix(sample_rate), made.facts


def record(
    song: Song,
    *,
    seconds: float,
    sample_rate: int,
    individual: np.random.Generator,
    scene: np.random.Generator,
    take: np.random.Generator,
    shift: bool = False,
) -> Recording:
    """Record a bird, and keep song and surroundings apart; parameters and errors as of `sing`."""
    _check(song, seconds, sample_rate)
    sample_rate, shift = int(sample_rate), bool(shift)  # Names of noise streams must not depend on their types.
    voice, site = voice_of(song, individual), draw_site(scene, shift)
    score = write_score(voice, seconds, sample_rate, take)
    circumstances = draw_circumstances(site, seconds, take)
    clip = round(seconds * sample_rate)
    path = path_through(site, circumstances.distance_m, sample_rate)
    performance = perform(voice, score, clip, path, take)
    wet = performance.samples
    rest = surroundings(site, circumstances, path, clip)
    spans = sung_spans(performance.heard)
    _balance(wet, rest, spans, circumstances, song)
    sounding = np.zeros(clip, bool)
    for start, end in spans:
        sounding[start:end] = True
    return Recording(wet, rest, sounding, _facts(voice.song, score, performance.heard, site, circumstances))


@lru_cache(maxsize=8)
def _fade(samples: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(samples) + 0.5) / samples)).astype(np.float32)


def _check(song: Song, seconds: float, sample_rate: int) -> None:
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        raise InvalidValue(f"seconds must be in [{SECONDS[0]:g}, {SECONDS[1]:g}]; got {seconds:g}")
    if not (SAMPLE_RATES[0] <= sample_rate <= SAMPLE_RATES[1] and sample_rate == int(sample_rate)):
        raise InvalidValue(
            f"sample_rate must be a whole number in [{SAMPLE_RATES[0]}, {SAMPLE_RATES[1]}]; got {sample_rate:g}"
        )
    if song.low_hz > 0.85 * HIGHEST * sample_rate:
        least = int(np.ceil(song.low_hz / (0.85 * HIGHEST)))
        raise InvalidValue(
            f"sample_rate must be at least {least} to hold a song that begins at {song.low_hz:g} Hz; got {sample_rate}"
        )


def _balance(
    wet: np.ndarray, rest: np.ndarray, spans: Sequence[tuple[int, int]], circumstances: Circumstances, song: Song
) -> None:
    """Bring song and surroundings, in place, to their ratio and level."""
    sounding = sum(end - start for start, end in spans)
    scratch = np.empty_like(wet)
    power = sum(float(np.add.reduce(np.square(wet[start:end], out=scratch[start:end]))) for start, end in spans)
    power /= max(1, sounding)
    if not power > 0:
        raise InvalidValue(
            f"sample_rate is too low for any syllable of a song of {song.low_hz:g} to {song.high_hz:g} Hz to be heard"
        )
    around = float(np.add.reduce(np.square(rest, out=scratch))) / len(rest)
    ratio = np.float32(10 ** (-circumstances.snr_db / 20) * np.sqrt(power / around))
    rest *= ratio
    both = np.add(wet, rest, out=scratch)
    level = np.float32(circumstances.peak / max(float(both.max()), -float(both.min())))
    wet *= level
    rest *= level


def _facts(song: Song, score: Score, heard: Sequence[Heard], site: Site, circumstances: Circumstances) -> SongFacts:
    whole: dict[int, int] = {}
    for syllable in heard:
        whole[syllable.note.phrase] = whole.get(syllable.note.phrase, 0) + syllable.whole
    return SongFacts(
        syllables=tuple(dict.fromkeys(song.syllables[syllable.note.letter] for syllable in heard)),
        low_hz=min(syllable.low_hz for syllable in heard),
        high_hz=max(syllable.high_hz for syllable in heard),
        rate=_rate(heard, score.rate),
        phrases=sum(count == score.lengths[phrase] for phrase, count in whole.items()),
        weather=site.weather,
        others=len(circumstances.others) > 0,
        distance_m=circumstances.distance_m,
        snr_db=circumstances.snr_db,
    )


def _rate(heard: Sequence[Heard], planned: float) -> float:
    """Return syllables per second from onset to onset, within phrases and across no pause."""
    steps = [
        b.note.onset - a.note.onset for a, b in pairwise(heard) if a.note.phrase == b.note.phrase and not a.note.last
    ]
    return len(steps) / sum(steps) if steps else planned


def to_int16(samples: np.ndarray) -> np.ndarray:  # int16, shape (samples,)
    """Round samples in [-1, 1] to 16 bits; 1 becomes 32767. Others are an `InvalidValue`."""
    if not -1 <= samples.min() <= samples.max() <= 1:
        raise InvalidValue(f"samples must be in [-1, 1]; got {samples.min():g} to {samples.max():g}")
    scaled = samples * np.float32(32767)
    return np.rint(scaled, out=scaled).astype(np.int16)


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """Encode a recording, float32 of shape (samples,), as mono 16-bit FLAC; beyond [-1, 1] it is an InvalidValue."""
    return sound.encode_flac(to_int16(samples), sample_rate)


def decode_flac(data: bytes) -> tuple[np.ndarray, int]:
    """Decode what `encode_flac` wrote to int16 samples and their rate in Hz; what is no FLAC file is a DatasetError."""
    try:
        return soundfile.read(io.BytesIO(data), dtype="int16")
    except soundfile.LibsndfileError as error:
        raise DatasetError(f"not a FLAC file: {error}") from error
