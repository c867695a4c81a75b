"""InfoNCE over a matrix of scores, for batches in which rows repeat.

A batch of n samples takes part in a loss through its distinct queries, its distinct keys, and how often each
(query, key) pair occurs. With those counts ``N`` the loss over n samples is exactly

    (1/n) [ sum_q N(q) logsumexp_k(S[q, k] + log N(k)) - sum_qk N[q, k] S[q, k] ]

which for distinct rows (``N`` the identity) is the usual cross-entropy with the diagonal as target. SigLIP's loss over
the same pairs, and SimCLR's over two views, stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

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
    return nt_xents([first, second], [(0, 1)], temperature)[0]


def nt_xents(
    views: Sequence[Tensor], pairs: Sequence[tuple[int, int]], temperature: float | Tensor = 0.1
) -> list[Tensor]:
    """:func:`nt_xent` of several pairs out of some views; what pairs share is computed once.

    Parameters
    ----------
    views : sequence of Tensor, shape (n, dim)
        Of the same samples, of any length above 0.
    pairs : sequence of (int, int)
        Numbers of views.
    temperature : float or Tensor, shape ()
        Divides the cosine.

    Returns
    -------
    list of Tensor, shape ()
        One per pair, in nats.
    """
    units = [nn.functional.normalize(view, dim=-1) for view in views]
    if not narrow(temperature):
        return [_wide_nt_xent(units[i], units[j], temperature) for i, j in pairs]
    highest, scaled = 1 / float(temperature), [unit / temperature for unit in units]
    own = [exponential_sums(rows, unit, highest, apart=True)[0] for rows, unit in zip(scaled, units, strict=True)]
    losses = []
    for i, j in pairs:
        across = exponential_sums(scaled[i], units[j], highest)
        logs = [(mine + other).log().mean() for mine, other in zip((own[i], own[j]), across, strict=True)]
        positive = (scaled[i] * units[j]).sum(-1).mean()
        losses.append((logs[0] + logs[1]) / 2 + highest - positive)
    return losses


def _wide_nt_xent(first: Tensor, second: Tensor, temperature: float | Tensor) -> Tensor:
    views = torch.cat([first, second])
    scaled = views / temperature
    logits = (scaled @ views.mT).fill_diagonal_(-torch.inf)  # A vector is no negative of its own.
    positive = (scaled * views.roll(len(first), dims=0)).sum(-1)
    return (logits.logsumexp(-1) - positive).mean()


def narrow(temperature: float | Tensor) -> bool:
    """Return whether exponentials of cosines over a fixed temperature stay within single precision without a shift."""
    return not isinstance(temperature, Tensor) and 2 / temperature <= WIDEST_RANGE


def exponential_sums(first: Tensor, second: Tensor, bound: float, *, apart: bool = False) -> tuple[Tensor, Tensor]:
    """Sum exp(first @ second.T - bound) over rows and over columns, without a matrix of gradients.

    Parameters
    ----------
    first : Tensor, shape (n, dim)
        Rows.
    second : Tensor, shape (k n, dim)
        Columns.
    bound : float
        What the products do not exceed.
    apart : bool
        Whether row r leaves out the columns r, n + r, 2 n + r, ..., which are of the same sample.

    Returns
    -------
    tuple of (Tensor of shape (n,), Tensor of shape (k n,))
        Of rows, over all columns, and of columns.
    """
    sums: tuple[Tensor, Tensor] = _ExponentialSums.apply(first, second, bound, apart)
    return sums


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
        """Return the loss from exponentials that are formed once for rows and columns."""
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
        """Return the slope by the scores, from what the way forward kept."""
        powers, counts, queries, keys, rows, columns, samples = ctx.saved_tensors
        share = (slope * ctx.scale / (2 * samples)).unsqueeze(-1)
        left = torch.stack([share * queries / rows, share * queries], -1)
        right = torch.stack([keys, keys / columns], -2)
        gradient = (left @ right).mul_(powers)
        if ctx.smoothing:
            each = (queries * share * (2 * ctx.smoothing / samples).unsqueeze(-1)).unsqueeze(-1)
            gradient -= each if counts is None else each * keys.unsqueeze(-2)
        positive = 2 * (1 - ctx.smoothing)
        if counts is None:
            gradient.diagonal(dim1=-2, dim2=-1).sub_(positive * share)
        else:
            gradient.addcmul_(counts, share.unsqueeze(-1), value=-positive)
        return gradient, None, None, None, None


class _ExponentialSums(torch.autograd.Function):
    """Row and column sums of E = exp(A B' - bound), with slopes p and q: A has the gradient p E B + E q B.

    The slopes scale rows and columns, so that no matrix but E is formed, and each gradient is one product with it.
    """

    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor, bound: float, apart: bool) -> tuple[Tensor, Tensor]:
        """Return the sums over columns and over rows."""
        powers = (first @ second.mT).sub_(bound).exp_()
        if apart:
            powers.unflatten(-1, (-1, len(first))).diagonal(dim1=0, dim2=-1).zero_()
        ctx.save_for_backward(first, second, powers)
        ctx.set_materialize_grads(False)
        return powers.sum(-1), powers.sum(-2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, rows: Tensor | None, columns: Tensor | None) -> tuple[Tensor | None, ...]:
        """Return the slopes by both sides, as far as they are asked for."""
        first, second, powers = ctx.saved_tensors
        return (
            *(
                _along(powers, second, rows, columns) if ctx.needs_input_grad[0] else None,
                _along(powers.mT, first, columns, rows) if ctx.needs_input_grad[1] else None,
            ),
            None,
            None,
        )


def _along(powers: Tensor, other: Tensor, mine: Tensor | None, theirs: Tensor | None) -> Tensor | None:
    """Return diag(mine) E other + E diag(theirs) other, each where there is such a slope."""
    if mine is None or theirs is None:
        if theirs is not None:
            return powers @ (theirs.unsqueeze(-1) * other)
        return None if mine is None else mine.unsqueeze(-1) * (powers @ other)
    plain, weighted = (powers @ torch.cat([other, theirs.unsqueeze(-1) * other], -1)).chunk(2, -1)
    return torch.addcmul(weighted, mine.unsqueeze(-1), plain)


def _weighted(weights: Tensor, matrix: Tensor) -> Tensor:
    """Sum the rows of each matrix by weight, shape (..., columns).

    Written with the vector on the left: with it on the right a stack of one takes another kernel than a longer one,
    and a cell's last bits would depend on what it is stacked with.
    """
    return (weights.unsqueeze(-2) @ matrix).squeeze(-2)
