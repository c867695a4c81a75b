"""InfoNCE over a matrix of scores, for batches in which rows repeat.

A batch of n samples takes part in a loss through its distinct queries, its distinct keys, and how often each
(query, key) pair occurs. With those counts ``N`` the loss over n samples is exactly

    (1/n) [ sum_q N(q) logsumexp_k(S[q, k] + log N(k)) - sum_qk N[q, k] S[q, k] ]

which for distinct rows (``N`` the identity) is the usual cross-entropy with the diagonal as target. SigLIP's loss over
the same pairs, and SimCLR's over two views, stand beside it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

# Logits in a range this wide keep their exponentials within single precision, without a shift for every row.
WIDEST_RANGE = 60.0


def info_nce(logits: Tensor, counts: Tensor | None = None, *, label_smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy of queries (rows) against keys (columns).

    Parameters
    ----------
    logits : Tensor, shape (..., queries, keys)
        Scores divided by the temperature.
    counts : Tensor, shape (..., queries, keys), optional
        How often each pair is a positive. Default: rows and columns are the samples, paired on the diagonal.
    label_smoothing : float
        Share of the target spread evenly over all keys of the batch.

    Returns
    -------
    Tensor, shape (...)
        In nats.

    Examples
    --------
    >>> import torch
    >>> info_nce(torch.zeros(4, 4))
    tensor(1.3863)
    >>> info_nce(torch.zeros(1, 1), torch.tensor([[4.0]]))  # four samples, all alike
    tensor(1.3863)
    """
    if counts is None:
        mean_log_sum = logits.logsumexp(-1).mean(-1)
        positive = logits.diagonal(dim1=-2, dim2=-1).mean(-1)
        average = logits.mean((-2, -1)) if label_smoothing else 0.0
    else:
        queries, keys = counts.sum(-1), counts.sum(-2)
        samples = queries.sum(-1)
        log_sum = (logits + keys.log().unsqueeze(-2)).logsumexp(-1)
        mean_log_sum = (queries * log_sum).sum(-1) / samples
        positive = (counts * logits).sum((-2, -1)) / samples
        average = 0.0
        if label_smoothing:
            average = (queries * (logits @ keys.unsqueeze(-1)).squeeze(-1)).sum(-1) / samples**2
    return mean_log_sum - (1 - label_smoothing) * positive - label_smoothing * average


def symmetric_info_nce(
    logits: Tensor,
    counts: Tensor | None = None,
    *,
    label_smoothing: float = 0.0,
    scale: float | Tensor = 1.0,
    bounds: tuple[float, float] | None = None,
) -> Tensor:
    """Mean of :func:`info_nce` from queries to keys and from keys to queries.

    Parameters
    ----------
    logits : Tensor, shape (..., queries, keys)
        Scores divided by the temperature, or multiplied by `scale` here.
    counts : Tensor, shape (..., queries, keys), optional
        How often each pair is a positive; default: the diagonal, once each.
    label_smoothing : float
        Share of the target spread evenly, in both directions.
    scale : float or Tensor, shape (..., 1, 1)
        Multiplies the logits.
    bounds : tuple of (float, float), optional
        What the logits, before scaling, cannot fall below or exceed. If the scale is a number and the range after it
        is narrow, one exponential per entry serves both directions; the result is the same.

    Returns
    -------
    Tensor, shape (...)
        In nats.

    Examples
    --------
    >>> import torch
    >>> symmetric_info_nce(torch.zeros(4, 4))
    tensor(1.3863)
    >>> symmetric_info_nce(torch.eye(4), scale=10.0, bounds=(-1, 1))
    tensor(0.0001)
    """
    if bounds is not None and isinstance(scale, int | float) and scale * (bounds[1] - bounds[0]) <= WIDEST_RANGE:
        loss: Tensor = _Bounded.apply(logits, counts, label_smoothing, float(scale), scale * bounds[1])
        return loss
    logits = scale * logits
    forward = info_nce(logits, counts, label_smoothing=label_smoothing)
    backward = info_nce(logits.mT, None if counts is None else counts.mT, label_smoothing=label_smoothing)
    return (forward + backward) / 2


def nt_xent(first: Tensor, second: Tensor, temperature: float | Tensor = 0.1) -> Tensor:
    """SimCLR (arXiv 2002.05709): every vector of two views against all others of both.

    Parameters
    ----------
    first, second : Tensor, shape (n, dim)
        Two views of the same samples, of any length above 0.
    temperature : float
        Divides the cosine.

    Returns
    -------
    Tensor, shape ()
        Mean over the 2n vectors, in nats; the same with the views exchanged.

    Examples
    --------
    >>> import torch
    >>> nt_xent(torch.eye(2), torch.eye(2), temperature=1.0)
    tensor(0.5514)
    """
    views = nn.functional.normalize(torch.cat([first, second]), dim=-1)
    scaled = views / temperature
    logits = (scaled @ views.mT).fill_diagonal_(-torch.inf)  # A vector is no negative of its own.
    positive = (scaled * views.roll(len(first), dims=0)).sum(-1)
    return (logits.logsumexp(-1) - positive).mean()


def pairwise_sigmoid(logits: Tensor, counts: Tensor | None = None) -> Tensor:
    """SigLIP (arXiv 2303.15343): each pair of samples is told by itself; a sum over keys, a mean over queries.

    Parameters
    ----------
    logits : Tensor, shape (..., queries, keys)
        Scaled scores plus a bias.
    counts : Tensor, shape (..., queries, keys), optional
        How often each pair is a positive; default: the diagonal, once each.

    Returns
    -------
    Tensor, shape (...)
        In nats; the same from either side.

    Examples
    --------
    >>> import torch
    >>> pairwise_sigmoid(torch.zeros(4, 4))  # 4 ln 2
    tensor(2.7726)
    """
    # softplus(-x) of a positive pair is softplus(x) - x.
    every = nn.functional.softplus(logits)
    if counts is None:
        return every.sum(-1).mean(-1) - logits.diagonal(dim1=-2, dim2=-1).mean(-1)
    queries, keys = counts.sum(-1), counts.sum(-2)
    total = (queries * _weighted(keys, every.mT)).sum(-1) - (counts * logits).sum((-2, -1))
    return total / queries.sum(-1)


class _Bounded(torch.autograd.Function):
    """Both directions from one matrix of exponentials, E = exp(scale * scores - bound).

    With row sums r = E N(k) and column sums c = N(q) E, the gradient with respect to the scaled scores is
    E * (N(q)/r N(k)' + N(q) (N(k)/c)') / 2n, a matrix of rank two times E, less the share of the positives.
    """

    @staticmethod
    def forward(
        ctx: Any, scores: Tensor, counts: Tensor | None, smoothing: float, scale: float, bound: float
    ) -> Tensor:
        if counts is None:
            queries = keys = scores.new_ones(scores.shape[:-1])
            positive = scores.diagonal(dim1=-2, dim2=-1).sum(-1)
        else:
            queries, keys = counts.sum(-1), counts.sum(-2)
            positive = (counts * scores).sum((-2, -1))
        samples = queries.sum(-1)
        powers = torch.mul(scores, scale).sub_(bound).exp_()
        rows, columns = _weighted(keys, powers.mT), _weighted(queries, powers)
        ctx.save_for_backward(powers, counts, queries, keys, rows, columns, samples)
        ctx.smoothing, ctx.scale = smoothing, scale
        logs = (queries * rows.log()).sum(-1) + (keys * columns.log()).sum(-1)
        loss = logs / (2 * samples) + bound - (1 - smoothing) * scale * positive / samples
        if smoothing:
            total = (queries * _weighted(keys, scores.mT)).sum(-1)
            loss = loss - smoothing * scale * total / samples**2
        return loss

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None, None, None, None]:
        powers, counts, queries, keys, rows, columns, samples = ctx.saved_tensors
        left = torch.stack([queries / rows, queries], -1)
        right = torch.stack([keys, keys / columns], -2)
        gradient = (left @ right).mul_(powers)
        if ctx.smoothing:
            share = queries * (2 * ctx.smoothing / samples).unsqueeze(-1)
            gradient -= share.unsqueeze(-1) * keys.unsqueeze(-2)
        if counts is None:
            gradient.diagonal(dim1=-2, dim2=-1).sub_(2 * (1 - ctx.smoothing))
        else:
            gradient.sub_(counts, alpha=2 * (1 - ctx.smoothing))
        return gradient.mul_((slope * ctx.scale / (2 * samples))[..., None, None]), None, None, None, None


def _weighted(weights: Tensor, matrix: Tensor) -> Tensor:
    """Sum the rows of each matrix by weight, shape (..., columns).

    Written with the vector on the left: with it on the right a stack of one takes another kernel than a longer one,
    and a cell's last bits would depend on what it is stacked with.
    """
    return (weights.unsqueeze(-2) @ matrix).squeeze(-2)
