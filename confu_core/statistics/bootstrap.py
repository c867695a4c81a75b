"""Bootstrap intervals over samples (Efron, 1979), and paired differences over samples or seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from confu_core.errors import InvalidValue
from confu_core.settings import Dial
from confu_core.statistics.intervals import CONFIDENCE
from confu_core.statistics.resampling import DRAWS, resample_indices, resampled_means

__all__ = ["Estimate", "bootstrap", "bootstrap_mean", "paired_difference", "percentiles"]


@dataclass(frozen=True)
class Estimate:
    """A statistic of a sample and its interval.

    Attributes
    ----------
    value : float
        Of the sample itself.
    low, high : float
        Ends of the interval.
    """

    value: float
    low: float
    high: float


def percentiles(value: float, resampled: np.ndarray, confidence: float = CONFIDENCE) -> Estimate:
    """Return a statistic with the interval that holds the middle of its resampled values.

    Parameters
    ----------
    value : float
        Of the sample itself.
    resampled : ndarray, shape (draws,)
        Of each resample.
    confidence : float
        Share of the resampled values within, in (0, 1).

    Returns
    -------
    Estimate
        With interpolated percentiles as ends.

    Raises
    ------
    InvalidValue
        If `confidence` is outside (0, 1).

    Examples
    --------
    >>> percentiles(50, np.arange(101), confidence=0.5)
    Estimate(value=50.0, low=25.0, high=75.0)
    """
    Dial(above=0, below=1).checked("confidence", confidence)
    tail = (1 - confidence) / 2
    low, high = np.quantile(resampled, [tail, 1 - tail])
    return Estimate(float(value), float(low), float(high))


def bootstrap_mean(values: ArrayLike, *, draws: int = DRAWS, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate:
    """Return the mean of per-sample values with its percentile bootstrap interval.

    Parameters
    ----------
    values : array, shape (n,)
        Per sample, such as whether it is classified correctly.
    draws, seed : int
        See `resample_indices`.
    confidence : float
        In (0, 1).

    Returns
    -------
    Estimate
        In the unit of the values.

    Examples
    --------
    >>> found = bootstrap_mean([0, 1] * 50)  # The normal interval is 0.4 to 0.6.
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (0.5, 0.4, 0.59)
    """
    table = np.asarray(values, dtype=float)
    resampled = resampled_means(table, draws=draws, seed=seed)
    return percentiles(table.mean(), resampled, confidence)


def bootstrap(
    statistic: Callable[..., np.ndarray],
    *samples: ArrayLike,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Estimate:
    """Return any statistic of samples with its percentile bootstrap interval.

    Parameters
    ----------
    statistic : callable
        Takes one array of shape (resamples, n) per entry of `samples`, and returns one of shape (resamples,). Resamples
        for which it is NaN are left out of the interval.
    *samples : array, shape (n,)
        Per-sample values that are resampled together.
    draws, seed : int
        See `resample_indices`.
    confidence : float
        In (0, 1).

    Returns
    -------
    Estimate
        In the unit of the statistic.

    Raises
    ------
    InvalidValue
        If the samples differ in length.

    Examples
    --------
    >>> bootstrap(lambda x: np.median(x, axis=-1), [3.0, 3.0, 3.0])
    Estimate(value=3.0, low=3.0, high=3.0)
    """
    tables = [np.asarray(sample) for sample in samples]
    n = len(tables[0])
    if any(len(table) != n for table in tables):
        raise InvalidValue(f"samples must be equally many; got {', '.join(str(len(table)) for table in tables)}")
    value = statistic(*(table[None] for table in tables))[0]
    blocks = resample_indices(n, draws=draws, seed=seed)
    resampled = np.concatenate([statistic(*(t[index] for t in tables)) for index in blocks])
    defined = resampled[~np.isnan(resampled)]
    return percentiles(value, defined, confidence) if len(defined) else Estimate(float(value), np.nan, np.nan)


def paired_difference(
    first: ArrayLike, second: ArrayLike, *, draws: int = DRAWS, confidence: float = CONFIDENCE, seed: int = 0
) -> Estimate:
    """Return the mean of first less second over the same samples, with its bootstrap interval.

    Parameters
    ----------
    first, second : array, shape (n,)
        Of the same samples, in the same order.
    draws, seed : int
        See `resample_indices`.
    confidence : float
        In (0, 1).

    Returns
    -------
    Estimate
        Narrower than the intervals of both means suggest where the two go together.

    Raises
    ------
    InvalidValue
        If the two differ in length.

    Examples
    --------
    >>> paired_difference([1, 1, 0, 0], [1, 1, 0, 0])
    Estimate(value=0.0, low=0.0, high=0.0)
    """
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.shape != other.shape:
        raise InvalidValue(f"paired values must be equally many; got {len(one)} and {len(other)}")
    return bootstrap_mean(one - other, draws=draws, confidence=confidence, seed=seed)
