"""The losses of the methods as plain functions of embeddings, one call each.

``z`` is a sequence of M tensors of shape ``(n, dim)``, unit-norm, row r of each from sample r. The methods in
:mod:`confu_core.methods` are built of the same pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.geometry import gram_volume, multilinear_inner_product, triangle_area
from confu_core.info_nce import info_nce, symmetric_info_nce

__all__ = [
    "clip_loss",
    "confu_loss",
    "gram_loss",
    "gram_volume",
    "multilinear_inner_product",
    "symile_loss",
    "triangle_area",
    "triangle_loss",
]


def clip_loss(z: Sequence[Tensor], temperature: float = 0.07) -> Tensor:
    """Pairwise CLIP: mean over all pairs of modalities of the symmetric InfoNCE.

    Parameters
    ----------
    z : sequence of Tensor, shape (n, dim)
        Unit-norm embeddings, one tensor per modality.
    temperature : float
        Divides the cosine.

    Returns
    -------
    Tensor, shape ()
        In nats.

    Examples
    --------
    >>> clip_loss([torch.eye(2)] * 3, temperature=1.0)
    tensor(0.3133)
    """
    return torch.stack([_symmetric(x @ y.mT, temperature) for x, y in combinations(z, 2)]).mean()


def confu_loss(
    z: Sequence[Tensor], fused: Mapping[tuple[int, ...], Tensor], lam: float = 0.5, temperature: float = 0.07
) -> Tensor:
    """ConFu (arXiv 2511.21331): pairwise terms weighted 1 - lam, fused-to-single terms weighted lam.

    Parameters
    ----------
    z : sequence of Tensor, shape (n, dim)
        Unit-norm embeddings, one tensor per modality.
    fused : mapping of tuple of int to Tensor, shape (n, dim)
        Unit-norm fused embeddings by the modalities they fuse; each is aligned with every modality outside.
    lam : float
        Weight of the fused terms, in [0, 1].
    temperature : float
        Divides the cosine.

    Returns
    -------
    Tensor, shape ()
        The weighted sum divided by the number of terms (6 for three modalities), in nats.

    Examples
    --------
    >>> z = [torch.eye(2)] * 3
    >>> confu_loss(z, {(0, 1): z[0], (0, 2): z[0], (1, 2): z[0]}, lam=0.5, temperature=1.0)
    tensor(0.1566)
    """
    terms = [(1 - lam) * _symmetric(x @ y.mT, temperature) for x, y in combinations(z, 2)]
    for members, embedding in fused.items():
        targets = (z[k] for k in range(len(z)) if k not in members)
        terms += [lam * _symmetric(embedding @ target.mT, temperature) for target in targets]
    return torch.stack(terms).mean()


def gram_loss(z: Sequence[Tensor], anchor: int = 0, temperature: float = 0.07, label_smoothing: float = 0.1) -> Tensor:
    """GRAM (arXiv 2412.11959) as in ConFu's comparison: symmetric InfoNCE of negative volumes.

    Parameters
    ----------
    z : sequence of Tensor, shape (n, dim)
        Unit-norm embeddings, one tensor per modality.
    anchor : int
        The modality that is contrasted with tuples of all others.
    temperature : float
        Divides the volume.
    label_smoothing : float
        Share of the target spread evenly, in both directions.

    Returns
    -------
    Tensor, shape ()
        In nats.

    Examples
    --------
    >>> gram_loss([torch.eye(2)] * 3, temperature=1.0, label_smoothing=0.0)
    tensor(0.6931)
    """
    return _symmetric(-gram_volume(z[anchor], *_others(z, anchor)), temperature, label_smoothing)


def triangle_loss(
    z: Sequence[Tensor], anchor: int = 0, temperature: float = 0.07, label_smoothing: float = 0.1
) -> Tensor:
    """TRIANGLE (arXiv 2509.24734) as in ConFu's comparison: symmetric InfoNCE of negative areas.

    Parameters
    ----------
    z : sequence of 3 Tensor, shape (n, dim)
        Unit-norm embeddings.
    anchor : int
        The modality that is contrasted with pairs of the other two.
    temperature : float
        Divides the area.
    label_smoothing : float
        Share of the target spread evenly, in both directions.

    Returns
    -------
    Tensor, shape ()
        In nats.

    Raises
    ------
    InvalidValue
        For other than three modalities, for which the area is not defined.

    Examples
    --------
    >>> triangle_loss([torch.eye(2)] * 3, temperature=1.0, label_smoothing=0.0)
    tensor(0.6931)
    """
    if len(z) != 3:
        raise InvalidValue(f"triangle_loss needs exactly 3 modalities; got {len(z)}")
    return _symmetric(-triangle_area(z[anchor], *_others(z, anchor)), temperature, label_smoothing)


def symile_loss(z: Sequence[Tensor], logit_scale: float | Tensor, negatives: str = "n") -> Tensor:
    """Symile (arXiv 2411.01053): mean over anchors of the InfoNCE of multilinear inner products.

    Parameters
    ----------
    z : sequence of Tensor, shape (n, dim)
        Unit-norm embeddings, one tensor per modality.
    logit_scale : float or Tensor, shape ()
        Multiplies the inner product (already exponentiated).
    negatives : {"n", "n_squared"}
        ``"n"``: the other modalities are permuted independently (by PyTorch's global generator), n - 1
        negatives per sample. ``"n_squared"``: all combinations of the others, n**(M-1) tuples.

    Returns
    -------
    Tensor, shape ()
        In nats.

    Raises
    ------
    InvalidValue
        For another word in `negatives`.

    Examples
    --------
    >>> symile_loss([torch.eye(2)] * 3, 1.0, negatives="n_squared")
    tensor(0.7437)
    """
    if negatives not in ("n", "n_squared"):
        raise InvalidValue(f"negatives must be 'n' or 'n_squared'; got {negatives!r}")
    contrast = _permuted if negatives == "n" else _all_tuples
    return torch.stack([contrast(z[m], _others(z, m), logit_scale) for m in range(len(z))]).mean()


def _symmetric(scores: Tensor, temperature: float, label_smoothing: float = 0.0) -> Tensor:
    # Measured and not assumed, since nothing makes a caller's vectors unit-norm.
    low, high = scores.detach().aminmax()
    bounds = (low.item(), high.item())
    return symmetric_info_nce(scores, label_smoothing=label_smoothing, scale=1 / temperature, bounds=bounds)


def _others(z: Sequence[Tensor], anchor: int) -> list[Tensor]:
    return [embedding for m, embedding in enumerate(z) if m != anchor]


def _permuted(anchor: Tensor, others: list[Tensor], scale: float | Tensor) -> Tensor:
    shuffled = [other[torch.randperm(len(other), device=other.device)] for other in others]
    logits = scale * multilinear_inner_product(anchor, *shuffled)
    positive = scale * torch.stack([anchor, *others]).prod(0).sum(-1)
    return info_nce(logits.diagonal_scatter(positive))


def _all_tuples(anchor: Tensor, others: list[Tensor], scale: float | Tensor) -> Tensor:
    product = others[0]
    for other in others[1:]:
        product = (product.unsqueeze(1) * other).flatten(0, 1)
    logits = scale * anchor @ product.mT
    positive = scale * torch.stack([anchor, *others]).prod(0).sum(-1)
    return (logits.logsumexp(-1) - positive).mean()
