"""Bounds on information: never above the truth, reached where they can be, and chained in the best order."""

from __future__ import annotations

import math
from itertools import combinations, permutations, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from confu_core.evaluation.bounds import mutual_information_bound, total_correlation_bound

Bounds = dict[tuple[tuple[int, ...], int], float]


def information_in(counts: torch.Tensor) -> float:
    """The mutual information of the pairs as they were counted."""
    joint = counts / counts.sum()
    apart = joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True)
    seen = joint > 0
    return float((joint[seen] * (joint[seen] / apart[seen]).log()).sum())


@settings(deadline=None, max_examples=200)
@given(queries=st.integers(1, 6), keys=st.integers(1, 6), seed=st.integers(0, 9999), sharpness=st.floats(0, 200))
def test_no_scores_claim_more_than_there_is(queries: int, keys: int, seed: int, sharpness: float) -> None:
    """Over a finite support the batch is its own population, and the bound holds without an expectation."""
    source = torch.Generator().manual_seed(seed)
    counts = torch.randint(4, (queries, keys), generator=source).double()
    counts[0, 0] += 1
    logits = sharpness * torch.randn(queries, keys, generator=source, dtype=torch.float64)
    bound = mutual_information_bound(logits, counts)
    assert 0 <= bound <= information_in(counts) + 1e-9
    assert bound <= math.log(counts.sum())


@settings(deadline=None)
@given(queries=st.integers(1, 6), keys=st.integers(1, 6), seed=st.integers(0, 9999))
def test_the_pointwise_information_is_the_best_score_there_is(queries: int, keys: int, seed: int) -> None:
    counts = torch.randint(1, 9, (queries, keys), generator=torch.Generator().manual_seed(seed)).double()
    pointwise = (counts * counts.sum() / counts.sum(1, keepdim=True) / counts.sum(0, keepdim=True)).log()
    assert mutual_information_bound(pointwise, counts) == pytest.approx(information_in(counts), abs=1e-9)


def test_scores_that_say_nothing_or_the_wrong_thing_bound_nothing() -> None:
    counts = torch.eye(4)
    assert mutual_information_bound(torch.zeros(4, 4), counts) == pytest.approx(0, abs=1e-6)
    assert mutual_information_bound(-100 * torch.eye(4), counts) == 0
    assert mutual_information_bound(100 * torch.eye(4), counts) == pytest.approx(math.log(4))


def brute_force(bounds: Bounds, modalities: int) -> float:
    """Every order in which the modalities may join, with the best bound for every step."""
    best = 0.0
    for order in permutations(range(modalities)):
        total = 0.0
        for place in range(1, modalities):
            before = sorted(order[:place])
            parts = [part for size in range(1, place + 1) for part in combinations(before, size)]
            total += max([0.0, *(bounds.get((part, order[place]), 0.0) for part in parts)])
        best = max(best, total)
    return best


@st.composite
def some_bounds(draw: st.DrawFn) -> tuple[int, Bounds]:
    modalities = draw(st.integers(2, 5))
    every = [
        (query, key)
        for size in range(1, modalities)
        for query in combinations(range(modalities), size)
        for key in range(modalities)
        if key not in query
    ]
    chosen = draw(st.lists(st.sampled_from(every), unique=True, max_size=12))
    return modalities, {direction: draw(st.floats(0, 5)) for direction in chosen}


@settings(deadline=None)
@given(some_bounds())
def test_the_chain_is_the_best_of_all_orders(case: tuple[int, Bounds]) -> None:
    modalities, bounds = case
    found = total_correlation_bound(bounds, modalities)
    assert found == pytest.approx(brute_force(bounds, modalities))
    assert total_correlation_bound(bounds, modalities, found + 1) == found + 1
    assert total_correlation_bound(bounds, modalities, 0.0) == found


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_exact_information_chains_to_the_exact_total_correlation(p: float) -> None:
    """With the true information of every direction of the XOR task there is nothing left to lose."""
    from xor_bench.theory import information

    exact = information(p, 3)
    bounds: Bounds = {}
    for query, key in product([(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)], range(3)):
        if key in query:
            continue
        pair = exact.mi_ac if {0, 2} <= {*query, key} else 0.0
        bounds[query, key] = pair + (exact.mi_bc_given_a if len(query) == 2 else 0.0)
    bounds[(0, 2), 1] = exact.mi_bc_given_a
    assert total_correlation_bound(bounds, 3) == pytest.approx(exact.total_correlation)
    singles = {direction: value for direction, value in bounds.items() if len(direction[0]) == 1}
    assert total_correlation_bound(singles, 3) == pytest.approx(exact.mi_ac)


def test_nothing_known_bounds_nothing() -> None:
    assert total_correlation_bound({}, 4) == 0
