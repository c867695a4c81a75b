"""Linear probes: what an embedding holds, whether or not its method's score finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from confu_core.report.bars import draw_bars
from confu_core.report.facet import Facet, has_numbers
from confu_core.report.facets import facet_images
from confu_core.report.measured import VALUE, Measured
from confu_core.report.panel import Panel
from confu_core.report.sections.section import Section
from confu_core.report.sections.zero_shot import BAYES
from confu_core.report.table import Column
from confu_core.report.wide import Line, lines_along, wide_table

__all__ = ["probes"]

FAMILY = "probe"


def probes(measured: Measured, shown: Measured) -> Section | None:
    """Show the accuracy of linear probes by embedding.

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
    lines = [
        line
        for metric in measured.values(FAMILY, "metric")
        for line in _turned(lines_along(measured.series(FAMILY, "subject", metric=metric), metric))
    ]
    if not lines:
        return None
    facets = [
        Facet("", series, Panel(VALUE, "embedding", metric, (BAYES,) if _known(shown, metric) else (), proportion=True))
        for metric in shown.values(FAMILY, "metric")
        if has_numbers(series := shown.series(FAMILY, "subject", metric=metric))
    ]
    title = "Accuracy of linear probes"
    images = facet_images(FAMILY, title, facets, draw_bars, note=shown.note, columns=1, height=2.3)
    keys = (Column("embedding", "embedding"), Column("metric", "metric"))
    return Section(
        FAMILY,
        "Linear probes",
        "A linear classifier on frozen embeddings of all training samples.",
        images,
        (wide_table(FAMILY, title, keys, lines, measured.groups, exact="Bayes accuracy"),),
    )


def _turned(lines: Sequence[Line]) -> list[Line]:
    return [replace(line, keys=line.keys[::-1]) for line in lines]


def _known(shown: Measured, metric: str) -> bool:
    return any(row["reference"] is not None for row in shown.rows(FAMILY, metric=metric))
