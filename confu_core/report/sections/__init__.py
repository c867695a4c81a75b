"""The sections of a report that runs on media have, beyond what every benchmark has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from confu_core.report.measure_tables import every_measure, mean_measures
from confu_core.report.measured import Measured, drawn
from confu_core.report.overview import overview
from confu_core.report.rendering import Image
from confu_core.report.sections.claims import claims
from confu_core.report.sections.confusion import confusion
from confu_core.report.sections.curves import missing, robustness
from confu_core.report.sections.examples import examples
from confu_core.report.sections.fallbacks import fallbacks
from confu_core.report.sections.few_shot import few_shot
from confu_core.report.sections.fusion import complementarity, dependence
from confu_core.report.sections.history import history
from confu_core.report.sections.overlap import overlap
from confu_core.report.sections.probes import plain_features, probes
from confu_core.report.sections.retrieval import retrieval
from confu_core.report.sections.section import Card, Section
from confu_core.report.sections.zero_shot import groups, zero_shot
from confu_core.report.series import Series
from confu_core.report.table import Table
from confu_core.report.view import View
from confu_core.report.wording import file_stem
from confu_core.runs.results import Results

__all__ = ["Card", "Section", "sections_of"]

Make = Callable[[Measured, Measured], Section | None]
BEFORE_EXAMPLES: tuple[Make, ...] = (
    claims,
    groups,
    zero_shot,
    plain_features,
    complementarity,
    overlap,
    dependence,
    retrieval,
    few_shot,
    probes,
    robustness,
    missing,
    confusion,
)


def sections_of(
    sources: Sequence[Results], labels: Sequence[str], measured: Measured, series: Sequence[Series], view: View
) -> tuple[list[Section], list[Table], tuple[Image, ...]]:
    """Say what the measures and examples of results folders show.

    Parameters
    ----------
    sources : sequence of Results
        One or several folders.
    labels : sequence of str
        What to call each.
    measured : Measured
        Of these folders.
    series : sequence of Series
        Of the headline figure.
    view : View
        What is x.

    Returns
    -------
    sections : list of Section
        Those that there is something for; none where no folder has measures.
    exports : list of Table
        Tables that are only CSV: every measure of every cell, and means over seeds.
    overview : tuple of Image
        The figure to begin with, where the headline has a row per method.

    Raises
    ------
    ResultsError
        If examples are damaged.
    """
    shown = drawn(measured, series, view)
    places = measured.by_dataset(view)
    found = [_over(make, places, shown) for make in BEFORE_EXAMPLES]
    found += [examples(sources, labels, measured), *(_over(make, places, shown) for make in (history, fallbacks))]
    exports = [every_measure(measured), mean_measures(measured)] if measured.families else []
    first = overview(measured, series) if view.axis is None else ()
    return [section for section in found if section is not None], exports, first


def _over(make: Make, places: Mapping[str, Measured], shown: Measured) -> Section | None:
    """Make a section whose tables are of one dataset each, and whose figures show the last."""
    *others, last = ((name, make(measured, shown)) for name, measured in places.items())
    if not others or last[1] is None:
        return last[1]
    tables: list[Table] = []
    folded: list[Table] = []
    for name, section in (*others, last):
        for held, kept in ((section.tables, tables), (section.folded, folded)) if section else ():
            kept += [replace(one, name=file_stem(one.name, name), title=f"{one.title}, {name}") for one in held]
    return replace(last[1], tables=tuple(tables), folded=tuple(folded))
