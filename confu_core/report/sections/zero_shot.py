"""Zero-shot classification: by query and split, and by how species are told apart."""

from __future__ import annotations

from confu_core.report.bars import draw_bars
from confu_core.report.facet import Facet, has_numbers
from confu_core.report.facets import facet_images
from confu_core.report.measured import BEST, VALUE, Measured
from confu_core.report.panel import CEILINGS, PAIRWISE, PLAIN, Panel
from confu_core.report.sections.section import Section
from confu_core.report.series import Row, Series, beside_points
from confu_core.report.table import Column, Table
from confu_core.report.told import ALL, TEST, captured, ceilings_of, plain_of
from confu_core.report.wide import Line, lines_along, wide_table
from confu_core.report.wording import capitalised, file_stem

__all__ = ["groups", "zero_shot"]

FAMILY, GROUPS, ACCURACY = "zero_shot", "zero_shot_group", "accuracy"
GROUP_TITLES = {"xor": "XOR"}
LEDE = (
    "Species fall into groups by what tells them apart: either modality (redundant), only the picture, only the "
    "song, both together where each narrows it down (complement), or both together where neither says anything "
    "alone (xor). All that pairs tell ends at the pairwise ceiling, which in complement is that of both and in xor "
    "that of either alone."
)
TICKS = (
    " The black ticks are the best that any predictor could do with the same modalities: the Bayes accuracy, known "
    "from how the data were made; dashed, the best by all that pairs tell."
)
READINGS = (
    " Two readings of several descriptions: the mean of their scores, which is the headline, and their log-mean-exp "
    "over the temperature, in which each counts as an example of its own."
)
OF_GROUPS = "Accuracy in each group of classes, as the data come with them."
# What stands beside the accuracy of a query, as far as it is known.
LEVELS = (PLAIN, PAIRWISE, BEST)
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
    readings = [table for table in tables if table.title.startswith(f"Zero-shot {ACCURACY}")]
    conditions = sorted(shown.values(FAMILY, "condition", metric=ACCURACY), key=_place)
    facets = [
        Facet(
            TITLES.get(name, name),
            beside(shown, series, split=name),
            Panel(VALUE, "", ACCURACY, LEVELS, proportion=True),
        )
        for name in conditions
        if has_numbers(series := shown.series(FAMILY, "subject", metric=ACCURACY, condition=name))
    ]
    images = facet_images(FAMILY, "Zero-shot accuracy", facets, draw_bars, note=shown.note, height=2.5)
    return Section(
        FAMILY,
        f"Zero-shot {measured.words.one}",
        f"Each query is compared with the captions of all {measured.words.many}.{TICKS if measured.words.exact else ''}"
        f"{READINGS if len(readings) > 1 else ''}",
        images,
        tuple(readings),
        tuple(table for table in tables if table not in readings),
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
    title = "Zero-shot accuracy by kind of interaction" if measured.words.birds else "Zero-shot accuracy by group"
    tables = [_by_group(measured, metric, title) for metric in measured.values(GROUPS, "metric")]
    if not tables:
        return None
    facets = [
        Facet(
            GROUP_TITLES.get(group, capitalised(group)),
            beside(shown, series, group),
            Panel(VALUE, "", ACCURACY, LEVELS, proportion=True),
        )
        for group in shown.values(GROUPS, "condition", metric=ACCURACY)
        if has_numbers(series := shown.series(GROUPS, "subject", metric=ACCURACY, condition=group))
    ]
    captures = _captures(measured)
    images = facet_images(GROUPS, title, facets, draw_bars, note=shown.note, height=2.2)
    return Section(
        GROUPS,
        "By kind of interaction" if measured.words.birds else "By group",
        LEDE if measured.words.birds else OF_GROUPS,
        images,
        (*tables[:1], *([captures] if captures else [])),
        tuple(tables[1:]),
        notes=("Tinted by the share of the Bayes accuracy that is reached.",) if measured.words.exact else (),
    )


def beside(shown: Measured, series: list[Series], group: str = ALL, split: str = TEST) -> list[Series]:
    """Return series over queries with what pairs tell and what plain features reach beside what was measured."""
    plain = plain_of(shown) if (group, split) == (ALL, TEST) else {}

    def known(query: str) -> Row:
        pairwise = ceilings_of(shown, query, group).get(str(PAIRWISE.column)) if "+" in query else None
        return {str(PAIRWISE.column): pairwise, str(PLAIN.column): plain.get(query)}

    return beside_points(series, known)


def _by_group(measured: Measured, metric: str, title: str) -> Table:
    lines = [
        line
        for group in measured.values(GROUPS, "condition", metric=metric)
        for line in lines_along(measured.series(GROUPS, "subject", metric=metric, condition=group), group)
    ]
    keys = (Column("group", f"group of {measured.words.many}"), Column("query", "query"))
    reading = metric.removeprefix(ACCURACY)
    name = file_stem(GROUPS, reading)
    return wide_table(
        name, f"{title}{reading}", keys, lines, measured.groups, exact="Bayes accuracy", tinted=not reading
    )


def _captures(measured: Measured) -> Table | None:
    """Arrange the higher-order capture of each group beside its three ceilings."""
    lines = []
    for query in (name for name in measured.values(GROUPS, "subject", metric=ACCURACY) if "+" in name):
        groups = {ALL: (FAMILY, TEST)}
        groups |= {
            name: (GROUPS, name) for name in measured.values(GROUPS, "condition", metric=ACCURACY, subject=query)
        }
        for group, (family, condition) in groups.items():
            levels = ceilings_of(measured, query, group)
            found = measured.series(family, metric=ACCURACY, subject=query, condition=condition)
            exact = [levels.get(str(line.column)) for line in CEILINGS]
            lines.append(Line((group, query, *exact), tuple(one.at(None) for one in captured(found, levels))))
    if all(point is None for line in lines for point in line.points):
        return None
    ceilings = (Column(str(line.column), line.label, exact=True) for line in CEILINGS)
    keys = (Column("group", f"group of {measured.words.many}"), Column("query", "query"), *ceilings)
    return wide_table("capture", "Higher-order capture by group", keys, lines, measured.groups)


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
