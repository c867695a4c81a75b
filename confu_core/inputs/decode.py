"""One sample: from a row of a dataset to what training reads of it, or to why that cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from confu_core.errors import DatasetError
from confu_core.inputs.picture import decode_frames, decode_picture
from confu_core.inputs.sequence import decode_sequence
from confu_core.inputs.sound import decode_sound, log_mel
from confu_core.inputs.spec import Frames, Input, InputSpec, Picture, Sequence, Text
from confu_core.inputs.text import Tokenizer

__all__ = ["Change", "Corrupt", "Decoder", "content"]

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
    """

    spec: InputSpec
    tokenizer: Tokenizer | None
    change: Change | None = None

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
        if isinstance(one, Sequence):
            return decode_sequence(value, one.length, one.width)
        found = content(one, value)
        if isinstance(one, Text):
            assert self.tokenizer is not None and isinstance(found, str)
            return self.tokenizer.encode([self._changed(name, found, number)], one.length)[0]
        assert isinstance(found, bytes)
        if isinstance(one, Frames):
            return self._changed(name, decode_frames(found, one.side, one.count), number)
        if isinstance(one, Picture):
            return self._changed(name, decode_picture(found, one.side), number)
        samples = self._changed(name, decode_sound(found, one.sample_rate, one.seconds), number)
        return log_mel(samples, one.sample_rate).astype(one.dtype)

    def _changed(self, name: str, value: Any, number: int) -> Any:
        return value if self.change is None else self.change(name, value, number)


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
