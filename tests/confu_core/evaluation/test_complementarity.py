"""Gain of a fused query over the best single one, and its share of what the ceilings leave."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from confu_core.ceilings import Ceilings
from confu_core.errors import InvalidValue
from confu_core.evaluation.complementarity import complementarity, complementarity_by_group
from confu_core.statistics.bootstrap import paired_difference
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


def test_groups_are_those_of_their_samples_alone() -> None:
    fused, singles = random_case()
    groups = np.random.default_rng(3).choice(["picture", "song", "both"], 200)
    ceilings = {"both": Ceilings(0.5, 0.75, 1.0)}
    found = complementarity_by_group(fused, singles, groups, ceilings, draws=50, seed=1)
    assert list(found) == ["both", "picture", "song"]
    for group, each in found.items():
        chosen = groups == group
        parts = [single[chosen] for single in singles]
        assert each == complementarity(fused[chosen], parts, ceilings.get(group), draws=50, seed=1)
    assert found["both"].higher_order_capture is not None and found["song"].higher_order_capture is None


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(InvalidValue, match="singles must hold at least one query"):
        complementarity([1], [])
    with pytest.raises(InvalidValue, match=r"got fused 2, singles\[0\] 1"):
        complementarity([1, 0], [[1]])
    with pytest.raises(InvalidValue, match="groups 1"):
        complementarity_by_group([1, 0], [[1, 0]], ["a"])
