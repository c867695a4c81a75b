"""Classes: confusion between them and between groups of them, and accuracy class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from confu_core.errors import InvalidValue
from confu_core.statistics.per_sample import class_labels, correctness

__all__ = ["ConfusedPair", "accuracy_by_class", "balanced_accuracy", "confusion", "group_confusion", "most_confused"]


@dataclass(frozen=True)
class ConfusedPair:
    """Two classes taken for each other.

    Attributes
    ----------
    first, second : str
        The classes; samples of the first are taken for the second at least as often as the reverse.
    forward, backward : int
        Samples of the first predicted as the second, and the reverse.
    share : float
        Both, as a share of the samples of the two classes.
    """

    first: str
    second: str
    forward: int
    backward: int
    share: float


def confusion(labels: ArrayLike, predicted: ArrayLike, classes: int) -> np.ndarray:
    """Count the samples of each class that are predicted as each.

    Parameters
    ----------
    labels, predicted : array of int, shape (n,)
        True and predicted class of each sample, in [0, classes).
    classes : int
        How many classes there are.

    Returns
    -------
    ndarray of int64, shape (classes, classes)
        Row: true; column: predicted. Entries add up to n.

    Raises
    ------
    InvalidValue
        If a class is outside [0, classes), or the two differ in length.

    Examples
    --------
    >>> confusion([0, 0, 1], [0, 1, 1], 2)
    array([[1, 1],
           [0, 1]])
    """
    true, guess = class_labels(labels, classes), class_labels(predicted, classes, "predicted")
    if len(true) != len(guess):
        raise InvalidValue(f"labels and predicted must be equally many; got {len(true)} and {len(guess)}")
    return np.bincount(true * classes + guess, minlength=classes**2).reshape(classes, classes)


def group_confusion(counts: ArrayLike, groups: Sequence[int]) -> np.ndarray:
    """Add up confusion counts over groups of classes.

    Parameters
    ----------
    counts : array of int, shape (classes, classes)
        See `confusion`.
    groups : sequence of int, length classes
        Group of each class, from 0.

    Returns
    -------
    ndarray of int64, shape (groups, groups)
        Row: true group; column: predicted. The diagonal includes classes confused within their group.

    Raises
    ------
    InvalidValue
        If there is not one group per class.

    Examples
    --------
    >>> group_confusion([[5, 1, 0], [2, 4, 1], [0, 0, 9]], [0, 0, 1])
    array([[12,  1],
           [ 0,  9]])
    """
    table = np.asarray(counts)
    if table.shape != (len(groups), len(groups)):
        raise InvalidValue(f"groups must be one per class of a square table; got {len(groups)} for {table.shape}")
    member = np.eye(max(groups) + 1, dtype=table.dtype)[class_labels(groups, max(groups) + 1, "groups")]
    return member.T @ table @ member


def most_confused(counts: ArrayLike, names: Sequence[str], top: int = 10) -> list[ConfusedPair]:
    """List the pairs of classes that are taken for each other most.

    Parameters
    ----------
    counts : array of int, shape (classes, classes)
        See `confusion`.
    names : sequence of str, length classes
        Of the classes.
    top : int
        At most how many pairs.

    Returns
    -------
    list of ConfusedPair
        By share, the largest first, then in the order of the classes. Pairs that are never confused are left out.

    Raises
    ------
    InvalidValue
        If there is not one name per class.

    Examples
    --------
    >>> most_confused([[5, 1, 0], [3, 4, 0], [0, 0, 9]], ["wren", "robin", "heron"])
    [ConfusedPair(first='robin', second='wren', forward=3, backward=1, share=0.307...)]
    """
    table = np.asarray(counts)
    if table.shape != (len(names), len(names)):
        raise InvalidValue(f"names must be one per class of a square table; got {len(names)} for {table.shape}")
    both, samples = table + table.T, table.sum(1)
    first, second = np.nonzero(np.triu(both, 1))
    shares = both[first, second] / (samples[first] + samples[second])
    order = np.argsort(-shares, kind="stable")[:top]
    return [_pair(table, names, int(first[i]), int(second[i]), float(shares[i])) for i in order]


def _pair(table: np.ndarray, names: Sequence[str], i: int, j: int, share: float) -> ConfusedPair:
    if table[j, i] > table[i, j]:
        i, j = j, i
    return ConfusedPair(names[i], names[j], int(table[i, j]), int(table[j, i]), share)


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
