"""Vectors with one entry per test sample, checked before anything is computed of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from confu_core.errors import InvalidValue

__all__ = ["accuracy_by_class", "balanced_accuracy", "class_labels", "correctness"]


def correctness(**vectors: ArrayLike) -> list[np.ndarray]:
    """Check vectors that say of the same samples whether each is correct.

    Parameters
    ----------
    **vectors : array, shape (n,)
        0 or 1 per sample, or in between: the probability over the order of equal scores. By name, for errors.

    Returns
    -------
    list of ndarray of float64, shape (n,)
        In the order given.

    Raises
    ------
    InvalidValue
        If one is empty, not a vector, holds anything outside [0, 1], or differs in length from the others.

    Examples
    --------
    >>> correctness(fused=[True, False], song=[0.5, 1])
    [array([1., 0.]), array([0.5, 1. ])]
    """
    checked = {name: np.asarray(values, dtype=float) for name, values in vectors.items()}
    for name, vector in checked.items():
        if vector.ndim != 1 or not len(vector):
            raise InvalidValue(f"{name} must be a vector with an entry per sample; got shape {vector.shape}")
        outside = vector[~((vector >= 0) & (vector <= 1))]
        if len(outside):
            raise InvalidValue(f"{name} must be in [0, 1]; got {outside[0]}")
    lengths = {name: len(vector) for name, vector in checked.items()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InvalidValue(f"the samples must be the same for all; got {counts}")
    return list(checked.values())


def class_labels(labels: ArrayLike, classes: int, name: str = "labels") -> np.ndarray:
    """Check class labels.

    Parameters
    ----------
    labels : array of int, shape (n,)
        Class of each sample, from 0.
    classes : int
        How many classes there are.
    name : str
        Of the parameter, for errors.

    Returns
    -------
    ndarray of int64, shape (n,)
        The same.

    Raises
    ------
    InvalidValue
        If there are none, or one is outside [0, classes).

    Examples
    --------
    >>> class_labels([0, 2, 1], 3)
    array([0, 2, 1])
    """
    checked = np.asarray(labels)
    if checked.ndim != 1 or not len(checked) or not np.issubdtype(checked.dtype, np.integer):
        raise InvalidValue(f"{name} must be a vector of integers; got {checked.dtype} of shape {checked.shape}")
    outside = checked[(checked < 0) | (checked >= classes)]
    if len(outside):
        raise InvalidValue(f"{name} must be in [0, {classes - 1}]; got {outside[0]}")
    return checked.astype(np.int64)


def accuracy_by_class(correct: ArrayLike, labels: ArrayLike, classes: int) -> np.ndarray:
    """Return the accuracy on the samples of each class, NaN for one without samples.

    Examples
    --------
    >>> accuracy_by_class([1, 0, 1], [0, 0, 1], 3)
    array([0.5, 1. , nan])
    """
    names = class_labels(labels, classes)
    vector, _ = correctness(correct=correct, labels=np.zeros(len(names)))
    sums, counts = np.bincount(names, vector, classes), np.bincount(names, minlength=classes)
    return np.divide(sums, counts, out=np.full(classes, np.nan), where=counts > 0)


def balanced_accuracy(correct: ArrayLike, labels: ArrayLike, classes: int) -> float:
    """Return the mean accuracy of the classes that have samples, however many samples each has.

    Examples
    --------
    >>> balanced_accuracy([1, 1, 1, 0], [0, 0, 0, 1], 2)
    0.5
    """
    return float(np.nanmean(accuracy_by_class(correct, labels, classes)))
