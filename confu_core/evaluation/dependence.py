"""Dependence of a fused query on each of its modalities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from confu_core.errors import InvalidValue
from confu_core.random import generator
from confu_core.statistics.bootstrap import Estimate, bootstrap_mean, paired_difference
from confu_core.statistics.intervals import CONFIDENCE
from confu_core.statistics.per_sample import correctness
from confu_core.statistics.resampling import DRAWS

__all__ = ["PENALTIES", "ShuffleDrop", "explained_variance", "shuffle_drop"]

PENALTIES = (1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4)


@dataclass(frozen=True)
class ShuffleDrop:
    """What accuracy loses when one modality of a query is another sample's.

    Attributes
    ----------
    accuracy, shuffled : Estimate
        With the sample's own, and with another's; the latter is the mean over permutations.
    drop : Estimate
        `accuracy` less `shuffled`, paired over samples.
    """

    accuracy: Estimate
    shuffled: Estimate
    drop: Estimate


def shuffle_drop(
    correct: Callable[[np.ndarray], ArrayLike],
    n: int,
    *,
    permutations: int = 5,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> ShuffleDrop:
    """Measure what a fused query loses when one of its modalities is shuffled across samples.

    Parameters
    ----------
    correct : callable
        Given which sample's modality each query takes, an array of int64 with shape (n,), it returns whether each
        query finds its target, in [0, 1], with shape (n,). Everything but that modality stays the sample's own.
    n : int
        Number of samples.
    permutations : int
        How many are averaged, at least 1; equal seeds give equal ones, for every modality and method.
    draws, seed : int
        Of the bootstrap over samples, and of the permutations.
    confidence : float
        In (0, 1).

    Returns
    -------
    ShuffleDrop
        A permutation leaves one sample in its place on average, and may give a sample another of its class: the
        drop of a query that depends on nothing else is its accuracy less chance.

    Raises
    ------
    InvalidValue
        If there are no permutations, or `correct` does not return n numbers in [0, 1].

    Examples
    --------
    >>> own = np.arange(100)
    >>> found = shuffle_drop(lambda taken: taken == own, 100)
    >>> found.accuracy.value, found.drop.value > 0.9
    (1.0, True)
    >>> shuffle_drop(lambda taken: own % 2, 100).drop.value
    0.0
    """
    if permutations < 1:
        raise InvalidValue(f"permutations must be at least 1; got {permutations}")
    orders = [np.arange(n), *(generator(seed, "shuffle", n, i).permutation(n) for i in range(permutations))]
    vectors = {f"correct[{i}]": correct(order) for i, order in enumerate(orders)}
    own, *others = correctness(samples=np.zeros(n), **vectors)[1:]
    mean = np.mean(others, axis=0)
    return ShuffleDrop(
        bootstrap_mean(own, draws=draws, confidence=confidence, seed=seed),
        bootstrap_mean(mean, draws=draws, confidence=confidence, seed=seed),
        paired_difference(own, mean, draws=draws, confidence=confidence, seed=seed),
    )


def explained_variance(single: ArrayLike, fused: ArrayLike, *, held_out: float = 0.5, seed: int = 0) -> float | None:
    r"""Return how much of a fused embedding one single embedding predicts, by ridge regression on held-out rows.

    .. math:: R^2 = 1 - \sum_r \|f_r - \hat f_r\|^2 / \sum_r \|f_r - \bar f\|^2

    with r over held-out rows. A fused embedding that copies a modality has R² = 1 for it, and for another only what
    the two modalities share.

    Parameters
    ----------
    single : array, shape (n, dim)
        Embeddings of one modality.
    fused : array, shape (n, fused dim)
        Fused embeddings of the same samples.
    held_out : float
        Share of the rows that the regression is tested on, in (0, 1).
    seed : int
        Decides which rows those are; the same for every modality and method.

    Returns
    -------
    float or None
        At most 1; below 0 where a prediction is worse than the mean. None if the fused embedding does not vary.
        The penalty is the one that predicts the other rows best when each is left out in turn.

    Raises
    ------
    InvalidValue
        If the rows differ in number, or fewer than two are on either side.

    Examples
    --------
    >>> z = generator(0, "example").normal(size=(2, 200, 3))
    >>> explained_variance(z[0], z[0]) > 0.999, explained_variance(z[1], z[0]) < 0.1
    (True, True)
    """
    from sklearn.linear_model import RidgeCV  # Takes over a second to import.

    x, y = np.asarray(single, dtype=float), np.asarray(fused, dtype=float)
    train, test = _split(x, y, held_out, seed)
    spread = ((y[test] - y[test].mean(0)) ** 2).sum()
    # Rows that are equal but for rounding do not vary.
    if spread <= 1e-12 * (y[test] ** 2).sum():
        return None
    predicted = RidgeCV(alphas=np.array(PENALTIES)).fit(x[train], y[train]).predict(x[test])
    return float(1 - ((y[test] - predicted.reshape(y[test].shape)) ** 2).sum() / spread)


def _split(x: np.ndarray, y: np.ndarray, held_out: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise InvalidValue(f"embeddings must be rows of the same samples; got shapes {x.shape} and {y.shape}")
    if not 0 < held_out < 1:
        raise InvalidValue(f"held_out must be in (0, 1); got {held_out}")
    order, tested = generator(seed, "held out", len(x)).permutation(len(x)), round(held_out * len(x))
    if min(tested, len(x) - tested) < 2:
        raise InvalidValue(f"at least two rows are needed on either side; got {len(x) - tested} and {tested}")
    return order[tested:], order[:tested]
