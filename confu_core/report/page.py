"""All that a report says, as one HTML page that needs no other file, and as Markdown for a repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from confu_core.page.drawing import Image
from confu_core.page.html import filled, style
from confu_core.page.numbers import show_setting
from confu_core.report import headline as rows
from confu_core.report.exact import BAYES
from confu_core.report.facts import Facts, facts_of
from confu_core.report.figures import draw_figures
from confu_core.report.overview import overview
from confu_core.report.sections import Section, sections_of
from confu_core.report.selection import selected
from confu_core.report.sources import ReportView, baselines_said, view_of, with_reference
from confu_core.report.tables import BOLD, UNDEFINED, Table, escape_markdown, to_markdown
from confu_core.report.tidy import DIRECTION, Measures, has_numbers, read_tidy, x_values
from confu_core.report.words import ReportWords, capitalised, file_stem, ours_notes, seed_count

SAID = {"means": "Mean ± half-width of the 95% confidence interval over seeds.", "bold": BOLD, "undefined": UNDEFINED}
Named = TypeVar("Named", Table, Image)


@dataclass(frozen=True)
class DatasetPart:
    """What a report says of one dataset, whose name is empty where there is one alone.

    `appendix` are tables that stand at the end of the Markdown page, `exports` only CSV.
    """

    name: str
    headline: Section
    beyond: Section
    measured: tuple[Section, ...]
    directions: Section
    appendix: tuple[Table, ...]
    exports: tuple[Table, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections in the order of the page."""
        return (self.headline, self.beyond, *self.measured, self.directions)


@dataclass(frozen=True)
class Content:
    """Everything a report says, before it has a format: `notes` on all of it, `chosen` what it shows of searches."""

    title: str
    lede: str
    notes: tuple[str, ...]
    chosen: Table | None
    version: str
    parts: tuple[DatasetPart, ...]
    exports: tuple[Table, ...]
    facts: Facts
    meanings: dict[str, str]


def content_of(
    folders: Sequence[Path], hint: str, words: ReportWords, select: str, reference: Path | None, whole: bool
) -> Content:
    """Read results folders and say all that a report of them says; raises ResultsError if there is nothing to say."""
    sources, labels, known = with_reference(folders, reference if whole else None, hint)
    if reference is not None and not whole:
        known = baselines_said(sources, reference)
    facts = facts_of(sources, labels, view_of(sources[0]))
    selection = selected(sources, labels, view_of(sources[0]), select)
    view = selection.view
    measures = read_tidy(selection.sources, labels, view, words.told_by(sources), selection.tried)
    found = {
        name: measures.kept([at for at, one in enumerate(measures.groups) if one.dataset == name])
        for name in dict.fromkeys(one.dataset for one in measures.groups)
    }
    shown = {name: own for name, own in found.items() if has_numbers(rows.headline_series(own, view))}
    shown = shown or dict(list(found.items())[:1])
    parts = tuple(_part(own, view, name if len(shown) > 1 else "") for name, own in shown.items())
    titles = {str(results.sweep.get("title") or f"Results of {results.benchmark}") for results in sources}
    return Content(
        title=titles.pop() if len(titles) == 1 else f"{', '.join(labels)}: a comparison",
        lede=_lede(measures, labels, view, facts),
        notes=tuple(dict.fromkeys(filter(None, (*(each.lacks for each in sources), selection.note, known)))),
        chosen=selection.table,
        version=sources[0].version,
        parts=parts,
        exports=tuple(rows.cell_tables(sources, labels)),
        facts=facts,
        meanings=measures.words.definitions(
            measures=any(part.measured for part in parts), exact=view.ceiling is not None
        ),
    )


def _part(measures: Measures, view: ReportView, dataset: str) -> DatasetPart:
    by_place = measures.by_place(view)
    measured = sections_of(by_place, view)
    headline, *images = draw_figures(measures, view)
    directions = tuple(image for image in images if image.name == "directions")
    beyond = tuple(image for image in images if image.name != "directions")
    if view.axis is None and (opening := overview(by_place, rows.headline_series(measures, view))):
        headline, beyond = opening[0], tuple(image for image in beyond if image.name != "higher_order_capture")
    summary, matrix = rows.headline_tables(measures, view)
    # Sections of measures say it better, and of everything, what fallbacks reach.
    further = rows.direction_tables(measures, view, fallbacks=not measured)
    folded = tuple(table for table in further if table.name != "directions")
    sections = (
        Section(
            "",
            capitalised(view.y_label),
            "",
            (headline,),
            (matrix,),
            notes=(*ours_notes(one.group for one in measures.groups), *([UNDEFINED] if matrix.marked else [])),
        ),
        Section("", "Beyond pairs", "", beyond),
        *measured,
        Section("", "Every direction", "", directions, tuple(_direction_matrices(measures, view)), folded),
    )
    first, second, *others, last = (_section(section, dataset) for section in sections)
    appendix = tuple(_named(table, dataset) for table in (summary, *further))
    exports = tuple(_named(table, dataset) for table in rows.measure_tables(by_place))
    return DatasetPart(dataset, first, second, tuple(others), last, appendix, exports)


def _named(one: Named, dataset: str) -> Named:
    """Return a figure or a table of one dataset among several with its name; without one it is no file."""
    if not dataset or not one.name:
        return one
    return replace(one, name=file_stem(one.name, dataset), title=f"{dataset}: {one.title}")


def _section(one: Section, dataset: str) -> Section:
    if not dataset:
        return one
    return replace(
        one,
        name=one.name and file_stem(one.name, dataset),
        title=f"{dataset}: {one.title}",
        images=tuple(_named(image, dataset) for image in one.images),
        tables=tuple(_named(table, dataset) for table in one.tables),
        folded=tuple(_named(table, dataset) for table in one.folded),
    )


def _direction_matrices(measures: Measures, view: ReportView) -> list[Table]:
    """Return the accuracy in directions by x, for the page alone: without a name there is no file."""
    names = measures.values(DIRECTION, "subject")
    if not names or rows.has_long_directions(measures):
        return []
    if len(x_values(rows.headline_series(measures, view))) == 1:
        found = {"directions": rows.over_directions(measures, view)}
    else:
        found = {name: rows.direction_series(measures, view, name) for name in names}
    axis = "direction" if "directions" in found else ""
    return [
        replace(rows.matrix_table(series, view, BAYES.column, title=name, axis=axis), name="")
        for name, series in found.items()
    ]


def _lede(measures: Measures, labels: Sequence[str], view: ReportView, facts: Facts) -> str:
    series = rows.headline_series(measures, view)
    values = [value for value in x_values(series) if value is not None]
    single = [f"{view.x_label} {show_setting(value)}" for value in values]
    along = [f"{len(values)} values of {view.x_label}"] if len(values) > 1 else single
    methods = len({one.group for one in series})
    datasets = list(dict.fromkeys(one.dataset for one in series))
    on = [f"on {' and on '.join(datasets)}, each in tables of its own"] if len(datasets) > 1 else []
    counts = [point.interval.n for one in series for point in one.points if point.interval is not None]
    parts = [f"{methods} {view.group}{'' if methods == 1 else 's'}", *along, seed_count(counts), *on]
    compared = f"Comparing {' with '.join(labels)}. " if len(labels) > 1 else ""
    return f"{compared}{', '.join(parts)}: {facts.finished} finished cells."


def page(content: Content, downloads: Sequence[str]) -> str:
    """Write a report as HTML, with links to the files beside it."""
    stems = dict.fromkeys(name.partition(".")[0] for name in downloads)
    measured = [section for part in content.parts for section in part.measured]
    return filled(
        "confu_core.report",
        "page.html.j2",
        content=content,
        facts=content.facts,
        measured=measured,
        style=style(*([("confu_core.report", "sections.css")] if measured else [])),
        downloads={stem: [name for name in downloads if name.partition(".")[0] == stem] for stem in stems},
        version=version("confu-bench"),
        **SAID,
    )


def markdown_page(content: Content) -> str:
    """Write a report as Markdown."""
    writers = {"said": escape_markdown, "table_of": to_markdown, "quote": quote}
    return filled("confu_core.report", "report.md.j2", content=content, facts=content.facts, **writers, **SAID)
