"""Pictures and recordings of any kind: looked at, and made into squares of one size and clips of one length."""

from __future__ import annotations

import io
import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from birdmml.ingest.files import Unreadable
from confu_core.errors import DatasetError
from confu_core.inputs.complaint import complaint
from confu_core.inputs.fingerprint import picture_hash, sound_fingerprint
from confu_core.inputs.picture import PIXEL_LIMIT, decode_picture, decoded_image, encode_image
from confu_core.inputs.sound import decode_sound, samples_in

Samples = npt.NDArray[np.float32]

_HASHED_SIDE = 64
_QUARTER_TURNS = (5, 6, 7, 8)
_ORIENTATION = 0x0112

STEP_SECONDS = 0.05  # Between the windows that are compared for the loudest.
BLOCK_SECONDS, OVERLAP = 0.4, 0.75
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, 10.0  # dB.
HIGHEST_PEAK = 0.891  # -1 dB: room for what a lossy encoder may add.
LOWEST = -200.0  # dB: silence.
_REASONS = {"longer than": "too long", "is cut": "wrong length", "cancel each other": "antiphase"}


def look_at_picture(data: bytes) -> dict[str, Any]:
    """Decode a JPEG, PNG or WebP file and measure it; `Unreadable` says why it cannot be used.

    Measures are its upright ``width`` and ``height`` in pixels, and the perceptual ``hash`` of its centre, as 64-bit
    words, all 0 for one colour.
    """
    if not data:
        raise Unreadable("empty file", "0 bytes")
    try:
        width, height, orientation = _header(data)
        if width * height > PIXEL_LIMIT:
            raise Unreadable("too large", f"{width} x {height} pixels; at most {PIXEL_LIMIT} are decoded")
        square = decode_picture(data, _HASHED_SIDE, whole=True)
    except DatasetError as error:
        raise Unreadable("too large" if "at most" in str(error) else "unreadable", str(error)) from error
    if orientation in _QUARTER_TURNS:
        width, height = height, width
    return {"width": width, "height": height, "hash": tuple(map(int, picture_hash(square)))}


def prepared_picture(data: bytes, size: int, quality: int) -> bytes:
    """Turn a picture upright, cut its centre to a square, reduce that, and encode it as a JPEG without metadata."""
    return encode_image(decoded_image(data, size), "JPEG", quality=quality)


def listen_to_sound(data: bytes, sample_rate: int, seconds: float) -> dict[str, Any]:
    """Decode a WAV, FLAC, Ogg or MP3 file whole, at a sample rate in Hz, and measure it and its loudest window.

    Measures are its length in ``seconds``, of that window the ``level`` in dB and the level about its mean (its
    ``movement``, -200 for a constant), and the ``hash`` of the whole as 64-bit words, all 0 for silence. `Unreadable`
    says why it cannot be used, as where it is shorter than its header says.
    """
    if not data:
        raise Unreadable("empty file", "0 bytes")
    try:
        samples = decode_sound(data, sample_rate)
    except DatasetError as error:
        reason = next((reason for words, reason in _REASONS.items() if words in str(error)), "unreadable")
        raise Unreadable(reason, str(error)) from error
    start = clip_start(samples, sample_rate, seconds, "loudest")
    window = samples[start : start + samples_in(seconds, sample_rate)]
    return {
        "seconds": len(samples) / sample_rate,
        "level": decibels(float(np.mean(np.square(window, dtype=np.float64)))),
        "movement": decibels(float(np.var(window, dtype=np.float64))),
        "hash": tuple(map(int, sound_fingerprint(samples, sample_rate))),
    }


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
    """Mix a recording to one channel, resample it, cut a clip out of it, level that, and encode it as 16-bit FLAC.

    `clip_start` says where the clip begins; a shorter recording ends in silence. Without a loudness the level is left,
    unless it goes beyond full scale: then the peak becomes that.
    """
    from birdmml.song.recording import encode_flac

    samples = decode_sound(data, sample_rate)
    length = samples_in(seconds, sample_rate)
    start = clip_start(samples, sample_rate, seconds, window, place, places)
    clip = samples[start : start + length]
    clip = _within_scale(clip) if loudness is None else levelled(clip, sample_rate, loudness)
    return encode_flac(np.pad(clip, (0, length - len(clip))), sample_rate)


def clip_start(samples: Samples, sample_rate: int, seconds: float, window: str, place: int = 0, places: int = 1) -> int:
    """Return the sample at which a clip begins: 0 where the recording is not longer than the clip.

    "loudest" is the window of most energy among those that begin at whole steps of 0.05 s, the first of equal ones;
    "even" is the `place`-th of `places` windows whose centres divide the recording evenly.

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
    energy = _running_energy(samples)
    starts = np.unique(np.append(np.arange(0, room + 1, max(1, round(STEP_SECONDS * sample_rate))), room))
    found = energy[starts + length] - energy[starts]
    # Rounding of the running sum must not decide between equal windows.
    return int(starts[np.flatnonzero(found >= found.max() * (1 - 1e-9))[0]])


def decibels(power: float) -> float:
    """Return a mean square in dB relative to full scale, at least -200."""
    return max(LOWEST, 10 * math.log10(power)) if power > 0 else LOWEST


def loudness_of(samples: Samples, sample_rate: int) -> float:
    """Return the level of a clip between its pauses, in dB; -200 where it is all pause.

    The clip is divided into blocks of 0.4 s that overlap by three quarters; blocks below -70 dB are left out, then
    those more than 10 dB below the mean of the others; the loudness is the mean of what is left. These are the gates
    of ITU-R BS.1770 without its weighting of frequencies, which is flat where birds sing.
    """
    block = min(len(samples), max(1, round(BLOCK_SECONDS * sample_rate)))
    step = max(1, round(block * (1 - OVERLAP)))
    energy = _running_energy(samples)
    starts = np.arange(0, len(samples) - block + 1, step)
    power = (energy[starts + block] - energy[starts]) / block
    power = power[power > 10 ** (ABSOLUTE_GATE / 10)]
    if not len(power):
        return LOWEST
    return decibels(float(power[power >= power.mean() * 10 ** (-RELATIVE_GATE / 10)].mean()))


def levelled(samples: Samples, sample_rate: int, target: float) -> Samples:
    """Bring a clip to a loudness as far as its peaks allow: none is put beyond -1 dB, since no clip is compressed."""
    peak = float(np.abs(samples).max())
    measured = loudness_of(samples, sample_rate)
    if peak == 0 or measured <= LOWEST:
        return samples
    gain = min(10 ** ((target - measured) / 20), HIGHEST_PEAK / peak)
    return (samples * np.float32(gain)).astype(np.float32)


def _header(data: bytes) -> tuple[int, int, int]:
    """Return width, height and orientation without decoding a pixel."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # What Pillow warns of is either refused here or does not matter.
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
                return (*image.size, image.getexif().get(_ORIENTATION, 1))
    except Image.DecompressionBombError as error:
        raise Unreadable("too large", str(error).partition(",")[0]) from error
    except Exception as error:  # Decoders raise anything over hostile bytes, and each failure is the finding.
        raise Unreadable("unreadable", f"the picture cannot be decoded: {complaint(error, data)}") from error


def _within_scale(clip: Samples) -> Samples:
    peak = np.abs(clip).max()
    return clip if peak <= 1 else np.clip(clip / peak, -1, 1)


def _running_energy(samples: Samples) -> npt.NDArray[np.float64]:
    """Return the energy before each sample and behind the last, so that a window's is the difference of two."""
    return np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
