"""Few-shot classification of frozen embeddings: accuracy with some labelled samples per class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from confu_core.errors import InvalidValue
from confu_core.evaluation.probes import Labelled, check_labelled, standardised
from confu_core.evaluation.retrieval import ranks
from confu_core.random import generator
from confu_core.statistics.intervals import Interval, student_interval

__all__ = ["FewShot", "few_shot"]


class FewShot(NamedTuple):
    """Accuracy with some labelled samples per class, and whether each test sample is correct, as means over the draws.

    The interval says how well the draws determine the mean.
    """

    shots: int
    accuracy: Interval
    correct: np.ndarray


def few_shot(
    train: Labelled,
    test: Labelled,
    shots: Sequence[int] = (1, 2, 5, 10, 20),
    *,
    draws: int = 10,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> list[FewShot]:
    """Classify test samples from a few labelled ones per class, drawn again and again.

    The classifier is linear discriminant analysis on standardised features: class means, and one covariance for all
    classes, shrunk as by Ledoit and Wolf (2004). It has a closed form and takes milliseconds; on few samples its
    accuracy was at least that of logistic regression. With one shot nothing is known of the spread within classes,
    and it is the nearest class mean. A class that ties with k others counts 1/(k + 1).

    Parameters
    ----------
    train : Labelled
        Samples to draw from.
    test : Labelled
        Samples to classify.
    shots : sequence of int
        Numbers of samples per class, at least 1.
    draws : int
        How often samples are drawn, at least 1. Draw i takes the same samples whatever the embeddings are, and its
        samples for fewer shots are among those for more.
    seed : int
        Of the draws.
    names : sequence of str, optional
        Names of the classes by label, for errors.

    Returns
    -------
    list of FewShot
        One per entry of `shots`.

    Raises
    ------
    InvalidValue
        If a class has fewer training samples than shots, or the sets are not what `check_labelled` takes.

    Examples
    --------
    >>> x, y = np.eye(2).repeat(5, axis=0), np.repeat([0, 1], 5)
    >>> [(found.shots, found.accuracy.mean) for found in few_shot(Labelled(x, y), Labelled(x, y), shots=(1, 5))]
    [(1, 1.0), (5, 1.0)]
    >>> few_shot(Labelled(x, y), Labelled(x, y), shots=(20,), names=["wren", "robin"])
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: 20 shots need 20 training samples of every class; class wren has 5
    """
    if not shots or min(shots) < 1 or draws < 1:
        raise InvalidValue(f"shots and draws must be at least 1; got shots {tuple(shots)} and draws {draws}")
    (x, y), (queries, labels) = check_labelled(train, test)
    _check_shots(y, max(shots), names)
    truth = np.searchsorted(np.unique(y), labels)
    orders = [_order(y, generator(seed, "few-shot", draw)) for draw in range(draws)]
    found = []
    for n in shots:
        each = [_discriminant(x[order[:, :n]], queries, truth) for order in orders]
        interval = student_interval([float(correct.mean()) for correct in each])
        assert interval is not None
        found.append(FewShot(n, interval, np.mean(each, axis=0)))
    return found


def _check_shots(y: np.ndarray, most: int, names: Sequence[str] | None) -> None:
    labels, counts = np.unique(y, return_counts=True)
    if counts.min() < most:
        label, has = labels[counts.argmin()], counts.min()
        name = label if names is None else names[label]
        raise InvalidValue(f"{most} shots need {most} training samples of every class; class {name} has {has}")


def _order(y: np.ndarray, source: np.random.Generator) -> np.ndarray:
    """Return the samples of every class in random order, as many as the smallest class has."""
    shuffled = source.permutation(len(y))
    grouped = [shuffled[y[shuffled] == label] for label in np.unique(y)]
    fewest = min(map(len, grouped))
    return np.stack([members[:fewest] for members in grouped])


def _discriminant(x: np.ndarray, queries: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Classify queries from samples of shape (classes, shots, dim); return whether each is correct."""
    samples = x.reshape(-1, x.shape[-1])
    x = standardised(samples, samples).reshape(x.shape)
    means = x.mean(1)
    weights = np.linalg.solve(_covariance(x), means.T)
    scores = standardised(queries, samples) @ weights - (means * weights.T).sum(1) / 2
    return ranks(torch.from_numpy(scores), torch.from_numpy(truth)).within(1).numpy()


def _covariance(x: np.ndarray) -> np.ndarray:
    from scipy.linalg import helmert
    from sklearn.covariance import ledoit_wolf

    classes, shots, dim = x.shape
    if shots == 1:
        return np.eye(dim)
    # Rows of Helmert's matrix turn shots into shots - 1 independent rows without the class mean. Deviations from
    # the mean depend on each other, which the formula would take for more samples than there are.
    residuals = np.einsum("ij,cjd->cid", helmert(shots), x).reshape(classes * (shots - 1), dim)
    covariance, _ = ledoit_wolf(residuals, assume_centered=True)
    scale = np.trace(covariance) / dim
    return covariance + 1e-6 * scale * np.eye(dim) if scale > 0 else np.eye(dim)
