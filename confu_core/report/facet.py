"""One pair of axes among small multiples, before it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confu_core.report.measured import VALUE
from confu_core.report.panel import Panel, Reference
from confu_core.report.series import Series

__all__ = ["Facet", "has_numbers", "known_references", "spread_phrase", "undefined_phrase"]


@dataclass(frozen=True)
class Facet:
    """One pair of axes.

    Attributes
    ----------
    title : str
        Above it.
    series : list of Series
        One per method.
    panel : Panel
        What to show of them.
    """

    title: str
    series: list[Series]
    panel: Panel


def known_references(facets: Sequence[Facet]) -> list[Reference]:
    """Return the exact lines that any facet has a value of.

    Parameters
    ----------
    facets : sequence of Facet
        As drawn.

    Returns
    -------
    list of Reference
        Each once.
    """
    found: dict[Reference, bool] = {}
    for facet in facets:
        for reference in facet.panel.references:
            known = any(reference.levels(one.points) for one in facet.series)
            found[reference] = found.get(reference, False) or known
    return [reference for reference, known in found.items() if known]


def has_numbers(series: Sequence[Series]) -> bool:
    """Return whether any point has a value.

    Parameters
    ----------
    series : sequence of Series
        Of measures.

    Returns
    -------
    bool
        False for series without points.

    Examples
    --------
    >>> has_numbers([Series("runs", "clip", "clip", "clip", ())])
    False
    """
    return any(point.interval(VALUE) is not None for one in series for point in one.points)


def undefined_phrase(facets: Sequence[Facet], what: str) -> str:
    """Say how what a method does not define looks, if any of it is drawn.

    Parameters
    ----------
    facets : sequence of Facet
        As drawn.
    what : str
        Which look.

    Returns
    -------
    str
        A sentence, or nothing.

    Examples
    --------
    >>> undefined_phrase([], "Hatched")
    ''
    """
    points = (point for facet in facets for one in facet.series for point in one.points)
    if all(point.defined for point in points):
        return ""
    return f"{what}: the method has no score of its own for this, and a fallback stands in."


def spread_phrase(facets: Sequence[Facet], what: str = "bars") -> str:
    """Say what stands behind each point, and what its interval is.

    Parameters
    ----------
    facets : sequence of Facet
        As drawn.
    what : str
        What shows the interval.

    Returns
    -------
    str
        A sentence.

    Examples
    --------
    >>> from confu_core.report.series import Point
    >>> points = (Point("a", ({"value": 0.1}, {"value": 0.2})),)
    >>> spread_phrase([Facet("", [Series("runs", "clip", "clip", "clip", points)], Panel("value", "", ""))])
    'Mean over 2 seeds; bars show the 95% confidence interval (Student t).'
    """
    found = [p.interval(VALUE) for facet in facets for one in facet.series for p in one.points]
    counts = sorted({interval.n for interval in found if interval is not None})
    if counts == [1]:
        own = any(interval is not None and interval.ends is not None for interval in found)
        return f"One seed; {what} show the 95% interval over test samples." if own else "One seed."
    seeds = f"{counts[0]} seeds" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"
    return f"Mean over {seeds}; {what} show the 95% confidence interval (Student t)."
