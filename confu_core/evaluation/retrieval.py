"""Retrieval when keys may tie: ranks in expectation over the order of equal scores, R@k and rank beside chance."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.statistics.bootstrap import Estimate, percentiles
from confu_core.statistics.intervals import CONFIDENCE
from confu_core.statistics.resampling import DRAWS, resample_counts

# Scores this close, as a share of the largest one, count as equal: products of equal vectors may differ in their
# last bits.
TIE = 1e-6
# Shares of queries are sums of fractions; this close to one half is one half.
ROUNDING = 1e-9
BLOCK = 2**23  # Scores looked at together: 32 MiB, and several times that for what is made of them.


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
        """Return the expected rank, 1 for the best, float64 of shape (queries,).

        In a random order of t other and m relevant equals the first relevant one stands at (t + m + 1)/(m + 1).
        """
        return self.better + (self.tied + self.found + 1).double() / (self.found + 1)

    def within(self, k: int) -> Tensor:
        """Return the probability that the rank is at most k, the query's share in R@k, float64 of shape (queries,).

        It is one less the chance that all of the first places among the equals go to others.
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
        """Return the median rank over queries and orders of equal scores; without ties it is the usual median."""
        lower = first_rank(self, lambda share: bool(share.mean() >= 0.5 - ROUNDING))
        return (lower + first_rank(self, lambda share: bool(share.mean() > 0.5 + ROUNDING))) / 2


def first_rank(found: Ranks, reached: Callable[[Tensor], bool]) -> int:
    """Return the smallest k for which what `Ranks.within` says satisfies a condition, as all larger ones must then.

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


class RankMeasure(NamedTuple):
    """One number of retrieval, with its bootstrap interval over queries, and what a score that says nothing reaches."""

    estimate: Estimate
    chance: float


def retrieval_summary(
    score: Tensor | Callable[[int, int], Tensor],
    positives: Tensor,
    groups: Tensor,
    *,
    cutoffs: Sequence[int] = (1, 5, 10),
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> dict[str, dict[str, RankMeasure]]:
    """Summarise how well queries find their keys.

    Parameters
    ----------
    score : Tensor with shape (queries, keys), or callable
        All scores; or a function of start and stop that scores these queries, of shape (stop - start, keys), for
        sets whose scores do not fit in memory together.
    positives : Tensor of int64, shape (queries,)
        The key that each query is paired with.
    groups : Tensor of int64, shape (keys,)
        Equal numbers for keys that are equally right: copies of each other, or samples of a class.
    cutoffs : sequence of int
        The k of R@k.
    draws, seed : int
        Of the bootstrap over queries; see `resample_indices`.
    confidence : float
        In (0, 1).

    Returns
    -------
    dict of str to dict of str to RankMeasure
        In two readings: ``"equal"``, where any key of the positive's group counts, and ``"paired"``, where only the
        query's own does. In each ``"R@1"`` and so on, the share of queries with a relevant key among the first k, and
        ``"median rank"`` and ``"mean rank"``, 1 for the best. Beside a matrix of scores, 10,000 queries and keys take
        some 400 MB.

    Raises
    ------
    InvalidValue
        If a score is not finite, or a positive is not a key.

    Examples
    --------
    >>> found = retrieval_summary(torch.eye(4), torch.arange(4), torch.tensor([0, 0, 1, 1]))
    >>> found["paired"]["R@1"]
    RankMeasure(estimate=Estimate(value=1.0, low=1.0, high=1.0), chance=0.25)
    >>> found["equal"]["R@1"].chance
    0.5
    """
    equal, paired = rank_queries(score, positives, groups)
    _, number, sizes = torch.unique(groups, return_inverse=True, return_counts=True)
    relevant = sizes[number][positives]
    counts = list(resample_counts(len(positives), draws=draws, seed=seed))
    chance, alone = (chance_ranks(len(groups), each) for each in (relevant, torch.ones_like(relevant)))
    return {
        "equal": _summary(equal, chance, cutoffs, counts, confidence),
        "paired": _summary(paired, alone, cutoffs, counts, confidence),
    }


def rank_queries(
    score: Tensor | Callable[[int, int], Tensor], positives: Tensor, groups: Tensor
) -> tuple[Ranks, Ranks]:
    """Rank the best key in the group of each query's positive, and the positive itself, a block of queries at a time.

    Examples
    --------
    >>> equal, paired = rank_queries(torch.eye(2).flip(0), torch.arange(2), torch.tensor([7, 7]))
    >>> equal.expected().tolist(), paired.expected().tolist()
    ([1.0, 1.0], [2.0, 2.0])
    """
    if not len(positives) or int(positives.min()) < 0 or int(positives.max()) >= len(groups):
        raise InvalidValue(f"positives must be numbers of the {len(groups)} keys, at least one; got others")
    equal, paired = [], []
    for start, block in _blocks(score, len(positives), len(groups)):
        own = positives[start : start + len(block)]
        equal.append(ranks(block, groups[own][:, None] == groups))
        paired.append(ranks(block, own))
    return _joined(equal), _joined(paired)


def chance_ranks(keys: int, relevant: Tensor) -> Ranks:
    """Return where the first of each query's relevant keys, int64 counts, stands if all keys score the same.

    Examples
    --------
    >>> chance_ranks(10, torch.tensor([1, 4])).expected().tolist()
    [5.5, 2.2]
    """
    return Ranks(better=torch.zeros_like(relevant), tied=keys - relevant, found=relevant)


def _blocks(score: Tensor | Callable[[int, int], Tensor], queries: int, keys: int) -> Iterator[tuple[int, Tensor]]:
    rows = max(1, BLOCK // keys)
    for start in range(0, queries, rows):
        stop = min(start + rows, queries)
        block = score[start:stop] if isinstance(score, Tensor) else score(start, stop)
        if block.shape != (stop - start, keys):
            raise InvalidValue(f"scores must have shape ({stop - start}, {keys}); got {tuple(block.shape)}")
        yield start, block


def _joined(blocks: Sequence[Ranks]) -> Ranks:
    return Ranks(*(torch.cat([getattr(block, name) for block in blocks]) for name in ("better", "tied", "found")))


def _summary(
    found: Ranks, chance: Ranks, cutoffs: Sequence[int], counts: Sequence[np.ndarray], confidence: float
) -> dict[str, RankMeasure]:
    recall = {f"R@{k}": _mean(found.within(k), chance.within(k), counts, confidence) for k in cutoffs}
    median = RankMeasure(_median(found, counts, confidence), chance.median())
    return {
        **recall,
        "median rank": median,
        "mean rank": _mean(found.expected(), chance.expected(), counts, confidence),
    }


def _mean(values: Tensor, chance: Tensor, counts: Sequence[np.ndarray], confidence: float) -> RankMeasure:
    return RankMeasure(percentiles(float(values.mean()), _means(values, counts), confidence), float(chance.mean()))


def _median(found: Ranks, counts: Sequence[np.ndarray], confidence: float) -> Estimate:
    """Bootstrap the median; a resample's is at most k if half of its queries have a rank of at most k."""
    tail = (1 - confidence) / 2
    low = first_rank(found, lambda share: bool((_means(share, counts) >= 0.5 - ROUNDING).mean() >= tail))
    high = first_rank(found, lambda share: bool((_means(share, counts) > 0.5 + ROUNDING).mean() >= 1 - tail))
    return Estimate(found.median(), float(low), float(high))


def _means(values: Tensor, counts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of per-query values over each resample."""
    return np.concatenate([block @ values.numpy() / len(values) for block in counts])
