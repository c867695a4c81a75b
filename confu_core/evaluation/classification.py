"""Classification: by the prompts that score highest, and what is confused with what, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.evaluation.retrieval import TIE, ranks
from confu_core.random import generator
from confu_core.statistics.per_sample import accuracy_by_class as accuracy_by_class
from confu_core.statistics.per_sample import balanced_accuracy as balanced_accuracy
from confu_core.statistics.per_sample import class_labels

MEAN, LOG_MEAN_EXP = "mean", "log-mean-exp"
ENSEMBLES = (MEAN, LOG_MEAN_EXP, "max", "single")


@dataclass(frozen=True, eq=False)
class ZeroShot:
    """How well prompts classify samples.

    Attributes
    ----------
    accuracy, top5 : float
        Share of samples whose class scores highest, or among the first five.
    balanced_accuracy : float
        Mean of the accuracies of the classes that have samples.
    correct : ndarray of float64, shape (n,)
        Per sample; a class that ties with k others counts 1/(k + 1).
    predicted : ndarray of int64, shape (n,)
        The class that scores highest; among equals, one at random.
    rank : ndarray of float64, shape (n,)
        Of the right class, 1 for the best, in expectation over the order of equals.
    """

    accuracy: float
    top5: float
    balanced_accuracy: float
    correct: np.ndarray
    predicted: np.ndarray
    rank: np.ndarray


def zero_shot(
    scores: Tensor,
    prompt_label: ArrayLike,
    labels: ArrayLike,
    classes: int,
    *,
    ensemble: str = MEAN,
    scale: float = 1.0,
    seed: int = 0,
) -> ZeroShot:
    """Classify samples by their scores against prompts.

    Parameters
    ----------
    scores : Tensor, shape (n, prompts)
        Of samples against prompts; higher is better.
    prompt_label : array of int, shape (prompts,)
        The class that each prompt describes; every class has at least one.
    labels : array of int, shape (n,)
        Class of each sample, in [0, classes).
    classes : int
        How many classes there are.
    ensemble : {"mean", "log-mean-exp", "max", "single"}
        See `class_scores`.
    scale : float
        What the loss multiplied scores with; see `class_scores`.
    seed : int
        Decides between equal scores in `predicted`, and nowhere else.

    Returns
    -------
    ZeroShot
        In expectation over the order of equal scores.

    Raises
    ------
    InvalidValue
        If a class has no prompt, a label is outside [0, classes), or a score is not finite.

    Examples
    --------
    >>> scores = torch.tensor([[0.9, 0.3, 0.5], [0.1, 0.2, 0.6]])
    >>> found = zero_shot(scores, prompt_label=[0, 0, 1], labels=[0, 0], classes=2)
    >>> found.accuracy, found.predicted
    (0.5, array([0, 1]))
    """
    truth = class_labels(labels, classes)
    by_class = class_scores(scores, prompt_label, classes, ensemble, scale)
    if len(truth) != len(by_class):
        raise InvalidValue(f"labels must be as many as the rows of scores; got {len(truth)} and {len(by_class)}")
    found = ranks(by_class, torch.from_numpy(truth))
    correct = found.within(1).numpy()
    return ZeroShot(
        accuracy=float(correct.mean()),
        top5=float(found.within(5).mean()),
        balanced_accuracy=balanced_accuracy(correct, truth, classes),
        correct=correct,
        predicted=_best(by_class.detach().numpy(), seed),
        rank=found.expected().numpy(),
    )


def class_scores(
    scores: Tensor, prompt_label: ArrayLike, classes: int, ensemble: str = MEAN, scale: float = 1.0
) -> Tensor:
    r"""Combine the scores of the prompts of each class.

    Parameters
    ----------
    scores : Tensor, shape (n, prompts)
        Of samples against prompts.
    prompt_label : array of int, shape (prompts,)
        The class that each prompt describes.
    classes : int
        How many classes there are.
    ensemble : {"mean", "log-mean-exp", "max", "single"}
        ``mean``: the mean score, which for scores that are linear in the prompt, such as a cosine, is the score
        against the mean of its embeddings (not brought back to length 1). ``log-mean-exp``:
        :math:`\log \frac1k \sum_{i=1}^k e^{\mathrm{scale} \cdot s_i}` over the k prompts, which is the class's
        probability, but for what is the same for all classes, if InfoNCE was brought to its optimum. ``max``: the best
        of them. ``single``: that of the class's first prompt.
    scale : float
        Of ``log-mean-exp``: one over the temperature, or whatever the loss multiplies scores with.

    Returns
    -------
    Tensor, shape (n, classes)
        One score per class.

    Raises
    ------
    InvalidValue
        If a class has no prompt, there is not one label per prompt, or the ensemble is unknown.

    Examples
    --------
    >>> class_scores(torch.tensor([[1.0, 0.5, 0.25]]), [0, 0, 1], 2)
    tensor([[0.7500, 0.2500]])
    >>> class_scores(torch.tensor([[1.0, 0.5, 0.25]]), [0, 0, 1], 2, "max")
    tensor([[1.0000, 0.2500]])
    """
    described = class_labels(prompt_label, classes, "prompt_label")
    if len(described) != scores.shape[-1]:
        raise InvalidValue(f"prompt_label must be as many as prompts; got {len(described)} and {scores.shape[-1]}")
    present, first = np.unique(described, return_index=True)
    if len(present) < classes:
        missing = np.setdiff1d(np.arange(classes), present)[0]
        raise InvalidValue(f"every class must have a prompt; got none for class {missing}")
    if ensemble == "single":
        return scores[:, torch.from_numpy(first)]
    if ensemble not in ENSEMBLES:
        raise InvalidValue(f"ensemble must be one of {', '.join(ENSEMBLES)}; got {ensemble!r}")
    index = torch.from_numpy(described).expand(len(scores), -1)
    if ensemble == LOG_MEAN_EXP:
        return _log_mean_exp(scale * scores.double(), index, classes)
    return _reduced(scores, index, classes, "amax" if ensemble == "max" else "mean")


def _log_mean_exp(scores: Tensor, index: Tensor, classes: int) -> Tensor:
    most = _reduced(scores, index, classes, "amax")
    return most + _reduced((scores - most.gather(-1, index)).exp(), index, classes, "mean").log()


def _reduced(scores: Tensor, index: Tensor, classes: int, how: str) -> Tensor:
    return scores.new_zeros(len(scores), classes).scatter_reduce(-1, index, scores, how, include_self=False)


def _best(scores: np.ndarray, seed: int) -> np.ndarray:
    """Return the column of the largest score of each row, at random among equal ones."""
    equal = scores >= scores.max(-1, keepdims=True) - TIE * np.abs(scores).max(-1, keepdims=True)
    return np.argmax(equal * (1 - generator(seed, "ties", *scores.shape).random(scores.shape)), axis=-1)


class ConfusedPair(NamedTuple):
    """Two classes taken for each other, the first for the second at least as often as the reverse.

    `forward` and `backward` count samples of the first predicted as the second, and the reverse; `share` is both, of
    the samples of the two classes.
    """

    first: str
    second: str
    forward: int
    backward: int
    share: float


def confusion(labels: ArrayLike, predicted: ArrayLike, classes: int) -> np.ndarray:
    """Count the samples of each true class, by row, that are predicted as each, by column, of labels in [0, classes).

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
    """Add up what `confusion` counts over groups of classes, one number from 0 for each class.

    The diagonal includes classes confused within their group.

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
    """List the pairs of classes that are taken for each other, by `confusion`, most often as a share of their samples.

    Of equal shares the first in the order of the classes; pairs that are never confused are left out.

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
