"""Appendix: what fallbacks reach where a method defines no score of its own."""

from __future__ import annotations

from confu_core.report.measured import Measured
from confu_core.report.sections.section import Section
from confu_core.report.table import Column
from confu_core.report.wide import lines_along, wide_table

__all__ = ["fallbacks"]

KEYS = ("family", "subject", "metric", "condition")


def fallbacks(measured: Measured, shown: Measured) -> Section | None:
    """Show what was left out of every other table and figure because the method does not define it.

    Parameters
    ----------
    measured : Measured
        For tables.
    shown : Measured
        Not used: there is no figure.

    Returns
    -------
    Section or None
        None where methods define everything.
    """
    found = dict.fromkeys(
        tuple(row[name] for name in (*KEYS, "x"))
        for rows in measured.families.values()
        for row in rows
        if not row["defined"]
    )
    lines = [
        line
        for family, subject, metric, condition, x in found
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
