"""Everything a report says, before it has a format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from confu_core.page.drawing import Image
from confu_core.page.numbers import show_setting
from confu_core.report.exact import BAYES
from confu_core.report.facts import Facts, facts_of
from confu_core.report.figures import draw_figures
from confu_core.report.overview import overview
from confu_core.report.sections import Section, sections_of
from confu_core.report.sources import ReportView, folder_labels, read_sources, view_of
from confu_core.report.tables import (
    Table,
    cell_tables,
    direction_series,
    direction_tables,
    has_long_directions,
    headline_series,
    headline_tables,
    matrix_table,
    measure_tables,
    over_directions,
)
from confu_core.report.tidy import DIRECTION, Measures, has_numbers, read_tidy, x_values
from confu_core.report.words import ReportWords, capitalised, file_stem, seed_count
from confu_core.runs.results import Results

Named = TypeVar("Named", Table, Image)


@dataclass(frozen=True)
class DatasetContent:
    """What a report says of one dataset, whose name is empty where there is one alone.

    Figures and tables are of the `headline`, of what lies `beyond` it, and of `directions`: its tables there are for
    the page alone. `others` are tables that stand at the end of the Markdown page, `exports` only CSV.
    """

    name: str
    title: str
    headline: tuple[Image, Table]
    beyond: tuple[Image, ...]
    drawn_directions: tuple[Image, ...]
    directions: tuple[Table, ...]
    folded: tuple[Table, ...]
    others: tuple[Table, ...]
    exports: tuple[Table, ...]
    sections: tuple[Section, ...]

    @property
    def images(self) -> list[Image]:
        """The figures of the rows of results."""
        return [self.headline[0], *self.beyond, *self.drawn_directions]

    @property
    def tables(self) -> list[Table]:
        """The tables of the rows of results, as files: the summary, the headline, those of directions."""
        return [self.others[0], self.headline[1], *self.others[1:]]

    def heading(self, title: str) -> str:
        """Return a heading that says of which dataset it is, if there are several."""
        return f"{self.name}: {title}" if self.name else title


@dataclass(frozen=True)
class Content:
    """Everything a report says; `lacks` is what old results have not, `meanings` what terms mean."""

    title: str
    lede: str
    lacks: tuple[str, ...]
    benchmark: str
    view: ReportView
    parts: tuple[DatasetContent, ...]
    exports: tuple[Table, ...]
    facts: Facts
    meanings: dict[str, str]

    @property
    def sections(self) -> list[Section]:
        """The sections of all datasets."""
        return [section for part in self.parts for section in part.sections]


def content_of(folders: Sequence[Path], hint: str, words: ReportWords) -> Content:
    """Read results folders and say all that a report of them says; raises ResultsError if there is nothing to say."""
    sources, labels = read_sources(folders, hint), folder_labels(folders)
    view = view_of(sources[0])
    measures = read_tidy(sources, labels, view, words.told_by(sources))
    facts = facts_of(sources, labels, view)
    datasets = dict.fromkeys(one.dataset for one in measures.groups)
    found = {
        name: measures.kept([at for at, one in enumerate(measures.groups) if one.dataset == name]) for name in datasets
    }
    shown = {name: own for name, own in found.items() if has_numbers(headline_series(own, view))}
    shown = shown or dict(list(found.items())[:1])
    parts = [_part(own, view, name if len(shown) > 1 else "") for name, own in shown.items()]
    return Content(
        title=_title(sources, labels),
        lede=_lede(measures, labels, view, facts),
        lacks=tuple(dict.fromkeys(each.lacks for each in sources if each.lacks)),
        benchmark=sources[0].benchmark,
        view=view,
        parts=tuple(parts),
        exports=tuple(cell_tables(sources, labels)),
        facts=facts,
        meanings=measures.words.definitions(
            measures=any(part.sections for part in parts), exact=view.ceiling is not None
        ),
    )


def _part(measures: Measures, view: ReportView, dataset: str) -> DatasetContent:
    by_place = measures.by_place(view)
    sections = sections_of(by_place, view)
    first, *images = draw_figures(measures, view)
    headline = headline_series(measures, view)
    opening = overview(by_place, headline) if view.axis is None else ()
    if opening:
        first, images = opening[0], [image for image in images if image.name != "higher_order_capture"]
    summary, matrix = headline_tables(measures, view)
    # Sections of measures say it better, and of everything, what fallbacks reach.
    directions = direction_tables(measures, view, fallbacks=not sections)
    named = [_named(table, dataset) for table in directions]
    return DatasetContent(
        name=dataset,
        title=capitalised(view.y_label),
        headline=(_named(first, dataset), _named(matrix, dataset)),
        beyond=tuple(_named(image, dataset) for image in images if image.name != "directions"),
        drawn_directions=tuple(_named(image, dataset) for image in images if image.name == "directions"),
        directions=tuple(_direction_matrices(measures, view)),
        folded=tuple(new for old, new in zip(directions, named, strict=True) if old.name != "directions"),
        others=(_named(summary, dataset), *named),
        exports=tuple(_named(table, dataset) for table in measure_tables(by_place)),
        sections=tuple(_section(section, dataset) for section in sections),
    )


def _named(one: Named, dataset: str) -> Named:
    """Return a figure or a table of one dataset among several with its name."""
    if not dataset:
        return one
    return replace(one, name=file_stem(one.name, dataset), title=f"{dataset}: {one.title}")


def _section(section: Section, dataset: str) -> Section:
    if not dataset:
        return section
    return replace(
        section,
        name=file_stem(section.name, dataset),
        title=f"{dataset}: {section.title}",
        images=tuple(_named(image, dataset) for image in section.images),
        tables=tuple(_named(table, dataset) for table in section.tables),
        folded=tuple(_named(table, dataset) for table in section.folded),
    )


def _direction_matrices(measures: Measures, view: ReportView) -> list[Table]:
    names = measures.values(DIRECTION, "subject")
    if not names or has_long_directions(measures):
        return []
    if len(x_values(headline_series(measures, view))) == 1:
        return [matrix_table(over_directions(measures, view), view, BAYES.column, title="directions", axis="direction")]
    return [matrix_table(direction_series(measures, view, name), view, BAYES.column, title=name) for name in names]


def _title(sources: Sequence[Results], labels: Sequence[str]) -> str:
    titles = {str(results.sweep.get("title") or f"Results of {results.benchmark}") for results in sources}
    return titles.pop() if len(titles) == 1 else f"{', '.join(labels)}: a comparison"


def _lede(measures: Measures, labels: Sequence[str], view: ReportView, facts: Facts) -> str:
    series = headline_series(measures, view)
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
