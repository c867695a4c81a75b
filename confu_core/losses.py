"""The losses of the methods as plain functions of embeddings, one call each.

``z`` is a sequence of M tensors of shape ``(n, dim)``, unit-norm, row r of each from sample r. The methods in
:mod:`confu_core.methods` are built of the same pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core.errors import InvalidValue
from confu_core.geometry import gram_volume, multilinear_inner_product, triangle_area
from confu_core.info_nce import info_nce, nt_xents, pairwise_sigmoid, symmetric_info_nce
from confu_core.settings import Dial
from confu_core.singular import single_value_loss, singular

__all__ = [
    "clip_loss",
    "comm_loss",
    "confu_loss",
    "eao_loss",
    "gram_loss",
    "gram_volume",
    "multilinear_inner_product",
    "pmrl_loss",
    "sigmoid_loss",
    "symile_loss",
    "triangle_area",
    "triangle_loss",
]


def _check_vectors(vectors: Sequence[Tensor]) -> None:
    """Refuse embeddings that are not tensors of one shape (n, dim)."""
    shapes = [tuple(one.shape) if isinstance(one, Tensor) else type(one).__name__ for one in vectors]
    told = ", ".join(map(str, shapes))
    if len(shapes) < 2 or len(set(shapes)) > 1 or isinstance(shapes[0], str) or len(shapes[0]) != 2:
        raise InvalidValue(f"embeddings must be two tensors or more of one shape (n, dim); got {told}")


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
    _check_vectors(z)
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
    _check_vectors([*z, *fused.values()])
    Dial(low=0, high=1).checked("lam", lam)
    for members in fused:
        if not set(members) < set(range(len(z))):
            raise InvalidValue(f"fused must fuse some of modalities 0 to {len(z) - 1}; got {members}")
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


def comm_loss(
    view1: Sequence[Tensor], view2: Sequence[Tensor], temperature: float = 0.1, weights: Sequence[float] | None = None
) -> Tensor:
    """CoMM (arXiv 2409.07402): what one modality gives, fused alone, against the fusion of all of the other view.

    Parameters
    ----------
    view1, view2 : sequence of M + 1 Tensor, shape (n, dim)
        Of two augmented views of the same samples: the fused vectors of each single modality, then of all.
    temperature : float
        Divides the cosine.
    weights : sequence of M + 1 float, optional
        Of the terms; 1 each by default. The divisor is M + 1 in any case.

    Returns
    -------
    Tensor, shape ()
        Mean of the terms, each the mean of both ways to choose the views, in nats.

    Raises
    ------
    InvalidValue
        If the two views or the weights are not equally many.

    Examples
    --------
    >>> comm_loss([torch.eye(2)] * 4, [torch.eye(2)] * 4, temperature=1.0)
    tensor(0.5514)
    """
    weights = [1.0] * len(view1) if weights is None else weights
    if not len(view1) == len(view2) == len(weights):
        counted = f"{len(view1)}, {len(view2)} and {len(weights)}"
        raise InvalidValue(f"view1, view2 and weights must be equally many; got {counted}")
    count = len(view1)
    pairs = [pair for m in range(count) for pair in ((m, 2 * count - 1), (count + m, count - 1))]
    terms = torch.stack(nt_xents([*view1, *view2], pairs, temperature)).unflatten(0, (count, 2)).mean(-1)
    return (terms.new_tensor(weights) * terms).mean()


def eao_loss(
    z: Sequence[Tensor],
    joint: Mapping[tuple[int, ...], Sequence[Tensor]],
    temperature: float = 0.05,
    weights: Mapping[str, float] | None = None,
    present: Tensor | None = None,
    margin: float = 0.0,
) -> Tensor:
    """EAO, Everything at Once (arXiv 2112.04446): singles and jointly encoded subsets, each against what is outside.

    Parameters
    ----------
    z : sequence of Tensor, shape (n, dim)
        One tensor per modality, encoded alone; of any length above 0.
    joint : mapping of tuple of int to sequence of Tensor, shape (n, dim)
        By the modalities encoded together: the projection of each of them after the joint pass, of any length. The
        fused vector is the mean of their directions.
    temperature : float
        Divides the cosine.
    weights : mapping of str to float, optional
        Of terms by name, such as ``"0->1"`` and ``"0+1->2"``; 1 for those left out. Published for pre-training: 1 for
        text and video, 0.1 for all others.
    present : Tensor of bool, shape (n, modalities), optional
        Which modalities each sample has: a term leaves out samples that lack one of its own, and one without samples
        counts as 0.
    margin : float
        Is taken off the score of every positive; published for the option MMS, with a temperature of 1: 0.001.

    Returns
    -------
    Tensor, shape ()
        Weighted mean of the terms, each the *sum* of both directions of InfoNCE, in nats.

    Raises
    ------
    InvalidValue
        If a weight is of no term, or no weight is above 0.

    Examples
    --------
    >>> z = [torch.eye(2)] * 3
    >>> eao_loss(z, {(0, 1): z[:2], (0, 2): z[:2], (1, 2): z[:2]}, temperature=1.0)
    tensor(0.6265)
    """
    sides: dict[tuple[int, ...], Tensor] = {(m,): one for m, one in enumerate(z)}
    fused = {members: torch.stack([normalize(p, dim=-1) for p in parts]).mean(0) for members, parts in joint.items()}
    unit = {members: normalize(one, dim=-1) for members, one in {**sides, **fused}.items()}
    asked: list[tuple[tuple[int, ...], int]] = [((i,), j) for i, j in combinations(range(len(z)), 2)]
    asked += [(members, k) for members in fused for k in range(len(z)) if k not in members]
    terms = {}
    for query, key in asked:
        there = slice(None) if present is None else present[:, [*query, key]].all(1)
        scores = unit[query][there] @ unit[(key,)][there].mT
        terms[f"{'+'.join(map(str, query))}->{key}"] = scores - margin * torch.eye(len(scores)).to(scores)
    own = dict.fromkeys(terms, 1.0) | dict(weights or {})
    if unknown := [name for name in own if name not in terms]:
        raise InvalidValue(f"weights must be of the terms {', '.join(terms)}; got {unknown[0]!r}")
    if not sum(own.values()) > 0:
        raise InvalidValue("weights must have one above 0; got none")
    found = [own[name] * 2 * _symmetric(scores, temperature) for name, scores in terms.items() if len(scores)]
    return sum(found, z[0].sum() * 0.0) / sum(own.values())


def pmrl_loss(z: Sequence[Tensor], tau1: float = 0.05, tau2: float = 0.1) -> Tensor:
    r"""PMRL (arXiv 2507.17343): one singular value per sample, and leading vectors told apart.

    .. math:: \overline{\ln \sum_m e^{\sigma_m/\tau_1} - \sigma_1/\tau_1} + \mathrm{CE}(u u^\top/\tau_2)

    The leading vector u of a sample points along the sum of its embeddings; published code leaves its sign to LAPACK,
    though the second term depends on it.

    Parameters
    ----------
    z : sequence of Tensor, shape (n, dim)
        Unit-norm embeddings, one tensor per modality, at most dim.
    tau1, tau2 : float
        Divide singular values, and the products of leading vectors.

    Returns
    -------
    Tensor, shape ()
        In nats. Its gradient is finite where singular values tie, and where all embeddings of a sample agree.

    Examples
    --------
    >>> pmrl_loss([torch.eye(2)] * 3, tau2=1.0)
    tensor(0.3133)
    """
    values, leading = singular(torch.stack(list(z), -2))
    return single_value_loss(values, tau1).mean() + info_nce(leading @ leading.mT / tau2)


def sigmoid_loss(a: Tensor, b: Tensor, scale: float | Tensor = 10.0, bias: float | Tensor = -10.0) -> Tensor:
    """SigLIP (arXiv 2303.15343): every pair of samples is told by itself to match or not.

    Parameters
    ----------
    a, b : Tensor, shape (n, dim)
        Unit-norm embeddings of two modalities.
    scale : float or Tensor, shape ()
        Multiplies the cosine (already exponentiated).
    bias : float or Tensor, shape ()
        Is added.

    Returns
    -------
    Tensor, shape ()
        Sum over keys, mean over queries, in nats.

    Examples
    --------
    >>> sigmoid_loss(torch.eye(2), torch.eye(2), scale=1.0, bias=0.0)
    tensor(1.0064)
    """
    return pairwise_sigmoid(scale * (a @ b.mT) + bias)


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
