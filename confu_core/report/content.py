"""Everything a report says, before it has a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from confu_core.report.by_method import direction_rows, has_long_directions, method_table
from confu_core.report.facts import Facts, facts_of
from confu_core.report.figures import draw_figures
from confu_core.report.grouping import series_of
from confu_core.report.matrix import Matrix, matrix_of
from confu_core.report.rendering import Image
from confu_core.report.sections import Section, sections_of
from confu_core.report.series import Series, direction_names, in_direction, over_directions, x_values
from confu_core.report.sources import folder_labels, read_sources
from confu_core.report.table import Table
from confu_core.report.tables import (
    cell_table,
    direction_cell_table,
    direction_table,
    matrix_table,
    summary_table,
)
from confu_core.report.view import View, view_of
from confu_core.report.wording import seeds_phrase, show_setting
from confu_core.runs.results import Results

__all__ = ["Content", "content_of"]


@dataclass(frozen=True)
class Content:
    """Everything a report says.

    Attributes
    ----------
    title, lede : str
        What it is about, and what it rests on.
    benchmark : str
        Whose results.
    view : View
        What is plotted over what.
    images : tuple of Image
        The headline figure first.
    matrix : Matrix
        The headline metric.
    directions : tuple of (str, Matrix)
        Accuracy in each direction by name; at a single x one matrix for all, without a name; none where the names
        are too long for that, and `direction_accuracy` is among the tables.
    tables : tuple of Table
        Those for readers.
    exports : tuple of Table
        Those that are only CSV.
    facts : Facts
        What stands behind the numbers.
    sections : tuple of Section
        What runs on media measured beyond that.
    """

    title: str
    lede: str
    benchmark: str
    view: View
    images: tuple[Image, ...]
    matrix: Matrix
    directions: tuple[tuple[str, Matrix], ...]
    tables: tuple[Table, ...]
    exports: tuple[Table, ...]
    facts: Facts
    sections: tuple[Section, ...] = ()

    @property
    def by_method(self) -> bool:
        """Whether there is no axis, and the headline has a row per method."""
        return self.view.x == self.view.group

    def table(self, name: str) -> Table | None:
        """Return a table for readers by its name; None where there is none."""
        return next((table for table in self.tables if table.name == name), None)


def content_of(folders: Sequence[Path], hint: str) -> Content:
    """Read results folders and say all that a report of them says.

    Parameters
    ----------
    folders : sequence of Path
        One, or several to compare. The first decides what is plotted over what.
    hint : str
        What to do if there are no results, for the message.

    Returns
    -------
    Content
        The same for the same results.

    Raises
    ------
    ResultsError
        If a folder cannot be read, or the folders cannot be compared.
    """
    sources, labels = read_sources(folders, hint), folder_labels(folders)
    view = view_of(sources[0])
    series = series_of(sources, labels, view)
    matrix = matrix_of(series, view.y, view.ceiling, view.floor)
    facts = facts_of(sources, labels, view)
    directions = _directions(series, view)
    headline = method_table(series, view) if view.x == view.group else matrix_table(matrix, view)
    tables = [summary_table(series, view), headline]
    exports = [cell_table(sources, labels)]
    if direction_names(series):
        tables.append(direction_table(series, view))
        exports.append(direction_cell_table(sources, labels))
    if has_long_directions(series):
        tables.append(direction_rows(series, "")[1])
    sections, measures = sections_of(sources, labels, series, view)
    return Content(
        title=_title(sources, labels),
        lede=_lede(series, labels, view, facts),
        benchmark=sources[0].benchmark,
        view=view,
        images=tuple(draw_figures(series, view)),
        matrix=matrix,
        directions=directions,
        tables=tuple(tables),
        exports=(*exports, *measures),
        facts=facts,
        sections=tuple(sections),
    )


def _title(sources: Sequence[Results], labels: Sequence[str]) -> str:
    titles = {str(results.sweep.get("title") or f"Results of {results.benchmark}") for results in sources}
    return titles.pop() if len(titles) == 1 else f"{', '.join(labels)}: a comparison"


def _directions(series: Sequence[Series], view: View) -> tuple[tuple[str, Matrix], ...]:
    bounds = ("accuracy", "bayes_accuracy", view.floor)
    names = direction_names(series)
    if has_long_directions(series):
        return ()
    if names and len(x_values(series)) == 1:
        return (("", matrix_of(over_directions(series), *bounds)),)
    return tuple((name, matrix_of(in_direction(series, name), *bounds)) for name in names)


def _lede(series: Sequence[Series], labels: Sequence[str], view: View, facts: Facts) -> str:
    values = [value for value in x_values(series) if value is not None]
    single = [f"{view.x_label} {show_setting(value)}" for value in values]
    along = [f"{len(values)} values of {view.x_label}"] if len(values) > 1 else single
    methods = len({one.group for one in series})
    parts = [f"{methods} {view.group}{'' if methods == 1 else 's'}", *along, seeds_phrase(series, view.y)]
    compared = f"Comparing {' with '.join(labels)}. " if len(labels) > 1 else ""
    return f"{compared}{', '.join(parts)}: {facts.finished} finished cells."
