"""What a fused query gains over its single ones, by themselves or added up, and how far it depends on each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import log_softmax

from confu_core.ceilings import COINCIDE, Ceilings
from confu_core.errors import InvalidValue
from confu_core.random import generator
from confu_core.settings import Dial
from confu_core.statistics.bootstrap import Estimate, bootstrap_mean, paired_difference, percentiles
from confu_core.statistics.intervals import CONFIDENCE
from confu_core.statistics.per_sample import class_labels, correctness
from confu_core.statistics.resampling import DRAWS, resampled_means

PENALTIES = (1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4)
MOST = 100.0  # Of a weight: where one source tells validation without error, its likelihood grows for ever.


@dataclass(frozen=True)
class Complementarity:
    """The gain of a fused query over the best single one.

    Attributes
    ----------
    gain : Estimate
        Accuracy of the fused query less the largest of the single ones.
    available : float or None
        The same difference of the ceilings; None where they were not given.
    fusion_gain_captured : Estimate or None
        `gain` over `available`; None where there are no ceilings or they coincide.
    higher_order_capture : Estimate or None
        `Ceilings.capture` of the fused accuracy: what was captured of what no pair tells; None likewise.
    """

    gain: Estimate
    available: float | None
    fusion_gain_captured: Estimate | None
    higher_order_capture: Estimate | None


def complementarity(
    fused: ArrayLike,
    singles: Sequence[ArrayLike],
    ceilings: Ceilings | None = None,
    *,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Complementarity:
    """Measure what a fused query gains over the best of its single ones.

    Parameters
    ----------
    fused : array, shape (n,)
        Whether each sample is correct by the fused query, in [0, 1].
    singles : sequence of array, shape (n,)
        The same by each single query.
    ceilings : Ceilings, optional
        What the data allow.
    draws, seed : int
        Of the bootstrap over samples, the same for all queries; see `resample_indices`.
    confidence : float
        In (0, 1).

    Returns
    -------
    Complementarity
        In every resample the best single query is found anew. Where two are nearly equal, the larger accuracy is
        a little too large and the gain too small.

    Raises
    ------
    InvalidValue
        If the vectors differ in length or hold anything outside [0, 1], or there is no single query.

    Examples
    --------
    >>> found = complementarity([1, 1, 1, 0], [[1, 0, 0, 0], [1, 0, 1, 0]], Ceilings(0.5, 0.6875, 1.0))
    >>> found.gain.value, found.available, found.fusion_gain_captured.value, found.higher_order_capture.value
    (0.25, 0.5, 0.5, 0.2)
    """
    if not singles:
        raise InvalidValue("singles must hold at least one query; got none")
    named = {f"singles[{i}]": single for i, single in enumerate(singles)}
    table = np.stack(correctness(fused=fused, **named), axis=-1)
    means, resampled = table.mean(0), resampled_means(table, draws=draws, seed=seed)
    gain, gains = (x[..., 0] - x[..., 1:].max(-1) for x in (means, resampled))
    available = captured = higher = None
    if ceilings is not None:
        available = max(0.0, ceilings.bayes - ceilings.single)
        beyond = max(0.0, ceilings.bayes - ceilings.pairwise)
        if available > COINCIDE:
            captured = percentiles(gain / available, gains / available, confidence)
        if beyond > COINCIDE:
            shares = (resampled[:, 0] - ceilings.pairwise) / beyond
            higher = percentiles(float((means[0] - ceilings.pairwise) / beyond), shares, confidence)
    return Complementarity(percentiles(gain, gains, confidence), available, captured, higher)


def missing_accuracy(
    fused: ArrayLike,
    fallback: ArrayLike,
    shares: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    **bootstrap: Any,
) -> dict[float, Estimate]:
    """Return the accuracy when samples lack one modality at random and are queried by the other alone.

    Parameters
    ----------
    fused : array, shape (n,)
        Whether each sample is correct by the query of both modalities, in [0, 1].
    fallback : array, shape (n,)
        The same by the modality that is left: the 1->1 score.
    shares : sequence of float
        Shares of samples that lack the modality, in [0, 1].
    **bootstrap
        `draws`, `confidence` and `seed`, as for `complementarity`.

    Returns
    -------
    dict of float to Estimate
        By share: the expectation over which samples lack it, so nothing is drawn.

    Raises
    ------
    InvalidValue
        If a share is outside [0, 1], or the vectors differ in length or hold anything outside it.

    Examples
    --------
    >>> found = missing_accuracy([1, 1, 1, 0], [1, 0, 0, 0], shares=(0, 0.5, 1))
    >>> {share: accuracy.value for share, accuracy in found.items()}
    {0: 0.75, 0.5: 0.5, 1: 0.25}
    """
    whole, rest = correctness(fused=fused, fallback=fallback)
    for share in shares:
        Dial(low=0, high=1).checked("shares", share)
    return {share: bootstrap_mean((1 - share) * whole + share * rest, **bootstrap) for share in shares}


def shuffle_drop(
    correct: Callable[[np.ndarray], ArrayLike],
    n: int,
    *,
    permutations: int = 5,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Estimate:
    """Measure what accuracy a fused query loses when one of its modalities is shuffled across samples.

    Parameters
    ----------
    correct : callable
        Given which sample's modality each query takes, an array of int64 with shape (n,), it returns whether each
        query finds its target, in [0, 1], with shape (n,). Everything but that modality stays the sample's own.
    n : int
        Number of samples.
    permutations : int
        How many are averaged, at least 1; equal seeds give equal ones, for every modality and method.
    draws, confidence, seed
        As for `complementarity`; the seed is that of the permutations, too.

    Returns
    -------
    Estimate
        Paired over samples. A permutation leaves one sample in its place on average, and may give a sample another of
        its class: the drop of a query that depends on nothing else is its accuracy less chance.

    Raises
    ------
    InvalidValue
        If there are no permutations, or `correct` does not return n numbers in [0, 1].

    Examples
    --------
    >>> own = np.arange(100)
    >>> shuffle_drop(lambda taken: taken == own, 100).value > 0.9, shuffle_drop(lambda taken: own % 2, 100).value
    (True, 0.0)
    """
    Dial(low=1).checked("permutations", permutations)
    orders = [np.arange(n), *(generator(seed, "shuffle", n, i).permutation(n) for i in range(permutations))]
    vectors = {f"correct[{i}]": correct(order) for i, order in enumerate(orders)}
    own, *others = correctness(samples=np.zeros(n), **vectors)[1:]
    return paired_difference(own, np.mean(others, axis=0), draws=draws, confidence=confidence, seed=seed)


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
    Dial(above=0, below=1).checked("held_out", held_out)
    order, tested = generator(seed, "held out", len(x)).permutation(len(x)), round(held_out * len(x))
    if min(tested, len(x) - tested) < 2:
        raise InvalidValue(f"at least two rows are needed on either side; got {len(x) - tested} and {tested}")
    return order[tested:], order[:tested]


def fusion_weights(sources: Sequence[ArrayLike], labels: ArrayLike) -> np.ndarray:
    r"""Fit the weights of `late_fusion` on samples that neither the sources nor the test have seen.

    The weights minimise the mean of :math:`-\log p(y)` over the samples, with :math:`p` as in `late_fusion`. It is a
    convex function of them. Of two sources that are independent given the class the weights are 1 and 1, given
    enough samples, if each source tells the true probabilities; a source that is too sure of itself is weighted less.

    Parameters
    ----------
    sources : sequence of array, shape (n, classes)
        Logarithms of probabilities that each source gives the classes, up to a constant per sample.
    labels : array of int, shape (n,)
        The class of each sample, in [0, classes).

    Returns
    -------
    ndarray of float64, shape (sources,)
        In [0, 100].

    Raises
    ------
    InvalidValue
        If there is no source or sample, shapes differ, a logarithm is not finite, or a label is out of range.

    Examples
    --------
    >>> sure, noise = np.log([[0.8, 0.2]] * 4 + [[0.2, 0.8]]), np.log([[0.4, 0.6], [0.6, 0.4]] * 2 + [[0.5, 0.5]])
    >>> fusion_weights([sure, noise], [0, 0, 0, 1, 1]).round(2).tolist()
    [1.0, 0.0]
    """
    tables = _tables(sources)
    truth = class_labels(labels, tables.shape[2])
    if len(truth) != tables.shape[1]:
        raise InvalidValue(f"labels must be as many as rows; got {len(truth)} and {tables.shape[1]}")
    right = tables[:, np.arange(len(truth)), truth]

    def surprise(weights: np.ndarray) -> tuple[float, np.ndarray]:
        told = log_softmax(np.tensordot(weights, tables, 1), axis=1)
        expected = (np.exp(told) * tables).sum(2)
        return -float(told[np.arange(len(truth)), truth].mean()), (expected - right).mean(1)

    found = minimize(surprise, np.ones(len(tables)), jac=True, method="L-BFGS-B", bounds=[(0, MOST)] * len(tables))
    return np.asarray(found.x)


def late_fusion(sources: Sequence[ArrayLike], weights: ArrayLike) -> np.ndarray:
    r"""Return the logarithms of :math:`p(y) \propto \prod_m p_m(y)^{w_m}`, a weighted product of what sources tell.

    Nothing that only several modalities together tell can be in it, such as their XOR: what a fused embedding has
    beyond it is more than an ensemble.

    Parameters
    ----------
    sources : sequence of array, shape (n, classes)
        Logarithms of probabilities that each source gives the classes, up to a constant per sample.
    weights : array, shape (sources,)
        Of `fusion_weights`.

    Returns
    -------
    ndarray of float64, shape (n, classes)
        Whose exponentials add up to 1 over the classes.

    Examples
    --------
    >>> np.exp(late_fusion(np.log([[[0.8, 0.2]], [[0.6, 0.4]]]), [1, 1])).round(3).tolist()
    [[0.857, 0.143]]
    """
    return log_softmax(np.tensordot(np.asarray(weights, dtype=float), _tables(sources), 1), axis=1)


def _tables(sources: Sequence[ArrayLike]) -> np.ndarray:
    tables = [np.asarray(one, dtype=float) for one in sources]
    shapes = {table.shape for table in tables}
    if len(shapes) != 1 or tables[0].ndim != 2 or not tables[0].size:
        raise InvalidValue(f"sources must be of one shape (n, classes), none empty; got {sorted(shapes)}")
    stacked = np.stack(tables)
    if not np.isfinite(stacked).all():
        raise InvalidValue("logarithms of probabilities must be finite; got some that are not")
    return log_softmax(stacked, axis=2)
