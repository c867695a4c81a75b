"""Wide tables: what was measured by row, methods by column, the exact value last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.report.best import best_of
from confu_core.report.measured import REFERENCE, VALUE
from confu_core.report.panel import Reference
from confu_core.report.series import Point, Series, x_values
from confu_core.report.table import Column, Table
from confu_core.report.wording import show
from confu_core.statistics.intervals import Interval

__all__ = ["Line", "lines_along", "wide_table"]


@dataclass(frozen=True)
class Line:
    """A row of a wide table.

    Attributes
    ----------
    keys : tuple
        What names it.
    points : tuple of Point or None
        By method.
    lowest : bool
        Whether the lowest mean is the best.
    """

    keys: tuple[Any, ...]
    points: tuple[Point | None, ...]
    lowest: bool = False

    @property
    def intervals(self) -> list[Interval | None]:
        """By method, the mean over seeds."""
        return [None if point is None else point.interval(VALUE) for point in self.points]

    @property
    def exact(self) -> float | str | None:
        """What is known exactly; several values where runs differ in it."""
        levels = Reference("", None, REFERENCE).levels(self.points)
        return " / ".join(map(show, levels)) if len(levels) > 1 else next(iter(levels), None)


def lines_along(series: Sequence[Series], *keys: Any, lowest: bool = False) -> list[Line]:
    """Return a row per x of series.

    Parameters
    ----------
    series : sequence of Series
        One per method.
    *keys
        What names the rows, before x.
    lowest : bool
        As for `Line`.

    Returns
    -------
    list of Line
        In the order of x; none if no series has a point.
    """
    if not any(one.points for one in series):
        return []
    values = x_values(series)
    along = [() if values == [None] else (x,) for x in values]
    return [
        Line((*keys, *last), tuple(one.at(x) for one in series), lowest) for last, x in zip(along, values, strict=True)
    ]


def wide_table(
    name: str,
    title: str,
    keys: Sequence[Column],
    lines: Sequence[Line],
    groups: Sequence[Series],
    *,
    exact: str = "",
    digits: int = 3,
    tinted: bool = False,
    best: bool = True,
) -> Table:
    """Arrange rows with a column per method.

    Parameters
    ----------
    name, title : str
        As for `Table`.
    keys : sequence of Column
        Of the names of rows.
    lines : sequence of Line
        Rows.
    groups : sequence of Series
        Methods.
    exact : str
        What to call the exact values; without, or if none is known, they are left out.
    digits : int
        After the point.
    tinted : bool
        Whether entries are tinted by their share of the exact value.
    best : bool
        Whether there is a best: of some measures nobody is.

    Returns
    -------
    Table
        What stands out of a row is bold, and what a method does not define is marked. A name that all rows share
        is in the title.
    """
    words = [at for at in range(1, len(keys)) if not keys[at].exact]
    shared = [at for at in words if len({line.keys[at] for line in lines}) == 1]
    title = ", ".join([title, *(str(lines[0].keys[at]) for at in shared)])
    known = bool(exact) and any(line.exact is not None for line in lines)
    columns = (
        *(replace(key, label="" if at in shared else key.label) for at, key in enumerate(keys)),
        *(Column(group.label, group.label, digits) for group in groups),
        *([Column(REFERENCE, exact, digits, exact=True)] if known else []),
    )
    rows = tuple((*line.keys, *line.intervals, *([line.exact] if known else [])) for line in lines)
    places = [
        (row, len(keys) + at, line, point) for row, line in enumerate(lines) for at, point in enumerate(line.points)
    ]
    bold = {
        (row, len(keys) + at)
        for row, line in enumerate(lines)
        if best and (at := best_of(line.points, VALUE, lowest=line.lowest)) is not None
    }
    marked = {(row, column) for row, column, _, point in places if point is not None and not point.defined}
    tint = [(row, column, _share(point)) for row, column, _, point in places] if tinted else []
    return Table(
        name, title, columns, rows, frozenset(bold), frozenset(marked), tuple(each for each in tint if each[2])
    )


def _share(point: Point | None) -> float:
    """Return how much of the exact value was reached, from 0 to 1."""
    own, exact = (None, None) if point is None else (point.exact(VALUE), point.exact(REFERENCE))
    return 0.0 if own is None or not exact or exact <= 0 else min(1.0, max(0.0, own / exact))
