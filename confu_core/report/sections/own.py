"""Measures of the user's own: a table for each family, whatever it measures."""

from __future__ import annotations

from confu_core.report.sections import Section, lines_of, section
from confu_core.report.tables import Column, wide_table
from confu_core.report.tidy import Measures
from confu_core.report.words import file_stem

OWN = "own:"  # As `confu_core.media.own` names their families.
KEYS = {"metric": "metric", "condition": "condition", "x": "x", "subject": "query"}


@section(190)
def own_measures(measured: Measures, shown: Measures) -> Section | None:
    """Show what functions of the user's measured."""
    families = [name for name in measured.frame["family"].unique() if name.startswith(OWN)]
    columns = [Column(name, label, None) for name, label in KEYS.items()]
    tables = [
        wide_table(
            file_stem(family),
            family.removeprefix(OWN),
            columns,
            lines_of(measured, family, [*KEYS]),
            measured.groups,
            best=False,
        )
        for family in families
    ]
    return Section("own", "Own measures", "What was measured besides.", tables=tuple(tables)) if tables else None
