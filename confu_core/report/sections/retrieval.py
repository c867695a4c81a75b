"""Retrieval between modalities by direction; and last, what fallbacks reach where a method defines no score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from confu_core.report.exact import CHANCE
from confu_core.report.panels import Panel, draw_facets, draw_rows
from confu_core.report.sections import Section, lines_of, panels_of, section
from confu_core.report.tables import Column, Table, lines_along, wide_table
from confu_core.report.tidy import REFERENCE, Measures, Series
from confu_core.report.words import file_stem

FAMILY, PAIRS, EQUAL = "retrieval", "pair_retrieval", "equal"
CHANCE_BESIDE = replace(CHANCE, column=REFERENCE)
CONDITIONS = {EQUAL: "equal contents count as right", "paired": "only the sample's own partner counts"}


@section(80)
def retrieval(measured: Measures, shown: Measures) -> Section | None:
    """Show how well each modality, or two of them, find another."""
    conditions, tables = _tables(measured, FAMILY)
    if not tables:
        return None

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        return Panel("", series, of["metric"], "", (CHANCE_BESIDE,))

    panels = panels_of(shown, FAMILY, ("metric",), "subject", panel, condition=conditions[0])
    panels = [each for each in panels if "rank" not in each.x_label]
    images = draw_facets(FAMILY, "Recall in every direction", panels, draw_rows, remarks=[shown.note])
    lede = (
        "From the test samples, find what belongs to a query. R@k is the share of queries with a right one among the "
        "first k."
    )
    return Section(FAMILY, "Retrieval", lede, images, tuple(tables[:1]), tuple(tables[1:]))


@section(81)
def pairs(measured: Measures, shown: Measures) -> Section | None:
    """Show how well one modality finds the two others of its sample together."""
    _, tables = _tables(measured, PAIRS)
    if not tables:
        return None
    lede = (
        "Two modalities of a sample, found together by the third (1→2): the scores of retrieval from two modalities, "
        "read the other way round. A pair that differs in either is another one."
    )
    return Section(PAIRS, "Retrieval of pairs", lede, (), tuple(tables[:1]), tuple(tables[1:]))


def _tables(measured: Measures, family: str) -> tuple[list[str], list[Table]]:
    """Return the readings of what is equal, and the tables of recall and of ranks in each."""
    conditions = sorted(measured.values(family, "condition"), key=lambda name: (name != EQUAL, name))
    tables = [_table(measured, family, condition, ranks=ranks) for condition in conditions for ranks in (False, True)]
    return conditions, [table for table in tables if table.rows]


def _table(measured: Measures, family: str, condition: str, *, ranks: bool) -> Table:
    found = lines_of(measured, family, ("subject", "metric"), lowest=ranks, condition=condition)
    lines = [line for line in found if ("rank" in line.keys[1]) == ranks]
    what = f"{'Ranks' if ranks else 'Recall'}{' of pairs' if family == PAIRS else ''}"
    title = f"{what}, {CONDITIONS.get(condition, condition)}"
    keys = (Column("direction", "direction"), Column("metric", "metric"))
    name = file_stem(family, "ranks" if ranks else "", "" if condition == EQUAL else condition)
    return wide_table(name, title, keys, lines, measured.groups, exact="chance", digits=1 if ranks else 3)


KEYS = ("family", "subject", "metric", "condition")


@section(200)
def fallbacks(measured: Measures, shown: Measures) -> Section | None:
    """Show what was left out of every other table and figure because the method does not define it."""
    every = measured.measured
    found = every.loc[~every["defined"].astype(bool), [*KEYS, "x"]].drop_duplicates()
    lines = [
        line
        for family, subject, metric, condition, x in found.itertuples(index=False)
        for line in lines_along(
            measured.series(family, defined=False, subject=subject, metric=metric, condition=condition, x=x),
            *(family.replace("_", " "), subject, metric, condition, x),
        )
    ]
    if not lines:
        return None
    columns = (*(Column(name, name) for name in KEYS), Column("x", "x", None))
    table = wide_table("fallbacks", "What fallbacks reach", columns, lines, measured.groups, best=False)
    return Section(
        "fallbacks",
        "Appendix: fallbacks",
        "Where a method defines no score of its own, its cell is empty in all other tables and figures. Here is what a "
        "cosine of its embeddings reaches in its place: numbers of the fallback, not of the method.",
        folded=(table,),
    )
