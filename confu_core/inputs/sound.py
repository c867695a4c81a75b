"""Sounds: from the bytes of a file to samples of one length at one rate, and to a log-mel spectrogram."""

from __future__ import annotations

import io
import math
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.complaint import complaint, refusing
from confu_core.inputs.sound_files import whole_sound

if TYPE_CHECKING:
    from soundfile import SoundFile

DURATION_LIMIT = 600.0  # Seconds.
BANDS, WINDOW, HOP = 128, 1024, 512
LOW_HZ, HIGH_HZ = 500.0, 10_000.0

_BLOCK_FRAMES = 1 << 16
_SAMPLE_LIMIT = 1 << 27  # Of all channels together: half a gibibyte.
_VALUE_LIMIT = 2.0**32  # Beyond the range of whole numbers that were written as they are.
_UNKNOWN_FRAMES = 1 << 62
_CANCELLED = 1e-4  # -40 dB: channels that have nothing in common lose 3 dB by being mixed.
RATE_LIMIT = 768_000  # Hz, and below it the number of channels: what no recording has is an attack or damage.
_CHANNEL_LIMIT = 32
_FLOOR = 1e-10  # Of power.
_RANGE_DB = 80.0  # What lies further below the loudest is silence.
_LOUD = 0.98  # Quantile over time.


def decode_sound(data: bytes, sample_rate: int, seconds: float | None = None) -> np.ndarray:
    """Decode a sound, mix it to one channel, resample it, and cut it or fill it up with silence at its end.

    Returns ndarray of float32, shape (round(seconds * sample_rate),).
    """
    if sample_rate < 1 or not (seconds is None or 0 < seconds <= DURATION_LIMIT):
        limits = f"sample_rate must be at least 1 Hz and seconds in (0, {DURATION_LIMIT:g}]"
        raise InvalidValue(f"{limits}; got {sample_rate} and {seconds}")
    samples, rate = _decoded(data, seconds)
    samples = samples if rate == sample_rate else _resampled(samples, rate, sample_rate)
    return samples if seconds is None else _of_length(samples, samples_in(seconds, sample_rate))


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """Encode samples of int16 as a mono FLAC file of 16 bits."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, samples, sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def check_sound(data: bytes) -> None:
    """Decode a sound whole."""
    _decoded(data, None)


def _decoded(data: bytes, seconds: float | None) -> tuple[np.ndarray, int]:
    with (
        refusing("the sound cannot be decoded", lambda error: complaint(error, data)),
        np.errstate(over="ignore", invalid="ignore"),  # What is not finite is found below.
    ):
        samples, rate = _read(data, seconds)
        loudest = max(-float(samples.min()), float(samples.max()))
    if not np.isfinite(samples).all():
        raise DatasetError("the sound holds values that are not finite")
    if loudest > _VALUE_LIMIT:
        raise DatasetError(f"the sound holds values of {loudest:.3g}, which no recording has")
    return samples, rate


def samples_in(seconds: float, sample_rate: int) -> int:
    """Return how many samples a length of time has, at least 1."""
    return max(1, round(seconds * sample_rate))


def _read(data: bytes, seconds: float | None) -> tuple[np.ndarray, int]:
    import soundfile

    class Forward(soundfile.SoundFile):
        """A file that is read once, from its beginning: after every read the library would look for its place."""

        def seekable(self) -> bool:
            """Say that it is read forwards alone."""
            return False

    with Forward(io.BytesIO(whole_sound(data))) as sound:
        rate, known = sound.samplerate, sound.frames < _UNKNOWN_FRAMES
        if rate > RATE_LIMIT or sound.channels > _CHANNEL_LIMIT:
            limits = f"{_CHANNEL_LIMIT} channels at {RATE_LIMIT} Hz"
            raise DatasetError(f"the sound has {sound.channels} channels at {rate} Hz; at most {limits} are decoded")
        longest = int(DURATION_LIMIT * rate)
        # A little more than asked for, so that the end of a resampled cut hears what follows.
        asked = longest + 1 if seconds is None else min(longest, int((seconds + 0.1) * rate) + 1)
        wanted = min(sound.frames, asked)
        if min(wanted, longest) * sound.channels > _SAMPLE_LIMIT:
            raise DatasetError(f"the sound is longer than {_SAMPLE_LIMIT} samples of all channels, the most decoded")
        mono = _mixed(sound, wanted if known else asked)
    if seconds is None and max(len(mono), wanted if known else 0) > longest:
        raise DatasetError(f"the sound is longer than {DURATION_LIMIT:g} s, the most that is decoded")
    if known and len(mono) != wanted:
        raise DatasetError(f"the sound is cut: {len(mono)} frames of {wanted}")
    if not len(mono):
        raise DatasetError("the sound is empty: it holds no frame")
    return mono, rate


def _mixed(sound: SoundFile, wanted: int) -> np.ndarray:
    """Return as many frames as there are, at most those wanted, as the mean of their channels."""
    # What is not written to takes no memory: a header that promises hours reserves none.
    mono = np.empty(wanted, np.float32)
    block = np.empty((_BLOCK_FRAMES, sound.channels), np.float32)
    got, power = 0, 0.0
    while got < wanted and (read := sound.read(out=block[: wanted - got])).size:
        mono[got : got + len(read)] = read[:, 0] if sound.channels == 1 else read.mean(axis=1)
        power += float(np.square(read, dtype=np.float64).sum()) / sound.channels if sound.channels > 1 else 0.0
        got += len(read)
    mono = mono[:got]
    if sound.channels > 1 and np.square(mono, dtype=np.float64).sum() < _CANCELLED * power:
        raise DatasetError("the channels of the sound cancel each other; turn one of them over, or take one alone")
    return mono


def _resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Return the numbers of ``librosa.resample``, without the second that librosa takes to load in every process."""
    import soxr

    found = soxr.resample(samples, rate, wanted, quality="soxr_hq")
    return _of_length(found, math.ceil(len(samples) * (wanted / rate)))


def _of_length(samples: np.ndarray, length: int) -> np.ndarray:
    return samples[:length] if len(samples) >= length else np.pad(samples, (0, length - len(samples)))


def log_mel(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Compute a log-mel spectrogram: 128 bands of 500 to 10,000 Hz, from windows of 1024 samples every 512.

    The numbers are those of librosa's ``melspectrogram`` and ``power_to_db``, more than twice as fast: filters and
    window are made once, and each clip is one transform.

    Returns ndarray of float32, shape (128, 1 + samples // 512).
    """
    from scipy.fft import rfft

    filters, window = _bank(sample_rate)
    padded = np.pad(np.asarray(samples, dtype=np.float32), WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP] * window
    # The window, and so the transform, is in double precision, as in librosa: the numbers are the same to the last bit.
    spectrum = rfft(frames, axis=1).astype(np.complex64)
    power = np.einsum("ft,mf->mt", (np.abs(spectrum) ** 2).T, filters, optimize=True)
    levels = 10 * np.log10(np.maximum(np.float32(_FLOOR), power))
    return np.maximum(levels, levels.max() - np.float32(_RANGE_DB))


def frames_of(samples: int) -> int:
    """Return how many frames the spectrogram of a recording has."""
    return 1 + samples // HOP


def spectrum_features(level: np.ndarray) -> np.ndarray:
    """Return mean, standard deviation and a high quantile over time of every band of a spectrogram.

    Returns ndarray of float32, shape (..., 3 * bands).
    """
    level = np.maximum(level - level.max(axis=(-2, -1), keepdims=True), -_RANGE_DB)
    return np.concatenate([level.mean(-1), level.std(-1), np.quantile(level, _LOUD, axis=-1)], -1).astype(np.float32)


@lru_cache(maxsize=8)
def _bank(sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the filters, shape (bands, bins), and the window."""
    from librosa.filters import get_window, mel  # Slow to load, and not needed to generate.

    with warnings.catch_warnings():
        # Above 24 kHz some low bands lie between two bins. They hear nothing, which is no news for every clip.
        warnings.filterwarnings("ignore", message="Empty filters")
        high = min(HIGH_HZ, sample_rate / 2)
        filters = mel(sr=sample_rate, n_fft=WINDOW, n_mels=BANDS, fmin=LOW_HZ, fmax=high)
    return filters, get_window("hann", WINDOW, fftbins=True)
