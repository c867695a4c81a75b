"""What runs measured, as series: of a family of measures, along any of its columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confu_core.report.class_words import SPECIES, ClassWords, class_words
from confu_core.report.grouping import in_order
from confu_core.report.panel import BAYES
from confu_core.report.series import Point, Row, Series, x_values
from confu_core.report.tasks import DATA
from confu_core.report.view import SEED, View
from confu_core.report.wording import show_setting
from confu_core.runs.measures import read_measures
from confu_core.runs.results import Results

__all__ = ["BEST", "REFERENCE", "VALUE", "Measured", "drawn", "measured_of"]

# The columns that hold what was found, and what is known exactly beside it.
VALUE, REFERENCE = "value", "reference"
# The best accuracy beside a measure, in the look that it has everywhere.
BEST = replace(BAYES, column=REFERENCE)


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

    def other_totals(self) -> dict[str, float]:
        """Return exact total correlations, in nats, by the variables: others than those whose scores bound theirs."""
        return {row["subject"]: row[VALUE] for row in self.rows("data", metric="total correlation")}

    def series(self, family: str, along: str | None = None, *, defined: bool = True, **where: Any) -> list[Series]:
        """Return the measures of a family as series, one per group.

        Parameters
        ----------
        family : str
            Which.
        along : str, optional
            The column that becomes x; without, there is one point.
        defined : bool
            Whether what methods define is wanted, or what fallbacks reach in its place.
        **where
            Values of other columns.

        Returns
        -------
        list of Series
            As many as groups, some without points. Every point has a row per seed.
        """
        points: list[dict[Any, list[Row]]] = [{} for _ in self.groups]
        for row in self.rows(family, defined=defined, **where):
            x = None if along is None else row[along]
            if not isinstance(x, float) or math.isfinite(x):
                points[row["group"]].setdefault(x, []).append(row)
        # The order of words is that of all groups together, so that a group that lacks one moves none.
        places = in_order(dict.fromkeys(x for held in points for x in held), [x for held in points for x in held])
        return [
            replace(one, points=tuple(Point(x, tuple(held[x])) for x in places if x in held))
            for one, held in zip(self.groups, points, strict=True)
        ]

    def kept(self, groups: Sequence[int]) -> Measured:
        """Return the same of some groups only."""
        number = {at: new for new, at in enumerate(groups)}
        families = {
            family: held
            for family, rows in self.families.items()
            if (held := [{**row, "group": number[row["group"]]} for row in rows if row["group"] in number])
        }
        cells = {cell: number[at] for cell, at in self.cells.items() if at in number}
        return replace(
            self,
            groups=tuple(self.groups[at] for at in groups),
            families=families,
            places=tuple(self.places[at] for at in groups),
            cells=cells,
        )

    def by_dataset(self, view: View) -> dict[str, Measured]:
        """Return what was measured at each place along datasets; else all of it, without a name."""
        places = [place for place in dict.fromkeys(self.places) if place is not None]
        if view.axis not in DATA or len(places) < 2:
            return {"": self}
        of = {place: [at for at, own in enumerate(self.places) if own in (place, None)] for place in places}
        return {name: self.kept(of[place])._named(name) for place in places for name in [place_name(view, place)]}

    def _named(self, place: str) -> Measured:
        """Return the same with methods that do not say each what the table says of all."""
        groups = tuple(
            replace(one, label=one.label.removesuffix(f", {place}"), variant=one.variant.removesuffix(f", {place}"))
            for one in self.groups
        )
        return replace(self, groups=groups)


def place_name(view: View, place: Any) -> str:
    """Return what a place along the axis is called."""
    return f"{view.x_label} {show_setting(place)}"


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
            place = f", {place_name(view, point.x)}" if several and point.x is not None else ""
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
    note = f"Drawn for {place_name(view, values[-1])}; the tables have all."
    last = [at for at, x in enumerate(measured.places) if x in (values[-1], None)]
    return replace(measured.kept(last), note=note)


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
