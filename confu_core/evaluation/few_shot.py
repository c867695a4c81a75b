"""Few-shot classification of frozen embeddings: accuracy with some labelled samples per class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from confu_core.errors import InvalidValue
from confu_core.evaluation.probes import Labelled, check_labelled, fit_logistic, standardised
from confu_core.evaluation.retrieval import ranks
from confu_core.random import generator
from confu_core.statistics.intervals import Interval, student_interval
from confu_core.statistics.per_sample import balanced_accuracy

STEPS = 500  # Of the solver, as in ConFu's comparison.


class FewShot(NamedTuple):
    """Accuracy with some labelled samples per class, and whether each test sample is correct, as means over the draws.

    The intervals say how well the draws determine the means. A sample that every draw has learned from is NaN.
    """

    shots: int
    accuracy: Interval
    correct: np.ndarray
    balanced_accuracy: Interval | None = None


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
    _check_draws(shots, draws)
    (x, y), (queries, labels) = check_labelled(train, test)
    _check_shots(y, max(shots), names)
    truth = np.searchsorted(np.unique(y), labels)
    orders = [generator(seed, "few-shot", draw).permutation(len(y)) for draw in range(draws)]
    found = []
    for n in shots:
        each = [_discriminant(x[np.stack(_first_of_each(y, order, n))], queries, truth) for order in orders]
        interval = student_interval([float(correct.mean()) for correct in each])
        assert interval is not None
        found.append(FewShot(n, interval, np.mean(each, axis=0)))
    return found


def logistic_few_shot(
    samples: Labelled, shots: Sequence[int] = (1, 2, 5, 10, 20), *, draws: int = 10, seed: int = 0
) -> list[FewShot]:
    """Classify the rest of a set from a few labelled samples per class of the same set, as ConFu's authors did.

    Multinomial logistic regression with C = 1, on features as they are. A class that has no more samples than shots
    is learned from and not asked for.

    Parameters
    ----------
    samples : Labelled
        To draw from, and to classify.
    shots : sequence of int
        Numbers of samples per class, at least 1.
    draws, seed : int
        As for `few_shot`.

    Returns
    -------
    list of FewShot
        One per entry of `shots` that leaves a sample to classify.

    Raises
    ------
    InvalidValue
        If shots or draws are below 1, or the set is not what `check_labelled` takes.

    Examples
    --------
    >>> x, y = np.eye(2).repeat(5, axis=0), np.repeat([0, 1], 5)
    >>> [(found.shots, found.accuracy.mean) for found in logistic_few_shot(Labelled(x, y), shots=(1, 4, 5))]
    [(1, 1.0), (4, 1.0)]
    """
    _check_draws(shots, draws)
    ((x, y),) = check_labelled(samples)
    orders = [generator(seed, "few-shot", draw).permutation(len(y)) for draw in range(draws)]
    found = []
    for n in shots:
        each = [_logistic(x, y, np.concatenate(_first_of_each(y, order, n))) for order in orders]
        if not np.isnan(each).all():
            micro = student_interval([float(np.nanmean(correct)) for correct in each])
            macro = student_interval([_macro(correct, y) for correct in each])
            assert micro is not None
            asked = np.isfinite(each).sum(0)
            means = np.divide(np.nansum(each, 0), asked, out=np.full(len(y), np.nan), where=asked > 0)
            found.append(FewShot(n, micro, means, macro))
    return found


def _first_of_each(y: np.ndarray, order: np.ndarray, n: int) -> list[np.ndarray]:
    """Return the first n samples of every class in an order."""
    return [order[y[order] == label][:n] for label in np.unique(y)]


def _logistic(x: np.ndarray, y: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Return whether each sample that is not learned from is classified correctly; NaN for those that are."""
    correct, asked = np.full(len(y), np.nan), np.ones(len(y), dtype=bool)
    asked[support] = False
    if asked.any():
        model = fit_logistic(x[support], y[support], 1.0, steps=STEPS)
        correct[asked] = model.predict(x[asked]) == y[asked]
    return correct


def _macro(correct: np.ndarray, y: np.ndarray) -> float:
    asked = np.isfinite(correct)
    _, labels = np.unique(y[asked], return_inverse=True)
    return balanced_accuracy(correct[asked], labels, int(labels.max()) + 1)


def _check_draws(shots: Sequence[int], draws: int) -> None:
    if not shots or min(shots) < 1 or draws < 1:
        raise InvalidValue(f"shots and draws must be at least 1; got shots {tuple(shots)} and draws {draws}")


def _check_shots(y: np.ndarray, most: int, names: Sequence[str] | None) -> None:
    labels, counts = np.unique(y, return_counts=True)
    if counts.min() < most:
        label, has = labels[counts.argmin()], counts.min()
        name = label if names is None else names[label]
        raise InvalidValue(f"{most} shots need {most} training samples of every class; class {name} has {has}")


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
