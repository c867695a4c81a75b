"""One sample: from a row of a dataset to what training reads of it, or to why that cannot be."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format
from numpy.typing import ArrayLike

from confu_core.errors import DatasetError
from confu_core.inputs.picture import decode_frames, decode_picture
from confu_core.inputs.sound import decode_sound, log_mel
from confu_core.inputs.spec import Frames, Input, InputSpec, Picture, Sequence, Sound, Text
from confu_core.inputs.text import Tokenizer

Change = Callable[[str, Any, int], Any]


class Corrupt(NamedTuple):
    """A sample that was left out, since a part of it cannot be decoded.

    Attributes
    ----------
    key : str
        Of the row.
    modality : str
        The first modality that failed.
    reason : str
        The decoder's complaint.
    """

    key: str
    modality: str
    reason: str


@dataclass(frozen=True)
class Decoder:
    """Turns rows into arrays.

    Attributes
    ----------
    spec : InputSpec
        With the lengths of all sounds.
    tokenizer : Tokenizer or None
        For its texts.
    change : callable, optional
        Called with modality, value and row number before a picture (uint8), a sound (float32 samples) or a caption
        (str) is encoded further; returns what takes its place. For tests of robustness.
    strings : frozenset of str
        Modalities whose texts are returned as they are, in arrays of no axis, and not as token ids.
    """

    spec: InputSpec
    tokenizer: Tokenizer | None
    change: Change | None = None
    strings: frozenset[str] = frozenset()

    def decode(self, row: Mapping[str, Any], number: int) -> dict[str, np.ndarray] | Corrupt:
        """Return the arrays of one row by modality, or why it has to be left out."""
        arrays = {}
        for name, one in self.spec.inputs.items():
            try:
                arrays[name] = self._array(name, one, row[one.column], number)
            except DatasetError as error:
                return Corrupt(str(row["key"]), name, str(error))
        return arrays

    def _array(self, name: str, one: Input, value: Any, number: int) -> np.ndarray:
        found = decoded(one, value)
        if self.change is not None and not isinstance(one, Sequence):
            found = self.change(name, found, number)
        if name in self.strings:
            return np.array(found, dtype=object)
        if isinstance(one, Text):
            assert self.tokenizer is not None
            return self.tokenizer.encode([found], one.length)[0]
        return log_mel(found, one.sample_rate).astype(one.dtype) if isinstance(one, Sound) else found


def decoded(one: Input, value: Any) -> Any:
    """Return what a cell holds: a str, pixels in uint8, or the samples of a sound or steps of a sequence in float32."""
    if isinstance(one, Sequence):
        return decode_sequence(value, one.length, one.width)
    found = content(one, value)
    if isinstance(found, str):
        return found
    if isinstance(one, Frames):
        return decode_frames(found, one.side, one.count)
    if isinstance(one, Picture):
        return decode_picture(found, one.side)
    assert isinstance(one, Sound)
    return decode_sound(found, one.sample_rate, one.seconds)


def content(one: Input, value: Any) -> bytes | str:
    """Return what a cell of a media or text column holds."""
    what = "caption" if isinstance(one, Text) else type(one).__name__.lower()
    value = value.get("bytes") if isinstance(value, dict) else value
    if value is None:
        raise DatasetError(f"the {what} is missing")
    if isinstance(one, Text) and isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise DatasetError("the caption is not UTF-8") from error
    if not isinstance(value, str if isinstance(one, Text) else bytes):
        raise DatasetError(f"the {what} is stored as {type(value).__name__}")
    return value


def decode_sequence(value: Any, length: int, width: int) -> np.ndarray:
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


def encode_sequence(steps: ArrayLike) -> bytes:
    """Return a sequence as the ``.npy`` file that it is in a tar."""
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(steps, dtype=np.float32), allow_pickle=False)
    return file.getvalue()


def _steps(value: Any) -> np.ndarray:
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


def _loaded(data: bytes) -> np.ndarray:
    file = io.BytesIO(data)
    header = {1: format.read_array_header_1_0, 2: format.read_array_header_2_0}.get(format.read_magic(file)[0])
    if header is None:
        raise ValueError("a version of the format that holds no plain arrays")
    shape, _, kind = header(file)
    # Before anything is reserved: a header may promise terabytes.
    if math.prod(shape) * kind.itemsize > len(data) or kind.hasobject:
        raise ValueError("shorter than its header says, or no numbers")
    return np.load(io.BytesIO(data), allow_pickle=False)


def sequence_features(steps: np.ndarray) -> np.ndarray:
    """Return mean and standard deviation over the steps of a sequence that are not all zeros.

    Returns ndarray of float32, shape (2 * width,).
    """
    there = steps[np.abs(steps).max(axis=1) > 0]
    if not len(there):
        return np.zeros(2 * steps.shape[1], dtype=np.float32)
    return np.concatenate([there.mean(0), there.std(0)]).astype(np.float32)
