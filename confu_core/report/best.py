"""Which method stands out: the best, where the seeds tell it from every other."""

from __future__ import annotations

from collections.abc import Sequence

from confu_core.report.series import Point
from confu_core.report.view import SEED
from confu_core.statistics.intervals import Interval, student_interval

__all__ = ["BOLD", "best_of", "paired"]

BOLD = "Bold: the best, where its paired difference to every other over the same seeds lies above 0 (95% interval)."


def best_of(points: Sequence[Point | None], column: str, *, lowest: bool = False) -> int | None:
    """Return the place of the best point; None where seeds do not tell it from another, or nothing is beside it.

    Parameters
    ----------
    points : sequence of Point or None
        One per method, at the same place and on the same data.
    column : str
        The metric.
    lowest : bool
        Whether the lowest is the best.

    Returns
    -------
    int or None
        With a single seed, always None.

    Examples
    --------
    >>> ones = [Point(None, tuple({"seed": at, "a": mean + at / 10} for at in range(3))) for mean in (0.1, 0.3)]
    >>> best_of(ones, "a"), best_of(ones[:1], "a")
    (1, None)
    """
    means = {at: value for at, point in enumerate(points) if point and (value := point.exact(column)) is not None}
    if len(means) < 2:
        return None
    leader = (min if lowest else max)(means, key=lambda at: means[at])
    sign = -1 if lowest else 1
    for at in means:
        found = None if at == leader else paired(points[leader], points[at], column)
        if at != leader and not (found and found.half_width is not None and _above(found, sign)):
            return None
    return leader


def paired(first: Point | None, second: Point | None, column: str) -> Interval | None:
    """Return the mean difference over seeds that both have, with its interval; None where they share none."""
    one, other = _by_seed(first, column), _by_seed(second, column)
    return student_interval(one[seed] - other[seed] for seed in one if seed in other)


def _above(found: Interval, sign: int) -> bool:
    return found.low > 0 if sign > 0 else found.high < 0


def _by_seed(point: Point | None, column: str) -> dict[object, float]:
    rows = () if point is None else point.rows
    return {row.get(SEED): value for row in rows if (value := row.get(column)) is not None}
