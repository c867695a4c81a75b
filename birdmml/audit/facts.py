"""What is audited, and what is known of it once it was read: a row of small numbers per sample and modality."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from birdmml.describe import describe
from confu_core.cells import NOTHING, cleaned
from confu_core.datasets.contents import Contents
from confu_core.datasets.sources import open_place
from confu_core.evaluation.overlap import LETTERS
from confu_core.inputs import Picture, Sound, Text
from confu_core.inputs import Sequence as Steps
from confu_core.shards.read import Dataset

# What items of a kind of modality are called, and the sign of the kind; sequences have none.
UNITS: dict[type, str] = {Picture: "pictures", Sound: "recordings", Text: "captions", Steps: "sequences"}
_KIND_LETTERS: dict[type, str] = {Picture: "V", Sound: "A", Text: "T"}


@dataclass(frozen=True)
class Subject:
    """An open dataset, its modalities and classes, and what its cells say, in lower case, where nothing is known."""

    dataset: Dataset
    contents: Contents
    nothing: Collection[str] = NOTHING


class UnreadableCell(NamedTuple):
    """A cell that cannot be decoded: its row of all rows, its modality, and the decoder's complaint."""

    row: int
    modality: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """What was read of a dataset, with one entry per row; rows are those of all splits, one after the other.

    `split` counts into `splits`; `columns` are those of text that are no modality, empty where nothing is known. By
    modality, `measures` are structured arrays of `PICTURE`, `SOUND` or `SEQUENCE`, `texts` are captions, empty where
    they cannot be read, and `readable` tells which cells could be decoded. Of the `sampled` rows, ascending, there are
    `features`, of shape (samples, width), of every modality but texts.
    """

    subject: Subject
    splits: tuple[str, ...]
    split: np.ndarray
    keys: Sequence[str]
    columns: Mapping[str, Sequence[str]]
    measures: Mapping[str, np.ndarray]
    texts: Mapping[str, Sequence[str]]
    readable: Mapping[str, np.ndarray]
    sampled: np.ndarray
    features: Mapping[str, np.ndarray]
    unreadable: Sequence[UnreadableCell]

    @property
    def contents(self) -> Contents:
        """What the columns are."""
        return self.subject.contents

    @property
    def rows(self) -> int:
        """Number of all rows."""
        return len(self.keys)

    def names(self, *kinds: type) -> list[str]:
        """Return the modalities of some kinds."""
        return [name for name, one in self.contents.inputs.inputs.items() if isinstance(one, kinds)]

    def unit(self, name: str) -> str:
        """Return what the items of a modality are called."""
        one = self.contents.inputs.inputs[name]
        return next(unit for kind, unit in UNITS.items() if isinstance(one, kind))

    def where(self, row: int) -> str:
        """Return the split and the key of a row."""
        return f"{self.splits[self.split[row]]}/{self.keys[row]}"

    @property
    def labels(self) -> Sequence[str]:
        """The class of each row; empty where the dataset says none."""
        return self.columns[self.contents.label]

    @property
    def numbers(self) -> np.ndarray:
        """The number of the class of each row, -1 for what is no class."""
        known = {name: number for number, name in enumerate(self.contents.classes)}
        return np.array([known.get(label, -1) for label in self.labels], dtype=np.int64)


def open_subject(path: str | Path | Dataset, na: Sequence[str] | None = None) -> Subject:
    """Open what is to be audited, as `audit` takes it; nothing but its manifest is read yet."""
    dataset = path if isinstance(path, Dataset) else open_place(path)
    built = dataset.manifest.config.get("na", NOTHING)
    said = [str(one) for one in (built if isinstance(built, list | tuple) else NOTHING)] if na is None else na
    return Subject(dataset, describe(dataset).contents, frozenset(cleaned(one).casefold() for one in said))


def letters(contents: Contents) -> dict[str, str]:
    """Return a short sign for each modality, all different: V, A and T where that is plain, else its name.

    >>> from confu_core.inputs import InputSpec
    >>> inputs = InputSpec({"image": Picture("image"), "caption": Text("caption")})
    >>> letters(Contents(inputs, "species", ("a", "b")))
    {'image': 'V', 'caption': 'T'}
    """
    signs = {name: LETTERS.get(name.lower(), _kind_letter(one, name)) for name, one in contents.inputs.inputs.items()}
    return signs if len(set(signs.values())) == len(signs) else {name: name for name in signs}


def _kind_letter(one: object, name: str) -> str:
    return next((letter for kind, letter in _KIND_LETTERS.items() if isinstance(one, kind)), name)
