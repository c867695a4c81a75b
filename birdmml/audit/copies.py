"""Copies: rows whose picture, recording or sequence is that of another row, exactly or nearly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from birdmml.audit.facts import Facts
from birdmml.audit.finding import MOST_EXAMPLES, Example
from confu_core.inputs.fingerprint import distance, groups_of, near_pairs, tells_apart

__all__ = ["Copies", "find_copies"]


@dataclass(frozen=True)
class Copies:
    """Rows of one modality in groups of copies.

    Attributes
    ----------
    facts : Facts
        Whose rows.
    name : str
        The modality.
    looked_at : int
        Rows that could be read and hold something to compare.
    group : ndarray of int, shape (rows,)
        The first row of each row's group; itself where it has no copy.
    exact : ndarray of int, shape (rows,)
        The same, of equal content alone.
    """

    facts: Facts
    name: str
    looked_at: int
    group: np.ndarray
    exact: np.ndarray

    def across(self) -> np.ndarray:
        """Return the rows that have a copy in another split."""
        split = self.facts.split
        low, high = (np.full(len(split), start) for start in (len(self.facts.splits), -1))
        np.minimum.at(low, self.group, split)
        np.maximum.at(high, self.group, split)
        return np.flatnonzero((low < high)[self.group])

    def inside(self, group: np.ndarray) -> np.ndarray:
        """Return one of the two groupings, cut where it crosses splits."""
        key = group * len(self.facts.splits) + self.facts.split
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        return first[place.reshape(-1)]

    def examples(self, rows: np.ndarray, group: np.ndarray) -> tuple[Example, ...]:
        """Return some groups that rows belong to: the first member, and one of the rows, of another split if any is."""
        return tuple(self._examples(rows, group))

    def _examples(self, rows: np.ndarray, group: np.ndarray) -> Iterator[Example]:
        for first in np.unique(group[rows])[:MOST_EXAMPLES]:
            members = rows[(group[rows] == first) & (rows != first)]
            other = max(members, key=lambda row: (self.facts.split[row] != self.facts.split[first], -row))
            keys = (self.facts.where(first), self.facts.where(other))
            yield Example(keys, f"{int((group == first).sum())} copies, {self._likeness(first, other)}")

    def _likeness(self, one: int, other: int) -> str:
        table = self.facts.measures[self.name]
        if (table["content"][one] == table["content"][other]).all():
            return "equal byte for byte"
        first, second = table["print"][one], table["print"][other]
        return f"{int(distance(first, second))} of {64 * len(first)} bits of the fingerprint differ"


def find_copies(facts: Facts, name: str, within: int | None) -> Copies:
    """Group the rows of a modality into copies.

    Parameters
    ----------
    facts : Facts
        What was read.
    name : str
        The modality.
    within : int or None
        Bits in which the fingerprints of copies differ at most; None for equal content alone. So it is as well where
        fingerprints do not tell the items apart (see `tells_apart`).

    Returns
    -------
    Copies
        Blank pictures and silence take no part: they are findings of their own.
    """
    table = facts.measures[name]
    valid = facts.readable[name]
    if "print" in (table.dtype.names or ()):
        valid = valid & table["print"].any(axis=1)
    rows = np.flatnonzero(valid)
    equal = near_pairs(table["content"][rows], 0)
    pairs = [equal]
    if within is not None and tells_apart(table["print"][rows], within):
        pairs.append(near_pairs(table["print"][rows], within))
    exact, group = (rows[groups_of(np.concatenate(found), len(rows))] for found in ([equal], pairs))
    alone = np.arange(facts.rows)
    return Copies(facts, name, len(rows), *(_placed(alone, rows, one) for one in (group, exact)))


def _placed(alone: np.ndarray, rows: np.ndarray, group: np.ndarray) -> np.ndarray:
    placed = alone.copy()
    placed[rows] = group
    return placed
