"""Singular values of a few vectors, and the direction closest to all of them; gradients are finite at ties."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Of the largest eigenvalue: gaps and eigenvalues below this share count as ties, and as zeros.
TIE = 1e-9
# Of the sum of weights: below it rounding would decide on the sign.
UPRIGHT = 1e-4
# Matrices whose eigenvalues are found at once.
BLOCK = 1 << 18


def singular(vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Return the singular values of vectors side by side, and the leading left singular vector.

    Both come from the small matrix of inner products. The vector points along the sum of all, or along the first where
    it is at a right angle to the sum.

    Parameters
    ----------
    vectors : Tensor, shape (..., M, dim)
        M vectors in each place, at most dim.

    Returns
    -------
    tuple of (Tensor with shape (..., M), Tensor with shape (..., dim))
        Values, the largest first, and a vector of length 1. Where the two largest values are equal the vector is not
        unique, and the gradient leaves out what it cannot tell; nothing else is divided by.

    Examples
    --------
    >>> values, leading = singular(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    >>> [round(value, 4) for value in values.tolist()], leading.tolist()
    ([1.4142, 0.0], [1.0, 0.0])
    """
    found: tuple[Tensor, Tensor] = _Singular.apply(vectors)
    return found


def leading_value(queries: Tensor, keys: Tensor) -> Tensor:
    """Return the largest singular value of each query's vectors beside each key's.

    Parameters
    ----------
    queries, keys : Tensor, shape (..., rows, vectors, dim)
        The vectors of each row.

    Returns
    -------
    Tensor, shape (..., query rows, key rows)
        For M vectors of length 1 in all, between 1 and the root of M. Blind to the sign of each vector.

    Examples
    --------
    >>> leading_value(torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.6, 0.8]]])).square()  # One more than the cosine.
    tensor([[1.6000]])
    """
    rows = max(1, BLOCK // keys.shape[-3])
    return torch.cat([_leading_values(part, keys) for part in queries.split(rows, -3)], -2)


def _leading_values(queries: Tensor, keys: Tensor) -> Tensor:
    across = torch.einsum("...rid,...sjd->...rsij", queries, keys)
    own, other = (queries @ queries.mT).unsqueeze(-3), (keys @ keys.mT).unsqueeze(-4)
    own, other = (part.expand(*across.shape[:-2], *part.shape[-2:]) for part in (own, other))
    inner = torch.cat([torch.cat([own, across], -1), torch.cat([across.mT, other], -1)], -2)
    return torch.linalg.eigvalsh(inner)[..., -1].clamp(min=0).sqrt()


def single_value_loss(values: Tensor, temperature: float) -> Tensor:
    """Return the cross-entropy of the first of some singular values against all, shape (...), in nats."""
    behind = (values[..., 1:] - values[..., :1]) / temperature
    return torch.log1p(behind.exp().sum(-1))


class _Singular(torch.autograd.Function):
    """Values and leading vector, with the gradients of both.

    With right vectors v, values s, and w = s u the products of the vectors with v, only the gaps between the largest
    squared value and the others are divided by, where automatic differentiation would divide by all.
    """

    @staticmethod
    def forward(ctx: Any, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Return the singular values and the leading vector, in double precision until the last."""
        whole = vectors.double()
        squares, right = torch.linalg.eigh(whole @ whole.mT)
        squares, right = squares.flip(-1).clamp(min=0), right.flip(-1)
        towards = right.sum(-2, keepdim=True)
        # Of two vectors at an obtuse angle the leading one is at a right angle to the sum.
        towards = torch.where(towards.abs() < UPRIGHT, right[..., :1, :], towards)
        right = torch.where(towards < 0, -right, right)
        values, mixed = squares.sqrt(), right.mT @ whole
        leading = mixed[..., 0, :] / values[..., :1].clamp(min=torch.finfo(values.dtype).tiny)
        ctx.save_for_backward(squares, right, mixed, leading)
        return values.to(vectors.dtype), leading.to(vectors.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_values: Tensor, by_leading: Tensor) -> Tensor:
        """Return the slope by the vectors, without what ties would make infinite."""
        squares, right, mixed, leading = ctx.saved_tensors
        largest, values = squares[..., :1], squares.sqrt()
        slope = by_leading.double()
        sideways = slope - (slope * leading).sum(-1, keepdim=True) * leading
        along = (mixed * slope.unsqueeze(-2)).sum(-1) * _inverse(largest - squares, largest)
        first = sideways + (along.unsqueeze(-1) * mixed).sum(-2)
        by_mixed = (by_values.double() * _inverse(values, values[..., :1])).unsqueeze(-1) * mixed
        by_mixed = by_mixed + along.unsqueeze(-1) * leading.unsqueeze(-2)
        by_mixed[..., 0, :] += first * _inverse(values[..., :1], values[..., :1])
        return (right @ by_mixed).to(by_values.dtype)


def _inverse(numbers: Tensor, scale: Tensor) -> Tensor:
    """One over each number, or 0 where it is nothing beside the scale."""
    small = numbers <= TIE * scale
    return torch.where(small, 0.0, 1 / numbers.masked_fill(small, 1.0))
