"""All measures as long tables: every one of every cell, and their means over seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from confu_core.report.measured import REFERENCE, VALUE, Measured
from confu_core.report.series import Point
from confu_core.report.table import Column, Table
from confu_core.report.view import SEED

__all__ = ["every_measure", "mean_measures"]

NAMES = ("family", "subject", "metric", "condition", "x")
FOUND = (VALUE, "low", "high", REFERENCE, "defined")
STATISTICS = ("seeds", "mean", "half_width_95", "low_95", "high_95", "min", "max", REFERENCE, "defined")


def every_measure(measured: Measured) -> Table:
    """Every measure of every finished cell.

    Parameters
    ----------
    measured : Measured
        As from `confu_core.report.measured.measured_of`.

    Returns
    -------
    Table
        By family, then by group and seed; for CSV.
    """
    rows = tuple(
        (group.folder, group.group, group.label, row["cell"], row[SEED], *(row[name] for name in (*NAMES, *FOUND)))
        for held in measured.families.values()
        for row in held
        for group in [measured.groups[row["group"]]]
    )
    columns = tuple(map(Column, ("folder", "method", "series", "cell", SEED, *NAMES, *FOUND)))
    return Table("measures", "Every measure of every cell", columns, rows)


def mean_measures(measured: Measured) -> Table:
    """Mean and interval of every measure over seeds.

    Parameters
    ----------
    measured : Measured
        As from `confu_core.report.measured.measured_of`.

    Returns
    -------
    Table
        By family, then by group; for CSV. For a single seed the interval is that over test samples, if known.
    """
    columns = tuple(map(Column, ("folder", "method", "series", *NAMES, *STATISTICS)))
    return Table("measure_means", "Every measure, mean over seeds", columns, tuple(_means(measured)))


def _means(measured: Measured) -> Iterator[tuple[Any, ...]]:
    for rows in measured.families.values():
        points: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in rows:
            points.setdefault((row["group"], *(row[name] for name in NAMES)), []).append(row)
        for (at, *names), held in points.items():
            group = measured.groups[at]
            yield (group.folder, group.group, group.label, *names, *_statistics(Point(None, tuple(held))))


def _statistics(point: Point) -> tuple[Any, ...]:
    found = point.interval(VALUE)
    if found is None:
        return (0, *[None] * 6, point.exact(REFERENCE), point.defined)
    known = found.half_width is not None or found.ends is not None
    ends = (found.low, found.high) if known else (None, None)
    spread = (found.n, found.mean, found.half_width, *ends, found.minimum, found.maximum)
    return (*spread, point.exact(REFERENCE), point.defined)
