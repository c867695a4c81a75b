"""Recordings of spoken digits, found in folders: one file each, and the word in it without the silence around it."""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from confu_core.datasets.avmnist import WORDS
from confu_core.datasets.digits.said import SAID
from confu_core.errors import DatasetError
from confu_core.inputs.sound import decode_sound
from confu_core.io.atomic import reading

LAYOUTS = "0/..9/ or zero/..nine/, {digit}_{speaker}_{n}.wav, or {voice}/digits/0.wav..9.wav"

_SILENCE_DB = -35.0  # Below the loudest moment of a recording.
_FRAME_SECONDS = 0.01
_SHORTEST, _LONGEST = 0.05, 3.0  # Seconds of a spoken digit.
_FILE_SECONDS = 10.0  # What comes later in a file is not read, however much a header promises.
_FILE_LIMIT = 1 << 24  # Bytes: minutes of sound, where a second is wanted.
_COUNT_LIMIT = 200_000
_SOUNDS = {".wav", ".flac", ".ogg"}
_NAMED = re.compile(r"([0-9])_(.+)_([0-9]+)")
_VOICE = re.compile(r"([a-z]{2})_[A-Z]{2}_[fm]_(\w+)")
_FIGURES = frozenset("0123456789")
_DIGITS = {name: digit for digit, spelled in enumerate(WORDS) for name in (str(digit), spelled)}


@dataclass(frozen=True)
class Voice:
    """Who speaks, and on which terms."""

    speaker: str  # Their name; empty where nothing tells it.
    source: str  # espeak-ng, asterisk or folder.
    language: str = ""  # Two letters; empty where nothing tells it.
    author: str = ""  # Whom to name.
    licence: str = "unknown"  # As SPDX writes it, unknown, or empty where there is none on what is spoken.


@dataclass(frozen=True)
class Recording:
    """One recording of one digit."""

    digit: int
    voice: Voice
    name: str  # Unique in its source.
    sha256: str  # Of the file.
    path: Path | None = None  # Where it lies; None if `data` holds it.
    data: bytes = field(default=b"", repr=False, compare=False)  # The file itself, where nothing else keeps it.

    def read(self) -> bytes:
        """Return the file, if it is still the one that `sha256` is of."""
        if self.path is None:
            return self.data
        data = _content(self.path)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise DatasetError(f"{self.path} has changed since the dataset was opened; open it again")
        return data


def native_rate(recordings: Sequence[Recording]) -> int:
    """Return the lowest sample rate of some recordings, in Hz."""
    import soundfile

    rates = []
    for one in recordings:
        try:
            rates.append(soundfile.info(io.BytesIO(one.read())).samplerate)
        except soundfile.LibsndfileError as error:
            raise DatasetError(f"recording {one.name} cannot be decoded: it is no WAV, FLAC or Ogg file") from error
    return min(rates)


@lru_cache(maxsize=2048)
def word(recording: Recording, sample_rate: int) -> np.ndarray:
    """Decode a recording from the first to the last 10 ms that are less than 35 dB below the loudest.

    Returns ndarray of float32, of power 1; a word that is silent, too short or too long is a `DatasetError`.
    """
    try:
        samples = decode_sound(recording.read(), sample_rate, _FILE_SECONDS).astype(np.float64)
    except DatasetError as error:
        raise DatasetError(f"recording {recording.name} is of no use: {error}") from error
    frame = max(1, round(_FRAME_SECONDS * sample_rate))
    power = np.array([np.mean(np.square(samples[at : at + frame])) for at in range(0, len(samples), frame)])
    if power.max() < 1e-10:
        raise DatasetError(f"recording {recording.name} is silent; remove it")
    loud = np.flatnonzero(power > power.max() * 10 ** (_SILENCE_DB / 10))
    spoken = samples[loud[0] * frame : (loud[-1] + 1) * frame]
    seconds = len(spoken) / sample_rate
    if not _SHORTEST <= seconds <= _LONGEST:
        limits = f"[{_SHORTEST:g}, {_LONGEST:g}] s"
        raise DatasetError(f"the word in recording {recording.name} must last {limits}; it lasts {seconds:.3f} s")
    return (spoken / np.sqrt(np.mean(np.square(spoken)))).astype(np.float32)


def read_folder(folder: Path, languages: Collection[str], licence: str = "unknown") -> tuple[Recording, ...]:
    """Find the recordings of digits in a folder and all its folders, in the order of their names.

    Three layouts are known: a folder per digit; names of digit, speaker and number, as in the Free Spoken Digit
    Dataset and AudioMNIST; and a folder ``digits`` per voice, as Debian's packages asterisk-core-sounds-*-wav have
    it. In a folder per digit the name of a file up to its first underscore is that of the speaker, unless it is a
    number. Files that are none of these are left alone, and the same bytes under two names are one recording.

    Of the third layout those of other languages are left out, if some are named by two letters; where no language is
    told, it is taken. The licence is that of the user's own recordings; that of Debian's packages is known.
    """
    if not folder.is_dir():
        raise DatasetError(f"sounds must be 'espeak' or a folder of recordings; {folder} does not exist")
    found: dict[str, Recording] = {}
    others = set()
    for path in sorted(folder.rglob("*")):
        told = _told(path, licence) if path.suffix.lower() in _SOUNDS and path.is_file() else None
        if told is None:
            continue
        digit, voice = told
        if languages and voice.language and voice.language not in languages:
            others.add(voice.language)
            continue
        sha256 = hashlib.sha256(_content(path, _FILE_LIMIT)).hexdigest()
        one = Recording(digit, voice, path.relative_to(folder).as_posix(), sha256, path.absolute())
        same = found.setdefault(sha256, one)
        if same.digit != digit:
            raise DatasetError(f"{same.name} and {one.name} in {folder} are the same sound, yet two digits; remove one")
        if len(found) > _COUNT_LIMIT:
            raise DatasetError(f"{folder} holds more than {_COUNT_LIMIT} recordings, the most that are read")
    if not found:
        hint = f"in {', '.join(sorted(languages))}; it has {', '.join(sorted(others))}" if others else f"({LAYOUTS})"
        raise DatasetError(f"{folder} holds no recordings of digits {hint}")
    return tuple(sorted(found.values(), key=lambda one: one.name))


def _told(path: Path, licence: str) -> tuple[int, Voice] | None:
    """Return the digit and the voice that a path tells, if it tells a digit."""
    above, stem = path.parent.name, path.stem
    if above == "digits":
        return (_DIGITS[stem], _asterisk(path.parents[1].resolve().name, licence)) if stem in _FIGURES else None
    named, foldered = _NAMED.fullmatch(stem), _DIGITS.get(above.lower())
    if named is None:
        first = stem.partition("_")[0]
        speaker = "" if first.isdigit() else first
        return None if foldered is None else (foldered, Voice(speaker, "folder", licence=licence))
    digit = int(named[1])
    if foldered not in (None, digit):
        raise DatasetError(f"{path} is named as a {digit} and lies in the folder of a {foldered}; correct one of them")
    return digit, Voice(named[2], "folder", licence=licence)


def _asterisk(folder: str, licence: str) -> Voice:
    named = _VOICE.fullmatch(folder)
    if named is None:
        return Voice(folder, "folder", folder if len(folder) == 2 else "", licence=licence)
    language, speaker = named[1], named[2]
    if speaker not in SAID.voices:
        return Voice(speaker, "folder", language, licence=licence)
    return Voice(speaker, "asterisk", language, *SAID.voices[speaker])


def _content(path: Path, most: float = math.inf) -> bytes:
    with reading(path):
        if (size := path.stat().st_size) > most:
            raise DatasetError(f"{path} has {size} bytes; a spoken digit has at most {most}")
        return path.read_bytes()
