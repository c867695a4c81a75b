"""Resamples with replacement of the samples of a test set, keyed and in blocks of bounded memory.

Equal seeds and numbers of samples give equal resamples, so that intervals of different statistics of the same test
set are paired with each other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from confu_core.errors import InvalidValue
from confu_core.random import generator

__all__ = ["DRAWS", "resample_counts", "resample_indices", "resampled_means"]

DRAWS = 1000
BLOCK = 2**22  # Numbers drawn at a time: 32 MiB.


def resample_indices(n: int, *, draws: int = DRAWS, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield resamples with replacement, in blocks of bounded memory.

    Parameters
    ----------
    n : int
        Number of samples, at least 1.
    draws : int
        Number of resamples, at least 1.
    seed : int
        Names the stream, together with `n`.

    Yields
    ------
    ndarray of int64, shape (block, n)
        The samples of each resample.

    Raises
    ------
    InvalidValue
        If there are no samples or no draws.

    Examples
    --------
    >>> [block.shape for block in resample_indices(5, draws=3)]
    [(3, 5)]
    """
    if n < 1 or draws < 1:
        raise InvalidValue(f"n and draws must be at least 1; got n {n} and draws {draws}")
    source, rows = generator(seed, "bootstrap", n), max(1, BLOCK // n)
    for start in range(0, draws, rows):
        yield source.integers(n, size=(min(rows, draws - start), n))


def resample_counts(n: int, *, draws: int = DRAWS, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield how often each sample occurs in the resamples of `resample_indices`.

    Parameters
    ----------
    n, draws, seed : int
        See `resample_indices`.

    Yields
    ------
    ndarray of float64, shape (block, n)
        Rows add up to n, and a product with per-sample values gives their sums over each resample.

    Examples
    --------
    >>> float(next(resample_counts(5, draws=3)).sum())
    15.0
    """
    for index in resample_indices(n, draws=draws, seed=seed):
        rows = len(index)
        places = index + n * np.arange(rows)[:, None]
        yield np.bincount(places.ravel(), minlength=rows * n).reshape(rows, n).astype(float)


def resampled_means(values: ArrayLike, *, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """Return the means of every resample.

    Parameters
    ----------
    values : array, shape (n,) or (n, columns)
        Per sample.
    draws, seed : int
        See `resample_indices`.

    Returns
    -------
    ndarray of float64, shape (draws,) or (draws, columns)
        Columns are means over the same resamples.

    Examples
    --------
    >>> resampled_means([2.0, 2.0], draws=3)
    array([2., 2., 2.])
    """
    table = np.asarray(values, dtype=float)
    return np.concatenate(
        [counts @ table / len(table) for counts in resample_counts(len(table), draws=draws, seed=seed)]
    )
