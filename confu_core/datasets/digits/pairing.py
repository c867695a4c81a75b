"""Pairing: which picture stands beside which recording in which row, by class."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.random import generator

__all__ = ["pair_rows", "rows_of_classes"]


def rows_of_classes(pictures: np.ndarray, rows: int) -> np.ndarray:
    """Say how many rows each class gets.

    Parameters
    ----------
    pictures : ndarray of int, shape (classes,)
        Pictures of each.
    rows : int
        To deal, as the pictures are distributed: as many rows as pictures use each once.

    Returns
    -------
    ndarray of int, shape (classes,)
        They sum to `rows`.

    Examples
    --------
    >>> rows_of_classes(np.array([2, 1, 1]), 10).tolist()
    [5, 3, 2]
    """
    exact = pictures / pictures.sum() * rows
    counts = np.floor(exact).astype(int)
    first = np.argsort(counts - exact, kind="stable")[: rows - counts.sum()]
    counts[first] += 1
    return counts


def pair_rows(
    pictures: Sequence[np.ndarray], recordings: Sequence[np.ndarray], rows: int, split: str, seed: int
) -> np.ndarray:
    """Pair pictures and recordings of the same class.

    Pictures are used equally often, recordings too, as nearly as whole numbers allow, and no pair occurs twice.

    Parameters
    ----------
    pictures, recordings : sequence of ndarray of int
        Of each class, their numbers.
    rows : int
        How many pairs.
    split : str
        Whose they are; each has draws of its own.
    seed : int
        The user's.

    Returns
    -------
    ndarray of int, shape (rows, 2)
        Picture and recording of each row, classes in an order that is drawn.

    Raises
    ------
    InvalidValue
        If there are fewer different pairs.

    Examples
    --------
    >>> pairs = pair_rows([np.array([5, 6])], [np.array([0, 1])], 4, "train", 0)
    >>> sorted(map(tuple, pairs.tolist()))
    [(5, 0), (5, 1), (6, 0), (6, 1)]
    """
    counts = rows_of_classes(np.array([len(mine) for mine in pictures]), rows)
    blocks = []
    for label, (seen, heard, count) in enumerate(zip(pictures, recordings, counts, strict=True)):
        if count > len(seen) * len(heard):
            most = f"{len(seen)} pictures and {len(heard)} recordings of class {label} make {len(seen) * len(heard)}"
            raise InvalidValue(f"{split} must ask for no more pairs than there are: {most}; it needs {count}")
        draw = generator(seed, "digits", "pairs", split, label)
        seen, heard = draw.permutation(seen), draw.permutation(heard)
        turn = np.arange(count)
        # After every common multiple the two cycles would meet in the same pairs again: one is moved on by a step.
        shift = turn // math.lcm(len(seen), len(heard))
        blocks.append(np.stack([seen[turn % len(seen)], heard[(turn + shift) % len(heard)]], axis=1))
    return np.concatenate(blocks)[generator(seed, "digits", "order", split).permutation(rows)]
