"""Entropies, informations, Bayes accuracies and the decomposition of a joint table of three variables.

A table is an array of probabilities with the axes (target, first source, second source). Everything is in nats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from confu_core.errors import InvalidValue

# The alternating projections stop once the objective falls by less than this, in nats, over one round.
SETTLED = 1e-12
MOST_ROUNDS = 20_000
MOST_SCALINGS = 1000


@dataclass(frozen=True)
class Atoms:
    """The partial information decomposition of a target over two sources (BROJA [1]_), in nats.

    Attributes
    ----------
    redundancy : float
        What either source tells.
    unique_first, unique_second : float
        What one source tells and the other does not.
    synergy : float
        What only both together tell.

    References
    ----------
    .. [1] Bertschinger, Rauh, Olbrich, Jost, Ay: Quantifying unique information, Entropy 16, 2014. arXiv:1401.2764
    """

    redundancy: float
    unique_first: float
    unique_second: float
    synergy: float


def entropy(table: np.ndarray) -> float:
    """Return the entropy of a table of probabilities.

    Parameters
    ----------
    table : ndarray, any shape
        Probabilities that add up to 1.

    Returns
    -------
    float
        In nats.

    Examples
    --------
    >>> round(entropy(np.full(4, 0.25)), 4)
    1.3863
    """
    positive = table[table > 0]
    return float(-(positive * np.log(positive)).sum()) + 0.0


def mutual_information(table: np.ndarray) -> float:
    """Return the information between the rows and the columns of a table.

    Parameters
    ----------
    table : ndarray, shape (rows, columns)
        Joint probabilities.

    Returns
    -------
    float
        In nats, at least 0.

    Examples
    --------
    >>> mutual_information(np.full((2, 2), 0.25))
    0.0
    """
    return max(0.0, entropy(table.sum(1)) + entropy(table.sum(0)) - entropy(table))


def bayes_accuracy(table: np.ndarray) -> float:
    """Return the accuracy of the best possible guess of the target from what is given.

    Parameters
    ----------
    table : ndarray, shape (targets, ...)
        Joint probabilities; all axes but the first are given.

    Returns
    -------
    float
        In [0, 1].

    Examples
    --------
    >>> bayes_accuracy(np.array([[0.5, 0.1], [0.0, 0.4]]))
    0.9
    """
    return float(table.max(0).sum())


def total_correlation(law: np.ndarray) -> float:
    """Return how far variables are from independence: their single entropies less the joint one.

    Parameters
    ----------
    law : ndarray, one axis per variable
        Joint probabilities that add up to 1.

    Returns
    -------
    float
        In nats, at least 0.

    Examples
    --------
    >>> round(total_correlation(np.eye(2) / 2), 4)  # ln 2
    0.6931
    """
    alone = sum(entropy(law.sum(tuple(set(range(law.ndim)) - {axis}))) for axis in range(law.ndim))
    return max(0.0, alone - entropy(law))


def decompose(table: np.ndarray) -> Atoms:
    r"""Decompose the information of two sources on a target.

    Unique information is the least conditional information among all joint laws Q that have the true law's (target,
    source) marginals: :math:`\min_Q I_Q(T; X | Y)`. Where each source is a function of the target, or one tells
    nothing, the answer is a closed form; else Q is found by alternating projections [1]_, to within rounding.

    Parameters
    ----------
    table : ndarray, shape (targets, first source, second source)
        Joint probabilities that add up to 1.

    Returns
    -------
    Atoms
        Their sum is I(target; both sources).

    Raises
    ------
    InvalidValue
        If the table is no law of three variables.

    References
    ----------
    .. [1] Banerjee, Rauh, Montufar: Computing the unique information, ISIT 2018. arXiv:1709.07487

    Examples
    --------
    >>> xor = np.array([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]])
    >>> round(decompose(xor).synergy, 4)  # ln 2
    0.6931
    """
    if table.ndim != 3 or table.min() < 0 or not np.isclose(table.sum(), 1):
        raise InvalidValue("a table must have three axes and probabilities that add up to 1")
    both = mutual_information(table.reshape(len(table), -1))
    first, second = mutual_information(table.sum(2)), mutual_information(table.sum(1))
    unique = _unique_first(table, first, second)
    redundancy = max(0.0, first - unique)
    other = max(0.0, second - redundancy)
    return Atoms(redundancy, unique, other, max(0.0, both - redundancy - unique - other))


def _unique_first(table: np.ndarray, first: float, second: float) -> float:
    """Return the unique information of the first source."""
    if min(first, second) < SETTLED:
        return first
    if _is_function(table.sum(2)) and _is_function(table.sum(1)):
        # The marginals leave a single law, under which nothing is shared but what the sources have in common.
        return max(0.0, first - mutual_information(table.sum(0)))
    return _least_conditional(table, first)


def _is_function(table: np.ndarray) -> bool:
    """Tell whether the column follows from the row."""
    return bool(((table > 0).sum(1) <= 1).all())


def _least_conditional(table: np.ndarray, first: float) -> float:
    r"""Minimise I(T; X | Y) over the laws with the marginals (T, X) and (T, Y) of the table.

    The objective is the least divergence of Q from laws R(y) R(t|y) R(x|y). With R given, the nearest Q scales R's
    slice of each target to its two marginals; with Q given, the nearest R has Q's own conditionals, of which only
    R(x|y) changes.
    """
    table = table[table.sum((1, 2)) > 0]
    with_first, with_second = table.sum(2), table.sum(1)
    target_given_second = _ratio(with_second, with_second.sum(0))
    law = with_first[:, :, None] * with_second[:, None, :] / with_first.sum(1)[:, None, None]
    rows, columns = np.ones_like(with_first), np.ones_like(with_second)
    least = np.inf
    for _ in range(MOST_ROUNDS):
        nearest = law.sum(0) * target_given_second[:, None, :]
        # Scales of the round before are close to those of this one.
        rows, columns = _scales(nearest, with_first, with_second, rows, columns)
        law = nearest * rows[:, :, None] * columns[:, None, :]
        value = _conditional(law)
        if least - value < SETTLED:
            break
        least = value
    return min(max(0.0, value), first)


def _scales(
    law: np.ndarray, with_first: np.ndarray, with_second: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the factors that give each target's slice of a law its two marginals (Sinkhorn)."""
    for _ in range(MOST_SCALINGS):
        rows = _ratio(with_first, np.einsum("txy,ty->tx", law, columns))
        columns = _ratio(with_second, np.einsum("txy,tx->ty", law, rows))
        if np.abs(rows * np.einsum("txy,ty->tx", law, columns) - with_first).max() < SETTLED:
            break
    return rows, columns


def _ratio(wanted: np.ndarray, had: np.ndarray) -> np.ndarray:
    return np.divide(wanted, had, out=np.zeros_like(wanted), where=had > 0)


def _conditional(law: np.ndarray) -> float:
    """Return I(T; X | Y) of a joint law."""
    return entropy(law.sum(1)) + entropy(law.sum(0)) - entropy(law) - entropy(law.sum((0, 1)))
