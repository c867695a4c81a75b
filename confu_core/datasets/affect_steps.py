"""Which rows and steps of published features are read: the padding is left off, and what cannot be used is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from confu_core.datasets.affect_pickle import MODALITIES, Part

__all__ = ["Steps", "steps_of"]

_BLOCK = 512  # Rows that are looked at together.


@dataclass(frozen=True)
class Steps:
    """What is read of a split.

    Attributes
    ----------
    rows : ndarray of int64, shape (kept,)
        Numbers of the rows that are read.
    first, last : dict of str to ndarray of int64, shape (kept,)
        By modality: the range of steps of each.
    zeroed : bool
        Whether values that are not finite are read as 0.
    counts : dict of str to int
        Rows without a class, rows without text or another modality, rows with values that are not finite, and these
        values.
    """

    rows: np.ndarray
    first: dict[str, np.ndarray]
    last: dict[str, np.ndarray]
    zeroed: bool
    counts: dict[str, int]

    def values(self, part: Part, name: str, at: int) -> np.ndarray:
        """Return the steps of one kept row in one modality, float32 of shape (steps, width)."""
        row = part.arrays[name][self.rows[at], self.first[name][at] : self.last[name][at]]
        values = _single(row)
        return np.where(np.isfinite(values), values, np.float32(0)) if self.zeroed else values


def steps_of(part: Part, kept: np.ndarray, zeroed: bool) -> Steps:
    """Find the rows and steps of a split that are read.

    Features are padded with zeros, mostly in front. Where all modalities have equally many steps they are aligned to
    the words: the steps before the first word are left off in all three, and so are those at the end that are zero in
    all. Otherwise each modality loses its own padding. A row without any text, or without any step in another
    modality, is left out, as MultiBench does.

    Parameters
    ----------
    part : Part
        The split.
    kept : ndarray of bool, shape (n,)
        Rows that have a class.
    zeroed : bool
        Whether rows with values that are not finite are read, with zeros in their place; else they are left out.

    Returns
    -------
    Steps
        With the counts of all that was left out or replaced.
    """
    seen = {name: _found(part.arrays[name]) for name in MODALITIES}
    first, last = _ranges(part, seen)
    empty = np.any([last[name] <= first[name] for name in MODALITIES], axis=0)
    bad = {name: seen[name].bad for name in MODALITIES}
    spoiled = np.sum(list(bad.values()), axis=0)
    usable = kept & ~empty & ((spoiled == 0) | zeroed)
    rows = np.flatnonzero(usable)
    counts = {"without_class": int((~kept).sum()), "without_steps": int((kept & empty).sum())}
    counts["nonfinite_replaced_rows" if zeroed else "nonfinite_left_out_rows"] = int(
        (kept & ~empty & (spoiled > 0)).sum()
    )
    counts |= {f"nonfinite_values_{name}": int(bad[name][kept & ~empty].sum()) for name in MODALITIES}
    starts, stops = ({name: one[name][rows] for name in MODALITIES} for one in (first, last))
    return Steps(rows, starts, stops, zeroed, counts)


@dataclass(frozen=True)
class _Found:
    """Of each row: the first step that is not zero, the step after the last, and how many values are not finite."""

    first: np.ndarray
    last: np.ndarray
    bad: np.ndarray


def _found(array: np.ndarray) -> _Found:
    rows, steps, _ = array.shape
    there, bad = np.zeros((rows, steps), dtype=bool), np.zeros(rows, dtype=np.int64)
    for start, block in _blocks(array):
        there[start : start + len(block)] = (block != 0).any(-1)
        bad[start : start + len(block)] = (~np.isfinite(block)).sum((1, 2))
    some = there.any(1)
    return _Found(np.where(some, there.argmax(1), steps), np.where(some, steps - there[:, ::-1].argmax(1), 0), bad)


def _ranges(part: Part, seen: dict[str, _Found]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    if len({part.arrays[name].shape[1] for name in MODALITIES}) > 1:
        return {name: one.first for name, one in seen.items()}, {name: one.last for name, one in seen.items()}
    end = np.max([one.last for one in seen.values()], axis=0)
    return dict.fromkeys(MODALITIES, seen["text"].first), dict.fromkeys(MODALITIES, end)


def _blocks(array: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(array), _BLOCK):
        yield start, _single(array[start : start + _BLOCK])


def _single(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):  # What is too large becomes infinite, and is counted.
        return values.astype(np.float32)
