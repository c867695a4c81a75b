"""What runs measured, as series: of a family of measures, along any of its columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.report.class_words import SPECIES, ClassWords, class_words
from confu_core.report.grouping import in_order
from confu_core.report.series import Point, Row, Series, x_values
from confu_core.report.view import SEED, View
from confu_core.report.wording import show_setting
from confu_core.runs.measures import read_measures
from confu_core.runs.results import Results

__all__ = ["REFERENCE", "VALUE", "Measured", "drawn", "measured_of"]

# The columns that hold what was found, and what is known exactly beside it.
VALUE, REFERENCE = "value", "reference"


@dataclass(frozen=True)
class Measured:
    """What the runs of a report measured.

    Attributes
    ----------
    groups : tuple of Series
        One per method, variant, folder and x of the report, in the order of its headline; without points.
    families : dict of str to list of dict
        By family, the measures sorted by group and seed; each has its ``group`` (a number) and its ``seed``.
    places : tuple
        By group, the x of the report.
    cells : dict of (str, str) to int
        By folder and cell, the number of the group.
    note : str
        What the figures leave out; empty if nothing.
    words : ClassWords
        What classes are called.
    """

    groups: tuple[Series, ...]
    families: dict[str, list[Row]]
    places: tuple[Any, ...]
    cells: dict[tuple[str, str], int]
    note: str = ""
    words: ClassWords = SPECIES

    def rows(self, family: str, **where: Any) -> list[Row]:
        """Return the measures of a family whose columns have these values."""
        rows = self.families.get(family, [])
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    def values(self, family: str, column: str, **where: Any) -> list[Any]:
        """Return the distinct values of a column, in order of appearance."""
        return list(dict.fromkeys(row[column] for row in self.rows(family, **where)))

    def series(self, family: str, along: str | None = None, **where: Any) -> list[Series]:
        """Return the measures of a family as series, one per group.

        Parameters
        ----------
        family : str
            Which.
        along : str, optional
            The column that becomes x; without, there is one point.
        **where
            Values of other columns.

        Returns
        -------
        list of Series
            As many as groups, some without points. Every point has a row per seed.
        """
        points: list[dict[Any, list[Row]]] = [{} for _ in self.groups]
        for row in self.rows(family, **where):
            x = None if along is None else row[along]
            if not isinstance(x, float) or math.isfinite(x):
                points[row["group"]].setdefault(x, []).append(row)
        # The order of words is that of all groups together, so that a group that lacks one moves none.
        places = in_order(dict.fromkeys(x for held in points for x in held), [x for held in points for x in held])
        return [
            replace(one, points=tuple(Point(x, tuple(held[x])) for x in places if x in held))
            for one, held in zip(self.groups, points, strict=True)
        ]


def measured_of(sources: Sequence[Results], labels: Sequence[str], series: Sequence[Series], view: View) -> Measured:
    """Read the measures of results folders.

    Parameters
    ----------
    sources : sequence of Results
        One or several folders.
    labels : sequence of str
        What to call each.
    series : sequence of Series
        Of the headline figure.
    view : View
        What is x.

    Returns
    -------
    Measured
        Without families where no folder has measures.

    Raises
    ------
    ResultsError
        If measures are damaged.
    """
    several = len(x_values(series)) > 1
    groups: list[Series] = []
    seeds: dict[tuple[str, str], Any] = {}
    cells: dict[tuple[str, str], int] = {}
    for one in series:
        for point in one.points:
            place = f", {view.x_label} {show_setting(point.x)}" if several and point.x is not None else ""
            for row in sorted(point.rows, key=lambda row: str(row.get(SEED))):
                cells[one.folder, row["cell"]] = len(groups)
                seeds[one.folder, row["cell"]] = row.get(SEED)
            groups.append(replace(one, variant=one.variant + place, label=one.label + place, points=()))
    families: dict[str, list[Row]] = {}
    for row in sorted(_rows(sources, labels, cells, seeds), key=lambda row: (row["group"], str(row[SEED]))):
        families.setdefault(row["family"], []).append(row)
    places = tuple(point.x for one in series for point in one.points)
    return Measured(tuple(groups), families, places, cells, words=class_words(sources))


def drawn(measured: Measured, series: Sequence[Series], view: View) -> Measured:
    """Return what figures show of the measures: those at the last x of the report, where it has several.

    Parameters
    ----------
    measured : Measured
        From `measured_of`.
    series, view
        As there.

    Returns
    -------
    Measured
        With fewer groups; all of them at a single x.
    """
    values = x_values(series)
    if len(values) == 1:
        return measured
    kept = [at for at, x in enumerate(measured.places) if x in (values[-1], None)]
    number = {at: new for new, at in enumerate(kept)}
    families = {
        family: [{**row, "group": number[row["group"]]} for row in rows if row["group"] in number]
        for family, rows in measured.families.items()
    }
    note = f"Drawn for {view.x_label} {show_setting(values[-1])}; the tables have all."
    cells = {cell: number[at] for cell, at in measured.cells.items() if at in number}
    places = tuple(measured.places[at] for at in kept)
    return Measured(tuple(measured.groups[at] for at in kept), families, places, cells, note, measured.words)


def _rows(
    sources: Sequence[Results],
    labels: Sequence[str],
    cells: dict[tuple[str, str], int],
    seeds: dict[tuple[str, str], Any],
) -> Iterator[Row]:
    """Yield the measures of finished cells, with their group and seed."""
    for results, label in zip(sources, labels, strict=True):
        for row in read_measures(results.folder).to_pylist():
            cell = label, row["cell"]
            if cell in cells:
                yield {**row, "group": cells[cell], SEED: seeds[cell]}
