"""A metric as a matrix, series by values of x, read against its ceiling and its floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.report.best import best_of
from confu_core.report.panel import CHANCE, Reference, distinct, references_of
from confu_core.report.series import SAME, Point, Series, x_values
from confu_core.report.wording import show
from confu_core.statistics.intervals import Interval

__all__ = ["Entry", "Levels", "Matrix", "matrix_of"]

Levels = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes
    ----------
    interval : Interval or None
        Of the metric over seeds; None where there is none.
    closeness : float or None
        Where the mean lies between floor (0) and ceiling (1); None where these coincide or are unknown.
    best : bool
        Whether it stands out; see `confu_core.report.best.best_of`.
    """

    interval: Interval | None
    closeness: float | None
    best: bool

    @property
    def mean(self) -> str:
        """The mean for readers."""
        return show(self.interval.mean if self.interval else None)

    @property
    def spread(self) -> str:
        """The half-width for readers; empty for a single seed."""
        half_width = self.interval.half_width if self.interval else None
        return "" if half_width is None else f"± {show(half_width)}"


@dataclass(frozen=True)
class Matrix:
    """A metric of all series at all values of x.

    Attributes
    ----------
    labels : tuple of str
        Of the series.
    x : tuple
        Values; ``(None,)`` where there is only one and it has no name.
    entries : tuple of tuple of Entry
        By series, then by x.
    exact : tuple of (Reference, tuple of tuple of float)
        What is known exactly, each once: by x its values, of which there are several if series are of different tasks.
    """

    labels: tuple[str, ...]
    x: tuple[Any, ...]
    entries: tuple[tuple[Entry, ...], ...]
    exact: tuple[tuple[Reference, Levels], ...]


def matrix_of(series: Sequence[Series], column: str, ceiling: str | None, floor: str | None) -> Matrix:
    """Arrange a metric as a matrix.

    Parameters
    ----------
    series : sequence of Series
        The rows.
    column : str
        The metric.
    ceiling, floor : str or None
        Exact metrics that bound it, for closeness.

    Returns
    -------
    Matrix
        A series that is the same at every x has its value at each. The ceilings and the floor come with it.

    Examples
    --------
    >>> rows = ({"accuracy": 0.75, "bayes_accuracy": 1.0, "chance": 0.5},)
    >>> matrix = matrix_of(
    ...     [Series("runs", "clip", "clip", "clip", (Point(0.5, rows),))], "accuracy", "bayes_accuracy", "chance"
    ... )
    >>> matrix.x, matrix.entries[0][0].closeness, [(line.label, levels) for line, levels in matrix.exact]
    ((0.5,), 0.5, [('Bayes accuracy', ((1.0,),)), ('chance', ((0.5,),))])
    """
    values = x_values(series)
    points = [[one.at(x) for one in series] for x in values]
    columns = [_column(here, column, ceiling, floor) for here in points]
    rows = tuple(zip(*columns, strict=True))
    lines = distinct(references_of(ceiling, floor), [point for one in series for point in one.points])
    exact = tuple((line, tuple(tuple(line.levels(here)) for here in points)) for line in lines)
    ordered = sorted(exact, key=lambda each: each[0].column == CHANCE.column)  # What is no ceiling stands last.
    return Matrix(tuple(one.label for one in series), tuple(values), rows, tuple(ordered))


def _column(points: Sequence[Point | None], column: str, ceiling: str | None, floor: str | None) -> list[Entry]:
    best = best_of(points, column)
    entries = []
    for at, point in enumerate(points):
        interval = None if point is None else point.interval(column)
        top, bottom = (None if point is None else point.exact(name) for name in (ceiling, floor))
        closeness = None if interval is None else _closeness(interval.mean, bottom, top)
        # At a ceiling that chance reaches, nobody is best.
        worth = closeness is not None or top is None
        entries.append(Entry(interval, closeness, worth and at == best))
    return entries


def _closeness(mean: float, floor: float | None, ceiling: float | None) -> float | None:
    low = 0.0 if floor is None else floor
    if ceiling is None or ceiling - low <= SAME:
        return None
    return min(1.0, max(0.0, (mean - low) / (ceiling - low)))
