"""Sections of a report on measures: each file here adds its own, by a function that is marked as a section."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from confu_core.page.drawing import Image
from confu_core.report.panels import Panel, draw_facets, draw_lines
from confu_core.report.sources import ReportView
from confu_core.report.tables import BOLD, UNDEFINED, Column, Line, Table, lines_along, wide_table
from confu_core.report.tidy import Measures, Series, has_numbers
from confu_core.report.words import file_stem


@dataclass(frozen=True)
class Section:
    """Figures, tables and `cards` of samples under one heading; `lede` says what is shown, `folded` tables unfold."""

    name: str
    title: str
    lede: str
    images: tuple[Image, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    cards: tuple[Any, ...] = ()

    @property
    def remarks(self) -> list[str]:
        """What is to be known of the numbers: the notes, and what marks in the tables mean."""
        tables = (*self.tables, *self.folded)
        bold, marked = any(table.bold for table in tables), any(table.marked for table in tables)
        return [*self.notes, *([BOLD] if bold else []), *([UNDEFINED] if marked else [])]


# From what was measured, and from what of it figures show; None where there is nothing of the kind.
Make = Callable[[Measures, Measures], Section | None]
_SECTIONS: list[tuple[int, bool, Make]] = []


def section(order: int, *, once: bool = False) -> Callable[[Make], Make]:
    """Mark a function as a section of every report, at a place among the others.

    Along datasets its tables are made for each, unless they are to be made `once` for all.
    """

    def mark(make: Make) -> Make:
        _SECTIONS.append((order, once, make))
        return make

    return mark


def sections_of(measured: Measures, view: ReportView) -> list[Section]:
    """Return the sections that there is something for."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    places, shown = measured.by_dataset(view), measured.drawn(view)
    found = [
        make(measured, shown) if once else _over(make, places, shown)
        for _, once, make in sorted(_SECTIONS, key=lambda each: each[0])
    ]
    return [each for each in found if each is not None]


def _over(make: Make, places: Mapping[str, Measures], shown: Measures) -> Section | None:
    """Make a section whose tables are of one dataset each, and whose figures show the last."""
    *others, last = ((name, make(measured, shown)) for name, measured in places.items())
    if not others or last[1] is None:
        return last[1]
    tables: list[Table] = []
    folded: list[Table] = []
    for name, made in (*others, last):
        for held, kept in ((made.tables, tables), (made.folded, folded)) if made else ():
            kept += [replace(one, name=file_stem(one.name, name), title=f"{one.title}, {name}") for one in held]
    return replace(last[1], tables=tuple(tables), folded=tuple(folded))


def ordered(found: Sequence[str], known: Mapping[str, Any] | Sequence[str]) -> list[str]:
    """Sort names: those that are known in that order, then the others as they are."""
    return [*(name for name in known if name in found), *(name for name in found if name not in known)]


def combinations(
    measures: Measures, family: str, columns: Sequence[str], names: Mapping[str, Mapping[str, str]], **where: Any
) -> Iterator[dict[str, Any]]:
    """Yield the values of columns that occur together, each column sorted as its names are, or as they appear."""
    if not columns:
        yield where
        return
    first, *others = columns
    for value in ordered(measures.values(family, first, **where), names.get(first, {})):
        yield from combinations(measures, family, others, names, **{**where, first: value})


def lines_of(
    measures: Measures,
    family: str,
    columns: Sequence[str],
    *,
    names: Mapping[str, Mapping[str, str]] | None = None,
    lowest: bool = False,
    **where: Any,
) -> list[Line]:
    """Return rows of a wide table, named by columns of the measures, the last of which runs fastest."""
    *outer, along = columns
    known = names or {}
    return [
        line
        for held in combinations(measures, family, outer, known, **where)
        for line in lines_along(
            measures.series(family, along, **held),
            *(known.get(name, {}).get(held[name], held[name]) for name in outer),
            lowest=lowest,
        )
    ]


def panels_of(
    shown: Measures,
    family: str,
    columns: Sequence[str],
    along: str,
    panel: Callable[[list[Series], Mapping[str, str]], Panel],
    *,
    names: Mapping[str, Mapping[str, str]] | None = None,
    **where: Any,
) -> list[Panel]:
    """Return a panel along a column of the measures for every combination of others that has numbers."""
    held = list(combinations(shown, family, columns, names or {}, **where))
    found = [(shown.series(family, along, **of), of) for of in held]
    return [panel(series, of) for series, of in found if has_numbers(series)]


def measure_section(
    measured: Measures,
    shown: Measures,
    family: str,
    *,
    title: str,
    lede: str,
    keys: Mapping[str, Column],
    panel: Callable[[list[Series], Mapping[str, str]], Panel] | None = None,
    names: Mapping[str, Mapping[str, str]] | None = None,
    drawn: Mapping[str, str] | None = None,
    table_title: str = "",
    figure_title: str = "",
    remarks: Sequence[str] = (),
    exact: str = "Bayes accuracy",
    best: bool = True,
    folded: bool = False,
    notes: Sequence[str] = (),
    **layout: Any,
) -> Section | None:
    """Show a family of measures as a wide table and as small multiples, which is all that most of them need.

    `keys` are columns of the measures with those of the table; along the last a panel is drawn for every combination of
    the others, as lines if that is ``x``, else as bars. `names` say what values are called, and their order; `drawn`
    is what alone is drawn, `layout` is for `draw_facets`.
    """
    lines = lines_of(measured, family, list(keys), names=names)
    if not lines:
        return None
    *outer, along = keys
    panels = panels_of(shown, family, outer, along, panel or _panel, names=names, **(drawn or {}))
    if along == "x":
        layout["painter"] = layout.get("painter", draw_lines)
    images = draw_facets(family, figure_title or title, panels, remarks=[*remarks, shown.note], **layout)
    table = wide_table(
        family, table_title or title, list(keys.values()), lines, measured.groups, exact=exact, best=best
    )
    open_tables, closed = ((), (table,)) if folded else ((table,), ())
    return Section(family, title, lede, images, open_tables, closed, tuple(notes))


def _panel(series: list[Series], of: Mapping[str, str]) -> Panel:
    return Panel(", ".join(filter(None, of.values())), series, "", of.get("metric", ""))


def declare(order: int, family: str, **said: Any) -> None:
    """Declare the section of a family of measures, in the words of `measure_section`: its table and its figure."""

    @section(order)
    def make(measured: Measures, shown: Measures) -> Section | None:
        return measure_section(measured, shown, family, **said)
