"""What the fused embedding is made of: its gain over single modalities, and how it depends on each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confu_core.report.bars import draw_bars
from confu_core.report.facet import Facet, has_numbers
from confu_core.report.facets import facet_images
from confu_core.report.measured import REFERENCE, VALUE, Measured
from confu_core.report.panel import Panel, Reference
from confu_core.report.sections.section import Section
from confu_core.report.table import Column, Table
from confu_core.report.wide import lines_along, wide_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["complementarity", "dependence"]

AVAILABLE = Reference("available gain", "solid", REFERENCE)
GAIN, CAPTURE = "gain", "higher-order capture"
GAINS = {GAIN: "gain in accuracy", CAPTURE: CAPTURE, "fusion gain captured": "fusion gain captured"}
OF_ANY_ORDER = (
    "The gain over the best single modality is of any order: adding up two scores has its share of it. Higher-order "
    "capture counts from the pairwise ceiling instead."
)
CUT = "Intervals that reach beyond the axes are cut off."
DEPENDENCE = {"drop": "drop in accuracy", "R²": "R²"}
TITLES = {"drop": "One modality shuffled", "R²": "Predicted from one embedding"}


def complementarity(measured: Measured, shown: Measured) -> Section | None:
    """Show what the fused query gains over the best single one.

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
    family = "complementarity"
    of_classes = f"group of {measured.words.many}"
    keys = (Column("metric", "metric"), Column("query", "query"), Column("group", of_classes))
    table = _table(measured, family, "Complementarity", keys, GAINS, exact="to be had")
    if not table.rows:
        return None
    facets = [
        Facet(subject, series, Panel(VALUE, of_classes, GAINS["gain"], (AVAILABLE,)))
        for subject in shown.values(family, "subject", metric="gain")
        if has_numbers(series := shown.series(family, "condition", metric="gain", subject=subject))
    ]
    title = "Gain of the fused query over the best single one"
    images = facet_images(family, title, facets, draw_bars, remark=CUT, note=shown.note, columns=1, height=2.6)
    return Section(
        family,
        "Complementarity",
        f"Accuracy of the fused query less that of the best single one, in each {of_classes}. {_exact(measured)}",
        images,
        (table,),
        notes=(OF_ANY_ORDER,) if measured.words.exact else (),
    )


def _exact(measured: Measured) -> str:
    if measured.words.exact:
        return "The black ticks are what there is to gain: the difference between the Bayes accuracies."
    told = "" if measured.words.described else " Classes are told by probes."
    return f"What there is to gain is not known.{told}"


def dependence(measured: Measured, shown: Measured) -> Section | None:
    """Show how much the fused embedding depends on each of its modalities.

    Parameters
    ----------
    measured, shown
        As for `complementarity`.

    Returns
    -------
    Section or None
        None where nothing of the kind was measured.
    """
    family = "dependence"
    keys = (Column("metric", "metric"), Column("query", "query"), Column("modality", "modality"))
    table = _table(measured, family, "Dependence of the fused embedding", keys, DEPENDENCE, best=False)
    if not table.rows:
        return None
    facets = [
        Facet(_title(shown, metric, subject), series, Panel(VALUE, "", DEPENDENCE.get(metric, metric)))
        for metric in _metrics(shown, family, DEPENDENCE)
        for subject in shown.values(family, "subject", metric=metric)
        if has_numbers(series := shown.series(family, "condition", metric=metric, subject=subject))
    ]
    title = "Dependence of the fused embedding on each modality"
    images = facet_images(family, title, facets, draw_bars, remark=CUT, note=shown.note, columns=2, height=2.3)
    return Section(
        family,
        "Does the fused embedding use both?",
        "The drop in accuracy when one modality is another sample's, and how well one single embedding predicts the "
        "fused one linearly (R²).",
        images,
        (table,),
        notes=(
            "An R² of 1 means that the fused embedding is a copy of that modality: it holds nothing of the other. A "
            "drop of 0 means that the modality is not used.",
        ),
    )


def _title(shown: Measured, metric: str, subject: str) -> str:
    title = TITLES.get(metric, metric)
    return title if len(shown.values("dependence", "subject")) == 1 else f"{title}: {subject}"


def _metrics(measured: Measured, family: str, known: Mapping[str, str]) -> list[str]:
    found = measured.values(family, "metric")
    return [*(name for name in known if name in found), *(name for name in found if name not in known)]


def _table(
    measured: Measured,
    family: str,
    title: str,
    keys: Sequence[Column],
    known: Mapping[str, str],
    exact: str = "",
    best: bool = True,
) -> Table:
    lines = [
        line
        for metric in _metrics(measured, family, known)
        for subject in measured.values(family, "subject", metric=metric)
        for line in lines_along(
            measured.series(family, "condition", metric=metric, subject=subject), known.get(metric, metric), subject
        )
    ]
    return wide_table(family, title, keys, lines, measured.groups, exact=exact, best=best)
