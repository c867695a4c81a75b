"""Recordings of spoken digits: one file each, and the word in it without the silence around it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from confu_core.errors import DatasetError
from confu_core.inputs.sound import decode_sound

__all__ = ["WORDS", "Recording", "Voice", "native_rate", "word"]

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_SILENCE_DB = -35.0  # Below the loudest moment of a recording.
_FRAME_SECONDS = 0.01
_SHORTEST, _LONGEST = 0.05, 3.0  # Seconds of a spoken digit.
_FILE_SECONDS = 10.0  # What comes later in a file is not read, however much a header promises.


@dataclass(frozen=True)
class Voice:
    """Who speaks, and on which terms.

    Attributes
    ----------
    speaker : str
        Their name; empty where nothing tells it.
    source : str
        ``"espeak-ng"``, ``"asterisk"`` or ``"folder"``.
    language : str
        Two letters; empty where nothing tells it.
    author : str
        Whom to name.
    licence : str
        As SPDX writes it, ``"unknown"``, or empty where there is none on what is spoken.
    """

    speaker: str
    source: str
    language: str = ""
    author: str = ""
    licence: str = "unknown"


@dataclass(frozen=True)
class Recording:
    """One recording of one digit.

    Attributes
    ----------
    digit : int
        What is said.
    voice : Voice
        Who says it.
    name : str
        Of the recording, unique in its source.
    sha256 : str
        Of the file.
    path : Path or None
        Where it lies; None if `data` holds it.
    data : bytes
        The file itself, where nothing else keeps it.
    """

    digit: int
    voice: Voice
    name: str
    sha256: str
    path: Path | None = None
    data: bytes = field(default=b"", repr=False, compare=False)

    def read(self) -> bytes:
        """Return the file.

        Returns
        -------
        bytes
            Those that `sha256` is of.

        Raises
        ------
        DatasetError
            If it is gone, or another.
        """
        if self.path is None:
            return self.data
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise DatasetError(f"{self.path} cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise DatasetError(f"{self.path} has changed since the dataset was opened; open it again")
        return data


def native_rate(recordings: Sequence[Recording]) -> int:
    """Return the lowest sample rate of recordings.

    Parameters
    ----------
    recordings : sequence of Recording
        At least one.

    Returns
    -------
    int
        In Hz.

    Raises
    ------
    DatasetError
        If one is no sound.
    """
    import soundfile

    lowest = 0
    for one in recordings:
        try:
            rate = soundfile.info(io.BytesIO(one.read())).samplerate
        except soundfile.LibsndfileError as error:
            raise DatasetError(f"recording {one.name} cannot be decoded: it is no WAV, FLAC or Ogg file") from error
        lowest = min(lowest, rate) if lowest else rate
    return lowest


@lru_cache(maxsize=2048)
def word(recording: Recording, sample_rate: int) -> np.ndarray:
    """Decode a recording and cut the silence around the word off.

    Parameters
    ----------
    recording : Recording
        One digit.
    sample_rate : int
        Of the result, in Hz.

    Returns
    -------
    ndarray of float32, shape (samples,)
        From the first to the last 10 ms that are less than 35 dB below the loudest; its power is 1.

    Raises
    ------
    DatasetError
        If it cannot be decoded, is silent, or the word is shorter than 0.05 s or longer than 3 s.
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
