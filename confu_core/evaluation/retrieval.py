"""Retrieval when keys may tie: accuracy and rank in expectation over the order of equal scores."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from confu_core.errors import InvalidValue

__all__ = ["Ranks", "Retrieval", "first_rank", "ranks", "retrieval"]

# Scores this close, as a share of the largest one, count as equal: products of equal vectors may differ in their
# last bits.
TIE = 1e-6
# Shares of queries are sums of fractions; this close to one half is one half.
ROUNDING = 1e-9


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


@dataclass(frozen=True)
class Ranks:
    """Where the best relevant key of each query stands, as a distribution over the order of equal scores.

    Attributes
    ----------
    better : Tensor of int64, shape (queries,)
        Keys that score higher; none of them is relevant.
    tied : Tensor of int64, shape (queries,)
        Keys that score the same and are not relevant.
    found : Tensor of int64, shape (queries,)
        Relevant keys that score the same, itself among them.

    Examples
    --------
    >>> constant = ranks(torch.zeros(2, 4), torch.tensor([0, 3]))
    >>> constant.expected(), constant.within(1)  # nothing but ties: chance
    (tensor([2.5000, 2.5000], dtype=torch.float64), tensor([0.2500, 0.2500], dtype=torch.float64))
    """

    better: Tensor
    tied: Tensor
    found: Tensor

    def expected(self) -> Tensor:
        """Return the expected rank, 1 for the best.

        Returns
        -------
        Tensor of float64, shape (queries,)
            In a random order of t other and m relevant equals the first relevant one stands at
            (t + m + 1)/(m + 1).
        """
        return self.better + (self.tied + self.found + 1).double() / (self.found + 1)

    def within(self, k: int) -> Tensor:
        """Return the probability that the rank is at most k: the query's share in R@k.

        Parameters
        ----------
        k : int
            Number of keys looked at.

        Returns
        -------
        Tensor of float64, shape (queries,)
            One less the chance that all of the first places among the equals go to others.
        """
        places = (k - self.better).clamp(min=0)
        others, equals = self.tied.double(), (self.tied + self.found).double()
        seats = torch.minimum(places, self.tied).double()
        # C(others, seats) / C(equals, seats), by logarithms since both overflow.
        missed = torch.lgamma(others + 1) - torch.lgamma(others - seats + 1)
        missed = missed - torch.lgamma(equals + 1) + torch.lgamma(equals - seats + 1)
        hit = torch.where(self.found == 1, places / equals, 1 - missed.exp())  # The first to the last digit.
        return torch.where(places > self.tied, 1.0, hit)

    def median(self) -> float:
        """Return the median rank over queries and orders of equal scores.

        Returns
        -------
        float
            Without ties the usual median, with a half where two ranks share the middle.
        """
        lower = first_rank(self, lambda share: bool(share.mean() >= 0.5 - ROUNDING))
        return (lower + first_rank(self, lambda share: bool(share.mean() > 0.5 + ROUNDING))) / 2


def first_rank(found: Ranks, reached: Callable[[Tensor], bool]) -> int:
    """Return the smallest k whose shares of queries within rank k satisfy a condition.

    Parameters
    ----------
    found : Ranks
        Of the queries.
    reached : callable of Tensor with shape (queries,) to bool
        Given what `Ranks.within` returns for k; once true, it must stay so for every larger k.

    Returns
    -------
    int
        In [1, number of keys].

    Examples
    --------
    >>> found = ranks(torch.tensor([[0.1, 0.9, 0.5]]), torch.tensor([2]))
    >>> first_rank(found, lambda share: bool(share.mean() >= 0.5))
    2
    """
    worst = int((found.better + found.tied).max()) + 1
    return 1 + bisect_left(range(1, worst), True, key=lambda k: reached(found.within(k)))


def ranks(scores: Tensor, relevant: Tensor) -> Ranks:
    """Rank the best relevant key of every query.

    Parameters
    ----------
    scores : Tensor, shape (queries, keys)
        Higher is better. Scores closer than 1e-6 of the largest in their row count as equal.
    relevant : Tensor of bool with shape (queries, keys), or of int64 with shape (queries,)
        Which keys are right for each query, at least one; or the one that is.

    Returns
    -------
    Ranks
        One per query; independent of the order of the keys, and of how queries are cut into blocks.

    Raises
    ------
    InvalidValue
        If a score is not finite, or a query has no relevant key.

    Examples
    --------
    >>> scores = torch.tensor([[0.9, 0.5, 0.1], [0.2, 0.8, 0.8]])
    >>> ranks(scores, torch.tensor([1, 2])).expected().tolist()
    [2.0, 1.5]
    >>> ranks(scores, torch.tensor([[False, True, True], [False, True, True]])).expected().tolist()
    [2.0, 1.0]
    """
    largest = scores.abs().amax(-1, keepdim=True)
    if not largest.isfinite().all():
        raise InvalidValue("scores must be finite; got some that are not")
    marked = relevant.dtype == torch.bool
    if marked and not relevant.any(-1).all():
        raise InvalidValue("relevant must mark a key of every query; got a query without one")
    if marked:
        best = scores.masked_fill(~relevant, -torch.inf).amax(-1, keepdim=True)
    else:
        best = scores.gather(-1, relevant[:, None])
    ahead = scores - best
    equal = ahead.abs() <= TIE * largest
    found = (equal & relevant).sum(-1) if marked else torch.ones_like(relevant)
    return Ranks(better=(ahead > TIE * largest).sum(-1), tied=equal.sum(-1) - found, found=found)
