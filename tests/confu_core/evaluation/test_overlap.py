"""The eight shares of samples that two single queries and a fused one get right."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confu_core.errors import InvalidValue
from confu_core.evaluation.overlap import Overlap, overlap

BITS = st.lists(st.tuples(*[st.sampled_from([0, 1])] * 3), min_size=1, max_size=40)
SHARES = st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20)
# (first, second, fused) in the order of the attributes of Overlap.
REGIONS = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1), (0, 0, 0)]


@given(BITS)
def test_shares_are_counts_of_the_eight_cases(rows: list[tuple[int, int, int]]) -> None:
    found = astuple(overlap(*zip(*rows, strict=True)))
    assert found == pytest.approx([rows.count(region) / len(rows) for region in REGIONS])


@given(SHARES)
def test_shares_add_up_and_give_back_each_accuracy(rows: list[tuple[float, float, float]]) -> None:
    first, second, fused = np.array(rows).T
    found = overlap(first, second, fused)
    assert sum(astuple(found)) == pytest.approx(1) and min(astuple(found)) >= 0
    assert found.first + found.first_second + found.fused_first + found.all == pytest.approx(first.mean())
    assert found.second + found.first_second + found.fused_second + found.all == pytest.approx(second.mean())
    assert found.fused + found.fused_first + found.fused_second + found.all == pytest.approx(fused.mean())


@given(SHARES)
def test_neither_the_order_of_samples_nor_of_the_single_queries_matters(rows: list) -> None:
    found = overlap(*zip(*rows, strict=True))
    moved = sorted(rows)
    assert astuple(overlap(*zip(*moved, strict=True))) == pytest.approx(astuple(found))
    first, second, fused = zip(*rows, strict=True)
    swapped = overlap(second, first, fused)
    assert (swapped.first, swapped.fused_second) == pytest.approx((found.second, found.fused_first))


def test_expected_correctness_is_the_mean_over_random_ties() -> None:
    chance = np.array([[0.5, 1.0, 0.25], [0.0, 0.5, 0.5]])
    draws = np.random.default_rng(0).random((20_000, 2, 3)) < chance
    drawn = overlap(*draws.reshape(-1, 3).T)
    assert astuple(drawn) == pytest.approx(astuple(overlap(*chance.T)), abs=0.01)


def test_extremes() -> None:
    assert overlap([1, 1], [1, 1], [1, 1]) == Overlap(0, 0, 0, 0, 0, 0, 1, 0)
    assert overlap([0, 0], [0, 0], [1, 1]) == Overlap(0, 0, 1, 0, 0, 0, 0, 0)
    assert overlap([0], [0], [0]).none == 1


def test_names_are_those_of_the_queries() -> None:
    named = overlap([1, 0, 0], [0, 0, 1], [1, 0, 1]).named(("S", "T"))
    assert named["ST/S"] == pytest.approx(1 / 3) and named["ST/T"] == pytest.approx(1 / 3)
    assert list(named)[:3] == ["S only", "T only", "ST only"]
    with pytest.raises(InvalidValue, match="names must be two; got 3"):
        overlap([1], [1], [1]).named(("A", "V", "T"))
