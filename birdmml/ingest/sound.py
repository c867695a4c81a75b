"""A recording of any kind: looked at, and made into a clip of one length at one level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from birdmml.ingest.files import Unreadable
from birdmml.ingest.loudness import decibels, levelled
from confu_core.errors import DatasetError
from confu_core.inputs.fingerprint import sound_fingerprint
from confu_core.inputs.sound import decode_sound, samples_in

__all__ = ["Listened", "clip_start", "listen_to_sound", "prepared_sound"]

Samples = npt.NDArray[np.float32]
STEP_SECONDS = 0.05  # Between the windows that are compared for the loudest.


@dataclass(frozen=True)
class Listened:
    """What is known of a recording once it was decoded.

    Attributes
    ----------
    seconds : float
        Its length.
    level : float
        Of its loudest window, in dB relative to full scale; -200 for nothing but zeros.
    movement : float
        Level of that window about its mean, in dB; -200 for a constant.
    hash : tuple of int
        Fingerprint of the whole recording, in words of 64 bits; all 0 for silence.
    """

    seconds: float
    level: float
    movement: float
    hash: tuple[int, ...]


def listen_to_sound(data: bytes, sample_rate: int, seconds: float) -> Listened:
    """Decode a recording whole and measure it.

    Parameters
    ----------
    data : bytes
        A WAV, FLAC, Ogg or MP3 file.
    sample_rate : int
        To which it is resampled, in Hz.
    seconds : float
        Length of the window whose level is measured.

    Returns
    -------
    Listened
        Its length, level and fingerprint.

    Raises
    ------
    Unreadable
        If it is too long to be decoded, shorter than its header says, cannot be decoded, or if its channels cancel
        each other.

    Examples
    --------
    >>> import io, soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.full(8000, 0.1), 8000, format="wav")
    >>> found = listen_to_sound(file.getvalue(), 8000, 0.5)
    >>> found.seconds, round(found.level)
    (1.0, -20)
    """
    if not data:
        raise Unreadable("empty file", "0 bytes")
    try:
        samples = decode_sound(data, sample_rate)
    except DatasetError as error:
        raise Unreadable(_reason(str(error)), str(error)) from error
    start = clip_start(samples, sample_rate, seconds, "loudest")
    window = samples[start : start + samples_in(seconds, sample_rate)]
    words = tuple(int(word) for word in sound_fingerprint(samples, sample_rate))
    level = decibels(float(np.mean(np.square(window, dtype=np.float64))))
    return Listened(len(samples) / sample_rate, level, decibels(float(np.var(window, dtype=np.float64))), words)


def prepared_sound(
    data: bytes,
    sample_rate: int,
    seconds: float,
    *,
    window: str = "loudest",
    place: int = 0,
    places: int = 1,
    loudness: float | None = None,
) -> bytes:
    """Mix a recording to one channel, resample it, cut a clip out of it, level that, and encode it.

    Parameters
    ----------
    data : bytes
        Of a file that `listen_to_sound` could decode.
    sample_rate : int
        Of the clip, in Hz.
    seconds : float
        Of the clip. A shorter recording ends in silence.
    window : {"loudest", "start", "middle", "even"}
        Which part; see `clip_start`.
    place, places : int
        Of ``"even"``: which of how many.
    loudness : float, optional
        Level of the clip; see `levelled`. By default it is left, unless it goes beyond full scale: then its peak
        becomes that.

    Returns
    -------
    bytes
        A mono 16-bit FLAC file.

    Raises
    ------
    DatasetError
        If it cannot be decoded.

    Examples
    --------
    >>> import io, soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.full((8000, 2), 0.1), 8000, format="wav")
    >>> soundfile.info(io.BytesIO(prepared_sound(file.getvalue(), 16000, 0.5))).frames
    8000
    """
    from birdmml.song.encode import encode_flac

    samples = decode_sound(data, sample_rate)
    length = samples_in(seconds, sample_rate)
    start = clip_start(samples, sample_rate, seconds, window, place, places)
    clip = samples[start : start + length]
    clip = _within_scale(clip) if loudness is None else levelled(clip, sample_rate, loudness)
    return encode_flac(np.pad(clip, (0, length - len(clip))), sample_rate)


def clip_start(samples: Samples, sample_rate: int, seconds: float, window: str, place: int = 0, places: int = 1) -> int:
    """Return where in a recording a clip begins.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        The whole recording.
    sample_rate : int
        In Hz.
    seconds : float
        Length of the clip.
    window : {"loudest", "start", "middle", "even"}
        The window of most energy among those that begin at whole steps of 0.05 s, the first of equal ones; the
        beginning; the middle; or the `place`-th of `places` windows whose centres divide the recording evenly.
    place, places : int
        Just for ``"even"``.

    Returns
    -------
    int
        A sample; 0 where the recording is not longer than the clip.

    Examples
    --------
    >>> samples = np.r_[np.zeros(1000), np.ones(1000), np.zeros(2000)].astype(np.float32)
    >>> [clip_start(samples, 1000, 1.0, window) for window in ("loudest", "start", "middle")]
    [1000, 0, 1500]
    >>> [clip_start(samples, 1000, 1.0, "even", place, 2) for place in (0, 1)]
    [500, 2500]
    """
    length = samples_in(seconds, sample_rate)
    room = len(samples) - length
    if room <= 0 or window == "start":
        return 0
    if window == "middle":
        return room // 2
    if window == "even":
        centre = len(samples) * (2 * place + 1) / (2 * places)
        return int(min(max(0, round(centre - length / 2)), room))
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    starts = np.unique(np.append(np.arange(0, room + 1, max(1, round(STEP_SECONDS * sample_rate))), room))
    found = energy[starts + length] - energy[starts]
    # Rounding of the running sum must not decide between equal windows.
    return int(starts[np.flatnonzero(found >= found.max() * (1 - 1e-9))[0]])


def _within_scale(clip: Samples) -> Samples:
    peak = np.abs(clip).max()
    return clip if peak <= 1 else np.clip(clip / peak, -1, 1)


def _reason(complaint: str) -> str:
    known = {"longer than": "too long", "is cut": "wrong length", "cancel each other": "antiphase"}
    return next((reason for words, reason in known.items() if words in complaint), "unreadable")
