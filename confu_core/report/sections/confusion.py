"""Confusion: which groups of classes, and which pairs of classes, are taken for each other."""

from __future__ import annotations

import math
from typing import Any

from confu_core.report.sections import Section, ordered, section
from confu_core.report.tables import Column, Table
from confu_core.report.tidy import Measures
from confu_core.report.words import capitalised, file_stem

GROUPS, PAIRS = "confusion", "confused_pair"
MOST = 5  # Pairs that are shown per query and method.


@section(130)
def confusion(measured: Measures, shown: Measures) -> Section | None:
    """Show what is taken for what."""
    groups = [_groups(measured, subject) for subject in measured.values(GROUPS, "subject")]
    pairs = _pairs(measured)
    if not groups and not pairs.rows:
        return None
    many = measured.words.many
    return Section(
        "confusion",
        "Confusions",
        f"For the samples of each group of {many}, the group of the {measured.words.label} that was predicted; and the "
        f"{many} that are most often taken for each other.",
        tables=tuple(groups),
        folded=(pairs,) if pairs.rows else (),
        notes=("Shares of a row add up to 1, over all seeds. Right groups are on the diagonal.",) if groups else (),
    )


def _groups(measured: Measures, subject: str) -> Table:
    """Arrange row shares of the counts of all seeds, method by method."""
    true = measured.values(GROUPS, "condition", subject=subject)
    predicted = ordered(sorted(measured.values(GROUPS, "metric", subject=subject)), true)
    rows: list[tuple[Any, ...]] = []
    tint: list[tuple[int, int, float]] = []
    for at, group in enumerate(measured.groups):
        own = measured.rows(GROUPS, group=at, subject=subject)
        for name in true:
            held = own[own["condition"] == name]
            counts = [math.fsum(held["value"][held["metric"] == other].dropna()) for other in predicted]
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


def _pairs(measured: Measures) -> Table:
    """List the most frequent confusions of each query and method, with the seeds that saw them."""
    rows: list[tuple[Any, ...]] = []
    for subject in measured.values(PAIRS, "subject"):
        for at, group in enumerate(measured.groups):
            found: dict[str, list[float]] = {}
            own = measured.rows(PAIRS, group=at, subject=subject)
            for name, value in zip(own["metric"], own["value"], strict=True):
                if value is not None:
                    found.setdefault(name, []).append(value)
            means = sorted((-math.fsum(shares) / len(shares), name) for name, shares in found.items())
            rows += [(subject, group.label, name, -mean, len(found[name])) for mean, name in means[:MOST]]
    many = measured.words.many
    columns = (
        Column("query", "query"),
        Column("method", "method"),
        Column("pair", many),
        Column("share", "share of their samples"),
        Column("seeds", "seeds", None),
    )
    return Table("confused_pairs", f"{capitalised(many)} most often taken for each other", columns, tuple(rows))
