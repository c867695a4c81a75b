"""Dependence of a fused query on its modalities: shuffled samples, and how well one modality predicts it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from confu_core.errors import InvalidValue
from confu_core.evaluation import complementarity
from confu_core.evaluation.complementarity import explained_variance, shuffle_drop
from confu_core.evaluation.retrieval import ranks
from confu_core.statistics.bootstrap import paired_difference

N, DIM = 200, 6
FIRST, SECOND = np.random.default_rng(0).normal(size=(2, N, DIM))


def test_only_the_modality_that_a_query_uses_costs_accuracy_when_shuffled() -> None:
    """Keys are the first modality, and the query is the first, with the second added but weighted by 0."""

    def correct(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        query = torch.from_numpy(FIRST[first] + 0.0 * SECOND[second])
        return ranks(-torch.cdist(query, torch.from_numpy(FIRST)), torch.arange(N)).within(1).numpy()

    own = np.arange(N)
    used, unused = (
        shuffle_drop(lambda taken: correct(taken, own), N),
        shuffle_drop(lambda taken: correct(own, taken), N),
    )
    assert used.value == pytest.approx(1 - 1 / N, abs=3 / N) and used.low > 0.95
    assert unused.value == unused.high == 0


def test_the_drop_is_that_of_a_slow_loop() -> None:
    own, asked = np.random.default_rng(1).random(N), []

    def correct(taken: np.ndarray) -> np.ndarray:
        asked.append(taken.copy())
        return own * (1 + (taken == np.arange(N))) / 2

    found = shuffle_drop(correct, N, permutations=3, seed=2)
    assert len(asked) == 4 and np.array_equal(asked[0], np.arange(N))
    assert all(sorted(taken) == list(range(N)) for taken in asked) and len({taken.tobytes() for taken in asked}) == 4
    shuffled = np.mean([own * (1 + (taken == np.arange(N))) / 2 for taken in asked[1:]], axis=0)
    assert found == paired_difference(own, shuffled, seed=2)


def test_permutations_are_equal_for_equal_seeds() -> None:
    orders: dict[int, list[bytes]] = {}
    for call, seed in enumerate((1, 1, 2)):
        orders[call] = []
        shuffle_drop(lambda taken, call=call: orders[call].append(taken.tobytes()) or np.ones(N), N, seed=seed)
    assert orders[0] == orders[1] != orders[2]


def test_a_copy_of_one_modality_is_explained_by_it_alone() -> None:
    assert explained_variance(FIRST, FIRST) == pytest.approx(1, abs=1e-6)
    rotated = FIRST @ np.linalg.qr(np.random.default_rng(2).normal(size=(DIM, DIM)))[0] + 3
    assert explained_variance(FIRST, rotated) == pytest.approx(1, abs=1e-6)
    other = explained_variance(SECOND, FIRST)
    assert other is not None and -0.2 < other < 0.1


def test_a_sum_is_explained_by_the_shares_of_its_parts() -> None:
    first, second = np.random.default_rng(3).normal(size=(2, 4000, DIM))
    fused = 2 * first + second
    assert explained_variance(first, fused) == pytest.approx(0.8, abs=0.02)
    assert explained_variance(second, fused) == pytest.approx(0.2, abs=0.03)


def test_a_product_of_signs_is_explained_by_neither() -> None:
    """What only the two together say no linear map of one can give."""
    first, second = np.random.default_rng(4).choice([-1.0, 1.0], (2, 2000, DIM))
    for single in (first, second):
        assert explained_variance(single, first * second) == pytest.approx(0, abs=0.02)


def test_it_is_sklearns_r2_on_held_out_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complementarity, "PENALTIES", (3.0,))
    fused = np.tanh(FIRST @ np.random.default_rng(5).normal(size=(DIM, 4))) * np.array([1, 1, 5, 0.1])
    train, test = complementarity._split(FIRST, fused, 0.3, 7)
    assert len(test) == 60 and sorted([*train, *test]) == list(range(N))
    predicted = Ridge(alpha=3.0).fit(FIRST[train], fused[train]).predict(FIRST[test])
    want = r2_score(fused[test], predicted, multioutput="variance_weighted")
    assert explained_variance(FIRST, fused, held_out=0.3, seed=7) == pytest.approx(want)


def test_the_penalty_is_the_best_with_each_row_left_out() -> None:
    """Against refitting without each row in turn."""
    x, y = FIRST[:24], FIRST[:24] @ np.ones((DIM, 2)) + 3 * SECOND[:24, :2]
    train, test = complementarity._split(x, y, 0.5, 0)

    def left_out(penalty: float) -> float:
        rest = [np.delete(train, i) for i in range(len(train))]
        fits = [Ridge(alpha=penalty).fit(x[rows], y[rows]) for rows in rest]
        return sum(((fit.predict(x[[i]]) - y[i]) ** 2).sum() for fit, i in zip(fits, train, strict=True))

    best = Ridge(alpha=min(complementarity.PENALTIES, key=left_out)).fit(x[train], y[train])
    want = r2_score(y[test], best.predict(x[test]), multioutput="variance_weighted")
    assert explained_variance(x, y) == pytest.approx(want)


def test_one_column_is_enough_and_what_does_not_vary_is_undefined() -> None:
    assert explained_variance(FIRST, FIRST[:, :1]) == pytest.approx(1, abs=1e-6)
    assert explained_variance(FIRST, np.full((N, 3), 0.1)) is None


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(InvalidValue, match="permutations must be at least 1; got 0"):
        shuffle_drop(lambda taken: np.ones(N), N, permutations=0)
    with pytest.raises(InvalidValue, match=r"got samples 200, correct\[0\] 3"):
        shuffle_drop(lambda taken: np.ones(3), N)
    with pytest.raises(InvalidValue, match=r"rows of the same samples; got shapes \(200, 6\) and \(199, 6\)"):
        explained_variance(FIRST, FIRST[1:])
    with pytest.raises(InvalidValue, match=r"held_out must be in \(0, 1\); got 1"):
        explained_variance(FIRST, FIRST, held_out=1)
    with pytest.raises(InvalidValue, match="at least two rows are needed on either side; got 2 and 1"):
        explained_variance(FIRST[:3], FIRST[:3], held_out=0.34)
