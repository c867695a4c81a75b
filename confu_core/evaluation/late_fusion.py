"""Late fusion: what single modalities tell, added up as log-probabilities with weights fitted on validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import log_softmax

from confu_core.errors import InvalidValue
from confu_core.statistics.per_sample import class_labels

MOST = 100.0  # Of a weight: where one source tells validation without error, its likelihood grows for ever.


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
