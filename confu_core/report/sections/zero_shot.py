"""Who tells classes: by descriptions, by query and split; by probes; and what is known of a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from confu_core.ceilings import COINCIDE
from confu_core.report.exact import BAYES, BEST, CEILINGS, PAIRWISE, PLAIN
from confu_core.report.panels import Panel, draw_facets, draw_rows
from confu_core.report.sections import Section, lines_of, ordered, panels_of, section
from confu_core.report.tables import Column, Line, Table, best_of, wide_table
from confu_core.report.tidy import REFERENCE, Measures, Series
from confu_core.report.words import capitalised, file_stem

FAMILY, GROUPS, ACCURACY = "zero_shot", "zero_shot_group", "accuracy"
ALL, TEST = "all", "test"
TITLES = {"test": "Test", "shift": "Shifted test", "validation": "Validation"}
TICKS = (
    " The black ticks are the best that any predictor could do with the same modalities: the Bayes accuracy, known "
    "from how the data were made; dashed, the best by all that pairs tell."
)
READINGS = (
    " Two readings of several descriptions: the mean of their scores, which is the headline, and their log-mean-exp "
    "over the temperature, in which each counts as an example of its own."
)
NAMED = ", which are all that captions say: they were trained with as labels are, and this is no zero-shot"
OF_GROUPS = "Accuracy in each group of classes, as the data come with them."


@section(30)
def zero_shot(measured: Measures, shown: Measures) -> Section | None:
    """Show how well each query names the class of samples."""
    metrics, words = measured.values(FAMILY, "metric"), measured.words
    tables = [
        wide_table(
            FAMILY if metric == ACCURACY else file_stem(FAMILY, metric),
            words.titled(metric),
            (Column("split", "split"), Column("query", "query")),
            lines_of(measured, FAMILY, ("condition", "subject"), names=_splits(measured, metric), metric=metric),
            measured.groups,
            exact="Bayes accuracy",
            tinted=metric == ACCURACY,
        )
        for metric in metrics
    ]
    if not tables:
        return None
    readings = [table for table in tables if table.title.startswith(words.titled(ACCURACY))]
    panels = panels_of(
        shown,
        FAMILY,
        ("condition",),
        "subject",
        lambda series, of: _panel(shown, series, TITLES.get(of["condition"], of["condition"]), split=of["condition"]),
        names=_splits(shown, ACCURACY),
        metric=ACCURACY,
    )
    return Section(
        FAMILY,
        words.titled(words.label),
        f"Each query is compared with the {'names' if words.named else 'captions'} of all {words.many}"
        f"{NAMED if words.named else ''}.{TICKS if words.exact else ''}{READINGS if len(readings) > 1 else ''}",
        draw_facets(FAMILY, words.titled(ACCURACY), panels, remarks=[shown.note], height=2.5),
        tuple(readings),
        tuple(table for table in tables if table not in readings),
    )


def _splits(measures: Measures, metric: str) -> Mapping[str, Mapping[str, str]]:
    """Return the order of splits: the test first, what is not known last and by name."""
    found = ordered(sorted(measures.values(FAMILY, "condition", metric=metric)), TITLES)
    return {"condition": {name: name for name in found}}


@section(20)
def groups(measured: Measures, shown: Measures) -> Section | None:
    """Show which kinds of interaction each method captures."""
    words = measured.words
    kind = words.design.groups or "group"
    title = words.titled(f"{ACCURACY} by {kind}")
    tables = [_by_group(measured, metric, title) for metric in measured.values(GROUPS, "metric")]
    if not tables:
        return None
    panels = panels_of(
        shown,
        GROUPS,
        ("condition",),
        "subject",
        lambda series, of: _panel(shown, series, group_title(of["condition"]), group=of["condition"]),
        metric=ACCURACY,
    )
    captures = _captures(measured)
    return Section(
        GROUPS,
        f"By {kind}",
        words.design.groups_lede or OF_GROUPS,
        draw_facets(GROUPS, title, panels, remarks=[shown.note], height=2.2),
        (*tables[:1], *([captures] if captures else [])),
        tuple(tables[1:]),
        notes=("Tinted by the share of the Bayes accuracy that is reached.",) if words.exact else (),
    )


def group_title(group: str) -> str:
    """Return the heading of a group of classes."""
    return "XOR" if group == "xor" else capitalised(group)


def _panel(shown: Measures, series: Sequence[Series], title: str, *, group: str = ALL, split: str = TEST) -> Panel:
    """Return accuracies over queries with what pairs tell and what plain features reach beside what was measured."""
    plain = plain_of(shown) if (group, split) == (ALL, TEST) else {}

    def known(query: str) -> dict[str, float | None]:
        pairwise = ceilings_of(shown, query, group).get(PAIRWISE.column) if "+" in query else None
        return {PAIRWISE.column: pairwise, PLAIN.column: plain.get(query)}

    return Panel(title, [one.beside(known) for one in series], "", ACCURACY, (PLAIN, PAIRWISE, BEST), proportion=True)


def _by_group(measured: Measures, metric: str, title: str) -> Table:
    reading = metric.removeprefix(ACCURACY)
    return wide_table(
        file_stem(GROUPS, reading),
        f"{title}{reading}",
        (Column("group", f"group of {measured.words.many}"), Column("query", "query")),
        lines_of(measured, GROUPS, ("condition", "subject"), metric=metric),
        measured.groups,
        exact="Bayes accuracy",
        tinted=not reading,
    )


def _captures(measured: Measures) -> Table | None:
    """Arrange the higher-order capture of each group beside its three ceilings."""
    lines = []
    for query in (name for name in measured.values(GROUPS, "subject", metric=ACCURACY) if "+" in name):
        of = {ALL: (FAMILY, TEST)}
        of |= {name: (GROUPS, name) for name in measured.values(GROUPS, "condition", metric=ACCURACY, subject=query)}
        for group, (family, condition) in of.items():
            levels = ceilings_of(measured, query, group)
            found = measured.series(family, metric=ACCURACY, subject=query, condition=condition)
            exact = [levels.get(line.column) for line in CEILINGS]
            lines.append(Line((group, query, *exact), tuple(one.at(None) for one in captured(found, levels))))
    if all(point is None for line in lines for point in line.points):
        return None
    ceilings = (Column(line.column, line.label, exact=True) for line in CEILINGS)
    keys = (Column("group", f"group of {measured.words.many}"), Column("query", "query"), *ceilings)
    return wide_table("capture", "Higher-order capture by group", keys, lines, measured.groups)


def widest(measures: Measures, family: str) -> str:
    """Return the query of the most modalities."""
    return max(measures.values(family, "subject", metric=ACCURACY), key=lambda query: query.count("+"))


def plain_of(measures: Measures) -> dict[str, float]:
    """Return by query what plain features reach; the same for all methods of a dataset."""
    found = measures.rows("plain", metric=ACCURACY)
    return {query: value for query, value in zip(found["subject"], found["value"], strict=True) if value is not None}


def ceilings_of(measures: Measures, query: str, group: str = ALL) -> dict[str, float]:
    """Return the exact ceilings of a query, over all or within a group, as far as they are known."""
    found = measures.rows("ceiling", subject=query, condition=group)
    known: dict[str, Any] = dict(zip(found["metric"], found["value"], strict=True))
    family, condition = (FAMILY, TEST) if group == ALL else (GROUPS, group)

    def bayes(name: str) -> float | None:
        found = measures.rows(family, subject=name, metric=ACCURACY, condition=condition)[REFERENCE]
        return next((value for value in found if value is not None), None)

    singles = [bayes(name) for name in query.split("+")]
    if "+" in query and None not in singles:
        known.setdefault("single_ceiling", max(value for value in singles if value is not None))
    if (best := bayes(query)) is not None:
        known.setdefault("bayes_accuracy", best)
    return {name: value for name, value in known.items() if value is not None}


def captured(series: Sequence[Series], levels: Mapping[str, float]) -> list[Series]:
    """Return accuracies as higher-order capture, intervals too; without points where there is nothing to capture."""
    low, high = (levels.get(line.column) for line in (PAIRWISE, BAYES))
    if low is None or high is None or high - low <= COINCIDE:
        return [replace(one, points=()) for one in series]
    return [one.mapped(lambda point: point.mapped(lambda value: (value - low) / (high - low))) for one in series]


PROBES = "probe"
KINDS = {"linear": "linear", "bilinear": "bilinear", "MLP": "MLP", "fused": "own fused vector", "norm": "CoMM's"}
PROBED = {"accuracy": "Accuracy of probes (micro)", "balanced accuracy": "Balanced accuracy of probes (macro)"}
OF_PROBES = (
    "What frozen embeddings hold, read by classifiers that are the same for every method: linear on the single "
    "embeddings side by side, bilinear with their products beside them, an MLP, and linear on the fused vector that a "
    "method makes itself, empty where it makes none. Compare down a column: a kind that can multiply finds what a "
    "linear one cannot, whatever the method."
)


@section(100)
def probes(measured: Measures, shown: Measures) -> Section | None:
    """Show the accuracy of probes by embedding and kind, with a panel per kind: nothing is compared across them."""
    tables = [_probe_table(measured, metric) for metric in ordered(measured.values(PROBES, "metric"), PROBED)]
    if not tables:
        return None
    plain = plain_of(shown)

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        known = [one.beside(lambda query: {PLAIN.column: plain.get(query)}) for one in series]
        kind = of["condition"]
        return Panel("", known, KINDS.get(kind, kind), "", (PLAIN,) if kind == "linear" else (), proportion=True)

    names = {"condition": KINDS}
    panels = panels_of(shown, PROBES, ("condition",), "subject", panel, names=names, metric="accuracy")
    remarks = ["Compare within a panel only.", shown.note]
    images = draw_facets(PROBES, "Accuracy of probes by kind", panels, draw_rows, remarks=remarks)
    return Section(PROBES, "Probes", OF_PROBES, images, tuple(tables))


def _probe_table(measured: Measures, metric: str) -> Table:
    """Arrange a row per embedding and method, with a column per kind: what is compared stands beneath each other."""
    kinds = ordered(measured.values(PROBES, "condition", metric=metric), KINDS)
    by_kind = {kind: measured.series(PROBES, "subject", metric=metric, condition=kind) for kind in kinds}
    rows: list[tuple[Any, ...]] = []
    bold: set[tuple[int, int]] = set()
    for subject in measured.values(PROBES, "subject", metric=metric):
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
    name = PROBES if metric == "accuracy" else file_stem(PROBES, metric)
    return Table(name, PROBED.get(metric, f"Probes, {metric}"), columns, tuple(rows), bold)


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
