"""Embeddings with class labels, as classifiers take them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from confu_core.errors import InvalidValue

__all__ = ["Labelled", "check_labelled", "standardised"]


class Labelled(NamedTuple):
    """Embeddings and the classes of the same samples.

    Attributes
    ----------
    embeddings : array, shape (n, dim)
        One row per sample.
    labels : array of int, shape (n,)
        Any integers.
    """

    embeddings: ArrayLike
    labels: ArrayLike


def check_labelled(train: Labelled, *others: Labelled) -> list[tuple[np.ndarray, np.ndarray]]:
    """Check the sets of samples that a classifier is trained and tested on.

    Parameters
    ----------
    train : Labelled
        Samples to train on.
    *others : Labelled
        Samples to predict.

    Returns
    -------
    list of (ndarray of float64 with shape (n, dim), ndarray of int with shape (n,))
        Embeddings and labels of each set.

    Raises
    ------
    InvalidValue
        If a set is empty, its embeddings are not finite or not as many as its labels, there is only one class to
        train on, or a class to predict is none of those.

    Examples
    --------
    >>> check_labelled(Labelled([[0.5], [0.1]], [2, 3]), Labelled([[0.5]], [4]))
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: every class must have training samples; class 4 has none
    """
    checked = []
    for embeddings, labels in (train, *others):
        x, y = np.asarray(embeddings, dtype=float), np.asarray(labels)
        if x.ndim != 2 or y.shape != x.shape[:1] or not len(y):
            raise InvalidValue(f"embeddings must be rows, one per label; got shapes {x.shape} and {y.shape}")
        if not np.isfinite(x).all():
            raise InvalidValue("embeddings must be finite; got some that are not")
        checked.append((x, y))
    if len(np.unique(checked[0][1])) < 2:
        raise InvalidValue(f"a classifier needs at least two classes to train on; got only {checked[0][1][0]}")
    for _, y in checked[1:]:
        unknown = np.setdiff1d(y, checked[0][1])
        if len(unknown):
            raise InvalidValue(f"every class must have training samples; class {unknown[0]} has none")
    return checked


def standardised(x: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Shift and scale features so that those of a reference have mean 0 and variance 1.

    Parameters
    ----------
    x : ndarray of float64, shape (n, dim)
        Rows to standardise.
    reference : ndarray of float64, shape (rows, dim)
        Rows that say how.

    Returns
    -------
    ndarray of float64, shape (n, dim)
        0 for features that the reference does not vary in.

    Examples
    --------
    >>> x = np.array([[1.0, 5.0], [3.0, 5.0]])
    >>> standardised(x, x).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    deviation = reference.std(0)
    # What does not vary but for rounding would become noise of unit variance.
    flat = deviation <= 1e-7 * np.abs(reference).max(initial=0)
    return (x - reference.mean(0)) / np.where(flat, np.inf, deviation)
