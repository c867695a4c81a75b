"""Instance retrieval in the numbers that papers report: R@k, median and mean rank, beside chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.evaluation.retrieval import ROUNDING, Ranks, first_rank, ranks
from confu_core.statistics.bootstrap import Estimate, percentiles
from confu_core.statistics.intervals import CONFIDENCE
from confu_core.statistics.resampling import DRAWS, resample_counts

__all__ = ["RankMeasure", "RankSummary", "RetrievalSummary", "chance_ranks", "rank_queries", "retrieval_summary"]

BLOCK = 2**23  # Scores looked at together: 32 MiB, and several times that for what is made of them.


@dataclass(frozen=True)
class RankMeasure:
    """One number of retrieval.

    Attributes
    ----------
    estimate : Estimate
        With its bootstrap interval over queries.
    chance : float
        What a score that says nothing reaches.
    """

    estimate: Estimate
    chance: float


@dataclass(frozen=True)
class RankSummary:
    """How high queries rank the best of their relevant keys.

    Attributes
    ----------
    recall : dict of int to RankMeasure
        R@k by k: share of queries with a relevant key among the first k, in [0, 1].
    median_rank, mean_rank : RankMeasure
        1 for the best.
    """

    recall: dict[int, RankMeasure]
    median_rank: RankMeasure
    mean_rank: RankMeasure


@dataclass(frozen=True)
class RetrievalSummary:
    """Retrieval in two readings.

    Attributes
    ----------
    equal : RankSummary
        Finding any key of the positive's group counts, such as any that equals it.
    paired : RankSummary
        Only the query's own key counts.
    queries, keys : int
        How many there are.
    """

    equal: RankSummary
    paired: RankSummary
    queries: int
    keys: int


def retrieval_summary(
    score: Tensor | Callable[[int, int], Tensor],
    positives: Tensor,
    groups: Tensor,
    *,
    cutoffs: Sequence[int] = (1, 5, 10),
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> RetrievalSummary:
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
    RetrievalSummary
        Both readings. Beside a matrix of scores, 10,000 queries and keys take some 400 MB.

    Raises
    ------
    InvalidValue
        If a score is not finite, or a positive is not a key.

    Examples
    --------
    >>> found = retrieval_summary(torch.eye(4), torch.arange(4), torch.tensor([0, 0, 1, 1]))
    >>> found.paired.recall[1]
    RankMeasure(estimate=Estimate(value=1.0, low=1.0, high=1.0), chance=0.25)
    >>> found.equal.recall[1].chance
    0.5
    """
    equal, paired = rank_queries(score, positives, groups)
    _, number, sizes = torch.unique(groups, return_inverse=True, return_counts=True)
    relevant = sizes[number][positives]
    counts = list(resample_counts(len(positives), draws=draws, seed=seed))
    return RetrievalSummary(
        equal=_summary(equal, chance_ranks(len(groups), relevant), cutoffs, counts, confidence),
        paired=_summary(paired, chance_ranks(len(groups), torch.ones_like(relevant)), cutoffs, counts, confidence),
        queries=len(positives),
        keys=len(groups),
    )


def rank_queries(
    score: Tensor | Callable[[int, int], Tensor], positives: Tensor, groups: Tensor
) -> tuple[Ranks, Ranks]:
    """Rank the keys of every query, a block of queries at a time.

    Parameters
    ----------
    score, positives, groups
        See `retrieval_summary`.

    Returns
    -------
    tuple of (Ranks, Ranks)
        Of the best key in the positive's group, and of the positive itself.

    Raises
    ------
    InvalidValue
        If a score is not finite, or a positive is not a key.

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
    """Return where the first relevant key stands if all keys score the same.

    Parameters
    ----------
    keys : int
        How many there are.
    relevant : Tensor of int64, shape (queries,)
        How many of them are relevant to each query.

    Returns
    -------
    Ranks
        Chance for every measure that is made of ranks.

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
) -> RankSummary:
    recall = {k: _mean(found.within(k), chance.within(k), counts, confidence) for k in cutoffs}
    median = RankMeasure(_median(found, counts, confidence), chance.median())
    return RankSummary(recall, median, _mean(found.expected(), chance.expected(), counts, confidence))


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
