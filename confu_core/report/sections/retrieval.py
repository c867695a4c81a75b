"""Retrieval between modalities: recall by direction, and ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from confu_core.report.facet import Facet, has_numbers, spread_phrase
from confu_core.report.measured import REFERENCE, VALUE, Measured
from confu_core.report.panel import CHANCE, Panel
from confu_core.report.rows import draw_row_facets
from confu_core.report.sections.section import Section
from confu_core.report.table import Column, Table
from confu_core.report.wide import Line, lines_along, wide_table
from confu_core.report.wording import file_stem

if TYPE_CHECKING:
    from confu_core.report.rendering import Image

__all__ = ["retrieval"]

FAMILY, EQUAL = "retrieval", "equal"
CHANCE_BESIDE = replace(CHANCE, column=REFERENCE)
CONDITIONS = {EQUAL: "equal contents count as right", "paired": "only the sample's own partner counts"}


def retrieval(measured: Measured, shown: Measured) -> Section | None:
    """Show how well each modality, or two of them, find another.

    Parameters
    ----------
    measured : Measured
        For tables.
    shown : Measured
        For figures.

    Returns
    -------
    Section or None
        None where nothing of the kind was measured.
    """
    conditions = sorted(measured.values(FAMILY, "condition"), key=lambda name: (name != EQUAL, name))
    tables = [
        table
        for condition in conditions
        for ranks in (False, True)
        if (table := _table(measured, condition, ranks=ranks)).rows
    ]
    if not tables:
        return None
    return Section(
        FAMILY,
        "Retrieval",
        "From the test samples, find what belongs to a query. R@k is the share of queries with a right one among the "
        "first k.",
        _images(shown, conditions[0]),
        tuple(tables[:1]),
        tuple(tables[1:]),
    )


def _images(shown: Measured, condition: str) -> tuple[Image, ...]:
    metrics = [name for name in shown.values(FAMILY, "metric", condition=condition) if not _is_rank(name)]
    facets = [
        Facet(metric, series, Panel(VALUE, metric, "", (CHANCE_BESIDE,)))
        for metric in metrics
        if has_numbers(series := shown.series(FAMILY, "subject", metric=metric, condition=condition))
    ]
    if not facets:
        return ()
    caption = " ".join(filter(None, [spread_phrase(facets), shown.note]))
    return (draw_row_facets(FAMILY, "Recall in every direction", caption, facets),)


def _table(measured: Measured, condition: str, *, ranks: bool) -> Table:
    metrics = [name for name in measured.values(FAMILY, "metric", condition=condition) if _is_rank(name) == ranks]
    found = {
        metric: lines_along(measured.series(FAMILY, "subject", metric=metric, condition=condition), lowest=ranks)
        for metric in metrics
    }
    lines = [
        Line((line.keys[0], metric), line.points, ranks)
        for direction in measured.values(FAMILY, "subject", condition=condition)
        for metric in metrics
        for line in _of(found[metric], direction)
    ]
    what = "Ranks" if ranks else "Recall"
    title = f"{what}, {CONDITIONS.get(condition, condition)}"
    keys = (Column("direction", "direction"), Column("metric", "metric"))
    name = file_stem(FAMILY, "ranks" if ranks else "", "" if condition == EQUAL else condition)
    return wide_table(name, title, keys, lines, measured.groups, exact="chance", digits=1 if ranks else 3)


def _of(lines: Sequence[Line], direction: str) -> list[Line]:
    return [line for line in lines if line.keys[0] == direction]


def _is_rank(metric: str) -> bool:
    return "rank" in metric
