"""Probes: what an embedding holds, by kinds of classifiers that are the same for every method."""

from __future__ import annotations

from typing import Any

from confu_core.report.best import best_of
from confu_core.report.facet import Facet, has_numbers, spread_phrase
from confu_core.report.measured import REFERENCE, VALUE, Measured
from confu_core.report.panel import PLAIN, Panel
from confu_core.report.rendering import Image
from confu_core.report.rows import draw_row_facets
from confu_core.report.sections.section import Section
from confu_core.report.series import beside_points
from confu_core.report.table import Column, Table
from confu_core.report.told import plain_of
from confu_core.report.wording import file_stem

__all__ = ["plain_features", "probes"]

FAMILY = "probe"
KINDS = {"linear": "linear", "bilinear": "bilinear", "MLP": "MLP", "fused": "own fused vector"}
METRICS = {"accuracy": "Accuracy of probes (micro)", "balanced accuracy": "Balanced accuracy of probes (macro)"}
LEDE = (
    "What frozen embeddings hold, read by classifiers that are the same for every method: linear on the single "
    "embeddings side by side, bilinear with their products beside them, an MLP, and linear on the fused vector that a "
    "method makes itself, empty where it makes none. Compare down a column: a kind that can multiply finds what a "
    "linear one cannot, whatever the method."
)


def probes(measured: Measured, shown: Measured) -> Section | None:
    """Show the accuracy of probes by embedding and kind.

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
    metrics = measured.values(FAMILY, "metric")
    tables = [_table(measured, metric) for metric in sorted(metrics, key=lambda name: [*METRICS, name].index(name))]
    if not tables:
        return None
    return Section(FAMILY, "Probes", LEDE, _images(shown), tuple(tables))


def plain_features(measured: Measured, shown: Measured) -> Section | None:
    """Say what needs no method: what plain features of the media reach.

    Parameters
    ----------
    measured, shown
        As for `probes`.

    Returns
    -------
    Section or None
        None where it was not measured.
    """
    found = plain_of(measured)
    if not found:
        return None
    said = ", ".join(f"{query} {value:.3f}" for query, value in found.items())
    what = "Colour histograms of images, means and spreads of mel bands of sounds, by a linear classifier with labels"
    exact = {row["subject"]: row[REFERENCE] for row in measured.rows("plain", metric="accuracy")}
    known = any(value is not None for value in exact.values())
    columns = (
        Column("query", "query"),
        Column("accuracy", "accuracy"),
        *([Column(REFERENCE, "Bayes accuracy", exact=True)] if known else []),
    )
    rows = tuple((query, value, *([exact[query]] if known else [])) for query, value in found.items())
    table = Table("plain", "What plain features reach", columns, rows)
    return Section("plain", "What needs no method", f"{what}: {said}.", folded=(table,))


def _table(measured: Measured, metric: str) -> Table:
    """Arrange a row per embedding and method, with a column per kind: what is compared stands beneath each other."""
    found = measured.values(FAMILY, "condition", metric=metric)
    kinds = [*(kind for kind in KINDS if kind in found), *(kind for kind in found if kind not in KINDS)]
    by_kind = {kind: measured.series(FAMILY, "subject", metric=metric, condition=kind) for kind in kinds}
    subjects = measured.values(FAMILY, "subject", metric=metric)
    rows: list[tuple[Any, ...]] = []
    bold: set[tuple[int, int]] = set()
    for subject in subjects:
        points = {kind: [one.at(subject) for one in by_kind[kind]] for kind in kinds}
        best = {kind: best_of(points[kind], VALUE) for kind in kinds}
        for at, group in enumerate(measured.groups):
            here = [points[kind][at] for kind in kinds]
            bold |= {(len(rows), 2 + column) for column, kind in enumerate(kinds) if best[kind] == at}
            rows.append((subject, group.label, *(None if one is None else one.interval(VALUE) for one in here)))
    columns = (
        Column("embedding", "embedding"),
        Column("method", "method"),
        *(Column(file_stem(kind) or metric, KINDS.get(kind, kind) or metric) for kind in kinds),
    )
    name = FAMILY if metric == "accuracy" else file_stem(FAMILY, metric)
    return Table(name, METRICS.get(metric, f"Probes, {metric}"), columns, tuple(rows), frozenset(bold))


def _images(shown: Measured) -> tuple[Image, ...]:
    """Draw a pair of axes per kind, for nothing is compared across them."""
    where: dict[str, Any] = {"metric": "accuracy"}
    plain = plain_of(shown)
    found = shown.values(FAMILY, "condition", **where)
    facets = []
    for kind in [*(kind for kind in KINDS if kind in found), *(kind for kind in found if kind not in KINDS)]:
        series = shown.series(FAMILY, "subject", condition=kind, **where)
        if has_numbers(series):
            beside = beside_points(series, lambda query: {str(PLAIN.column): plain.get(query)})
            name = KINDS.get(kind, kind)
            panel = Panel(VALUE, name, "", (PLAIN,) if kind == "linear" else (), proportion=True)
            facets.append(Facet(name, beside, panel))
    if not facets:
        return ()
    caption = " ".join(filter(None, [spread_phrase(facets), "Compare within a panel only.", shown.note]))
    return (draw_row_facets(FAMILY, "Accuracy of probes by kind", caption, facets),)
