"""Complementarity: what a fused query gets right beyond the best single one, beside what could be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from confu_core.ceilings import COINCIDE, Ceilings
from confu_core.errors import InvalidValue
from confu_core.statistics.bootstrap import Estimate, bootstrap_mean, percentiles
from confu_core.statistics.intervals import CONFIDENCE
from confu_core.statistics.per_sample import correctness
from confu_core.statistics.resampling import DRAWS, resampled_means

__all__ = ["Complementarity", "MissingAccuracy", "complementarity", "complementarity_by_group", "missing_accuracy"]


@dataclass(frozen=True)
class Complementarity:
    """The gain of a fused query over the best single one.

    Attributes
    ----------
    samples : int
        How many were classified.
    fused : Estimate
        Accuracy of the fused query.
    singles : tuple of Estimate
        Accuracies of the single queries.
    gain : Estimate
        `fused` less the largest of `singles`.
    available : float or None
        The same difference of the ceilings; None where they were not given.
    fusion_gain_captured : Estimate or None
        `gain` over `available`; None where there are no ceilings or they coincide.
    higher_order_capture : Estimate or None
        `Ceilings.capture` of `fused`: what was captured of what no pair tells; None likewise.
    """

    samples: int
    fused: Estimate
    singles: tuple[Estimate, ...]
    gain: Estimate
    available: float | None
    fusion_gain_captured: Estimate | None
    higher_order_capture: Estimate | None


def complementarity(
    fused: ArrayLike,
    singles: Sequence[ArrayLike],
    ceilings: Ceilings | None = None,
    *,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Complementarity:
    """Measure what a fused query gains over the best of its single ones.

    Parameters
    ----------
    fused : array, shape (n,)
        Whether each sample is correct by the fused query, in [0, 1].
    singles : sequence of array, shape (n,)
        The same by each single query.
    ceilings : Ceilings, optional
        What the data allow.
    draws, seed : int
        Of the bootstrap over samples, the same for all queries; see `resample_indices`.
    confidence : float
        In (0, 1).

    Returns
    -------
    Complementarity
        In every resample the best single query is found anew. Where two are nearly equal, the larger accuracy is
        a little too large and the gain too small.

    Raises
    ------
    InvalidValue
        If the vectors differ in length or hold anything outside [0, 1], or there is no single query.

    Examples
    --------
    >>> found = complementarity([1, 1, 1, 0], [[1, 0, 0, 0], [1, 0, 1, 0]], Ceilings(0.5, 0.6875, 1.0))
    >>> found.gain.value, found.available, found.fusion_gain_captured.value, found.higher_order_capture.value
    (0.25, 0.5, 0.5, 0.2)
    """
    if not singles:
        raise InvalidValue("singles must hold at least one query; got none")
    named = {f"singles[{i}]": single for i, single in enumerate(singles)}
    table = np.stack(correctness(fused=fused, **named), axis=-1)
    means, resampled = table.mean(0), resampled_means(table, draws=draws, seed=seed)
    each = [percentiles(value, column, confidence) for value, column in zip(means, resampled.T, strict=True)]
    gain, gains = (x[..., 0] - x[..., 1:].max(-1) for x in (means, resampled))
    available = captured = higher = None
    if ceilings is not None:
        available = max(0.0, ceilings.bayes - ceilings.single)
        beyond = max(0.0, ceilings.bayes - ceilings.pairwise)
        if available > COINCIDE:
            captured = percentiles(gain / available, gains / available, confidence)
        if beyond > COINCIDE:
            shares = (resampled[:, 0] - ceilings.pairwise) / beyond
            higher = percentiles(float((means[0] - ceilings.pairwise) / beyond), shares, confidence)
    whole, *parts = each
    total = percentiles(gain, gains, confidence)
    return Complementarity(len(table), whole, tuple(parts), total, available, captured, higher)


def complementarity_by_group(
    fused: ArrayLike,
    singles: Sequence[ArrayLike],
    groups: ArrayLike,
    ceilings: Mapping[Any, Ceilings] | None = None,
    **options: Any,
) -> dict[Any, Complementarity]:
    """Measure complementarity within groups of samples, such as those told apart in the same way.

    Parameters
    ----------
    fused, singles
        See `complementarity`.
    groups : array of int or str, shape (n,)
        Group of each sample.
    ceilings : mapping of group to Ceilings, optional
        Of each group; those it lacks have none.
    **options
        Those of `complementarity`.

    Returns
    -------
    dict of group to Complementarity
        In ascending order. The best single query is that of the group.

    Raises
    ------
    InvalidValue
        If the vectors differ in length or hold anything outside [0, 1], or there is no single query.

    Examples
    --------
    >>> found = complementarity_by_group([1, 1, 0], [[0, 1, 0]], ["both", "either", "either"])
    >>> {group: each.gain.value for group, each in found.items()}
    {'both': 1.0, 'either': 0.0}
    """
    names = np.asarray(groups)
    named = {f"singles[{i}]": single for i, single in enumerate(singles)}
    whole, *parts, _ = correctness(fused=fused, **named, groups=np.zeros(len(names)))
    known = ceilings or {}
    return {
        group: complementarity(whole[chosen], [part[chosen] for part in parts], known.get(group), **options)
        for group in np.unique(names).tolist()
        for chosen in [names == group]
    }


@dataclass(frozen=True)
class MissingAccuracy:
    """Accuracy at one share of samples that lack a modality.

    Attributes
    ----------
    share : float
        Of the samples, in [0, 1].
    accuracy : Estimate
        Over all samples, with and without.
    """

    share: float
    accuracy: Estimate


def missing_accuracy(
    fused: ArrayLike,
    fallback: ArrayLike,
    shares: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    *,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> list[MissingAccuracy]:
    """Return the accuracy when samples lack one modality at random and are queried by the other alone.

    Parameters
    ----------
    fused : array, shape (n,)
        Whether each sample is correct by the query of both modalities, in [0, 1].
    fallback : array, shape (n,)
        The same by the modality that is left: the 1->1 score.
    shares : sequence of float
        Shares of samples that lack the modality, in [0, 1].
    draws, seed : int
        Of the bootstrap over samples; see `resample_indices`.
    confidence : float
        In (0, 1).

    Returns
    -------
    list of MissingAccuracy
        One per share: the expectation over which samples lack it, so nothing is drawn.

    Raises
    ------
    InvalidValue
        If a share is outside [0, 1], or the vectors differ in length or hold anything outside it.

    Examples
    --------
    >>> [point.accuracy.value for point in missing_accuracy([1, 1, 1, 0], [1, 0, 0, 0], shares=(0, 0.5, 1))]
    [0.75, 0.5, 0.25]
    """
    whole, rest = correctness(fused=fused, fallback=fallback)
    for share in shares:
        if not 0 <= share <= 1:
            raise InvalidValue(f"shares must be in [0, 1]; got {share}")
    mixed = [(1 - share) * whole + share * rest for share in shares]
    return [
        MissingAccuracy(share, bootstrap_mean(values, draws=draws, confidence=confidence, seed=seed))
        for share, values in zip(shares, mixed, strict=True)
    ]
