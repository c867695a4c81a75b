"""Missing modalities: accuracy when some queries of two modalities have only one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from confu_core.errors import InvalidValue
from confu_core.statistics.bootstrap import Estimate, bootstrap_mean
from confu_core.statistics.intervals import CONFIDENCE
from confu_core.statistics.per_sample import correctness
from confu_core.statistics.resampling import DRAWS

__all__ = ["MissingAccuracy", "missing_accuracy"]


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
