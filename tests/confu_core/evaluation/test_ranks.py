"""Rank of the best relevant key, as a distribution over the order of equal scores."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations
from math import comb

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.evaluation.directions import retrieval
from confu_core.evaluation.retrieval import Ranks, first_rank, ranks

CASE = {
    "queries": st.integers(1, 4),
    "keys": st.integers(1, 6),
    "levels": st.integers(1, 4),
    "seed": st.integers(0, 9999),
}


def random_case(queries: int, keys: int, levels: int, seed: int) -> tuple[Tensor, Tensor]:
    """Scores with few distinct values, and which keys are relevant: at least one for every query."""
    source = torch.Generator().manual_seed(seed)
    scores = torch.randint(levels, (queries, keys), generator=source).double() / 3 - 0.5
    relevant = torch.rand(queries, keys, generator=source) < 0.4
    relevant[torch.arange(queries), torch.randint(keys, (queries,), generator=source)] = True
    return scores, relevant


def every_order(scores: list[float], relevant: list[bool]) -> list[int]:
    """The rank of the first relevant key in every order of the keys that puts higher scores first."""
    orders = permutations(range(len(scores)))
    sorted_ones = [order for order in orders if all(scores[a] >= scores[b] for a, b in pairwise(order))]
    return [1 + next(place for place, key in enumerate(order) if relevant[key]) for order in sorted_ones]


@settings(deadline=None, max_examples=60)
@given(**CASE)
def test_ranks_are_those_over_every_order_of_equal_scores(queries: int, keys: int, levels: int, seed: int) -> None:
    scores, relevant = random_case(queries, keys, levels, seed)
    found = ranks(scores, relevant)
    every = [every_order(row, marks) for row, marks in zip(scores.tolist(), relevant.tolist(), strict=True)]
    assert found.expected().tolist() == pytest.approx([np.mean(each) for each in every])
    for k in range(keys + 2):
        want = [np.mean([rank <= k for rank in each]) for each in every]
        assert found.within(k).tolist() == pytest.approx(want, abs=1e-12)
    assert found.expected().min() >= 1 and found.expected().max() <= keys


@settings(deadline=None, max_examples=60)
@given(**CASE)
def test_one_relevant_key_gives_what_retrieval_gives(queries: int, keys: int, levels: int, seed: int) -> None:
    scores, _ = random_case(queries, keys, levels, seed)
    positives = torch.randint(keys, (queries,), generator=torch.Generator().manual_seed(seed))
    marks = torch.nn.functional.one_hot(positives, keys).bool()
    found, marked = ranks(scores, positives), ranks(scores, marks)
    for name in ("better", "tied", "found"):
        assert torch.equal(getattr(found, name), getattr(marked, name))
    want = retrieval(scores, marks.double())
    assert float(found.within(1).mean()) == pytest.approx(want.accuracy)
    assert float(found.expected().mean()) == pytest.approx(want.expected_rank)


@settings(deadline=None, max_examples=60)
@given(**CASE, shuffle=st.integers(0, 99))
def test_the_order_of_keys_and_an_increasing_scale_do_not_matter(
    queries: int, keys: int, levels: int, seed: int, shuffle: int
) -> None:
    scores, relevant = random_case(queries, keys, levels, seed)
    order = torch.randperm(keys, generator=torch.Generator().manual_seed(shuffle))
    found, moved = ranks(scores, relevant), ranks(3.5 * scores[:, order], relevant[:, order])
    assert torch.equal(found.expected(), moved.expected())
    assert found.median() == moved.median()


@pytest.mark.parametrize(("others", "equals", "k"), [(3, 1, 1), (9_900, 100, 10), (9_999, 1, 5_000), (500, 9_500, 3)])
def test_the_chance_to_be_within_k_is_a_ratio_of_binomials(others: int, equals: int, k: int) -> None:
    found = Ranks(*(torch.tensor([number]) for number in (7, others, equals)))
    want = 1 - Fraction(comb(others, k), comb(others + equals, k))
    assert float(found.within(7 + k)) == pytest.approx(float(want), rel=1e-8)
    assert float(found.within(7)) == 0 and float(found.within(8 + others)) == 1


@pytest.mark.parametrize("value", [0.0, 0.3, -2.0])
def test_a_constant_score_is_at_chance_wherever_the_right_key_stands(value: float) -> None:
    for positive in range(8):
        found = ranks(torch.full((1, 8), value), torch.tensor([positive]))
        assert float(found.within(1)) == 1 / 8 and float(found.expected()) == 4.5 and found.median() == 4.5


@settings(deadline=None, max_examples=40)
@given(n=st.integers(1, 30), seed=st.integers(0, 999))
def test_the_median_is_the_usual_one_without_ties(n: int, seed: int) -> None:
    scores = torch.rand(n, 12, generator=torch.Generator().manual_seed(seed))
    found = ranks(scores, torch.arange(n) % 12)
    assert found.median() == np.median(found.expected().numpy())


def test_the_median_of_ties_is_that_of_random_orders() -> None:
    """100 of 1,000 keys are relevant: the first of them stands below 7 in half of all orders, at 10 on average."""
    found = Ranks(torch.tensor([0]), torch.tensor([900]), torch.tensor([100]))
    source = np.random.default_rng(0)
    drawn = [source.choice(1000, 100, replace=False).min() + 1 for _ in range(2000)]
    assert found.median() == np.median(drawn) == 7
    assert float(found.expected()) == pytest.approx(1001 / 101) and np.mean(drawn) == pytest.approx(1001 / 101, rel=0.1)


def test_first_rank_finds_the_smallest() -> None:
    found = ranks(torch.tensor([[0.3, 0.2, 0.1], [0.3, 0.2, 0.1]]), torch.tensor([1, 2]))
    assert [first_rank(found, lambda share, c=c: float(share.mean()) >= c) for c in (0.0, 0.5, 0.6, 1.0)] == [
        1,
        2,
        3,
        3,
    ]


def test_embeddings_equal_up_to_rounding_tie() -> None:
    source = torch.Generator().manual_seed(0)
    scores = 0.9 * (1 + 1e-7 * torch.randn(5, 100, generator=source))
    assert scores.unique().numel() > 1
    assert ranks(scores, torch.arange(5)).expected().tolist() == [50.5] * 5
    assert ranks(torch.tensor([[1.0, 1 - 1e-4]]), torch.tensor([1])).expected().tolist() == [2.0]


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_scores_that_are_not_finite_are_an_error(bad: float) -> None:
    with pytest.raises(InvalidValue, match="scores must be finite"):
        ranks(torch.tensor([[0.0, bad]]), torch.tensor([0]))


def test_a_query_without_a_relevant_key_is_an_error() -> None:
    with pytest.raises(InvalidValue, match="a query without one"):
        ranks(torch.zeros(2, 2), torch.tensor([[True, False], [False, False]]))
