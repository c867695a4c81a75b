"""The eight shares of samples that two single queries and a fused one get right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confu_core.evaluation.overlap import overlap

BITS = st.lists(st.tuples(*[st.sampled_from([0, 1])] * 3), min_size=1, max_size=40)
SHARES = st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20)
# (first, second, fused) in the order of the shares.
REGIONS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1), (0, 0, 0)]


@given(BITS)
def test_shares_are_counts_of_the_eight_cases(rows: list[tuple[int, int, int]]) -> None:
    found = [*overlap(*zip(*rows, strict=True)).values()]
    assert found == pytest.approx([rows.count(region) / len(rows) for region in REGIONS])


@given(SHARES)
def test_shares_add_up_and_give_back_each_accuracy(rows: list[tuple[float, float, float]]) -> None:
    first, second, fused = np.array(rows).T
    found = overlap(first, second, fused)
    assert sum(found.values()) == pytest.approx(1) and min(found.values()) >= 0
    assert found["A only"] + found["A/V"] + found["AV/A"] + found["all"] == pytest.approx(first.mean())
    assert found["V only"] + found["A/V"] + found["AV/V"] + found["all"] == pytest.approx(second.mean())
    assert found["AV only"] + found["AV/A"] + found["AV/V"] + found["all"] == pytest.approx(fused.mean())


@given(SHARES)
def test_neither_the_order_of_samples_nor_of_the_single_queries_matters(rows: list) -> None:
    found = overlap(*zip(*rows, strict=True))
    moved = sorted(rows)
    assert overlap(*zip(*moved, strict=True)) == pytest.approx(found)
    first, second, fused = zip(*rows, strict=True)
    swapped = overlap(second, first, fused)
    assert (swapped["A only"], swapped["AV/V"]) == pytest.approx((found["V only"], found["AV/A"]))


def test_expected_correctness_is_the_mean_over_random_ties() -> None:
    chance = np.array([[0.5, 1.0, 0.25], [0.0, 0.5, 0.5]])
    draws = np.random.default_rng(0).random((20_000, 2, 3)) < chance
    drawn = overlap(*draws.reshape(-1, 3).T)
    assert drawn == pytest.approx(overlap(*chance.T), abs=0.01)


def test_extremes() -> None:
    assert [*overlap([1, 1], [1, 1], [1, 1]).values()] == [0, 0, 0, 0, 0, 0, 1, 0]
    assert [*overlap([0, 0], [0, 0], [1, 1]).values()] == [0, 0, 1, 0, 0, 0, 0, 0]
    assert overlap([0], [0], [0])["none"] == 1


def test_names_are_those_of_the_queries() -> None:
    named = overlap([1, 0, 0], [0, 0, 1], [1, 0, 1], "S", "T")
    assert named["ST/S"] == pytest.approx(1 / 3) and named["ST/T"] == pytest.approx(1 / 3)
    assert list(named)[:3] == ["S only", "T only", "ST only"]
