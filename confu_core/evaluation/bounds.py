"""Lower bounds on mutual information and total correlation, from a method's own scores on held-out samples."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

from torch import Tensor

from confu_core.info_nce import symmetric_info_nce


def mutual_information_bound(logits: Tensor, counts: Tensor) -> float:
    """Bound the mutual information of two views from below by InfoNCE (arXiv 1807.03748).

    Parameters
    ----------
    logits : Tensor, shape (queries, keys)
        Scaled scores between the rows of the two views.
    counts : Tensor, shape (queries, keys)
        How many of the n samples pair each row with each.

    Returns
    -------
    float
        ``ln n`` less the loss, the mean of both directions, and at least 0; in nats. It cannot exceed ``ln n``.

    Examples
    --------
    >>> import torch
    >>> round(mutual_information_bound(100 * torch.eye(4), 25 * torch.eye(4)), 4)  # ln 4
    1.3863
    """
    n = float(counts.sum())
    return max(0.0, math.log(n) - symmetric_info_nce(logits, counts).item())


def total_correlation_bound(
    bounds: Mapping[tuple[tuple[int, ...], int], float], modalities: int, direct: float | None = None
) -> float:
    """Bound the total correlation of all modalities by adding bounds along the best chain.

    Total correlation grows by I(Q; k) when modality k joins the modalities Q, and never shrinks. So the best order
    in which the modalities join, with the bounds at hand, gives a bound; for bounds between single modalities
    only, it is a path or tree of pairs.

    Parameters
    ----------
    bounds : mapping of (tuple of int, int) to float
        Lower bounds on I(Q; k) by query, ascending, and key, in nats. Those for larger queries also follow from
        smaller ones, since I(Q; k) is at least I(Q'; k) for any part Q' of Q.
    modalities : int
        How many there are.
    direct : float, optional
        A bound on the total correlation itself, where a method has one.

    Returns
    -------
    float
        In nats, at least 0.

    Examples
    --------
    >>> total_correlation_bound({((0,), 2): 1.0, ((0, 2), 1): 2.0, ((0,), 1): 0.1}, 3)
    3.0
    """
    best: dict[tuple[int, ...], float] = {(m,): 0.0 for m in range(modalities)}

    def joined(group: tuple[int, ...], key: int) -> float:
        """Return the bound for a group whose last member to join is a key."""
        rest = tuple(m for m in group if m != key)
        parts = (part for size in range(1, len(rest) + 1) for part in combinations(rest, size))
        return best[rest] + max((bounds.get((part, key), 0.0) for part in parts), default=0.0)

    for size in range(2, modalities + 1):
        for group in combinations(range(modalities), size):
            best[group] = max(joined(group, key) for key in group)
    chained = best[tuple(range(modalities))]
    return chained if direct is None else max(chained, direct)
