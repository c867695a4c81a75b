"""InfoNCE against PyTorch's cross-entropy, counts against repeated rows, and one way against the other."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import cross_entropy

from confu_core.info_nce import WIDEST_RANGE, info_nce, symmetric_info_nce

SMOOTHING = pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
# Numbers of a random batch: samples, distinct queries, distinct keys, seed.
BATCHES = {
    "n": st.integers(1, 30),
    "queries": st.integers(1, 6),
    "keys": st.integers(1, 6),
    "seed": st.integers(0, 999),
}


def scores(*shape: int, seed: int = 0) -> Tensor:
    """Numbers in [-1, 1]."""
    return 2 * torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1


def draw(n: int, queries: int, keys: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Scores of distinct rows, how often each pair occurs among n samples, and the scores between all samples."""
    source = torch.Generator().manual_seed(seed)
    rows, columns = (torch.randint(size, (n,), generator=source) for size in (queries, keys))
    distinct = scores(queries, keys, seed=seed)
    counts = torch.zeros(queries, keys, dtype=torch.float64).index_put_(
        (rows, columns), torch.ones(n, dtype=torch.float64), accumulate=True
    )
    return distinct, counts, distinct[rows][:, columns]


def both_ways(logits: Tensor, smoothing: float = 0.0) -> Tensor:
    target = torch.arange(len(logits))
    forth = cross_entropy(logits, target, label_smoothing=smoothing)
    return (forth + cross_entropy(logits.T, target, label_smoothing=smoothing)) / 2


@SMOOTHING
@pytest.mark.parametrize("n", [1, 2, 17])
def test_rows_against_columns_is_cross_entropy(n: int, smoothing: float) -> None:
    logits = 10 * scores(n, n)
    want = cross_entropy(logits, torch.arange(n), label_smoothing=smoothing)
    torch.testing.assert_close(info_nce(logits, label_smoothing=smoothing), want)
    assert n == 1 or not torch.isclose(info_nce(logits.T, label_smoothing=smoothing), want)


@SMOOTHING
@pytest.mark.parametrize("scale", [1.0, 20.0])
@pytest.mark.parametrize("bounds", [None, (-1.0, 1.0)])
def test_both_directions_are_the_mean_of_two_cross_entropies(
    smoothing: float, scale: float, bounds: tuple[float, float] | None
) -> None:
    for n in (1, 2, 17):
        got = symmetric_info_nce(scores(n, n), label_smoothing=smoothing, scale=scale, bounds=bounds)
        torch.testing.assert_close(got, both_ways(scale * scores(n, n), smoothing))


@settings(deadline=None)
@given(**BATCHES, smoothing=st.sampled_from([0.0, 0.1]), bounded=st.booleans(), tensor=st.booleans())
def test_counts_stand_for_repeated_rows(
    n: int, queries: int, keys: int, seed: int, smoothing: float, bounded: bool, tensor: bool
) -> None:
    distinct, counts, repeated = draw(n, queries, keys, seed)
    scale = torch.full((1, 1), 14.0, dtype=torch.float64) if tensor else 14.0
    options = {"label_smoothing": smoothing, "scale": scale, "bounds": (-1, 1) if bounded else None}
    got = symmetric_info_nce(distinct, counts, **options)  # type: ignore[arg-type]
    torch.testing.assert_close(got, both_ways(14 * repeated, smoothing))
    one_way = info_nce(14 * distinct, counts, label_smoothing=smoothing)
    torch.testing.assert_close(one_way, cross_entropy(14 * repeated, torch.arange(n), label_smoothing=smoothing))


def value_and_gradient(
    distinct: Tensor, counts: Tensor | None, smoothing: float, bounds: object
) -> tuple[Tensor, Tensor]:
    leaf = distinct.clone().requires_grad_()
    loss = symmetric_info_nce(leaf, counts, label_smoothing=smoothing, scale=14.0, bounds=bounds)  # type: ignore[arg-type]
    return loss.detach(), torch.autograd.grad(3 * loss.sum(), leaf)[0]


@SMOOTHING
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("cells", [(), (3,)])
def test_the_way_for_bounded_scores_gives_the_same_value_and_gradient(
    smoothing: float, counted: bool, cells: tuple[int, ...]
) -> None:
    queries, keys = (5, 4) if counted else (6, 6)
    distinct = scores(*cells, queries, keys)
    counts = (
        torch.randint(0, 4, distinct.shape, generator=torch.Generator().manual_seed(1)).double() if counted else None
    )
    plain = value_and_gradient(distinct, counts, smoothing, None)
    # Bounds only shift the exponentials: any that hold give the same numbers.
    for bounds in ((-1.0, 1.0), (-1.5, 2.5)):
        torch.testing.assert_close(value_and_gradient(distinct, counts, smoothing, bounds), plain)
    assert plain[0].shape == cells


@SMOOTHING
@pytest.mark.parametrize("bounds", [None, (-1.0, 1.0)])
@pytest.mark.parametrize("counted", [False, True])
def test_gradients_against_finite_differences(
    smoothing: float, bounds: tuple[float, float] | None, counted: bool
) -> None:
    counts = draw(12, 4, 3, 0)[1] if counted else None
    leaf = scores(4, 3 if counted else 4).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: symmetric_info_nce(x, counts, label_smoothing=smoothing, scale=5.0, bounds=bounds), leaf
    )


@pytest.mark.parametrize("counted", [False, True])
def test_a_stack_is_its_cells(counted: bool) -> None:
    distinct = scores(3, 4, 4)
    counts = torch.stack([draw(10, 4, 4, seed)[1] for seed in range(3)]) if counted else None
    scale = torch.tensor([1.0, 5.0, 20.0], dtype=torch.float64)[:, None, None]
    together = symmetric_info_nce(distinct, counts, label_smoothing=0.1, scale=scale)
    for cell in range(3):
        own = None if counts is None else counts[cell]
        alone = symmetric_info_nce(distinct[cell], own, label_smoothing=0.1, scale=float(scale[cell]))
        torch.testing.assert_close(together[cell], alone)


@given(**BATCHES, shift=st.floats(-50, 50), shuffle=st.integers(0, 99))
def test_a_constant_and_the_order_of_rows_do_not_matter(
    n: int, queries: int, keys: int, seed: int, shift: float, shuffle: int
) -> None:
    distinct, counts, _ = draw(n, queries, keys, seed)
    loss = symmetric_info_nce(5 * distinct, counts, label_smoothing=0.1)
    torch.testing.assert_close(symmetric_info_nce(5 * distinct + shift, counts, label_smoothing=0.1), loss)
    source = torch.Generator().manual_seed(shuffle)
    rows, columns = torch.randperm(queries, generator=source), torch.randperm(keys, generator=source)
    moved = symmetric_info_nce(5 * distinct[rows][:, columns], counts[rows][:, columns], label_smoothing=0.1)
    torch.testing.assert_close(moved, loss)


@given(**BATCHES, copies=st.integers(1, 5))
def test_every_copy_of_a_batch_adds_its_keys_to_the_sum(
    n: int, queries: int, keys: int, seed: int, copies: int
) -> None:
    distinct, counts, _ = draw(n, queries, keys, seed)
    more = symmetric_info_nce(5 * distinct, copies * counts) - symmetric_info_nce(5 * distinct, counts)
    assert more.item() == pytest.approx(math.log(copies), abs=1e-9)


@pytest.mark.parametrize("scale", [WIDEST_RANGE / 2, WIDEST_RANGE / 2 + 1e-3, 1e4])
def test_single_precision_survives_every_scale(scale: float) -> None:
    """On either side of the limit for bounded scores, in the best and in the worst case."""
    n = 50
    best, worst = 2 * torch.eye(n) - 1, 1 - 2 * torch.eye(n)
    for logits in (best, worst):
        leaf = logits.clone().requires_grad_()
        loss = symmetric_info_nce(leaf, scale=scale, bounds=(-1, 1))
        loss.backward()
        assert leaf.grad is not None and leaf.grad.isfinite().all()
        assert loss.item() == pytest.approx(both_ways(scale * logits.double()).item(), rel=1e-5, abs=1e-5)


def test_scores_that_say_nothing_cost_the_logarithm_of_the_batch() -> None:
    for n in (1, 5, 100):
        assert info_nce(torch.zeros(n, n)).item() == pytest.approx(math.log(n))
        assert symmetric_info_nce(torch.zeros(1, 1), torch.full((1, 1), float(n))).item() == pytest.approx(math.log(n))
