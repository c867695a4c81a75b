"""Encode: recordings as mono 16-bit FLAC."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import sound


def to_int16(samples: np.ndarray) -> np.ndarray:  # int16, shape (samples,)
    """Round samples in [-1, 1] to 16 bits; 1 becomes 32767. Others are an `InvalidValue`."""
    if not -1 <= samples.min() <= samples.max() <= 1:
        raise InvalidValue(f"samples must be in [-1, 1]; got {samples.min():g} to {samples.max():g}")
    return np.rint(samples * np.float32(32767)).astype(np.int16)


def encode_flac(samples: np.ndarray, sample_rate: int) -> bytes:
    """Encode a recording.

    Parameters
    ----------
    samples : ndarray of float32, shape (samples,)
        In [-1, 1].
    sample_rate : int
        In Hz.

    Returns
    -------
    bytes
        A mono 16-bit FLAC file.

    Raises
    ------
    InvalidValue
        If a sample lies outside [-1, 1].

    Examples
    --------
    >>> decode_flac(encode_flac(np.zeros(100, np.float32), 22050))[0].shape
    (100,)
    """
    return sound.encode_flac(to_int16(samples), sample_rate)


def decode_flac(data: bytes) -> tuple[np.ndarray, int]:
    """Decode a FLAC file.

    Parameters
    ----------
    data : bytes
        Of a file that `encode_flac` wrote.

    Returns
    -------
    samples : ndarray of int16, shape (samples,)
        As they were encoded.
    sample_rate : int
        In Hz.

    Raises
    ------
    DatasetError
        If the bytes are no FLAC file.

    Examples
    --------
    >>> decode_flac(b"no sound")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: not a FLAC file: Error opening <_io.BytesIO object at ...>: Format not recognised.
    """
    try:
        return soundfile.read(io.BytesIO(data), dtype="int16")
    except soundfile.LibsndfileError as error:
        raise DatasetError(f"not a FLAC file: {error}") from error
