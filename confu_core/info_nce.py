"""InfoNCE over a matrix of logits, for batches in which rows repeat.

A batch of n samples takes part in a loss through its distinct queries, its distinct keys, and how often each
(query, key) pair occurs. With those counts ``N`` the loss over n samples is exactly

    (1/n) [ sum_q N(q) logsumexp_k(S[q, k] + log N(k)) - sum_qk N[q, k] S[q, k] ]

which for distinct rows (``N`` the identity) is the usual cross-entropy with the diagonal as target.
"""

from __future__ import annotations

from torch import Tensor

__all__ = ["info_nce", "symmetric_info_nce"]


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


def symmetric_info_nce(logits: Tensor, counts: Tensor | None = None, *, label_smoothing: float = 0.0) -> Tensor:
    """Mean of :func:`info_nce` from queries to keys and from keys to queries.

    Parameters
    ----------
    logits : Tensor, shape (..., queries, keys)
        Scores divided by the temperature.
    counts : Tensor, shape (..., queries, keys), optional
        How often each pair is a positive; default: the diagonal, once each.
    label_smoothing : float
        Share of the target spread evenly, in both directions.

    Returns
    -------
    Tensor, shape (...)
        In nats.

    Examples
    --------
    >>> import torch
    >>> symmetric_info_nce(torch.zeros(4, 4))
    tensor(1.3863)
    """
    forward = info_nce(logits, counts, label_smoothing=label_smoothing)
    backward = info_nce(logits.mT, None if counts is None else counts.mT, label_smoothing=label_smoothing)
    return (forward + backward) / 2
