"""Every direction of retrieval between modalities, evaluated on samples over tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from confu_core.errors import MethodError
from confu_core.evaluation.bounds import mutual_information_bound, total_correlation_bound
from confu_core.evaluation.retrieval import TIE
from confu_core.methods.batch import EmbeddedBatch
from confu_core.model import Model
from confu_core.training.epochs import Samples
from confu_core.user_code import in_evaluation


@dataclass(frozen=True)
class DirectionResult:
    """One direction.

    Attributes
    ----------
    query : tuple of int
        Modalities given.
    target : int
        Modality retrieved.
    accuracy, expected_rank : float
        See `Retrieval`.
    information_bound : float
        Lower bound on the information between query and target, in nats.
    defined : bool
        Whether the method defines this score, or falls back on another.
    """

    query: tuple[int, ...]
    target: int
    accuracy: float
    expected_rank: float
    information_bound: float
    defined: bool


@dataclass(frozen=True)
class DirectionResults:
    """All directions of one model.

    Attributes
    ----------
    directions : tuple of DirectionResult
        In the order asked for.
    total_correlation_bound : float
        Lower bound on the total correlation of the modalities, in nats.
    """

    directions: tuple[DirectionResult, ...]
    total_correlation_bound: float


@torch.no_grad()
def evaluate(
    model: Model,
    samples: Samples,
    directions: Iterable[tuple[tuple[int, ...], int]],
    *,
    keys: Sequence[Tensor] | None = None,
    targets: Tensor | None = None,
) -> DirectionResults:
    """Evaluate retrieval of a row of the target's table, in every direction.

    Parameters
    ----------
    model : Model
        Trained.
    samples : Samples
        The queries.
    directions : iterable of (tuple of int, int)
        Query and target modalities.
    keys : sequence of Tensor, shape (rows, width), optional
        The table of candidates per modality, where it is not the samples' own: clean inputs for noisy queries.
    targets : Tensor of int64, shape (n, modalities), optional
        Which row of `keys` is right for each sample; needed with `keys`.

    Returns
    -------
    DirectionResults
        Accuracies, ranks and bounds.

    Raises
    ------
    MethodError
        If the method raises an error of its own, or a score is not finite.
    """
    model.eval()
    with in_evaluation(model.method):
        queries = model.embed(samples.tables, samples.codes)
        candidates = queries if keys is None else model.embed(keys, targets)
        results = tuple(_direction(model, queries, candidates, query, target) for query, target in directions)
        bounds = {(result.query, result.target): result.information_bound for result in results}
        finite = keys is None and samples.support <= len(samples.codes)
        direct = model.method.total_correlation_bound(queries) if finite else None
        return DirectionResults(results, total_correlation_bound(bounds, queries.modalities, direct))


def _direction(
    model: Model, queries: EmbeddedBatch, candidates: EmbeddedBatch, query: tuple[int, ...], target: int
) -> DirectionResult:
    method = model.method
    scores = method.score(queries.view(query), candidates.view((target,)))
    if not scores.isfinite().all():
        direction = f"{'+'.join(map(str, query))}->{target}"
        raise MethodError(f"the scores of {type(method).__name__} for {direction} are not finite after training")
    rows, n_rows = queries.rows(query)
    columns, n_columns = candidates.rows((target,))
    counts = queries.occurrences(rows * n_columns + columns, n_rows * n_columns).view(n_rows, n_columns)
    found = retrieval(scores, counts)
    return DirectionResult(
        query=query,
        target=target,
        accuracy=found.accuracy,
        expected_rank=found.expected_rank,
        information_bound=mutual_information_bound(method.scale() * scores, counts),
        defined=method.defines(query, (target,)),
    )


class Retrieval(NamedTuple):
    """Share of queries whose key scores highest, and the mean rank of the key, 1 for the best.

    A key that ties with k others counts 1/(k + 1), and has the rank in their middle.
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
