"""Probes: what an embedding holds, by kinds of classifiers that are the same for every method; and plain features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confu_core.report.exact import PLAIN
from confu_core.report.panels import Panel, draw_facets, draw_rows
from confu_core.report.sections import Section, ordered, panels_of, section
from confu_core.report.sections.zero_shot import plain_of
from confu_core.report.tables import Column, Table, best_of
from confu_core.report.tidy import REFERENCE, Measures, Series
from confu_core.report.words import file_stem

FAMILY = "probe"
KINDS = {"linear": "linear", "bilinear": "bilinear", "MLP": "MLP", "fused": "own fused vector", "norm": "CoMM's"}
METRICS = {"accuracy": "Accuracy of probes (micro)", "balanced accuracy": "Balanced accuracy of probes (macro)"}
LEDE = (
    "What frozen embeddings hold, read by classifiers that are the same for every method: linear on the single "
    "embeddings side by side, bilinear with their products beside them, an MLP, and linear on the fused vector that a "
    "method makes itself, empty where it makes none. Compare down a column: a kind that can multiply finds what a "
    "linear one cannot, whatever the method."
)


@section(100)
def probes(measured: Measures, shown: Measures) -> Section | None:
    """Show the accuracy of probes by embedding and kind, with a panel per kind: nothing is compared across them."""
    metrics = measured.values(FAMILY, "metric")
    tables = [_table(measured, metric) for metric in sorted(metrics, key=lambda name: [*METRICS, name].index(name))]
    if not tables:
        return None
    plain = plain_of(shown)

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        known = [one.beside(lambda query: {PLAIN.column: plain.get(query)}) for one in series]
        kind = of["condition"]
        return Panel("", known, KINDS.get(kind, kind), "", (PLAIN,) if kind == "linear" else (), proportion=True)

    names = {"condition": KINDS}
    panels = panels_of(shown, FAMILY, ("condition",), "subject", panel, names=names, metric="accuracy")
    remarks = ["Compare within a panel only.", shown.note]
    images = draw_facets(FAMILY, "Accuracy of probes by kind", panels, draw_rows, remarks=remarks)
    return Section(FAMILY, "Probes", LEDE, images, tuple(tables))


def _table(measured: Measures, metric: str) -> Table:
    """Arrange a row per embedding and method, with a column per kind: what is compared stands beneath each other."""
    kinds = ordered(measured.values(FAMILY, "condition", metric=metric), KINDS)
    by_kind = {kind: measured.series(FAMILY, "subject", metric=metric, condition=kind) for kind in kinds}
    rows: list[tuple[Any, ...]] = []
    bold: set[tuple[int, int]] = set()
    for subject in measured.values(FAMILY, "subject", metric=metric):
        points = {kind: [one.at(subject) for one in by_kind[kind]] for kind in kinds}
        best = {kind: best_of(points[kind]) for kind in kinds}
        for at, group in enumerate(measured.groups):
            bold |= {(len(rows), 2 + column) for column, kind in enumerate(kinds) if best[kind] == at}
            rows.append((subject, group.label, *(points[kind][at] for kind in kinds)))
    columns = (
        Column("embedding", "embedding"),
        Column("method", "method"),
        *(Column(file_stem(kind) or metric, KINDS.get(kind, kind) or metric) for kind in kinds),
    )
    name = FAMILY if metric == "accuracy" else file_stem(FAMILY, metric)
    return Table(name, METRICS.get(metric, f"Probes, {metric}"), columns, tuple(rows), bold)


@section(40)
def plain_features(measured: Measures, shown: Measures) -> Section | None:
    """Say what needs no method: what plain features of the media reach."""
    found = plain_of(measured)
    if not found:
        return None
    said = ", ".join(f"{query} {value:.3f}" for query, value in found.items())
    what = "Colour histograms of images, means and spreads of mel bands of sounds, by a linear classifier with labels"
    rows = measured.rows("plain", metric="accuracy")
    exact = dict(zip(rows["subject"], rows[REFERENCE], strict=True))
    known = any(value is not None for value in exact.values())
    columns = (
        Column("query", "query"),
        Column("accuracy", "accuracy"),
        *([Column(REFERENCE, "Bayes accuracy", exact=True)] if known else []),
    )
    entries = tuple((query, value, *([exact[query]] if known else [])) for query, value in found.items())
    table = Table("plain", "What plain features reach", columns, entries)
    return Section("plain", "What needs no method", f"{what}: {said}.", folded=(table,))
