"""Summaries of instance retrieval: two readings, chance, intervals, and blocks of queries."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.evaluation import retrieval
from confu_core.evaluation.retrieval import chance_ranks, rank_queries, retrieval_summary
from confu_core.statistics.resampling import resample_indices


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
    monkeypatch.setattr(retrieval, "BLOCK", 7 * 60 + 3)
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
