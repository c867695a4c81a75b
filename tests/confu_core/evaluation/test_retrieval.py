"""Retrieval with ties and repeated keys: expectations over a random order, and chance for what says nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from confu_core.evaluation.directions import Retrieval, retrieval

SHAPES = {
    "queries": st.integers(1, 6),
    "keys": st.integers(1, 6),
    "levels": st.integers(1, 4),
    "seed": st.integers(0, 9999),
}


def random_case(queries: int, keys: int, levels: int, seed: int) -> tuple[Tensor, Tensor]:
    """Scores with few distinct values, so that many tie, and counts of which at least one is not zero."""
    source = torch.Generator().manual_seed(seed)
    scores = torch.randint(levels, (queries, keys), generator=source).double() / 3 - 0.5
    counts = torch.randint(3, (queries, keys), generator=source).double()
    counts[0, 0] += 1
    return scores, counts


def exact_reference(scores: Tensor, counts: Tensor) -> Retrieval:
    """A loop over every query and key, with the share of orders of the ties in which the key comes first."""
    hits = ranks = 0.0
    for row, times in zip(scores.tolist(), counts.tolist(), strict=True):
        for score, count in zip(row, times, strict=True):
            above, ties = sum(other > score for other in row), sum(other == score for other in row)
            hits += count * (above == 0) / ties
            ranks += count * (1 + above + (ties - 1) / 2)
    total = float(counts.sum())
    return Retrieval(hits / total, ranks / total)


@settings(deadline=None)
@given(**SHAPES)
def test_ties_count_as_in_a_slow_loop(queries: int, keys: int, levels: int, seed: int) -> None:
    scores, counts = random_case(queries, keys, levels, seed)
    found, want = retrieval(scores, counts), exact_reference(scores, counts)
    assert found.accuracy == pytest.approx(want.accuracy)
    assert found.expected_rank == pytest.approx(want.expected_rank)


def test_ties_are_broken_evenly_on_average() -> None:
    """The meaning of the expectation: argmax and rank of many runs in which a random order decides between equals."""
    scores, counts = random_case(4, 5, 2, 3)
    random = np.random.default_rng(0)
    runs, hits, ranks = 20_000, 0.0, 0.0
    for _ in range(runs // 100):
        noise = torch.from_numpy(random.uniform(0, 1e-3, (100, 4, 5)))
        decided = scores + noise
        place = 1 + (decided.unsqueeze(-2) > decided.unsqueeze(-1)).sum(-1)
        hits += float((counts * (place == 1)).sum())
        ranks += float((counts * place).sum())
    found = retrieval(scores, counts)
    assert hits / runs / float(counts.sum()) == pytest.approx(found.accuracy, abs=0.01)
    assert ranks / runs / float(counts.sum()) == pytest.approx(found.expected_rank, abs=0.05)


@pytest.mark.parametrize("keys", [1, 2, 32])
@pytest.mark.parametrize("value", [0.0, 0.7, -3.0])
def test_a_constant_embedding_scores_at_chance(keys: int, value: float) -> None:
    """Whatever the truth: an argmax would give all of it to whoever comes first."""
    for counts in (torch.eye(keys), torch.ones(3, keys), torch.eye(keys)[:1].expand(5, -1)):
        found = retrieval(torch.full(counts.shape, value), counts)
        assert found.accuracy == pytest.approx(1 / keys)
        assert found.expected_rank == pytest.approx((keys + 1) / 2)


def test_embeddings_that_are_equal_up_to_rounding_tie() -> None:
    source = torch.Generator().manual_seed(0)
    row = torch.nn.functional.normalize(torch.randn(1, 64, generator=source), dim=-1)
    # The same vector in two thousand places; a product's last bits depend on the place.
    scores = row.expand(33, -1) @ row.expand(2001, -1).T
    scores = scores * (1 + 1e-7 * torch.randn(scores.shape, generator=source))
    assert scores.unique().numel() > 1
    found = retrieval(scores, torch.ones_like(scores))
    assert found.accuracy == pytest.approx(1 / 2001, rel=1e-5)
    assert found.expected_rank == pytest.approx(1001, rel=1e-5)


def test_scores_that_differ_by_more_do_not_tie() -> None:
    scores = torch.tensor([[1.0, 1.0 - 1e-4, 0.5]])
    assert retrieval(scores, torch.tensor([[1.0, 0.0, 0.0]])) == Retrieval(1.0, 1.0)
    assert retrieval(scores, torch.tensor([[0.0, 1.0, 0.0]])) == Retrieval(0.0, 2.0)
    assert retrieval(scores, torch.tensor([[0.0, 0.0, 1.0]])) == Retrieval(0.0, 3.0)


def test_any_key_that_equals_the_positive_counts() -> None:
    """Ten samples of two classes: as columns the classes, each counted as often as it occurs."""
    labels = torch.tensor([0, 1, 1, 0, 1, 1, 1, 0, 1, 1])
    table = torch.eye(2)
    counts = torch.zeros(2, 2).index_put_((labels, labels), torch.ones(10), accumulate=True)
    assert retrieval(table @ table.T, counts) == Retrieval(1.0, 1.0)
    # Every sample a key of its own: the same embeddings find one of several equals, and look worse than they are.
    samples = table[labels]
    plain = retrieval(samples @ samples.T, torch.eye(10))
    assert plain.accuracy == pytest.approx(2 / 10)  # One of 3 for three samples, one of 7 for seven.
    assert plain.expected_rank == pytest.approx((3 * 2 + 7 * 4) / 10)


@settings(deadline=None)
@given(**SHAPES, shuffle=st.integers(0, 99), copies=st.integers(1, 4))
def test_the_order_of_keys_and_the_number_of_copies_do_not_matter(
    queries: int, keys: int, levels: int, seed: int, shuffle: int, copies: int
) -> None:
    scores, counts = random_case(queries, keys, levels, seed)
    order = torch.randperm(keys, generator=torch.Generator().manual_seed(shuffle))
    found = retrieval(scores, counts)
    moved = retrieval(2.5 * scores[:, order], copies * counts[:, order])
    assert (moved.accuracy, moved.expected_rank) == pytest.approx((found.accuracy, found.expected_rank))
    assert 0 <= found.accuracy <= 1 and 1 <= found.expected_rank <= keys
