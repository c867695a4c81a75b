"""Scores between an anchor and tuples of other vectors: volumes, areas, inner products.

Every function takes an anchor of shape ``(..., n_anchor, dim)`` and others of shape
``(..., n_tuples, dim)`` whose rows belong together, and returns ``(..., n_anchor, n_tuples)``.
None forms a tensor with both an anchor, a tuple and a dim axis: memory is O(n_anchor * n_tuples).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

__all__ = ["gram_volume", "multilinear_inner_product", "triangle_area"]

# Below this volume the root gets a zero value and gradient instead of an infinite one.
FLAT_VOLUME = 1e-6


def gram_volume(anchor: Tensor, *others: Tensor) -> Tensor:
    r"""Volume of the parallelotope that an anchor spans with each tuple (GRAM, arXiv 2412.11959).

    .. math:: V = \sqrt{|\det G|}, \quad G = \text{Gram matrix of (anchor, others...)}

    By Schur's complement :math:`\det G = \|a\|^2 \det T - v^\top \mathrm{adj}(T)\, v`, with :math:`T` the
    Gram matrix of a tuple and :math:`v` the inner products of the anchor with it: only :math:`v` needs an
    ``n_anchor x n_tuples`` matrix product.

    Parameters
    ----------
    anchor : Tensor, shape (..., n_anchor, dim)
        Anchor vectors; of any length, though the methods normalise them.
    *others : Tensor, shape (..., n_tuples, dim)
        One tensor per further modality, at least one; row s of each belongs to tuple s.

    Returns
    -------
    Tensor, shape (..., n_anchor, n_tuples)
        Volumes, at least 0. Blind to sign: z and -z give the same volume. The gradient is zero, not infinite,
        where vectors coincide.

    Examples
    --------
    >>> axes = torch.eye(3)
    >>> gram_volume(axes[:1], axes[1:2], axes[2:])
    tensor([[1.]])
    """
    gram = torch.stack([torch.stack([(s * t).sum(-1) for t in others], -1) for s in others], -2)
    adjugate, determinant = _adjugate(gram)
    products = [anchor @ other.mT for other in others]
    volume: Tensor = _Volume.apply((anchor * anchor).sum(-1), determinant, adjugate, *products)
    return volume


def triangle_area(anchor: Tensor, second: Tensor, third: Tensor) -> Tensor:
    r"""Area score of TRIANGLE (arXiv 2509.24734) between an anchor and each pair.

    .. math:: (\|u\|^2 \|v\|^2 - (u \cdot v)^2) / 2, \quad u = a - s,\; v = a - t

    There is no square root: this is twice the squared area of the triangle with corners a, s, t.

    Parameters
    ----------
    anchor : Tensor, shape (..., n_anchor, dim)
        Anchor vectors.
    second, third : Tensor, shape (..., n_tuples, dim)
        The two other corners; row s of both belongs to pair s.

    Returns
    -------
    Tensor, shape (..., n_anchor, n_tuples)
        Twice the squared areas.

    Examples
    --------
    >>> triangle_area(torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]))
    tensor([[0.5000]])
    """
    area: Tensor = _Area.apply(
        _squared_distances(anchor, second), _squared_distances(anchor, third), (second - third).square().sum(-1)
    )
    return area


def multilinear_inner_product(anchor: Tensor, *others: Tensor) -> Tensor:
    r"""Multilinear inner product of Symile (arXiv 2411.01053): :math:`\sum_d a_d s_d t_d \cdots`.

    Parameters
    ----------
    anchor : Tensor, shape (..., n_anchor, dim)
        Anchor vectors.
    *others : Tensor, shape (..., n_tuples, dim)
        One tensor per further modality, at least one.

    Returns
    -------
    Tensor, shape (..., n_anchor, n_tuples)
        Products; with one other it is the ordinary inner product.

    Examples
    --------
    >>> pair = torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0]])
    >>> multilinear_inner_product(torch.tensor([[1.0, 2.0]]), *pair)
    tensor([[3.]])
    """
    return anchor @ reduce(torch.mul, others).mT


def _adjugate(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Adjugate and determinant of small matrices by Faddeev and LeVerrier.

    Only products and division by integers: a polynomial of the entries, with a finite gradient at singular
    matrices, where inverses and ``torch.linalg.det`` have none.
    """
    size = matrix.shape[-1]
    identity = torch.eye(size, dtype=matrix.dtype, device=matrix.device)
    term = identity.expand(matrix.shape)
    for step in range(1, size):
        product = matrix @ term
        trace = product.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None]
        term = product - trace / step * identity
    determinant = (matrix @ term).diagonal(dim1=-2, dim2=-1).sum(-1) / size
    sign = (-1) ** (size - 1)
    return sign * term, sign * determinant


def _squared_distances(anchor: Tensor, others: Tensor) -> Tensor:
    """Squared distances of all pairs, (..., n_anchor, n_tuples)."""
    lengths = [(x * x).sum(-1, keepdim=True) for x in (anchor, others)]
    ones = [torch.ones_like(length) for length in lengths]
    # |a|^2 + |s|^2 - 2 a.s as one matrix product, with the lengths as two more coordinates.
    return torch.cat([-2 * anchor, lengths[0], ones[0]], -1) @ torch.cat([others, ones[1], lengths[1]], -1).mT


class _Volume(torch.autograd.Function):
    """Volumes from the anchor's products with each tuple: sqrt |a D - sum_ij P_i adj_ij P_j|.

    Written out with its gradient, since every n x n matrix that autograd would keep costs a pass through memory:
    with R_i = sum_j adj_ij P_j the gradient in P_i is -2 R_i times the slope, and R_i is at hand.
    """

    @staticmethod
    def forward(ctx: Any, lengths: Tensor, determinant: Tensor, adjugate: Tensor, *products: Tensor) -> Tensor:
        rows = [_row(adjugate, i, products) for i in range(len(products))]
        size = lengths.unsqueeze(-1) * determinant.unsqueeze(-2)
        for product, row in zip(products, rows, strict=True):
            size.addcmul_(product, row, value=-1)
        sign = size.sign()
        volume = size.abs_().sqrt_()
        # The slope of the root, 1 / (2 V), is not finite where vectors coincide: there value and slope are zero.
        slope = torch.where(volume < FLAT_VOLUME, 0.0, sign.div_(volume).mul_(0.5))
        torch.threshold_(volume, FLAT_VOLUME, 0.0)
        ctx.save_for_backward(lengths, determinant, slope, *products, *rows)
        return volume

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        lengths, determinant, slope, *rest = ctx.saved_tensors
        products, rows = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        gradient = gradient * slope
        by_adjugate = -_sums_of_products(gradient, products)
        # Vectors stand on the left: on the right a stack of one takes another kernel than a longer one, and a cell's
        # last bits would depend on what it is stacked with.
        return (
            (determinant.unsqueeze(-2) @ gradient.mT).squeeze(-2),
            (lengths.unsqueeze(-2) @ gradient).squeeze(-2),
            by_adjugate,
            *(torch.mul(row, gradient).mul_(-2) for row in rows),
        )


class _Area(torch.autograd.Function):
    """Areas from squared distances: (u v - w^2) / 2 with w = (u + v - q) / 2, q between the two other corners."""

    @staticmethod
    def forward(ctx: Any, u: Tensor, v: Tensor, q: Tensor) -> Tensor:
        w = (u + v).sub_(q.unsqueeze(-2)).mul_(0.5)
        ctx.save_for_backward(u, v, w)
        return torch.mul(u, v).addcmul_(w, w, value=-1).mul_(0.5)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        u, v, w = ctx.saved_tensors
        half = gradient / 2
        return (v - w).mul_(half), (u - w).mul_(half), (w * half).sum(-2)


def _sums_of_products(weights: Tensor, matrices: Sequence[Tensor]) -> Tensor:
    """Sum w * M_i * M_j down each column, shape (..., columns, k, k)."""
    weighted, product = torch.empty_like(weights), torch.empty_like(weights)
    sums = weights.new_empty(*weights.shape[:-2], weights.shape[-1], len(matrices), len(matrices))
    for i, left in enumerate(matrices):
        torch.mul(weights, left, out=weighted)
        for j, right in enumerate(matrices[: i + 1]):
            sums[..., i, j] = sums[..., j, i] = torch.mul(weighted, right, out=product).sum(-2)
    return sums


def _row(adjugate: Tensor, i: int, products: Sequence[Tensor]) -> Tensor:
    """Sum the products weighted by row i of the adjugate of each tuple."""
    row = adjugate[..., i, 0].unsqueeze(-2) * products[0]
    for j, product in enumerate(products[1:], start=1):
        row.addcmul_(adjugate[..., i, j].unsqueeze(-2), product)
    return row
