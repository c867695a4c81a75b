"""Everything a report says, before it has a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from confu_core.report.by_method import direction_rows, has_long_directions, method_table
from confu_core.report.facts import Facts, facts_of
from confu_core.report.figures import draw_figures, has_numbers
from confu_core.report.grouping import series_of
from confu_core.report.matrix import Matrix, matrix_of
from confu_core.report.measured import measured_of
from confu_core.report.rendering import Image
from confu_core.report.sections import Section, sections_of
from confu_core.report.series import Series, direction_names, in_direction, over_directions, x_values
from confu_core.report.sources import folder_labels, read_sources
from confu_core.report.table import Table
from confu_core.report.tables import (
    cell_table,
    direction_cell_table,
    direction_table,
    fallback_table,
    matrix_table,
    summary_table,
)
from confu_core.report.view import View, view_of
from confu_core.report.wording import file_stem, seeds_phrase, show_setting
from confu_core.runs.results import Results

__all__ = ["Content", "Part", "content_of"]


@dataclass(frozen=True)
class Part:
    """What a report says of one dataset.

    Attributes
    ----------
    name : str
        Of the dataset; empty where there is only one.
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
    sections : tuple of Section
        What runs on media measured beyond that.
    """

    name: str
    images: tuple[Image, ...]
    matrix: Matrix
    directions: tuple[tuple[str, Matrix], ...]
    tables: tuple[Table, ...]
    exports: tuple[Table, ...]
    sections: tuple[Section, ...] = ()

    def table(self, name: str) -> Table | None:
        """Return a table for readers by its name, without that of the dataset; None where there is none."""
        full = file_stem(name, self.name)
        return next((table for table in self.tables if table.name == full), None)


@dataclass(frozen=True)
class Content:
    """Everything a report says.

    Attributes
    ----------
    title, lede : str
        What it is about, and what it rests on.
    lacks : tuple of str
        What results of an older version lack.
    benchmark : str
        Whose results.
    view : View
        What is plotted over what.
    parts : tuple of Part
        One per dataset.
    exports : tuple of Table
        Those that are only CSV.
    facts : Facts
        What stands behind the numbers.
    """

    title: str
    lede: str
    lacks: tuple[str, ...]
    benchmark: str
    view: View
    parts: tuple[Part, ...]
    exports: tuple[Table, ...]
    facts: Facts

    @property
    def by_method(self) -> bool:
        """Whether there is no axis, and the headline has a row per method."""
        return self.view.axis is None

    @property
    def sections(self) -> list[Section]:
        """The sections of all datasets."""
        return [section for part in self.parts for section in part.sections]


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
    facts = facts_of(sources, labels, view)
    names = list(dict.fromkeys(one.dataset for one in series))
    found = [(name, [one for one in series if one.dataset == name]) for name in names]
    shown = [(name, own) for name, own in found if has_numbers(own, view.y)] or found[:1]
    parts = [_part(sources, labels, own, view) for _, own in shown]
    exports = [cell_table(sources, labels)]
    if direction_names(series):
        exports.append(direction_cell_table(sources, labels))
    return Content(
        title=_title(sources, labels),
        lede=_lede(series, labels, view, facts),
        lacks=tuple(dict.fromkeys(each.lacks for each in sources if each.lacks)),
        benchmark=sources[0].benchmark,
        view=view,
        parts=tuple(
            _named(part, name) if len(shown) > 1 else part for (name, _), part in zip(shown, parts, strict=True)
        ),
        exports=tuple(exports),
        facts=facts,
    )


def _part(sources: Sequence[Results], labels: Sequence[str], series: list[Series], view: View) -> Part:
    matrix = matrix_of(series, view.y, view.ceiling, view.floor)
    headline = matrix_table(matrix, view) if view.axis else method_table(series, view)
    tables = [summary_table(series, view), headline]
    if direction_names(series):
        tables.append(direction_table(series, view))
    if has_long_directions(series):
        tables.append(direction_rows(series, "")[1])
    measured = measured_of(sources, labels, series, view)
    sections, measures, overview = sections_of(sources, labels, measured, series, view)
    # Measures say it better, and of everything.
    fallbacks = None if sections else fallback_table(series, view)
    images = draw_figures(series, view, measured.other_totals())
    if overview:
        images = [*overview, *(image for image in images if image.name not in ("accuracy", "higher_order_capture"))]
    return Part(
        name="",
        images=tuple(images),
        matrix=matrix,
        directions=_directions(series, view),
        tables=(*tables, *([fallbacks] if fallbacks else [])),
        exports=tuple(measures),
        sections=tuple(sections),
    )


def _named(part: Part, dataset: str) -> Part:
    """Return what is said of one dataset among several: all its figures, tables and sections have its name."""

    def table(one: Table) -> Table:
        return replace(one, name=file_stem(one.name, dataset), title=f"{dataset}: {one.title}")

    def image(one: Image) -> Image:
        return replace(one, name=file_stem(one.name, dataset), title=f"{dataset}: {one.title}")

    def section(one: Section) -> Section:
        return replace(
            one,
            name=file_stem(one.name, dataset),
            title=f"{dataset}: {one.title}",
            images=tuple(map(image, one.images)),
            tables=tuple(map(table, one.tables)),
            folded=tuple(map(table, one.folded)),
        )

    return replace(
        part,
        name=dataset,
        images=tuple(map(image, part.images)),
        tables=tuple(map(table, part.tables)),
        exports=tuple(map(table, part.exports)),
        sections=tuple(map(section, part.sections)),
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
    datasets = list(dict.fromkeys(one.dataset for one in series))
    on = [f"on {' and on '.join(datasets)}, each in tables of its own"] if len(datasets) > 1 else []
    parts = [f"{methods} {view.group}{'' if methods == 1 else 's'}", *along, seeds_phrase(series, view.y), *on]
    compared = f"Comparing {' with '.join(labels)}. " if len(labels) > 1 else ""
    return f"{compared}{', '.join(parts)}: {facts.finished} finished cells."
