"""Sequences of vectors: from lists of lists, or the bytes of a NumPy file, to an array of one length."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format

from confu_core.errors import DatasetError

__all__ = ["decode_sequence", "encode_sequence"]


def decode_sequence(value: Any, length: int, width: int) -> npt.NDArray[np.float32]:
    """Return the steps of a sequence, filled up with zeros at their end.

    Returns ndarray of float32, shape (length, width).
    """
    value = value.get("bytes") if isinstance(value, dict) else value
    if value is None:
        raise DatasetError("the sequence is missing")
    steps = _steps(value)
    if not 1 <= len(steps) <= length:
        raise DatasetError(f"the sequence must have 1 to {length} steps; got {len(steps)}")
    if steps.shape[1] != width:
        raise DatasetError(f"the sequence must have steps of width {width}; got {steps.shape[1]}")
    if not np.isfinite(steps).all():
        raise DatasetError("the sequence holds values that are not finite")
    filled = np.zeros((length, width), dtype=np.float32)
    filled[: len(steps)] = steps
    return filled


def encode_sequence(steps: npt.ArrayLike) -> bytes:
    """Return a sequence as the ``.npy`` file that it is in a tar."""
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(steps, dtype=np.float32), allow_pickle=False)
    return file.getvalue()


def _steps(value: Any) -> npt.NDArray[np.float32]:
    try:
        with np.errstate(over="ignore"):  # What is too large becomes infinite, which is refused.
            steps = np.asarray(_loaded(value) if isinstance(value, bytes) else value).astype(np.float32)
    except Exception as error:  # NumPy parses headers as Python and raises anything over damaged ones.
        raise DatasetError("the sequence is no array of numbers") from error
    if steps.shape == (0,):
        return np.zeros((0, 1), dtype=np.float32)
    if steps.ndim != 2:
        raise DatasetError(f"the sequence must be steps of vectors; got an array of shape {steps.shape}")
    return steps


def _loaded(data: bytes) -> npt.NDArray[Any]:
    file = io.BytesIO(data)
    header = {1: format.read_array_header_1_0, 2: format.read_array_header_2_0}.get(format.read_magic(file)[0])
    if header is None:
        raise ValueError("a version of the format that holds no plain arrays")
    shape, _, kind = header(file)
    # Before anything is reserved: a header may promise terabytes.
    if math.prod(shape) * kind.itemsize > len(data) or kind.hasobject:
        raise ValueError("shorter than its header says, or no numbers")
    return np.load(io.BytesIO(data), allow_pickle=False)
