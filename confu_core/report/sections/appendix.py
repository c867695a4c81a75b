"""The end of a report: measures that have no section of their own, and what fallbacks reach."""

from __future__ import annotations

from confu_core.report.sections import Section, section
from confu_core.report.tables import Column, lines_along, wide_table
from confu_core.report.tidy import Measures

KEYS = ("family", "subject", "metric", "condition")


@section(200)
def fallbacks(measured: Measures, shown: Measures) -> Section | None:
    """Show what was left out of every other table and figure because the method does not define it."""
    found = dict.fromkeys(
        tuple(row)
        for frame in measured.measured.values()
        for row in frame[~frame["defined"].astype(bool)][[*KEYS, "x"]].itertuples(index=False)
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
