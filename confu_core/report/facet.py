"""One pair of axes among small multiples, before it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confu_core.report.lines import MANY
from confu_core.report.measured import VALUE
from confu_core.report.panel import Panel, Reference
from confu_core.report.series import Series, x_values
from confu_core.report.wording import spread_words

__all__ = ["Facet", "has_numbers", "known_references", "spread_phrase"]


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


def spread_phrase(facets: Sequence[Facet], *, lines: bool = False) -> str:
    """Say what stands behind each point, and what its interval is.

    Parameters
    ----------
    facets : sequence of Facet
        As drawn.
    lines : bool
        Whether means are joined by lines.

    Returns
    -------
    str
        A sentence.

    Examples
    --------
    >>> from confu_core.report.series import Point
    >>> points = (Point("a", ({"value": 0.1}, {"value": 0.2}, {"value": 0.3})),)
    >>> spread_phrase([Facet("", [Series("runs", "clip", "clip", "clip", points)], Panel("value", "", ""))])
    'Mean over 3 seeds, which are the small dots; lines show the 95% confidence interval (Student t).'
    """
    found = [p.interval(VALUE) for facet in facets for one in facet.series for p in one.points]
    many = lines and max(len(x_values(facet.series)) for facet in facets) > MANY
    return spread_words([each for each in found if each is not None], lines=lines, many=many)
