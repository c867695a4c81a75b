"""What one pair of axes shows: a metric, its labels, and the exact lines beside what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.report.series import SAME, Point, Series, is_number, x_values
from confu_core.report.style import INK, QUIET
from confu_core.report.wording import label_of

__all__ = [
    "BAYES",
    "CEILINGS",
    "CHANCE",
    "PAIRWISE",
    "PLAIN",
    "Panel",
    "Reference",
    "distinct",
    "is_line_plot",
    "reference_curves",
    "references_of",
]


DRAWN = 1e-9  # Levels this close are one line.


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
        colour = QUIET if self.column in (CHANCE.column, PLAIN.column) else INK
        return {"color": colour, "linewidth": 1.3, "linestyle": self.dash, "zorder": 2.2}

    def level(self, point: Point) -> float | None:
        """Return the value at a point; None where it is not known."""
        return point.exact(self.column) if self.value is None else self.value

    def levels(self, points: Sequence[Point | None]) -> list[float]:
        """Return the distinct values at one x, the lowest first."""
        if self.value is not None:
            return [self.value]
        levels: list[float] = []
        for exact in sorted(value for point in points if point and (value := point.exact(self.column)) is not None):
            if not levels or exact - levels[-1] > SAME:
                levels.append(exact)
        return levels


# The same lines in every figure, from what any one modality tells to what all together do.
SINGLE = Reference("single ceiling", (0, (1, 1.6)), "single_ceiling")
PAIRWISE = Reference("pairwise ceiling", (0, (4, 2)), "pairwise_ceiling")
BAYES = Reference("Bayes accuracy", "solid", "bayes_accuracy")
CEILINGS = (SINGLE, PAIRWISE, BAYES)
CHANCE = Reference("chance", (0, (1, 3)), "chance")
PLAIN = Reference("plain features", (0, (3, 1.5, 1, 1.5)), "plain")


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
    limits : (float, float), optional
        Where the axis of the metric ends, if that is known before it is drawn.
    """

    column: str
    x_label: str
    y_label: str
    references: tuple[Reference, ...] = ()
    proportion: bool = False
    limits: tuple[float, float] | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Return where intervals are cut: a proportion at 0 and 1, everything at the axis."""
        low, high = self.limits or (-math.inf, math.inf)
        return (max(low, 0.0), min(high, 1.0)) if self.proportion else (low, high)


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


def references_of(ceiling: str | None, floor: str | None = None) -> tuple[Reference, ...]:
    """Return the exact lines beside a metric, from the lowest: chance, every ceiling, and whatever else was asked for.

    Parameters
    ----------
    ceiling, floor : str or None
        What a sweep names; without a ceiling, none is known.

    Returns
    -------
    tuple of Reference
        With the ceiling of accuracies come the others.

    Examples
    --------
    >>> [one.label for one in references_of("bayes_accuracy", "chance")]
    ['chance', 'single ceiling', 'pairwise ceiling', 'Bayes accuracy']
    """
    known = {one.column: one for one in (CHANCE, *CEILINGS)}
    ceilings = [str(one.column) for one in CEILINGS]
    below = [] if floor is None or (ceiling == BAYES.column and floor in ceilings) else [floor]
    above = ceilings if ceiling == BAYES.column else [ceiling] if ceiling else []
    return tuple(known.get(name, Reference(label_of(name), "solid", name)) for name in (*below, *above))


def distinct(references: Sequence[Reference], points: Sequence[Point]) -> tuple[Reference, ...]:
    """Return the exact lines that are known, each once: those that coincide everywhere are one, with a joint name.

    Parameters
    ----------
    references : sequence of Reference
        From the lowest to the highest.
    points : sequence of Point
        All that is drawn.

    Returns
    -------
    tuple of Reference
        A joint line looks as the highest of those that it stands for.

    Examples
    --------
    >>> points = [Point(None, ({"single_ceiling": 0.25, "pairwise_ceiling": 0.25, "bayes_accuracy": 1.0},))]
    >>> [one.label for one in distinct(CEILINGS, points)]
    ['single = pairwise ceiling', 'Bayes accuracy']
    """
    kept: list[Reference] = []
    for reference in references:
        if all(reference.level(point) is None for point in points):
            continue
        if kept and all(_same(kept[-1].level(point), reference.level(point)) for point in points):
            kept[-1] = replace(reference, label=_joint(kept[-1].label, reference.label))
        else:
            kept.append(reference)
    return tuple(kept)


def _same(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= DRAWN


def _joint(first: str, second: str) -> str:
    noun = " ceiling"
    shared = first.endswith(noun) and second.endswith(noun)
    return f"{first.removesuffix(noun) if shared else first} = {second}"
