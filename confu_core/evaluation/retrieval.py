"""Retrieval when keys may tie: accuracy and rank in expectation over the order of equal scores."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Retrieval", "retrieval"]

# Scores this close, as a share of the largest one, count as equal: products of equal vectors may differ in their
# last bits.
TIE = 1e-6


@dataclass(frozen=True)
class Retrieval:
    """How well queries find their keys.

    Attributes
    ----------
    accuracy : float
        Share of queries whose key scores highest; a key that ties with k others counts 1/(k + 1).
    expected_rank : float
        Mean rank of the key, 1 for the best; among equal scores, the middle.
    """

    accuracy: float
    expected_rank: float


def retrieval(scores: Tensor, counts: Tensor) -> Retrieval:
    """Evaluate scores of queries against keys.

    Parameters
    ----------
    scores : Tensor, shape (queries, keys)
        Higher is better.
    counts : Tensor, shape (queries, keys)
        How often each key is the right one for each query. Equal keys are one column, so that finding any of
        them counts.

    Returns
    -------
    Retrieval
        Means over all that is counted.

    Examples
    --------
    >>> retrieval(torch.zeros(4, 4), torch.eye(4))  # nothing but ties: chance
    Retrieval(accuracy=0.25, expected_rank=2.5)
    """
    tolerance = TIE * scores.abs().amax()
    total = counts.sum(dtype=torch.float64)
    best = scores >= scores.amax(-1, keepdim=True) - tolerance
    hits = best / best.sum(-1, keepdim=True)
    # Searching each sorted row costs keys * log(keys); comparing all with all costs keys**2.
    scores = scores.contiguous()
    ordered = scores.sort(-1).values.contiguous()
    not_below = ordered.shape[-1] - torch.searchsorted(ordered, scores - tolerance)
    above = ordered.shape[-1] - torch.searchsorted(ordered, scores + tolerance, right=True)
    rank = 1 + above + (not_below - above - 1) / 2
    return Retrieval(
        accuracy=float((counts * hits).sum(dtype=torch.float64) / total),
        expected_rank=float((counts * rank).sum(dtype=torch.float64) / total),
    )
