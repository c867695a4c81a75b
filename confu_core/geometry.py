"""Scores between an anchor and tuples of other vectors: volumes, areas, inner products.

Every function takes an anchor of shape ``(..., n_anchor, dim)`` and others of shape
``(..., n_tuples, dim)`` whose rows belong together, and returns ``(..., n_anchor, n_tuples)``.
None forms a tensor with both an anchor, a tuple and a dim axis: memory is O(n_anchor * n_tuples).
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor

__all__ = ["gram_volume", "multilinear_inner_product", "triangle_area"]

# Below this squared volume (a volume of 1e-6) the square root gets a zero value and gradient instead of an
# infinite one.
FLAT = 1e-12


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
    size = (anchor * anchor).sum(-1).unsqueeze(-1) * determinant.unsqueeze(-2)
    for i, left in enumerate(products):
        # One sum per row of the adjugate, so that each product matrix is read twice, not k times.
        row = sum(adjugate[..., i, j].unsqueeze(-2) * right for j, right in enumerate(products))
        size = size - left * row
    return _square_root(size.abs())


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
    length = (anchor * anchor).sum(-1).unsqueeze(-1)
    to_second, to_third = anchor @ second.mT, anchor @ third.mT
    u = length + (second * second).sum(-1).unsqueeze(-2) - 2 * to_second
    v = length + (third * third).sum(-1).unsqueeze(-2) - 2 * to_third
    uv = length + (second * third).sum(-1).unsqueeze(-2) - to_second - to_third
    return (u * v - uv * uv) / 2


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


def _square_root(size: Tensor) -> Tensor:
    """Square root whose gradient is finite at zero."""
    flat = size < FLAT
    # The inner masking keeps the infinite slope out of the backward pass, where 0 * inf would be NaN.
    return size.masked_fill(flat, 1.0).sqrt().masked_fill(flat, 0.0)
