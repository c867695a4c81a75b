"""Bootstrap intervals against slow loops, the normal approximation, scipy, and how often they cover."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
import scipy.stats

from confu_core.errors import InvalidValue
from confu_core.statistics import resampling
from confu_core.statistics.bootstrap import (
    Estimate,
    bootstrap,
    bootstrap_mean,
    paired_difference,
    percentiles,
)
from confu_core.statistics.resampling import resample_counts, resample_indices, resampled_means


def test_counts_are_those_of_the_indices() -> None:
    index, counts = next(resample_indices(20, draws=50)), next(resample_counts(20, draws=50))
    want = [[row.tolist().count(sample) for sample in range(20)] for row in index]
    assert counts.tolist() == want


def test_blocks_do_not_change_the_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    want = next(resample_indices(30, draws=40, seed=3))
    monkeypatch.setattr(resampling, "BLOCK", 200)
    blocks = list(resample_indices(30, draws=40, seed=3))
    assert len(blocks) == 7 and np.array_equal(np.concatenate(blocks), want)


def test_every_sample_is_drawn_equally_often() -> None:
    counts = np.concatenate(list(resample_counts(10, draws=4000)))
    assert counts.mean(0) == pytest.approx(np.ones(10), abs=0.06)
    assert counts.var(0) == pytest.approx(np.full(10, 0.9), abs=0.1)  # Binomial: n * (1/n) * (1 - 1/n).


def test_means_are_those_of_a_slow_loop() -> None:
    values = np.random.default_rng(0).normal(size=(25, 3))
    want = [[column[row].mean() for column in values.T] for row in next(resample_indices(25, draws=30, seed=2))]
    assert resampled_means(values, draws=30, seed=2) == pytest.approx(np.array(want))
    assert resampled_means(values[:, 1], draws=30, seed=2) == pytest.approx(np.array(want)[:, 1])


def test_the_interval_of_a_mean_is_near_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(size=2000)
    found, half = bootstrap_mean(values, draws=4000), 1.96 * values.std() / np.sqrt(2000)
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_scipy_agrees() -> None:
    values = np.random.default_rng(2).exponential(size=300)
    found = bootstrap(lambda x: np.median(x, axis=-1), values, draws=4000, confidence=0.9)
    want = scipy.stats.bootstrap(
        (values,), np.median, n_resamples=4000, confidence_level=0.9, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((want.low, want.high), abs=0.02)
    assert found.value == np.median(values)


def test_an_interval_covers_as_often_as_it_says() -> None:
    source = np.random.default_rng(3)
    held = [bootstrap_mean(source.random(80) < 0.7, draws=400, seed=i) for i in range(300)]
    assert np.mean([found.low <= 0.7 <= found.high for found in held]) == pytest.approx(0.95, abs=0.04)


def test_a_statistic_of_several_samples_resamples_them_together() -> None:
    x = np.random.default_rng(4).normal(size=50)
    found = bootstrap(lambda a, b: (a - b).mean(-1), x, x - 2)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))
    assert astuple(bootstrap(lambda a: a.mean(-1), x)) == pytest.approx(astuple(bootstrap_mean(x)))


def test_paired_differences_are_narrower_than_unpaired_ones() -> None:
    source = np.random.default_rng(5)
    hard = source.random(500)
    first, second = hard < 0.6, hard < 0.55
    found = paired_difference(first, second)
    assert found.value == pytest.approx(first.mean() - second.mean())
    one, other = bootstrap_mean(first), bootstrap_mean(second, seed=1)
    assert found.high - found.low < 0.6 * np.hypot(one.high - one.low, other.high - other.low)
    back = paired_difference(second, first)
    assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))


def test_equal_seeds_give_equal_numbers() -> None:
    values = np.random.default_rng(7).random(40)
    assert bootstrap_mean(values, seed=1) == bootstrap_mean(values, seed=1) != bootstrap_mean(values, seed=2)


def test_a_sample_without_spread_has_no_width() -> None:
    assert bootstrap_mean([0.5] * 8) == Estimate(0.5, 0.5, 0.5)
    assert bootstrap_mean([1]) == Estimate(1.0, 1.0, 1.0)


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(InvalidValue, match="n and draws must be at least 1; got n 0"):
        bootstrap_mean([])
    with pytest.raises(InvalidValue, match="got n 2 and draws 0"):
        bootstrap_mean([1, 2], draws=0)
    with pytest.raises(InvalidValue, match=r"confidence must be in \(0, 1\); got 95"):
        percentiles(0.5, np.zeros(3), confidence=95)
    with pytest.raises(InvalidValue, match="equally many; got 2, 3"):
        bootstrap(lambda a, b: a.mean(-1), [1, 2], [1, 2, 3])
    with pytest.raises(InvalidValue, match="equally many; got 2 and 3"):
        paired_difference([1, 2], [1, 2, 3])
