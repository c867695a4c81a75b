"""What one pair of axes shows: a metric, its labels, and the exact lines beside what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.report.series import SAME, Point, Series, is_number, x_values
from confu_core.report.style import INK

__all__ = ["Panel", "Reference", "is_line_plot", "reference_curves"]


@dataclass(frozen=True)
class Reference:
    """A line that is exact, not measured.

    Attributes
    ----------
    label : str
        For the legend.
    dash : object
        A line style of matplotlib.
    column : str or None
        The metric it shows.
    value : float or None
        Where it is the same everywhere.
    """

    label: str
    dash: Any
    column: str | None = None
    value: float | None = None

    @property
    def line(self) -> dict[str, Any]:
        """Keywords of matplotlib for the line: above the lines of series, beneath their markers."""
        return {"color": INK, "linewidth": 1.3, "linestyle": self.dash, "zorder": 2.2}

    def levels(self, points: Sequence[Point | None]) -> list[float]:
        """Return the distinct values at one x, the lowest first."""
        if self.value is not None:
            return [self.value]
        levels: list[float] = []
        for exact in sorted(value for point in points if point and (value := point.exact(self.column)) is not None):
            if not levels or exact - levels[-1] > SAME:
                levels.append(exact)
        return levels


@dataclass(frozen=True)
class Panel:
    """What one pair of axes shows.

    Attributes
    ----------
    column : str
        The metric.
    x_label, y_label : str
        Of the axes; empty for none.
    references : tuple of Reference
        Exact lines beside the series.
    proportion : bool
        Whether the metric is one, shown from 0 to 1.
    """

    column: str
    x_label: str
    y_label: str
    references: tuple[Reference, ...] = ()
    proportion: bool = False


def is_line_plot(series: Sequence[Series]) -> bool:
    """Return whether lines over x make sense: at least two values, all numbers.

    Parameters
    ----------
    series : sequence of Series
        What is to be drawn.

    Returns
    -------
    bool
        False for one value of x, and for words.

    Examples
    --------
    >>> is_line_plot([Series("runs", "clip", "clip", "clip", (Point(0.0, ()), Point(1.0, ())))])
    True
    """
    values = x_values(series)
    return len(values) > 1 and all(map(is_number, values))


def reference_curves(series: Sequence[Series], column: str | None) -> list[list[tuple[Any, float]]]:
    """Return the distinct curves of an exact metric: one if all series share it.

    Parameters
    ----------
    series : sequence of Series
        They may differ in what the exact value depends on, such as the size of the task.
    column : str or None
        The metric.

    Returns
    -------
    list of list of (x, value)
        Each sorted by x; x is None for a value that holds for every x.

    Examples
    --------
    >>> points = tuple(Point(x, ({"bayes_accuracy": x},)) for x in (0.1, 0.9))
    >>> reference_curves([Series("runs", name, name, name, points) for name in ("a", "b")], "bayes_accuracy")
    [[(0.1, 0.1), (0.9, 0.9)]]
    """
    curves: list[dict[Any, float]] = []
    for one in series:
        own = {point.x: point.exact(column) for point in one.points}
        curve = {x: value for x, value in own.items() if value is not None}
        fits = (known for known in curves if all(abs(known.get(x, y) - y) <= SAME for x, y in curve.items()))
        if (known := next(fits, None)) is not None:
            known.update(curve)
        elif curve:
            curves.append(curve)
    places = [*x_values(series), None]
    return [[(x, curve[x]) for x in dict.fromkeys(places) if x in curve] for curve in curves]
