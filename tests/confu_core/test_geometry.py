"""Volumes, areas and inner products: slow loops, invariances, finite gradients, and memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import normalize
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from confu_core import losses
from confu_core.geometry import FLAT_VOLUME, gram_volume, multilinear_inner_product, triangle_area

Score = Callable[..., Tensor]
SCORES: dict[str, Score] = {"volume": gram_volume, "area": triangle_area, "product": multilinear_inner_product}
ANCHORS, TUPLES, DIM = 3, 4, 7
ANY_MODALITIES = pytest.mark.parametrize("modalities", [2, 3, 4, 5])
SEEDS = st.integers(0, 10_000)


def vectors(
    modalities: int, seed: int = 0, *, anchors: int = ANCHORS, tuples: int = TUPLES, dim: int = DIM
) -> list[Tensor]:
    """An anchor's rows and the tuples' rows; of any length."""
    source = torch.Generator().manual_seed(seed)
    sizes = [anchors, *[tuples] * (modalities - 1)]
    return [torch.randn(n, dim, generator=source, dtype=torch.float64) for n in sizes]


def slow_volume(*corner: Tensor) -> Tensor:
    """The product of the lengths that are left of each vector once the ones before it are taken out."""
    left, volume = [], torch.ones((), dtype=torch.float64)
    for vector in corner:
        for axis in left:
            vector = vector - (vector @ axis) * axis
        volume = volume * vector.norm()
        left.append(vector / vector.norm())
    return volume


def slow_area(*corner: Tensor) -> Tensor:
    """Twice the square of Heron's area."""
    a, b, c = ((corner[i] - corner[j]).norm() for i, j in ((0, 1), (0, 2), (1, 2)))
    half = (a + b + c) / 2
    return 2 * half * (half - a) * (half - b) * (half - c)


def slow_product(*corner: Tensor) -> float:
    return sum(math.prod(vector[d].item() for vector in corner) for d in range(DIM))


@pytest.mark.parametrize(
    ("name", "modalities"), [("area", 3), *[(name, m) for name in ("volume", "product") for m in (2, 3, 4, 5)]]
)
def test_each_entry_is_that_of_a_slow_loop(name: str, modalities: int) -> None:
    slow: Any = {"volume": slow_volume, "area": slow_area, "product": slow_product}[name]
    rows = vectors(modalities)
    got = SCORES[name](*rows)
    assert got.shape == (ANCHORS, TUPLES)
    for r in range(ANCHORS):
        for s in range(TUPLES):
            want = float(slow(rows[0][r], *(other[s] for other in rows[1:])))
            assert got[r, s].item() == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("name", SCORES)
def test_leading_axes_are_cells(name: str) -> None:
    cells = [vectors(3, seed) for seed in range(3)]
    together = SCORES[name](*(torch.stack(rows) for rows in zip(*cells, strict=True)))
    for cell, rows in enumerate(cells):
        torch.testing.assert_close(together[cell], SCORES[name](*rows))


@settings(deadline=None)
@given(seed=SEEDS, modalities=st.integers(3, 5), name=st.sampled_from(sorted(SCORES)), order=st.randoms())
def test_the_order_of_the_vectors_does_not_matter(seed: int, modalities: int, name: str, order: Any) -> None:
    rows = vectors(3 if name == "area" else modalities, seed, anchors=1, tuples=1)
    mixed = list(rows)
    order.shuffle(mixed)  # The anchor too: with one of each, every vector may take its place.
    torch.testing.assert_close(SCORES[name](*mixed), SCORES[name](*rows), rtol=1e-8, atol=1e-9)


@settings(deadline=None)
@given(seed=SEEDS, modalities=st.integers(2, 5))
def test_volumes_and_areas_survive_rotations_and_reflections(seed: int, modalities: int) -> None:
    rows = vectors(modalities, seed)
    turn, _ = torch.linalg.qr(vectors(2, seed + 1, tuples=DIM)[1])
    turned = [part @ turn for part in rows]
    torch.testing.assert_close(gram_volume(*turned), gram_volume(*rows), rtol=1e-8, atol=1e-9)
    if modalities == 3:
        torch.testing.assert_close(triangle_area(*turned), triangle_area(*rows), rtol=1e-8, atol=1e-9)
        torch.testing.assert_close(triangle_area(*(part + turn[0] for part in rows)), triangle_area(*rows))


def test_products_know_their_axes() -> None:
    """The counterpart: the inner product of three vectors is no invariant of their geometry."""
    rows = vectors(3)
    turn, _ = torch.linalg.qr(vectors(2, 1, tuples=DIM)[1])
    assert not torch.allclose(
        multilinear_inner_product(*(part @ turn for part in rows)), multilinear_inner_product(*rows)
    )
    axes = torch.randperm(DIM)
    moved = multilinear_inner_product(*(part[:, axes] for part in rows))
    torch.testing.assert_close(moved, multilinear_inner_product(*rows))


@settings(deadline=None)
@given(seed=SEEDS, signs=st.lists(st.sampled_from([-1.0, 1.0]), min_size=2, max_size=5))
def test_volumes_are_blind_to_sign_and_products_are_not(seed: int, signs: list[float]) -> None:
    rows = vectors(len(signs), seed)
    signed = [sign * part for sign, part in zip(signs, rows, strict=True)]
    torch.testing.assert_close(gram_volume(*signed), gram_volume(*rows))
    torch.testing.assert_close(multilinear_inner_product(*signed), math.prod(signs) * multilinear_inner_product(*rows))


@settings(deadline=None)
@given(seed=SEEDS, modalities=st.integers(2, 5), stretch=st.floats(0.1, 10))
def test_a_longer_vector_spans_more_in_proportion(seed: int, modalities: int, stretch: float) -> None:
    rows = vectors(modalities, seed)
    for score in (gram_volume, multilinear_inner_product):
        for m in range(modalities):
            longer = [stretch * part if i == m else part for i, part in enumerate(rows)]
            torch.testing.assert_close(score(*longer), stretch * score(*rows), rtol=1e-7, atol=1e-8)


@given(seed=SEEDS, modalities=st.integers(2, 5))
def test_unit_vectors_span_at_most_one(seed: int, modalities: int) -> None:
    volume = gram_volume(*(normalize(part, dim=-1) for part in vectors(modalities, seed)))
    assert (volume >= 0).all() and (volume <= 1 + 1e-12).all()


def test_two_unit_vectors_span_the_sine_of_their_angle() -> None:
    angles = torch.linspace(0, math.pi, 9, dtype=torch.float64)
    circle = torch.stack([angles.cos(), angles.sin()], -1)
    torch.testing.assert_close(gram_volume(circle[:1], circle)[0], angles.sin(), atol=1e-7, rtol=0)


@ANY_MODALITIES
def test_the_gradient_of_a_volume_is_finite_where_vectors_coincide(modalities: int) -> None:
    rows = vectors(modalities)
    # The first anchor is in the span of the first tuple; tuple 1 has two equal members; the last of all is zero.
    rows[0][0] = rows[1][0]
    rows[-1][1] = rows[1][1] if modalities > 2 else rows[0][1]
    rows[-1][3] = 0
    leaves = [part.clone().requires_grad_() for part in rows]
    volume = gram_volume(*leaves)
    assert volume[0, 0].item() == pytest.approx(0, abs=1e-6)
    volume.sum().backward()
    assert all(leaf.grad is not None and leaf.grad.isfinite().all() for leaf in leaves)


@ANY_MODALITIES
def test_the_gradient_of_a_volume_is_unchanged_everywhere_else(modalities: int) -> None:
    """Against the root of the determinant as published, entry by entry, where that has a gradient."""
    rows = vectors(modalities, dim=max(DIM, modalities))
    rows[0][0] = rows[1][0]  # One flat entry, which may not disturb its neighbours.
    leaves = [part.clone().requires_grad_() for part in rows]
    volume = gram_volume(*leaves)
    for r in range(ANCHORS):
        for s in range(TUPLES):
            if (r, s) == (0, 0):
                continue
            got = torch.autograd.grad(volume[r, s], leaves, retain_graph=True)
            corner = torch.stack([leaves[0][r], *(other[s] for other in leaves[1:])])
            want = torch.autograd.grad(torch.linalg.det(corner @ corner.T).abs().sqrt(), leaves)
            for mine, published in zip(got, want, strict=True):
                torch.testing.assert_close(mine, published, rtol=1e-6, atol=1e-6)


def test_a_small_volume_has_its_gradient_until_it_is_flat() -> None:
    for angle, slope in [(1e-4, 1.0), (2e-6, 1.0), (1e-8, 0.0)]:
        x = torch.tensor(angle, dtype=torch.float64, requires_grad=True)
        volume = gram_volume(torch.tensor([[1.0, 0.0]], dtype=torch.float64), torch.stack([x.cos(), x.sin()])[None])
        volume.sum().backward()
        assert x.grad is not None and x.grad.item() == pytest.approx(slope, abs=1e-3), angle
        assert (volume.item() == 0) is (angle < FLAT_VOLUME)


def near_duplicates(modalities: int, angle: float, rows: int = 24, dim: int = 64) -> list[Tensor]:
    """Unit vectors in single precision; row r of each lies within an angle of row r of the others."""
    source = torch.Generator().manual_seed(1)
    center, *away = (torch.randn(rows, dim, generator=source, dtype=torch.float64) for _ in range(1 + modalities))
    return [normalize(normalize(center, dim=-1) + angle * normalize(a, dim=-1), dim=-1).float() for a in away]


@pytest.mark.parametrize("many", [False, True])  # Few small entries, and so many that all of the matrix is small.
@pytest.mark.parametrize("angle", [0.3, 0.03, 0.008, 0.0008])
@pytest.mark.parametrize(("name", "modalities"), [("volume", 2), ("volume", 3), ("volume", 4), ("area", 3)])
def test_single_precision_holds_where_vectors_nearly_coincide(
    name: str, modalities: int, angle: float, many: bool
) -> None:
    single = [part[:1].expand(6, -1) if many else part for part in near_duplicates(modalities, angle)]
    leaves = [[part.clone().to(kind).requires_grad_() for part in single] for kind in (torch.float32, torch.float64)]
    got, want = (SCORES[name](*rows) for rows in leaves)
    for scores in (got, want):
        scores.diagonal().sum().backward()
    least = 1e-4 if name == "volume" else 1e-12
    close = want > least
    assert got.dtype is torch.float32
    torch.testing.assert_close(got.double()[close], want[close], rtol=1e-3, atol=0)
    if bool(close.diagonal().all()):
        for mine, exact in zip(*leaves, strict=True):
            assert mine.grad is not None and exact.grad is not None
            assert (mine.grad - exact.grad).norm() < 1e-3 * exact.grad.norm()


@pytest.mark.parametrize("name", ["volume", "area"])
def test_a_stack_has_the_precision_of_its_cells(name: str) -> None:
    cells = [near_duplicates(3, angle) for angle in (0.3, 0.01)]
    together = SCORES[name](*(torch.stack(rows) for rows in zip(*cells, strict=True)))
    for cell, rows in zip(together, cells, strict=True):
        assert torch.equal(cell, SCORES[name](*(part[None] for part in rows))[0])
        torch.testing.assert_close(cell, SCORES[name](*(part.double() for part in rows)).float(), rtol=1e-4, atol=0)


def test_the_watch_over_memory_holds_with_near_duplicates() -> None:
    n, dim = 48, 256
    z = [part[:n].requires_grad_() for part in near_duplicates(3, 0.01, n, dim)]
    for loss in (losses.gram_loss, losses.triangle_loss):
        with LargestTensor() as largest:
            loss(z).backward()
        assert largest.entries < n * n * dim / 5


@ANY_MODALITIES
def test_gradients_of_scores_against_finite_differences(modalities: int) -> None:
    leaves = [part.requires_grad_() for part in vectors(modalities, anchors=2, tuples=2)]
    assert torch.autograd.gradcheck(gram_volume, leaves)
    assert torch.autograd.gradcheck(multilinear_inner_product, leaves)
    if modalities == 3:
        assert torch.autograd.gradcheck(triangle_area, leaves)


class LargestTensor(TorchDispatchMode):
    """Watches every operation, backward ones too, and keeps the number of entries of the largest result."""

    entries = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self.entries = max(self.entries, leaf.untyped_storage().nbytes() // leaf.element_size())
        return result


LOSSES: dict[str, Callable[[list[Tensor]], Tensor]] = {
    "gram": losses.gram_loss,
    "triangle": losses.triangle_loss,
    "symile": lambda z: losses.symile_loss(z, 10.0),
    "clip": losses.clip_loss,
}


@pytest.mark.parametrize("name", LOSSES)
def test_no_loss_forms_a_tensor_with_three_axes(name: str) -> None:
    n, dim = 48, 256
    z = [part.requires_grad_() for part in vectors(3, anchors=n, tuples=n, dim=dim)]
    with LargestTensor() as largest:
        LOSSES[name](z).backward()
    # n * dim are the embeddings themselves, three of which Symile stacks.
    assert n * n <= largest.entries <= max(4 * n * n, 3 * n * dim) < n * n * dim / 5


def test_the_watch_sees_what_the_published_area_forms() -> None:
    """A watch that cannot see would prove nothing."""
    n, dim = 48, 256
    anchor, second, _ = vectors(3, anchors=n, tuples=n, dim=dim)
    with LargestTensor() as largest:
        (anchor.requires_grad_().unsqueeze(1) - second).square().sum().backward()
    assert largest.entries == n * n * dim
