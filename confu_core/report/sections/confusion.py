"""Confusion: which groups of species, and which pairs of species, are taken for each other."""

from __future__ import annotations

import math
from typing import Any

from confu_core.report.measured import VALUE, Measured
from confu_core.report.sections.section import Section
from confu_core.report.table import Column, Table
from confu_core.report.wording import capitalised, file_stem

__all__ = ["confusion"]

GROUPS, PAIRS = "confusion", "confused_pair"
MOST = 5  # Pairs that are shown per query and method.


def confusion(measured: Measured, shown: Measured) -> Section | None:
    """Show what is taken for what.

    Parameters
    ----------
    measured : Measured
        For tables.
    shown : Measured
        Not used: there is no figure, and tables have all.

    Returns
    -------
    Section or None
        None where nothing of the kind was measured.
    """
    groups = [_groups(measured, subject) for subject in measured.values(GROUPS, "subject")]
    pairs = _pairs(measured)
    if not groups and not pairs.rows:
        return None
    one, many = measured.words.one, measured.words.many
    notes = ("Shares of a row add up to 1, over all seeds. Right groups are on the diagonal.",) if groups else ()
    return Section(
        "confusion",
        "Confusions",
        f"For the samples of each group of {many}, the group of the {one} that was predicted; and the {many} that "
        "are most often taken for each other.",
        tables=tuple(groups),
        folded=(pairs,) if pairs.rows else (),
        notes=notes,
    )


def _groups(measured: Measured, subject: str) -> Table:
    """Arrange row shares of the counts of all seeds, method by method."""
    true = measured.values(GROUPS, "condition", subject=subject)
    predicted = sorted(measured.values(GROUPS, "metric", subject=subject), key=lambda name: _place(name, true))
    rows: list[tuple[Any, ...]] = []
    tint: list[tuple[int, int, float]] = []
    for at, group in enumerate(measured.groups):
        for name in true:
            counts = [_count(measured, at, subject, name, other) for other in predicted]
            total = math.fsum(counts)
            if total <= 0:
                continue
            shares = [count / total for count in counts]
            tint += [(len(rows), 2 + column, share) for column, share in enumerate(shares) if share > 0]
            rows.append((group.label, name, *shares, round(total)))
    columns = (
        Column("method", "method"),
        Column("true", "true group"),
        *(Column(name, name, 2) for name in predicted),
        Column("samples", "samples", None),
    )
    only = len(measured.values(GROUPS, "subject")) == 1
    name = GROUPS if only else file_stem(GROUPS, subject)
    return Table(name, f"Predicted group by true group, {subject}", columns, tuple(rows), tint=tuple(tint))


def _count(measured: Measured, group: int, subject: str, true: str, predicted: str) -> float:
    rows = measured.rows(GROUPS, group=group, subject=subject, condition=true, metric=predicted)
    return math.fsum(row[VALUE] for row in rows if row[VALUE] is not None)


def _place(name: str, order: list[str]) -> tuple[int, str]:
    return (order.index(name) if name in order else len(order), name)


def _pairs(measured: Measured) -> Table:
    """List the most frequent confusions of each query and method, with the seeds that saw them."""
    rows: list[tuple[Any, ...]] = []
    for subject in measured.values(PAIRS, "subject"):
        for at, group in enumerate(measured.groups):
            found: dict[str, list[float]] = {}
            for row in measured.rows(PAIRS, group=at, subject=subject):
                if row[VALUE] is not None:
                    found.setdefault(row["metric"], []).append(row[VALUE])
            means = sorted((-math.fsum(shares) / len(shares), name) for name, shares in found.items())
            rows += [(subject, group.label, name, -mean, len(found[name])) for mean, name in means[:MOST]]
    columns = (
        Column("query", "query"),
        Column("method", "method"),
        Column("pair", measured.words.many),
        Column("share", "share of their samples"),
        Column("seeds", "seeds", None),
    )
    return Table(
        "confused_pairs", f"{capitalised(measured.words.many)} most often taken for each other", columns, tuple(rows)
    )
