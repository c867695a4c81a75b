"""Accuracy with missing modalities: a mixture, checked against drawn ones."""

from __future__ import annotations

import numpy as np
import pytest

from confu_core.errors import InvalidValue
from confu_core.evaluation.complementarity import missing_accuracy
from confu_core.statistics.bootstrap import bootstrap_mean

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


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(InvalidValue, match=r"shares must be in \[0, 1\]; got 30"):
        missing_accuracy(FUSED, FALLBACK, [0.1, 30])
    with pytest.raises(InvalidValue, match="got fused 400, fallback 3"):
        missing_accuracy(FUSED, FALLBACK[:3])
