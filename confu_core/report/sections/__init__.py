"""The sections of a report that runs on media have, beyond what every benchmark has."""

from __future__ import annotations

from collections.abc import Sequence

from confu_core.report.measure_tables import every_measure, mean_measures
from confu_core.report.measured import drawn, measured_of
from confu_core.report.sections.claims import claims
from confu_core.report.sections.confusion import confusion
from confu_core.report.sections.curves import missing, robustness
from confu_core.report.sections.examples import examples
from confu_core.report.sections.few_shot import few_shot
from confu_core.report.sections.fusion import complementarity, dependence
from confu_core.report.sections.history import history
from confu_core.report.sections.overlap import overlap
from confu_core.report.sections.probes import probes
from confu_core.report.sections.retrieval import retrieval
from confu_core.report.sections.section import Card, Section
from confu_core.report.sections.zero_shot import groups, zero_shot
from confu_core.report.series import Series
from confu_core.report.table import Table
from confu_core.report.view import View
from confu_core.runs.results import Results

__all__ = ["Card", "Section", "sections_of"]

BEFORE_EXAMPLES = (
    claims,
    groups,
    zero_shot,
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
    sources: Sequence[Results], labels: Sequence[str], series: Sequence[Series], view: View
) -> tuple[list[Section], list[Table]]:
    """Say what the measures and examples of results folders show.

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
    sections : list of Section
        Those that there is something for; none where no folder has measures.
    exports : list of Table
        Tables that are only CSV: every measure of every cell, and means over seeds.

    Raises
    ------
    ResultsError
        If measures or examples are damaged.
    """
    measured = measured_of(sources, labels, series, view)
    shown = drawn(measured, series, view)
    found = [make(measured, shown) for make in BEFORE_EXAMPLES]
    found += [examples(sources, labels, measured), history(measured, shown)]
    exports = [every_measure(measured), mean_measures(measured)] if measured.families else []
    return [section for section in found if section is not None], exports
