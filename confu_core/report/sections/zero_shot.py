"""Zero-shot classification: by query and split, and by how species are told apart."""

from __future__ import annotations

from confu_core.report.bars import draw_bars
from confu_core.report.facet import Facet, has_numbers
from confu_core.report.facets import facet_images
from confu_core.report.measured import REFERENCE, VALUE, Measured
from confu_core.report.panel import Panel, Reference
from confu_core.report.sections.section import Section
from confu_core.report.table import Column, Table
from confu_core.report.wide import lines_along, wide_table
from confu_core.report.wording import capitalised, file_stem

__all__ = ["BAYES", "groups", "zero_shot"]

BAYES = Reference("Bayes accuracy", "solid", REFERENCE)
FAMILY, GROUPS, ACCURACY = "zero_shot", "zero_shot_group", "accuracy"
GROUP_TITLES = {"xor": "XOR"}
LEDE = (
    "Species fall into groups by what tells them apart: either modality (redundant), only the picture, only the "
    "song, both together where each narrows it down (complement), or both together where neither says anything "
    "alone (xor). A method that learns pairs only stays at the ticks of single modalities; one that learns "
    "higher-order structure approaches the tick of both."
)
TICKS = (
    " The black ticks are the best that any predictor could do with the same modalities: the Bayes accuracy, known "
    "from how the data were made."
)
OF_GROUPS = "Accuracy in each group of classes, as the data come with them."
TITLES = {"test": "Test", "shift": "Shifted test", "validation": "Validation"}


def zero_shot(measured: Measured, shown: Measured) -> Section | None:
    """Show how well each query names the species of samples.

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
    tables = [_table(measured, metric) for metric in measured.values(FAMILY, "metric")]
    if not tables:
        return None
    exact = measured.words.exact
    conditions = sorted(shown.values(FAMILY, "condition", metric=ACCURACY), key=_place)
    facets = [
        Facet(TITLES.get(name, name), series, Panel(VALUE, "", ACCURACY, (BAYES,), proportion=True))
        for name in conditions
        if has_numbers(series := shown.series(FAMILY, "subject", metric=ACCURACY, condition=name))
    ]
    images = facet_images(FAMILY, "Zero-shot accuracy", facets, draw_bars, note=shown.note, height=2.5)
    return Section(
        FAMILY,
        f"Zero-shot {measured.words.one}",
        f"Each query is compared with the captions of all {measured.words.many}.{TICKS if exact else ''}",
        images,
        tuple(tables[:1]),
        tuple(tables[1:]),
    )


def groups(measured: Measured, shown: Measured) -> Section | None:
    """Show which kinds of interaction each method captures.

    Parameters
    ----------
    measured, shown
        As for `zero_shot`.

    Returns
    -------
    Section or None
        None where nothing of the kind was measured.
    """
    lines = [
        line
        for group in measured.values(GROUPS, "condition", metric=ACCURACY)
        for line in lines_along(measured.series(GROUPS, "subject", metric=ACCURACY, condition=group), group)
    ]
    if not lines:
        return None
    facets = [
        Facet(
            GROUP_TITLES.get(group, capitalised(group)), series, Panel(VALUE, "", ACCURACY, (BAYES,), proportion=True)
        )
        for group in shown.values(GROUPS, "condition", metric=ACCURACY)
        if has_numbers(series := shown.series(GROUPS, "subject", metric=ACCURACY, condition=group))
    ]
    keys = (Column("group", f"group of {measured.words.many}"), Column("query", "query"))
    title = "Zero-shot accuracy by kind of interaction" if measured.words.birds else "Zero-shot accuracy by group"
    images = facet_images(GROUPS, title, facets, draw_bars, note=shown.note, height=2.2)
    return Section(
        GROUPS,
        "Who captures what" if measured.words.birds else "By group",
        LEDE if measured.words.birds else OF_GROUPS,
        images,
        (wide_table(GROUPS, title, keys, lines, measured.groups, exact="Bayes accuracy", tinted=True),),
        notes=("Tinted by the share of the Bayes accuracy that is reached; bold: the best of each row.",),
    )


def _table(measured: Measured, metric: str) -> Table:
    lines = [
        line
        for condition in sorted(measured.values(FAMILY, "condition", metric=metric), key=_place)
        for line in lines_along(measured.series(FAMILY, "subject", metric=metric, condition=condition), condition)
    ]
    keys = (Column("split", "split"), Column("query", "query"))
    name = FAMILY if metric == ACCURACY else file_stem(FAMILY, metric)
    return wide_table(
        name, f"Zero-shot {metric}", keys, lines, measured.groups, exact="Bayes accuracy", tinted=metric == ACCURACY
    )


def _place(condition: str) -> tuple[int, str]:
    return (list(TITLES).index(condition) if condition in TITLES else len(TITLES), condition)
