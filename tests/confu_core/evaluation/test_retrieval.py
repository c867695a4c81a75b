"""Ranks as a distribution over the order of equal scores, and what is summed up of them: chance, intervals."""

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
from confu_core.evaluation.retrieval import Ranks, chance_ranks, first_rank, rank_queries, ranks, retrieval_summary
from confu_core.statistics.resampling import resample_indices

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


def noisy_case(n: int = 60, groups: int = 9, noise: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    source = torch.Generator().manual_seed(0)
    keys = torch.randn(n, 8, generator=source)
    queries = keys + noise * torch.randn(n, 8, generator=source)
    return queries @ keys.T, torch.arange(n), torch.randint(groups, (n,), generator=source)


def test_the_readings_are_those_of_a_slow_loop() -> None:
    scores, positives, groups = noisy_case()
    found = retrieval_summary(scores, positives, groups)
    equal, paired = [], []
    for query, row in enumerate(scores.tolist()):
        own = groups[query]
        best = max(score for score, group in zip(row, groups, strict=True) if group == own)
        equal.append(1 + sum(score > best for score in row))
        paired.append(1 + sum(score > row[query] for score in row))
    for summary, places in ((found["equal"], np.array(equal)), (found["paired"], np.array(paired))):
        for k in (1, 5, 10):
            assert summary[f"R@{k}"].estimate.value == pytest.approx((places <= k).mean())
        assert summary["median rank"].estimate.value == np.median(places)
        assert summary["mean rank"].estimate.value == pytest.approx(places.mean())


def test_a_constant_score_is_at_chance_in_both_readings() -> None:
    groups = torch.tensor([0] * 10 + [1] * 30)
    found = retrieval_summary(torch.full((40, 40), 0.7), torch.arange(40), groups)
    for summary in (found["equal"], found["paired"]):
        for measure in summary.values():
            assert measure.estimate.value == pytest.approx(measure.chance)
            assert measure.estimate.low - 1e-9 <= measure.chance <= measure.estimate.high + 1e-9
    assert found["paired"]["R@5"].chance == pytest.approx(5 / 40)
    assert found["paired"]["mean rank"].chance == found["paired"]["median rank"].chance == 20.5
    assert found["equal"]["R@1"].chance == pytest.approx((10 * 10 / 40 + 30 * 30 / 40) / 40)


def test_random_scores_are_near_chance() -> None:
    source = torch.Generator().manual_seed(1)
    groups = torch.arange(400) % 20
    found = retrieval_summary(torch.rand(400, 400, generator=source), torch.arange(400), groups)
    for summary in (found["equal"], found["paired"]):
        for measure in [one for name, one in summary.items() if name != "median rank"]:
            spread = measure.estimate.high - measure.estimate.low
            assert abs(measure.estimate.value - measure.chance) < spread
    assert found["equal"]["median rank"].estimate.value == pytest.approx(found["equal"]["median rank"].chance, abs=3)


def test_perfect_scores() -> None:
    found = retrieval_summary(torch.eye(30), torch.arange(30), torch.arange(30))
    assert found["equal"] == found["paired"]
    assert all(found["paired"][f"R@{k}"].estimate.value == 1 for k in (1, 5, 10))
    assert found["paired"]["mean rank"].estimate.value == found["paired"]["median rank"].estimate.high == 1


def test_finding_a_copy_counts_in_one_reading_only() -> None:
    """Thirty keys, each there three times: the pair is one of three that tie, and one of them is sure to be first."""
    table = torch.eye(10).repeat(3, 1)
    found = retrieval_summary(table @ table.T, torch.arange(30), torch.arange(10).repeat(3))
    assert found["equal"]["R@1"].estimate.value == 1
    assert found["paired"]["R@1"].estimate.value == pytest.approx(1 / 3)
    assert found["paired"]["mean rank"].estimate.value == 2


def test_blocks_and_functions_give_the_same_as_a_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, positives, groups = noisy_case()
    asked = []

    def score(start: int, stop: int) -> Tensor:
        asked.append((start, stop))
        return scores[start:stop]

    want = retrieval_summary(scores, positives, groups)
    monkeypatch.setattr("confu_core.evaluation.retrieval.BLOCK", 7 * 60 + 3)
    assert retrieval_summary(score, positives, groups) == want
    assert retrieval_summary(scores, positives, groups) == want
    assert asked == [(start, min(start + 7, 60)) for start in range(0, 60, 7)]


def test_intervals_are_percentiles_of_resampled_queries() -> None:
    scores, positives, groups = noisy_case()
    found = retrieval_summary(scores, positives, groups, draws=300, seed=4)["paired"]
    places = rank_queries(scores, positives, groups)[1].expected().numpy()
    resampled = places[np.concatenate(list(resample_indices(60, draws=300, seed=4)))]
    low, high = np.quantile((resampled <= 5).mean(1), [0.025, 0.975])
    assert (found["R@5"].estimate.low, found["R@5"].estimate.high) == pytest.approx((low, high))
    low, high = np.quantile(resampled.mean(1), [0.025, 0.975])
    assert (found["mean rank"].estimate.low, found["mean rank"].estimate.high) == pytest.approx((low, high))
    middle = np.sort(resampled, axis=1)[:, 29:31]  # The two that share the middle of 60.
    low = np.quantile(middle[:, 0], 0.025, method="inverted_cdf")
    high = np.quantile(middle[:, 1], 0.975, method="inverted_cdf")
    assert (found["median rank"].estimate.low, found["median rank"].estimate.high) == (low, high)


def test_the_seed_decides_the_intervals_and_nothing_else() -> None:
    case = noisy_case()
    assert retrieval_summary(*case, seed=1) == retrieval_summary(*case, seed=1)
    one, other = (retrieval_summary(*case, seed=seed)["paired"]["mean rank"] for seed in (1, 2))
    assert one.estimate.value == other.estimate.value and one != other


def test_fewer_queries_than_keys() -> None:
    found = retrieval_summary(torch.eye(50)[[3, 7]], torch.tensor([3, 7]), torch.arange(50))
    assert found["paired"]["R@1"].estimate.value == 1


def test_chance_is_within_k_of_keys() -> None:
    assert chance_ranks(50, torch.tensor([1])).within(10).tolist() == pytest.approx([0.2])
    assert chance_ranks(3, torch.tensor([3])).expected().tolist() == [1.0]


@pytest.mark.parametrize("positives", [[-1], [4], []])
def test_positives_that_are_no_keys_are_an_error(positives: list[int]) -> None:
    with pytest.raises(InvalidValue, match="positives must be numbers of the 4 keys"):
        rank_queries(torch.zeros(1, 4), torch.tensor(positives, dtype=torch.int64), torch.arange(4))


def test_scores_of_another_shape_are_an_error() -> None:
    with pytest.raises(InvalidValue, match=r"scores must have shape \(2, 4\); got \(2, 3\)"):
        rank_queries(torch.zeros(2, 3), torch.arange(2), torch.arange(4))
