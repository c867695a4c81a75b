"""Encode: recordings as mono 16-bit FLAC."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from confu_core.errors import DatasetError, InvalidValue


def to_int16(samples: np.ndarray) -> np.ndarray:  # int16, shape (samples,)
    """Round samples in [-1, 1] to 16 bits; 1 becomes 32767. Others are an `InvalidValue`."""
    if not -1 <= samples.min() <= samples.max() <= 1:
        raise InvalidValue(f"samples must be in [-1, 1]; got {samples.min():g} to {samples.max():g}")
    return np.rint(samples * np.float32(32767)).astype(np.int16)


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """Encode a recording, float32 of shape (samples,), as mono 16-bit FLAC; beyond [-1, 1] it is an InvalidValue."""
    buffer = io.BytesIO()
    soundfile.write(buffer, to_int16(samples), sample_rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def decode_flac(data: bytes) -> tuple[np.ndarray, int]:
    """Decode what `encode_flac` wrote to int16 samples and their rate in Hz; what is no FLAC file is a DatasetError."""
    try:
        return soundfile.read(io.BytesIO(data), dtype="int16")
    except soundfile.LibsndfileError as error:
        raise DatasetError(f"not a FLAC file: {error}") from error
