"""Gain of a fused query, its dependence on each modality, and what is left with one missing."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from confu_core.ceilings import Ceilings
from confu_core.errors import InvalidValue
from confu_core.evaluation.complementarity import (
    PENALTIES,
    _split,
    complementarity,
    explained_variance,
    missing_accuracy,
    shuffle_drop,
)
from confu_core.evaluation.retrieval import ranks
from confu_core.statistics.bootstrap import bootstrap_mean, paired_difference
from confu_core.statistics.resampling import resample_indices


def random_case(n: int = 200) -> tuple[np.ndarray, list[np.ndarray]]:
    source = np.random.default_rng(0)
    return source.random(n) < 0.8, [source.random(n) < 0.5, source.random(n) < 0.55]


def test_the_gain_and_its_interval_are_those_of_a_slow_loop() -> None:
    fused, singles = random_case()
    found = complementarity(fused, singles, Ceilings(0.6, 0.7, 0.9), draws=100, seed=5)
    assert found.gain.value == pytest.approx(fused.mean() - max(single.mean() for single in singles))
    gains = [
        fused[row].mean() - max(single[row].mean() for single in singles)
        for row in next(resample_indices(200, draws=100, seed=5))
    ]
    low, high = np.quantile(gains, [0.025, 0.975])
    assert (found.gain.low, found.gain.high) == pytest.approx((low, high))
    captured, capture = found.fusion_gain_captured, found.higher_order_capture
    assert captured is not None and capture is not None and found.available == pytest.approx(0.3)
    assert (captured.value, captured.low) == pytest.approx((found.gain.value / 0.3, low / 0.3))
    shares = [(fused[row].mean() - 0.7) / 0.2 for row in next(resample_indices(200, draws=100, seed=5))]
    assert astuple(capture) == pytest.approx(((fused.mean() - 0.7) / 0.2, *np.quantile(shares, [0.025, 0.975])))


def test_one_single_query_is_a_paired_difference() -> None:
    fused, (single, _) = random_case()
    found, want = complementarity(fused, [single]).gain, paired_difference(fused, single)
    assert astuple(found) == pytest.approx(astuple(want))


def test_a_query_at_both_ceilings_captures_all() -> None:
    """Exclusive or of two coins: nothing from one, everything from both."""
    a, b = np.random.default_rng(1).integers(2, size=(2, 4000))
    found = complementarity(np.ones(4000), [np.full(4000, 0.5), a == b], Ceilings(0.5, 0.5, 1.0))
    captured = found.fusion_gain_captured
    assert captured is not None and captured.low <= 1 <= captured.high + 0.05
    perfect = complementarity(np.ones(10), [np.full(10, 0.5)], Ceilings(0.5, 0.75, 1.0))
    for share in (perfect.fusion_gain_captured, perfect.higher_order_capture):
        assert share is not None and share.value == share.low == share.high == 1


def test_nothing_is_captured_where_nothing_is_to_be_had() -> None:
    fused, singles = random_case()
    for ceilings in (None, Ceilings(0.8, 0.8, 0.8), Ceilings(0.3, 0.3, 0.1 + 0.2), Ceilings(0.1 + 0.2, 0.3, 0.3)):
        found = complementarity(fused, singles, ceilings)
        assert found.fusion_gain_captured is None and found.higher_order_capture is None
        assert found.available == (None if ceilings is None else pytest.approx(0))


def test_a_fused_query_that_copies_the_best_single_one_gains_nothing() -> None:
    _, singles = random_case()
    best = max(singles, key=np.mean)
    found = complementarity(best, singles, Ceilings(0.5, 0.5, 1.0))
    captured = found.fusion_gain_captured
    assert found.gain.value == 0 and captured is not None and captured.value == 0
    assert found.gain.high <= 0  # In every resample the best of both is at least as good as this one.


def test_the_order_of_single_queries_and_samples_does_not_matter() -> None:
    fused, singles = random_case()
    order = np.random.default_rng(2).permutation(200)
    found = complementarity(fused, singles)
    assert complementarity(fused, singles[::-1]).gain == found.gain
    assert complementarity(fused[order], [s[order] for s in singles]).gain.value == pytest.approx(found.gain.value)


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(InvalidValue, match="singles must hold at least one query"):
        complementarity([1], [])
    with pytest.raises(InvalidValue, match=r"got fused 2, singles\[0\] 1"):
        complementarity([1, 0], [[1]])


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
    monkeypatch.setattr("confu_core.evaluation.complementarity.PENALTIES", (3.0,))
    fused = np.tanh(FIRST @ np.random.default_rng(5).normal(size=(DIM, 4))) * np.array([1, 1, 5, 0.1])
    train, test = _split(FIRST, fused, 0.3, 7)
    assert len(test) == 60 and sorted([*train, *test]) == list(range(N))
    predicted = Ridge(alpha=3.0).fit(FIRST[train], fused[train]).predict(FIRST[test])
    want = r2_score(fused[test], predicted, multioutput="variance_weighted")
    assert explained_variance(FIRST, fused, held_out=0.3, seed=7) == pytest.approx(want)


def test_the_penalty_is_the_best_with_each_row_left_out() -> None:
    """Against refitting without each row in turn."""
    x, y = FIRST[:24], FIRST[:24] @ np.ones((DIM, 2)) + 3 * SECOND[:24, :2]
    train, test = _split(x, y, 0.5, 0)

    def left_out(penalty: float) -> float:
        rest = [np.delete(train, i) for i in range(len(train))]
        fits = [Ridge(alpha=penalty).fit(x[rows], y[rows]) for rows in rest]
        return sum(((fit.predict(x[[i]]) - y[i]) ** 2).sum() for fit, i in zip(fits, train, strict=True))

    best = Ridge(alpha=min(PENALTIES, key=left_out)).fit(x[train], y[train])
    want = r2_score(y[test], best.predict(x[test]), multioutput="variance_weighted")
    assert explained_variance(x, y) == pytest.approx(want)


def test_one_column_is_enough_and_what_does_not_vary_is_undefined() -> None:
    assert explained_variance(FIRST, FIRST[:, :1]) == pytest.approx(1, abs=1e-6)
    assert explained_variance(FIRST, np.full((N, 3), 0.1)) is None


def test_errors_of_dependence_say_what_is_wrong() -> None:
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


SOURCE = np.random.default_rng(0)
FUSED, FALLBACK = SOURCE.random(400) < 0.8, SOURCE.random(400) < 0.3


def test_it_is_the_mean_over_which_samples_lack_it() -> None:
    found = missing_accuracy(FUSED, FALLBACK, [0.25])[0.25]
    drawn = []
    for _ in range(3000):
        lacking = SOURCE.permutation(400) < 100
        drawn.append(np.where(lacking, FALLBACK, FUSED).mean())
    assert found.value == pytest.approx(np.mean(drawn), abs=0.002)
    assert found.value == pytest.approx(0.75 * FUSED.mean() + 0.25 * FALLBACK.mean())


def test_the_ends_are_the_two_queries() -> None:
    found = missing_accuracy(FUSED, FALLBACK)
    assert found[0] == bootstrap_mean(FUSED) and found[1] == bootstrap_mean(FALLBACK)


def test_it_falls_in_a_straight_line() -> None:
    points = list(missing_accuracy(FUSED, FALLBACK, np.linspace(0, 1, 11).tolist()).values())
    values = [point.value for point in points]
    assert np.diff(values) == pytest.approx(np.full(10, (FALLBACK.mean() - FUSED.mean()) / 10))
    assert all(point.low <= point.value <= point.high for point in points)


def test_errors_of_shares_say_what_is_wrong() -> None:
    with pytest.raises(InvalidValue, match=r"shares must be in \[0, 1\]; got 30"):
        missing_accuracy(FUSED, FALLBACK, [0.1, 30])
    with pytest.raises(InvalidValue, match="got fused 400, fallback 3"):
        missing_accuracy(FUSED, FALLBACK[:3])
