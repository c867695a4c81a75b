"""Order by order: the law that knows no more than the k-way tables of a joint law, and what each order adds.

A joint law is an array of probabilities with one axis per variable. The *order-k law* P_k is the law of greatest
entropy among those that share all k-way marginals with it: all that tables of k variables say, and nothing else
(Schneidman, Still, Berry, Bialek: Network information and connected correlations, 2003. arXiv:physics/0307072).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import prod

import numpy as np

from confu_core.ceilings import Ceilings
from confu_core.errors import InvalidValue
from confu_core.information import entropy

SETTLED = 1e-12  # Relative error of every marginal at which a law is found.
STEADY = 1e-15  # Mean square of a Newton step; the error after it is of the order of the square of that before.
TIED = 1e-8  # Probabilities that differ by less than this share of the larger are equal, to a guess.
PATIENCE = 100  # Rounds of fitting before Newton's method, where marginals have few enough entries for it.
MOST_ROUNDS, MOST_STEPS, MOST_ENTRIES = 20_000, 200, 1000
LONGEST_STEP = 8.0  # Of a logarithm.
SMALLEST, LEAST_SINGULAR = 1e-250, 1e-14
MOST_CELLS = 2**22


def order_law(law: np.ndarray, order: int) -> np.ndarray:
    """Return the law of greatest entropy that has all marginals of ``order`` variables of a joint law.

    Found by iterative proportional fitting [1]_, at once where one variable explains the others. Where the fit
    settles slowly, as it does near cells that are empty in the limit though no marginal shows it, Newton's method
    goes on.

    Parameters
    ----------
    law : ndarray, one axis per variable
        Joint probabilities that add up to 1.
    order : int
        How many variables a marginal has, from 1 to the number of axes.

    Returns
    -------
    ndarray, of the same shape
        Its marginals are right to 1e-12.

    Raises
    ------
    InvalidValue
        If the array is no law, has too many cells, or the order is out of range; or the fit does not settle, where
        probabilities lie too close to 0.

    References
    ----------
    .. [1] Csiszar: I-divergence geometry of probability distributions and minimization problems, Annals of
       Probability 3, 1975.

    Examples
    --------
    >>> xor = np.array([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]])
    >>> bool((order_law(xor, 2) == 1 / 8).all())
    True
    """
    law = np.asarray(law, dtype=float)
    if law.ndim < 1 or law.size > MOST_CELLS or not (law >= 0).all() or not np.isclose(law.sum(), 1):
        raise InvalidValue(f"a law must have 1 to {MOST_CELLS} cells of probabilities that add up to 1")
    if not 1 <= order <= law.ndim:
        raise InvalidValue(f"order must be in [1, {law.ndim}], the number of variables; got {order}")
    if order == law.ndim:
        return law.copy()
    subsets = list(combinations(range(law.ndim), order))
    marginals = [_marginal(law, subset) for subset in subsets]
    support = np.ones(law.shape, dtype=bool)
    for marginal in marginals:
        support &= marginal > 0
    small = sum(marginal.size for marginal in marginals) <= MOST_ENTRIES
    fit, settled = _fitted(marginals, subsets, support, PATIENCE if small else MOST_ROUNDS)
    if not settled and small:
        fit, settled = _refined(law, fit, subsets)
    if not settled:
        raise InvalidValue(
            f"the law of order {order} is not found: the fit does not settle; some probabilities are too close to 0 "
            f"(the smallest is {law[law > 0].min():.3g}); make them 0, or larger"
        )
    return fit


def connected_information(law: np.ndarray) -> dict[int, float]:
    r"""Return what each order adds: :math:`C_k = H(P_{k-1}) - H(P_k)`.

    Parameters
    ----------
    law : ndarray, one axis per variable
        Joint probabilities that add up to 1.

    Returns
    -------
    dict of int to float
        From 2 to the number of variables, in nats, each at least 0; their sum is the total correlation.

    Raises
    ------
    InvalidValue
        As `order_law`.

    Examples
    --------
    >>> xor = np.array([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]])
    >>> {order: round(value, 4) for order, value in connected_information(xor).items()}  # ln 2
    {2: 0.0, 3: 0.6931}
    """
    law = np.asarray(law, dtype=float)
    single = sum(entropy(_marginal(law, (axis,))) for axis in range(law.ndim))
    entropies = [single, *(entropy(order_law(law, order)) for order in range(2, law.ndim + 1))]
    return {order: max(0.0, entropies[order - 2] - entropies[order - 1]) for order in range(2, law.ndim + 1)}


def guess_accuracy(law: np.ndarray, guess: np.ndarray, query: Sequence[int], target: int) -> float:
    """Return how often the likeliest value by one law is right under another.

    Parameters
    ----------
    law, guess : ndarray, one axis per variable
        What is true, and what the guess is made by, such as an `order_law`.
    query : sequence of int
        Axes that are given.
    target : int
        Axis that is guessed.

    Returns
    -------
    float
        In [0, 1]. Of values that are equally likely each is guessed equally often.

    Examples
    --------
    >>> copy = np.diag([0.5, 0.5])
    >>> guess_accuracy(copy, copy, [0], 1), guess_accuracy(copy, np.full((2, 2), 0.25), [0], 1)
    (1.0, 0.5)
    """
    true, said = (_first(one, query, target) for one in (law, guess))
    tied = said >= said.max(0) * (1 - TIED)
    return float(((true * tied).sum(0) / tied.sum(0)).sum())


def law_ceilings(law: np.ndarray, query: Sequence[int], target: int) -> Ceilings:
    """Return what a joint law allows: the accuracies of the best guesses alone, by tables of each order, and by all.

    Parameters
    ----------
    law : ndarray, one axis per variable
        Joint probabilities that add up to 1.
    query : sequence of int
        Axes that are given.
    target : int
        Axis that is guessed.

    Returns
    -------
    Ceilings
        Single, pairwise, those of the orders between, and Bayes.

    Raises
    ------
    InvalidValue
        As `order_law`.

    Examples
    --------
    >>> xor = np.array([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]])
    >>> law_ceilings(xor, [0, 2], 1)
    Ceilings(single=0.5, pairwise=0.5, bayes=1.0, between=())
    """
    law = np.asarray(law, dtype=float)
    single = max(float(_first(law, [axis], target).max(0).sum()) for axis in query)
    pairwise, *between = (
        guess_accuracy(law, order_law(law, order), query, target) for order in range(2, max(3, law.ndim))
    )
    return Ceilings(single, pairwise, float(_first(law, query, target).max(0).sum()), tuple(between))


def _marginal(law: np.ndarray, subset: Sequence[int]) -> np.ndarray:
    """Sum all but some axes, and keep their places."""
    return law.sum(tuple(axis for axis in range(law.ndim) if axis not in subset), keepdims=True)


def _first(law: np.ndarray, query: Sequence[int], target: int) -> np.ndarray:
    """Return the law of target and query, shape (targets, queries)."""
    chosen = _marginal(law, (*query, target))
    return np.moveaxis(chosen, target, 0).reshape(law.shape[target], -1)


def _fitted(
    marginals: Sequence[np.ndarray], subsets: Sequence[tuple[int, ...]], support: np.ndarray, rounds: int
) -> tuple[np.ndarray, bool]:
    """Scale a flat law to its marginals in turn, and tell whether all are right before the rounds are over."""
    turns = list(zip(marginals, subsets, strict=True))
    # The order of turns decides whether laws in which one variable explains the others are found at once.
    starts = [turns[i:] + turns[:i] for i in range(len(turns))]
    firsts = [_round(support.astype(float), turns) for turns in starts]
    fits = [_round(fit, turns) for (fit, _), turns in zip(firsts, starts, strict=True)]
    best = min(range(len(fits)), key=lambda i: fits[i][1])
    (fit, error), turns = fits[best], starts[best]
    for _ in range(rounds):
        if error < SETTLED:
            return fit, True
        fit, error = _round(fit, turns)
    return fit, False


def _round(fit: np.ndarray, turns: Sequence[tuple[np.ndarray, tuple[int, ...]]]) -> tuple[np.ndarray, float]:
    """Scale a law to each marginal once; also return the largest relative error that was met."""
    worst = 0.0
    for wanted, subset in turns:
        had = _marginal(fit, subset)
        scale = np.divide(wanted, had, out=np.zeros_like(wanted), where=had > 0)
        worst = max(worst, float(np.abs(scale[wanted > 0] - 1).max()))
        fit = fit * scale
    return fit, worst


def _refined(law: np.ndarray, fit: np.ndarray, subsets: Sequence[tuple[int, ...]]) -> tuple[np.ndarray, bool]:
    """Go on from a fit by Newton's method on the logarithms, which come near an empty cell by a factor e a step."""
    cells = np.flatnonzero(fit)
    true, had = law.ravel()[cells], fit.ravel()[cells]
    design = _design(np.unravel_index(cells, law.shape), law.shape, subsets)
    for _ in range(MOST_STEPS):
        root = np.sqrt(had)
        step = design @ np.linalg.lstsq(root[:, None] * design, (true - had) / root, rcond=LEAST_SINGULAR)[0]
        far = float(had @ step**2)
        had = _stepped(true, had, step)
        if far < STEADY:
            found = np.zeros(law.size)
            found[cells] = had
            return found.reshape(law.shape), True
    return fit, False


def _design(indices: tuple[np.ndarray, ...], shape: tuple[int, ...], subsets: Sequence[tuple[int, ...]]) -> np.ndarray:
    """Return which entries of the marginals each cell counts in, shape (cells, entries)."""
    columns = []
    for subset in subsets:
        sizes = tuple(shape[axis] for axis in subset)
        columns.append(np.eye(prod(sizes))[np.ravel_multi_index([indices[axis] for axis in subset], sizes)])
    return np.concatenate(columns, axis=1)


def _stepped(true: np.ndarray, had: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Change logarithms by a step, halved until the divergence from the true law falls."""

    def divergence(law: np.ndarray) -> float:
        return float(law.sum() - true[true > 0] @ np.log(law[true > 0]))

    length = 1 / max(1.0, float(np.abs(step).max()) / LONGEST_STEP)
    before = divergence(had)
    for _ in range(60):
        after = np.maximum(had * np.exp(length * step), SMALLEST)
        if divergence(after) <= before + 1e-15:
            return after
        length /= 2
    return had
