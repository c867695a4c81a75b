"""What training reads of a dataset: which column is which modality, and in which form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, get_type_hints

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.inputs.sound import BANDS, DURATION_LIMIT, LOW_HZ, RATE_LIMIT, frames_of, samples_in
from confu_core.inputs.text import SPECIAL, VOCABULARY_LIMIT
from confu_core.typed import check_keys

FRAMES_LIMIT = 64  # Of one video.


@dataclass(frozen=True)
class Picture:
    """A column of pictures.

    Attributes
    ----------
    column : str
        Its name.
    side : int
        Of the square that they are reduced to, in pixels.
    """

    dtype = np.dtype(np.uint8)  # Of the cached array.
    column: str
    side: int = 64

    def __post_init__(self) -> None:
        _check(self, "side", 4096, " pixels")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: channels, height, width."""
        return (3, self.side, self.side)


@dataclass(frozen=True)
class Frames(Picture):
    """A column of pictures that are frames of one video; they share an encoder, and their features are averaged.

    Attributes
    ----------
    column, side
        As for a picture.
    count : int
        Frames of each sample, evenly spaced in the time of an animation.
    every : float
        Seconds between the frames in the video, the first one as many after its start; 0 where they are evenly spaced.
    """

    count: int = 8
    every: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self, "count", FRAMES_LIMIT, " frames")
        if not 0 <= self.every <= DURATION_LIMIT:
            raise InvalidValue(f"every of {self.column!r} must be in [0, {DURATION_LIMIT:g}] s; got {self.every}")

    def moment(self, number: int) -> tuple[str, float]:
        """Return what a frame is told by, and its value: the second that it is of, or its place from 1 on."""
        return ("second", self.every * (number + 1)) if self.every else ("frame", float(number + 1))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: frames, channels, height, width."""
        return (self.count, *super().shape)


@dataclass(frozen=True)
class Sound:
    """A column of sounds, read as log-mel spectrograms.

    Attributes
    ----------
    column : str
        Its name.
    sample_rate : int
        In Hz, above 1000; others are resampled.
    seconds : float or None
        Length that they are cut or filled up to; None for that of the first sound of the training split.
    """

    dtype = np.dtype(np.float16)  # Of the cached array, in dB: to a sixteenth of one or better.
    column: str
    sample_rate: int = 22050
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not 2 * LOW_HZ < self.sample_rate <= RATE_LIMIT:
            heard = f"above {2 * LOW_HZ:g} Hz, since spectrograms begin at {LOW_HZ:g} Hz, and at most {RATE_LIMIT} Hz"
            raise InvalidValue(f"sample_rate of {self.column!r} must be {heard}; got {self.sample_rate}")
        if self.seconds is not None and not 0 < self.seconds <= DURATION_LIMIT:
            raise InvalidValue(f"seconds of {self.column!r} must be in (0, {DURATION_LIMIT:g}]; got {self.seconds}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: bands, frames."""
        assert self.seconds is not None, "the length is known once a dataset is opened"
        return (BANDS, frames_of(samples_in(self.seconds, self.sample_rate)))


@dataclass(frozen=True)
class Text:
    """A column of captions, read as token ids.

    Attributes
    ----------
    column : str
        Its name.
    length : int
        Tokens per caption, the leading ``[CLS]`` included.
    vocabulary : int
        At most as many different tokens. Columns of one dataset share a tokenizer, with the largest of theirs.
    """

    dtype = np.dtype(np.int16)  # Of the cached array.
    column: str
    length: int = 64
    vocabulary: int = VOCABULARY_LIMIT

    def __post_init__(self) -> None:
        _check(self, "length", 4096, " tokens")
        if not len(SPECIAL) < self.vocabulary <= VOCABULARY_LIMIT:
            limits = f"[{len(SPECIAL) + 1}, {VOCABULARY_LIMIT}]"
            raise InvalidValue(f"vocabulary of {self.column!r} must be in {limits}; got {self.vocabulary}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: tokens."""
        return (self.length,)


@dataclass(frozen=True)
class Sequence:
    """A column of sequences of vectors, such as one vector per frame of a video, computed by others.

    Attributes
    ----------
    column : str
        Its name; in Parquet lists of lists of float32, in a tar the part ``<column>.npy``.
    length : int
        Most steps of a sequence. Shorter ones are filled up with steps of zeros at their end; longer ones do not fit.
    width : int
        Of the vector of each step.
    """

    dtype = np.dtype(np.float32)  # Of the cached array.
    column: str
    length: int
    width: int

    def __post_init__(self) -> None:
        _check(self, "length", 4096, " steps")
        _check(self, "width", 65536)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample: steps, width."""
        return (self.length, self.width)


Input = Picture | Sequence | Sound | Text


def _check(one: Input, name: str, most: int, unit: str = "") -> None:
    value = getattr(one, name)
    if not 1 <= value <= most:
        raise InvalidValue(f"{name} of {one.column!r} must be in [1, {most}]{unit}; got {value}")


@dataclass(frozen=True)
class InputSpec:
    """The modalities that training reads, by name.

    Attributes
    ----------
    inputs : mapping of str to Picture, Sound, Text or Sequence
        In the order of the modalities. Names are letters, digits and underscores.
    """

    inputs: Mapping[str, Input]

    def __post_init__(self) -> None:
        if not self.inputs:
            raise InvalidValue("inputs must name at least one modality; got none")
        for name in self.inputs:
            # It becomes a part of file names, and stands beside the key and the row in a batch.
            if not name.isidentifier() or name in ("key", "row"):
                words = "letters, digits and underscores, and not 'key' or 'row'"
                raise InvalidValue(f"a modality's name must be {words}; got {name!r}")
        object.__setattr__(self, "inputs", dict(self.inputs))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the modalities, in order."""
        return tuple(self.inputs)

    @property
    def vocabulary(self) -> int | None:
        """The largest vocabulary of its texts; None if it has none."""
        return max((one.vocabulary for one in self.inputs.values() if isinstance(one, Text)), default=None)

    def with_seconds(self, seconds: Mapping[str, float]) -> InputSpec:
        """Return the same with the lengths of those sounds that had none."""
        return InputSpec(
            {
                name: replace(one, seconds=seconds[name]) if isinstance(one, Sound) and name in seconds else one
                for name, one in self.inputs.items()
            }
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, Any]]) -> InputSpec:
        """Return the spec that `as_dict` described."""
        kinds = {kind.__name__.lower(): kind for kind in (Frames, Picture, Sequence, Sound, Text)}
        inputs = {}
        for name, one in data.items():
            kind, said = kinds[one["kind"]], {key: value for key, value in one.items() if key != "kind"}
            known = get_type_hints(kind)
            check_keys(said, {key: known[key] for key in said if key in known}, name)
            inputs[name] = kind(**said)
        return cls(inputs)

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the modalities in order as JSON values, each with its ``kind``."""
        return {name: _as_dict(one) for name, one in self.inputs.items()}


def _as_dict(one: Input) -> dict[str, Any]:
    said = {"kind": type(one).__name__.lower(), **asdict(one)}
    if not said.get("every", True):
        del said["every"]  # As before there was such a choice, so that datasets and caches stay what they are.
    return said
