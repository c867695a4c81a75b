"""Kendall's tau of two benchmarks, beside that of SciPy, and how often its interval holds the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import kendalltau

from confu_core.errors import InvalidValue
from confu_core.statistics.agreement import kendall, rank_agreement


@pytest.mark.parametrize("ties", [False, True])
def test_tau_is_that_of_scipy(ties: bool) -> None:
    random = np.random.default_rng(0)
    first, second = random.normal(size=(2, 50, 9))
    if ties:
        first, second = first.round(), second.round()
    expected = [kendalltau(one, other).statistic for one, other in zip(first, second, strict=True)]
    assert kendall(first, second) == pytest.approx(np.array(expected), abs=1e-12)


@pytest.mark.parametrize("methods", [6, 13])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(methods: int) -> None:
    # Of two normal variables with correlation r, tau is 2 asin(r) / pi.
    random, correlation, held = np.random.default_rng(1), 0.7, 0
    truth, mixed = 2 * math.asin(correlation) / math.pi, math.sqrt(1 - correlation**2)
    for _ in range(300):
        first, noise = random.normal(size=(2, methods))
        found = rank_agreement(first, correlation * first + mixed * noise, draws=400)
        held += found.low <= truth <= found.high
    assert 0.9 <= held / 300 <= 0.99


def test_one_that_tells_nothing_apart_has_no_order() -> None:
    assert math.isnan(rank_agreement([0.5] * 6, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).value)


@pytest.mark.parametrize(
    ("first", "second"), [([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]), ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5])]
)
def test_too_few_and_unequal_are_refused(first: list[float], second: list[float]) -> None:
    with pytest.raises(InvalidValue, match=r"^ranks can be compared of the same methods, at least 6; got"):
        rank_agreement(first, second)
