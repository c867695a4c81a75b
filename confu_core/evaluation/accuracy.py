"""Accuracy class by class, and averaged over classes instead of samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from confu_core.statistics.per_sample import class_labels, correctness

__all__ = ["accuracy_by_class", "balanced_accuracy"]


def accuracy_by_class(correct: ArrayLike, labels: ArrayLike, classes: int) -> np.ndarray:
    """Return the accuracy on the samples of each class.

    Parameters
    ----------
    correct : array, shape (n,)
        Whether each sample is correct, in [0, 1].
    labels : array of int, shape (n,)
        Class of each sample, in [0, classes).
    classes : int
        How many classes there are.

    Returns
    -------
    ndarray of float64, shape (classes,)
        NaN for a class without samples.

    Raises
    ------
    InvalidValue
        If the vectors differ in length or hold what they must not.

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
    """Return the mean accuracy of the classes that have samples.

    Parameters
    ----------
    correct : array, shape (n,)
        Whether each sample is correct, in [0, 1].
    labels : array of int, shape (n,)
        Class of each sample, in [0, classes).
    classes : int
        How many classes there are.

    Returns
    -------
    float
        In [0, 1]; every class counts the same, however many samples it has.

    Raises
    ------
    InvalidValue
        If the vectors differ in length or hold what they must not.

    Examples
    --------
    >>> balanced_accuracy([1, 1, 1, 0], [0, 0, 0, 1], 2)
    0.5
    """
    return float(np.nanmean(accuracy_by_class(correct, labels, classes)))
