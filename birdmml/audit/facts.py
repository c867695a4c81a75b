"""What is known of a dataset once it has been read: one row of small numbers per sample and modality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from birdmml.audit.subject import Subject

__all__ = ["Facts", "Unreadable"]


@dataclass(frozen=True)
class Unreadable:
    """A cell that cannot be decoded.

    Attributes
    ----------
    row : int
        Of all rows.
    modality : str
        Which.
    reason : str
        The decoder's complaint.
    """

    row: int
    modality: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """What was read of a dataset. Rows are those of all splits, one after the other.

    Attributes
    ----------
    subject : Subject
        What was read.
    splits : tuple of str
        Names, in order.
    split : ndarray of int, shape (rows,)
        Which of them each row is in.
    keys : sequence of str
        Of the rows.
    columns : mapping of str to sequence of str
        Columns of text that are no modality, such as the label, ``individual`` or ``author``; empty where unknown.
    measures : mapping of str to ndarray, shape (rows,)
        Structured arrays by modality of pictures, sounds and sequences (`PICTURE`, `SOUND`, `SEQUENCE`).
    texts : mapping of str to sequence of str
        Captions by modality; empty where they cannot be read.
    readable : mapping of str to ndarray of bool, shape (rows,)
        Which rows of a modality could be decoded.
    sampled : ndarray of int, shape (samples,)
        The rows that features were kept of, ascending.
    features : mapping of str to ndarray of float32, shape (samples, width)
        By modality, of all but texts.
    unreadable : sequence of Unreadable
        In the order of the rows.
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
    unreadable: Sequence[Unreadable] = field(default=())

    @property
    def rows(self) -> int:
        """Number of all rows."""
        return len(self.keys)

    def names(self, *kinds: type) -> list[str]:
        """Return the modalities of some kinds."""
        return self.subject.names(*kinds)

    def where(self, row: int) -> str:
        """Return the split and the key of a row."""
        return f"{self.splits[self.split[row]]}/{self.keys[row]}"

    @property
    def labels(self) -> Sequence[str]:
        """The class of each row; empty where the dataset says none."""
        return self.columns[self.subject.contents.label]

    @property
    def numbers(self) -> np.ndarray:
        """The number of the class of each row, -1 for what is no class."""
        known = {name: number for number, name in enumerate(self.subject.contents.classes)}
        return np.array([known.get(label, -1) for label in self.labels], dtype=np.int64)
