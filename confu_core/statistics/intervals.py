"""Means over seeds, with the interval that says how well few seeds determine them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["CONFIDENCE", "Interval", "student_interval"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and its confidence interval.

    Attributes
    ----------
    n : int
        Number of values.
    mean, minimum, maximum : float
        Of the values.
    half_width : float or None
        Of the interval around the mean; None for a single value, which says nothing of its own spread.
    ends : (float, float) or None
        Of an interval that is not of this kind: of a single run over its test samples.
    """

    n: int
    mean: float
    minimum: float
    maximum: float
    half_width: float | None
    ends: tuple[float, float] | None = None

    @property
    def low(self) -> float:
        """The lower end; the mean where there is no interval."""
        return self.mean - (self.half_width or 0.0) if self.ends is None else self.ends[0]

    @property
    def high(self) -> float:
        """The upper end; the mean where there is no interval."""
        return self.mean + (self.half_width or 0.0) if self.ends is None else self.ends[1]

    @property
    def drawn(self) -> bool:
        """Whether a figure shows it: of two seeds it does not, for Student's t is 12.7 with one degree of freedom."""
        return self.ends is not None or (self.half_width is not None and self.n > 2)


def student_interval(values: Iterable[float | None], confidence: float = CONFIDENCE) -> Interval | None:
    """Return the mean of values and its confidence interval by Student's t.

    The half-width is t * s / sqrt(n), with s the standard deviation (n - 1 in the denominator) and t the quantile of
    the t distribution with n - 1 degrees of freedom: right for few seeds, where the normal quantile is too small.

    Parameters
    ----------
    values : iterable of float or None
        One per seed. What is undefined (None, or not finite) is left out.
    confidence : float
        How often such an interval covers the true mean, in (0, 1).

    Returns
    -------
    Interval or None
        None if no value is left.

    Examples
    --------
    >>> found = student_interval([0.5, 0.6, 0.7, None])
    >>> found.n, round(found.mean, 3), round(found.half_width, 3)
    (3, 0.6, 0.248)
    >>> student_interval([None]) is None
    True
    """
    kept = [float(value) for value in values if value is not None and math.isfinite(value)]
    if not kept:
        return None
    n = len(kept)
    # fsum, so that the order of rows cannot change the last digit of a published number.
    mean = math.fsum(kept) / n
    half_width = None if n == 1 else _half_width(kept, mean, confidence)
    return Interval(n, mean, min(kept), max(kept), half_width)


def _half_width(values: list[float], mean: float, confidence: float) -> float:
    # The quantile of Student's t, without the second that scipy.stats takes to import.
    from scipy.special import stdtrit

    n = len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    return float(stdtrit(n - 1, 0.5 + confidence / 2)) * deviation / math.sqrt(n)
