"""Sounds: from the bytes of a file to samples of one length at one rate."""

from __future__ import annotations

import io

import numpy as np

from confu_core.errors import DatasetError, InvalidValue

__all__ = ["DURATION_LIMIT", "decode_sound", "samples_in"]

DURATION_LIMIT = 600.0  # Seconds.

_BLOCK_FRAMES = 1 << 16
_RATE_LIMIT = 768_000  # Hz, and below it the number of channels: what no recording has is an attack or damage.
_CHANNEL_LIMIT = 32


def decode_sound(data: bytes, sample_rate: int, seconds: float | None = None) -> np.ndarray:
    """Decode a sound, mix it to one channel, resample it, and cut it or fill it up with silence at its end.

    Parameters
    ----------
    data : bytes
        A FLAC, Ogg or WAV file.
    sample_rate : int
        Of the result, in Hz; soxr resamples where the file has another.
    seconds : float, optional
        Length of the result. A longer sound is cut, a shorter one ends in zeros. By default the length of the
        sound itself, which must then be at most `DURATION_LIMIT`.

    Returns
    -------
    ndarray of float32, shape (round(seconds * sample_rate),)
        In [-1, 1].

    Raises
    ------
    DatasetError
        If it cannot be decoded, is cut, empty, too long, or holds values that are not finite.
    InvalidValue
        If `sample_rate` or `seconds` is not positive, or `seconds` is above `DURATION_LIMIT`.

    Examples
    --------
    >>> import soundfile
    >>> file = io.BytesIO()
    >>> soundfile.write(file, np.full(100, 0.5), 1000, format="wav")
    >>> sound = decode_sound(file.getvalue(), 1000, seconds=0.2)
    >>> sound.shape, float(sound[99]), float(sound[100])
    ((200,), 0.5, 0.0)
    """
    if sample_rate < 1 or not (seconds is None or 0 < seconds <= DURATION_LIMIT):
        limits = f"sample_rate must be at least 1 Hz and seconds in (0, {DURATION_LIMIT:g}]"
        raise InvalidValue(f"{limits}; got {sample_rate} and {seconds}")
    try:
        samples, rate = _read(data, seconds)
        if not np.isfinite(samples).all():
            raise DatasetError("the sound holds values that are not finite")
        samples = samples if rate == sample_rate else _resampled(samples, rate, sample_rate)
    except DatasetError:
        raise
    except Exception as error:  # Decoders raise anything over hostile bytes, and each failure is the finding.
        complaint = str(error).partition(" <_io")[0] or type(error).__name__
        raise DatasetError(f"the sound cannot be decoded: {complaint.splitlines()[0]}") from error
    return samples if seconds is None else _of_length(samples, samples_in(seconds, sample_rate))


def samples_in(seconds: float, sample_rate: int) -> int:
    """Return how many samples a length of time has, at least 1.

    Parameters
    ----------
    seconds : float
        A length of time.
    sample_rate : int
        In Hz.

    Returns
    -------
    int
        Rounded.

    Examples
    --------
    >>> samples_in(3.0, 22050)
    66150
    """
    return max(1, round(seconds * sample_rate))


def _read(data: bytes, seconds: float | None) -> tuple[np.ndarray, int]:
    import soundfile

    # The library shortens a WAV that is cut without a word; the file itself says how long it should be.
    if data.startswith(b"RIFF") and (stated := int.from_bytes(data[4:8], "little") + 8) > len(data):
        raise DatasetError(f"the sound is cut: {len(data)} bytes of {stated}")
    with soundfile.SoundFile(io.BytesIO(data)) as sound:
        rate = sound.samplerate
        if rate > _RATE_LIMIT or sound.channels > _CHANNEL_LIMIT:
            limits = f"{_CHANNEL_LIMIT} channels at {_RATE_LIMIT} Hz"
            raise DatasetError(f"the sound has {sound.channels} channels at {rate} Hz; at most {limits} are decoded")
        if seconds is None and sound.frames > DURATION_LIMIT * rate:
            raise DatasetError(f"the sound is longer than {DURATION_LIMIT:g} s, the most that is decoded")
        # A little more than asked for, so that the end of a resampled cut hears what follows.
        wanted = sound.frames if seconds is None else min(sound.frames, int((seconds + 0.1) * rate) + 1)
        blocks, got = [], 0
        # In blocks: a header that promises hours must not reserve their memory.
        for block in sound.blocks(_BLOCK_FRAMES, frames=wanted, dtype="float32", always_2d=True):
            blocks.append(block[:, 0] if sound.channels == 1 else block.mean(axis=1))
            got += len(block)
    if not 0 < got == wanted:
        raise DatasetError(f"the sound is cut or empty: {got} frames of {wanted}")
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks), rate


def _resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    import librosa  # Slow to load, and not needed where rates agree.

    return librosa.resample(samples, orig_sr=rate, target_sr=wanted, res_type="soxr_hq").astype(np.float32, copy=False)


def _of_length(samples: np.ndarray, length: int) -> np.ndarray:
    return samples[:length] if len(samples) >= length else np.pad(samples, (0, length - len(samples)))
