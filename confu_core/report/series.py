"""Series: one per folder, method and variant, with a point per value of x."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.statistics.intervals import Interval, student_interval

__all__ = [
    "SAME",
    "Point",
    "Row",
    "Series",
    "beside_points",
    "direction_names",
    "in_direction",
    "is_number",
    "over_directions",
    "x_values",
]

# Two exact values this close are one: they differ by the rounding of a formula.
SAME = 1e-12

Row = dict[str, Any]


@dataclass(frozen=True)
class Point:
    """What the seeds of one series found at one x.

    Attributes
    ----------
    x : object
        Value of the setting along the axis; None where the method does not have it.
    rows : tuple of dict
        One per seed.
    """

    x: Any
    rows: tuple[Row, ...]

    def interval(self, column: str) -> Interval | None:
        """Return mean and confidence interval of a metric over the seeds; None where it is undefined."""
        found = student_interval(row.get(column) for row in self.rows)
        if found is None or found.n > 1 or column != "value":
            return found
        # A single run has no spread over seeds, but a measure may know its own over the test samples.
        own = next(row for row in self.rows if row.get(column) is not None)
        low, high = own.get("low"), own.get("high")
        return found if low is None or high is None else replace(found, ends=(low, high))

    def exact(self, column: str | None) -> float | None:
        """Return a metric that does not depend on the seed; None where it is undefined."""
        found = None if column is None else self.interval(column)
        return None if found is None else found.mean

    @property
    def defined(self) -> bool:
        """Whether the method defines the score; only directions say no."""
        return all(row.get("defined", True) for row in self.rows)


@dataclass(frozen=True)
class Series:
    """One line of a figure, one row of a matrix.

    Attributes
    ----------
    folder : str
        Label of the results folder.
    group : str
        The method as the results name it.
    variant : str
        The method as a reader is told: its short name, and the settings in which it varies.
    label : str
        `variant`, with the folder where several are compared.
    points : tuple of Point
        Sorted by x.
    dataset : str
        What it was run on, as a reader is told; see `confu_core.report.tasks`.
    """

    folder: str
    group: str
    variant: str
    label: str
    points: tuple[Point, ...]
    dataset: str = ""

    def at(self, x: Any) -> Point | None:
        """Return the point at a value of x; a method without that setting is the same at all."""
        return next((point for point in self.points if point.x == x or point.x is None), None)


def beside_points(series: Iterable[Series], known: Callable[[Any], Row]) -> list[Series]:
    """Return series whose rows have further columns, which a function knows by x."""
    return [
        replace(one, points=tuple(Point(p.x, tuple({**row, **known(p.x)} for row in p.rows)) for p in one.points))
        for one in series
    ]


def x_values(series: Iterable[Series]) -> list[Any]:
    """List the values of x that any series has.

    Parameters
    ----------
    series : iterable of Series
        As from `series_of`.

    Returns
    -------
    list
        Numbers sorted; other values in order of appearance. ``[None]`` if no series has any.
    """
    seen = {point.x: None for one in series for point in one.points if point.x is not None}
    values = list(seen) or [None]
    return sorted(values) if all(map(is_number, values)) else values


def is_number(value: object) -> bool:
    """Return whether a value has a place on a numeric axis, which True and False do not.

    Parameters
    ----------
    value : object
        Of a setting.

    Returns
    -------
    bool
        True for int and float.

    Examples
    --------
    >>> is_number(0.5), is_number(True), is_number("concat")
    (True, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool)


def direction_names(series: Iterable[Series]) -> list[str]:
    """List the directions that any cell was evaluated in.

    Parameters
    ----------
    series : iterable of Series
        As from `series_of`.

    Returns
    -------
    list of str
        Those with an exact ceiling first, then those with fewer query modalities.
    """
    orders: dict[str, tuple[bool, int]] = {}
    for one in series:
        for point in one.points:
            for row in point.rows:
                for each in row.get("directions") or ():
                    orders[each["direction"]] = (each.get("bayes_accuracy") is None, each["order"])
    return sorted(orders, key=lambda name: (orders[name], name))


def in_direction(series: Sequence[Series], direction: str, *, defined: bool = True) -> list[Series]:
    """Return series whose metrics are those of one direction.

    Parameters
    ----------
    series : sequence of Series
        As from `series_of`.
    direction : str
        One of `direction_names`.
    defined : bool
        Whether those that define a score for the direction are wanted, or those that fall back on another.

    Returns
    -------
    list of Series
        As many; without the points that were not evaluated in that direction.
    """

    def only(point: Point) -> Point:
        # What does not depend on the direction, such as chance, stays.
        rows = ({**row, **each} for row in point.rows for each in row.get("directions") or ())
        return Point(
            point.x, tuple(row for row in rows if row["direction"] == direction and row.get("defined", True) is defined)
        )

    chosen = [[only(point) for point in one.points] for one in series]
    return [
        replace(one, points=tuple(point for point in points if point.rows))
        for one, points in zip(series, chosen, strict=True)
    ]


def over_directions(series: Sequence[Series]) -> list[Series]:
    """Return series whose x is the direction, for results at a single x.

    Parameters
    ----------
    series : sequence of Series
        As from `confu_core.report.grouping.series_of`, each with at most one point.

    Returns
    -------
    list of Series
        As many, each with a point per direction; without rows where the method does not define it.
    """
    apart = {direction: in_direction(series, direction) for direction in direction_names(series)}
    return [
        replace(
            one,
            # Also where there is nothing, so that directions keep their order.
            points=tuple(
                Point(direction, chosen[at].points[0].rows if chosen[at].points else ())
                for direction, chosen in apart.items()
            ),
        )
        for at, one in enumerate(series)
    ]
