"""Scores between an anchor and tuples of other vectors: volumes, areas, inner products.

Every function takes an anchor of shape ``(..., n_anchor, dim)`` and others of shape
``(..., n_tuples, dim)`` whose rows belong together, and returns ``(..., n_anchor, n_tuples)``.
None forms a tensor with both an anchor, a tuple and a dim axis: memory is O(n_anchor * n_tuples).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Below this volume the root gets a zero value and gradient instead of an infinite one.
FLAT_VOLUME = 1e-6
# Squared distance of an anchor from the span of its tuple, per squared length, below which single precision has less
# than three digits of it.
NEAR = 1e-3
# What a direction is divided by at least: it keeps a zero vector zero.
SHORTEST = 1e-30
# Entries of a block of rows: 1 MB in single precision.
BLOCK = 2**18


def gram_volume(anchor: Tensor, *others: Tensor) -> Tensor:
    r"""Volume of the parallelotope that an anchor spans with each tuple (GRAM, arXiv 2412.11959).

    .. math:: V = \sqrt{|\det G|}, \quad G = \text{Gram matrix of (anchor, others...)}

    It is the volume of the tuple times the distance of the anchor from its span,
    :math:`\sqrt{\|a\|^2 - \sum_i (a \cdot q_i)^2}` with an orthonormal basis :math:`q` of the span: only the products
    with the basis are ``n_anchor x n_tuples``.

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
        where vectors coincide. Close to there double precision is used, whatever the vectors have.

    Examples
    --------
    >>> axes = torch.eye(3)
    >>> gram_volume(axes[:1], axes[1:2], axes[2:])
    tensor([[1.]])
    """
    return _near_again(_volumes, _exact_volumes, anchor, *others)


def triangle_area(anchor: Tensor, second: Tensor, third: Tensor) -> Tensor:
    r"""Area score of TRIANGLE (arXiv 2509.24734) between an anchor and each pair.

    .. math:: (\|u\|^2 \|v\|^2 - (u \cdot v)^2) / 2, \quad u = a - s,\; v = a - t

    There is no square root: this is twice the squared area of the triangle with corners a, s, t. It is the same with
    :math:`t - s` in place of v, which needs no difference for each anchor and is exact where s and t are close.

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
    return _near_again(_areas, _exact_areas, anchor, second, third)


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


def _near_again(scores: Callable[..., tuple[Tensor, Tensor]], exact: Callable[..., Tensor], *parts: Tensor) -> Tensor:
    """Scores of any precision; where an anchor nearly lies in the span of a tuple, they are computed in double.

    There the score is the small difference of large numbers, and so is its gradient. In most batches such pairs are
    few, and each is taken by itself; if they are many, the whole matrix is. In a stack each cell is treated as if it
    were alone.
    """
    if parts[0].dtype is torch.float64:
        return scores(*parts)[0]
    lead, dim = parts[0].shape[:-2], parts[0].shape[-1]
    parts = tuple(part.reshape(-1, *part.shape[-2:]) for part in parts)
    found, below = scores(*parts)
    near = found.detach() < below
    if not near.any():
        return found.reshape(*lead, *found.shape[-2:])
    many = near.sum((-2, -1)) * dim > 4 * near[0].numel()
    if many.any():
        (cells,) = many.nonzero(as_tuple=True)
        whole, _ = scores(*(part.index_select(0, cells).double() for part in parts))
        found, near = found.index_put((cells,), whole.to(found.dtype)), near & ~many[:, None, None]
    cell, row, column = near.nonzero(as_tuple=True)
    if len(cell):
        rows = [cell * near.shape[-2] + row, *[cell * near.shape[-1] + column] * (len(parts) - 1)]
        each = [part.flatten(0, 1).index_select(0, at).double() for part, at in zip(parts, rows, strict=True)]
        found = found.index_put((cell, row, column), exact(*each).to(found.dtype))
    return found.reshape(*lead, *found.shape[-2:])


def _volumes(anchor: Tensor, *others: Tensor) -> tuple[Tensor, Tensor]:
    """Volumes, and per tuple the one below which an anchor is near its span."""
    basis, spanned = _orthonormal(others)
    lengths = anchor.detach().square().sum(-1)
    volume: Tensor = _Volume.apply(anchor, basis, spanned, lengths)
    longest = lengths.amax(-1, keepdim=True)
    return volume, (spanned.detach() * (NEAR * longest).sqrt()).unsqueeze(-2)


def _exact_volumes(anchor: Tensor, *others: Tensor) -> Tensor:
    """Volumes row by row."""
    volume = _orthonormal((*others, anchor))[1]
    return torch.where(volume < FLAT_VOLUME, 0.0, volume)


def _areas(anchor: Tensor, second: Tensor, third: Tensor) -> tuple[Tensor, Tensor]:
    """Areas, and per pair the one below which an anchor is near the line through it."""
    side = third - second
    squared = side.square().sum(-1)
    offset = torch.cat([side, -(second * side).sum(-1, keepdim=True)], -1)
    along = torch.cat([anchor, torch.ones_like(anchor[..., :1])], -1) @ offset.mT
    area: Tensor = _Area.apply(_squared_distances(anchor, second), along, squared)
    longest = torch.cat([anchor, second], -2).detach().square().sum(-1).amax(-1, keepdim=True)
    return area, (squared.detach() * (NEAR * longest)).unsqueeze(-2)


def _exact_areas(anchor: Tensor, second: Tensor, third: Tensor) -> Tensor:
    """Areas row by row."""
    u, side = anchor - second, third - second
    return (u.square().sum(-1) * side.square().sum(-1) - (u * side).sum(-1).square()) / 2


def _orthonormal(vectors: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Orthonormal bases of the spans of tuples, (..., vectors * n_tuples, dim), and the tuples' volumes."""
    found: tuple[Tensor, Tensor] = _Orthonormal.apply(*vectors)
    return found


def _squared_distances(anchor: Tensor, others: Tensor) -> Tensor:
    """Squared distances of all pairs, (..., n_anchor, n_tuples)."""
    lengths = [(x * x).sum(-1, keepdim=True) for x in (anchor, others)]
    ones = [torch.ones_like(length) for length in lengths]
    # |a|^2 + |s|^2 - 2 a.s as one matrix product, with the lengths as two more coordinates.
    return torch.cat([-2 * anchor, lengths[0], ones[0]], -1) @ torch.cat([others, ones[1], lengths[1]], -1).mT


class _Orthonormal(torch.autograd.Function):
    """Gram and Schmidt in double precision: the first directions of all tuples, then the second, and the volumes.

    A vector in the span of those before it adds a direction of length 0 or of rounding errors, and a volume to match.
    The gradient has the precision of the vectors: nothing in it is a small difference of large numbers.
    """

    @staticmethod
    def forward(ctx: Any, *vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Return the directions, one vector after the other, and the volume."""
        kind, n = vectors[0].dtype, vectors[0].shape[-2]
        basis: list[Tensor] = []
        lengths, shares = [], []  # Of vector i along direction j < i, in this order.
        for vector in vectors:
            rest = vector.double()
            for q in basis:
                along = (rest * q).sum(-1, keepdim=True)
                rest = torch.addcmul(rest, along, q, value=-1)
                shares.append(along.to(kind))
            lengths.append(rest.square().sum(-1, keepdim=True).clamp_(min=SHORTEST**2).sqrt_())
            basis.append(rest.div(lengths[-1]))
        volume = reduce(torch.mul, lengths).squeeze(-1).to(kind)
        found = vectors[0].new_empty(*vectors[0].shape[:-2], len(vectors) * n, vectors[0].shape[-1])
        for q, place in zip(basis, found.split(n, -2), strict=True):
            place.copy_(q)
        ctx.save_for_backward(found, *(length.to(kind) for length in lengths), *shares)
        return found, volume

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_basis: Tensor, by_volume: Tensor) -> tuple[Tensor, ...]:
        """Go back through the projections, the last vector first."""
        found, *saved = ctx.saved_tensors
        count = (math.isqrt(8 * len(saved) + 1) - 1) // 2
        lengths, shares = saved[:count], saved[count:]
        basis, slopes = found.chunk(count, -2), list(by_basis.clone().chunk(count, -2))
        by_volume = by_volume.unsqueeze(-1)
        for i in reversed(range(count)):
            q, slope, length = basis[i], slopes[i], lengths[i]
            # A length that was raised to the shortest is none of its vector's.
            own = length > 2 * SHORTEST
            others = reduce(torch.mul, [lengths[j] for j in range(count) if j != i], by_volume)
            turned = torch.where(own, others - (slope * q).sum(-1, keepdim=True) / length, 0.0)
            slope = torch.addcmul(slope / length, turned, q)
            rest = length * q  # What was left of the vector before it was divided by its length, and then, before j.
            for j in reversed(range(i)):
                share, along = shares[i * (i - 1) // 2 + j], (slope * basis[j]).sum(-1, keepdim=True)
                slopes[j].addcmul_(share, slope, value=-1)
                rest = torch.addcmul(rest, share, basis[j])
                slopes[j].addcmul_(along, rest, value=-1)
                slope = slope.addcmul_(along, basis[j], value=-1)
            slopes[i] = slope
        return tuple(slopes)


class _Volume(torch.autograd.Function):
    """Volumes from anchors, their squared lengths, and the tuples' bases and volumes: T sqrt(|a|^2 - sum_i P_i^2).

    P are the products with the bases. Written out with its gradient, and by blocks of rows, since every n x n matrix
    that leaves the processor's cache costs more than the arithmetic on it.
    """

    @staticmethod
    def forward(ctx: Any, anchor: Tensor, basis: Tensor, spanned: Tensor, lengths: Tensor) -> Tensor:
        """Return the volumes of every anchor with every tuple, a block of anchors at a time."""
        products = anchor @ basis.mT
        shape = (*anchor.shape[:-1], spanned.shape[-1])
        heights, volumes = anchor.new_empty(shape), anchor.new_empty(shape)
        for rows in _blocks(products):
            first, *more = products[..., rows, :].unflatten(-1, (-1, shape[-1])).unbind(-2)
            height, volume = heights[..., rows, :], volumes[..., rows, :]
            torch.mul(first, first, out=height).neg_().add_(lengths[..., rows, None])
            for product in more:
                height.addcmul_(product, product, value=-1)
            height.clamp_(min=0).sqrt_()
            torch.mul(height, spanned.unsqueeze(-2), out=volume)
            flat = volume < FLAT_VOLUME
            # The slope of the root, 1 / (2 height), is not finite where vectors coincide: there both are zero.
            if flat.any():
                height.masked_fill_(flat, math.inf)
                volume.masked_fill_(flat, 0.0)
        ctx.save_for_backward(anchor, basis, spanned, products, heights, volumes)
        return volumes

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Return the slopes by anchors, directions and spanned volumes."""
        anchor, basis, spanned, products, heights, volumes = ctx.saved_tensors
        slopes, by_length = torch.empty_like(products), torch.empty_like(anchor[..., 0])
        by_spanned = torch.zeros_like(spanned)
        for rows in _blocks(products):
            slope = gradient[..., rows, :] / heights[..., rows, :]
            # A vector stands on the left: on the right a stack of one takes another kernel than a longer one, and a
            # cell's last bits would depend on what it is stacked with.
            by_length[..., rows] = (spanned.unsqueeze(-2) @ slope.mT).squeeze(-2)
            by_spanned += torch.mul(gradient[..., rows, :], volumes[..., rows, :]).sum(-2)
            slope.mul_(-spanned.unsqueeze(-2))
            parts = [part[..., rows, :].unflatten(-1, (-1, slope.shape[-1])) for part in (products, slopes)]
            torch.mul(parts[0], slope.unsqueeze(-2), out=parts[1])
        by_anchor = torch.addcmul(slopes @ basis, by_length.unsqueeze(-1), anchor)
        by_spanned /= spanned.clamp(min=torch.finfo(spanned.dtype).tiny)
        return by_anchor, slopes.mT @ anchor, by_spanned, None


def _blocks(matrix: Tensor) -> list[slice]:
    """Cut rows into blocks that fit the cache, the same for one cell as for a stack."""
    size = max(1, BLOCK // matrix.shape[-1])
    return [slice(start, start + size) for start in range(0, matrix.shape[-2], size)]


class _Area(torch.autograd.Function):
    """Areas from squared distances u, products w with the side between the other corners, and its square q.

    (u q - w^2) / 2.
    """

    @staticmethod
    def forward(ctx: Any, u: Tensor, w: Tensor, q: Tensor) -> Tensor:
        """Return the areas from squared distances, products along the side, and squared sides."""
        ctx.save_for_backward(u, w, q)
        return torch.mul(u, q.unsqueeze(-2)).addcmul_(w, w, value=-1).mul_(0.5)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the slopes by each of the three."""
        u, w, q = ctx.saved_tensors
        half = gradient / 2
        by_side = torch.mul(u, half).sum(-2)
        return half.mul_(q.unsqueeze(-2)), torch.mul(w, gradient).neg_(), by_side
