"""Laws of order k against another library, a second solver, closed forms, and rules that every one must keep."""

from __future__ import annotations

import math
import warnings
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from confu_core import orders
from confu_core.errors import InvalidValue
from confu_core.information import bayes_accuracy, entropy
from confu_core.orders import connected_information, guess_accuracy, order_law

LN2 = math.log(2)
XOR = np.array([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]])


def random_law(seed: int, shape: tuple[int, ...], filled: float = 1.0) -> np.ndarray:
    source = np.random.default_rng(seed)
    law = source.dirichlet(np.ones(math.prod(shape))).reshape(shape) * (source.random(shape) < filled)
    law[(0,) * len(shape)] += 0.1
    return law / law.sum()


def marginal(law: np.ndarray, subset: tuple[int, ...]) -> np.ndarray:
    return law.sum(tuple(axis for axis in range(law.ndim) if axis not in subset))


def dit_profile(law: np.ndarray) -> list[float]:
    """Connected informations by dit, in nats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dit = pytest.importorskip("dit")
        from dit.profiles import SchneidmanProfile

        likely = [codes for codes in np.ndindex(law.shape) if law[codes] > 0]
        found = dit.Distribution(["".join(map(str, one)) for one in likely], [float(law[one]) for one in likely])
        profile = SchneidmanProfile(found).profile
    return [float(profile[order]) * LN2 for order in range(2, law.ndim + 1)]


@pytest.mark.parametrize(
    ("seed", "shape", "filled"), [(0, (2, 2, 2), 1.0), (1, (3, 2, 3), 0.7), (2, (2, 4, 2), 0.8), (3, (2, 2, 2, 2), 0.8)]
)
def test_connected_informations_are_those_of_dit(seed: int, shape: tuple[int, ...], filled: float) -> None:
    law = random_law(seed, shape, filled)
    # dit searches by gradients, to about 1e-6.
    assert list(connected_information(law).values()) == pytest.approx(dit_profile(law), abs=5e-6)


def dual_entropy(law: np.ndarray, order: int) -> float:
    """The entropy of the law of an order by minimising its dual: ln of the partition sum less the mean score."""
    cells = list(np.ndindex(law.shape))
    features = []
    for subset in combinations(range(law.ndim), order):
        for values in product(*(range(law.shape[axis]) for axis in subset)):
            features.append([all(cell[a] == v for a, v in zip(subset, values, strict=True)) for cell in cells])
    table = np.array(features, dtype=float)
    wanted = table @ law.ravel()

    def dual(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = weights @ table
        top = scores.max()
        parts = np.exp(scores - top)
        return float(top + math.log(parts.sum()) - weights @ wanted), table @ (parts / parts.sum()) - wanted

    found = minimize(dual, np.zeros(len(table)), jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 2000})
    return float(found.fun)


@pytest.mark.parametrize(("shape", "order"), [((2, 3, 2), 2), ((2, 2, 2, 2), 2), ((2, 2, 2, 2), 3)])
def test_the_law_of_an_order_is_the_minimum_of_the_dual(shape: tuple[int, ...], order: int) -> None:
    law = random_law(7, shape)
    assert entropy(order_law(law, order)) == pytest.approx(dual_entropy(law, order), abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 3), min_size=2, max_size=4), st.sampled_from([0.4, 0.7, 1.0]))
def test_what_every_law_of_an_order_must_be(seed: int, sizes: list[int], filled: float) -> None:
    law = random_law(seed, tuple(sizes), filled)
    before = 0.0
    for order in range(1, law.ndim + 1):
        found = order_law(law, order)
        for subset in combinations(range(law.ndim), order):
            assert marginal(found, subset) == pytest.approx(marginal(law, subset), abs=1e-11)
        # The log of the law is a sum of tables, to which the difference of two laws with the same tables is blind.
        kept = found > 1e-9
        assert float(((law - found)[kept] * np.log(found[kept])).sum()) == pytest.approx(0, abs=1e-6)
        before, after = entropy(found), before
        assert order == 1 or before <= after + 1e-9
    total = sum(entropy(marginal(law, (axis,))) for axis in range(law.ndim)) - entropy(law)
    assert sum(connected_information(law).values()) == pytest.approx(total, abs=1e-9)


def test_a_law_on_the_boundary_has_the_empty_cells_that_no_pair_shows() -> None:
    """Only one law has these pairs, though every pair of values occurs: others would need a negative cell."""
    law = np.zeros((2, 2, 2))
    for cell in [(0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 1), (0, 1, 1), (1, 0, 1)]:
        law[cell] = 1 / 6
    support = np.ones(law.shape, dtype=bool)
    for subset in combinations(range(3), 2):
        assert (marginal(law, subset) > 0).sum() >= 3
        support &= np.expand_dims(marginal(law, subset) > 0, next(axis for axis in range(3) if axis not in subset))
    # A linear program says what each cell that is allowed can hold at most.
    sums = [
        [cell[subset[0]] == v and cell[subset[1]] == w for cell in np.ndindex(law.shape)]
        for subset in combinations(range(3), 2)
        for v, w in product(range(2), repeat=2)
    ]
    rows, found = np.array(sums, dtype=float), order_law(law, 2)
    for at, cell in enumerate(np.ndindex(law.shape)):
        most = -linprog(-np.eye(8)[at], A_eq=rows, b_eq=rows @ law.ravel(), bounds=(0, None)).fun
        assert (found[cell] > 1e-9) == (most > 1e-9), cell
    assert connected_information(law)[3] == pytest.approx(dit_profile(law)[1], abs=5e-6)


@pytest.mark.parametrize("middle", [0, 1, 2])
def test_where_one_variable_explains_the_others_pairs_are_everything(middle: int) -> None:
    source = np.random.default_rng(3)
    prior, first, second = (source.dirichlet(np.ones(3), size=n) for n in (1, 3, 3))
    law = np.moveaxis(prior[0][:, None, None] * first[:, :, None] * second[:, None, :], 0, middle)
    assert np.abs(order_law(law, 2) - law).max() < 1e-12
    assert connected_information(law)[3] == pytest.approx(0, abs=1e-12)


def test_guesses_among_equals_count_in_part() -> None:
    flat = order_law(XOR, 2)
    assert guess_accuracy(XOR, flat, [0, 2], 1) == 0.5
    assert guess_accuracy(XOR, XOR, [0, 2], 1) == 1
    almost = flat * (1 + 1e-10 * np.random.default_rng(0).normal(size=flat.shape))
    assert guess_accuracy(XOR, almost, [0, 2], 1) == 0.5  # Rounding errors decide nothing.


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_no_guess_is_better_than_the_best(seed: int) -> None:
    law = random_law(seed, (2, 3, 2))
    for target in range(3):
        query = [axis for axis in range(3) if axis != target]
        best = bayes_accuracy(np.moveaxis(law, target, 0))
        assert guess_accuracy(law, law, query, target) == pytest.approx(best)
        assert guess_accuracy(law, order_law(law, 2), query, target) <= best + 1e-12
        # Pairs are all there is to a query of one, whatever else there is.
        pair = marginal(law, tuple(sorted((query[0], target))))
        single = bayes_accuracy(pair if target < query[0] else pair.T)
        assert guess_accuracy(law, order_law(law, 2), query[:1], target) == pytest.approx(single)


@pytest.mark.parametrize(
    ("law", "order", "message"),
    [
        (np.full((2, 2), 0.5), 1, "probabilities that add up to 1"),
        (np.array([1.5, -0.5]), 1, "probabilities that add up to 1"),
        (np.full((2, 2), np.nan), 1, "probabilities that add up to 1"),
        (XOR, 0, r"order must be in \[1, 3\], the number of variables; got 0"),
        (XOR, 4, r"order must be in \[1, 3\], the number of variables; got 4"),
    ],
)
def test_what_is_no_law_or_order_is_refused(law: np.ndarray, order: int, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        order_law(law, order)


def test_a_fit_that_does_not_settle_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOST_STEPS", "PATIENCE"):
        monkeypatch.setattr(orders, name, 1)
    with pytest.raises(InvalidValue, match=r"does not settle; some probabilities are too close to 0 \(the smallest is"):
        order_law(random_law(0, (3, 3, 3), 0.8), 2)
