"""What the fused embedding is made of: its gain over single modalities, and how it depends on each."""

from __future__ import annotations

from collections.abc import Mapping

from confu_core.report.exact import Reference
from confu_core.report.panels import Panel
from confu_core.report.sections import Section, measure_section, section
from confu_core.report.tables import Column
from confu_core.report.tidy import REFERENCE, Measures, Series
from confu_core.report.words import ReportWords

KEYS = {"metric": Column("metric", "metric"), "subject": Column("query", "query")}
AVAILABLE = Reference("available gain", "solid", REFERENCE)
GAINS = {
    "gain": "gain in accuracy",
    "higher-order capture": "higher-order capture",
    "fusion gain captured": "fusion gain captured",
}
OF_ANY_ORDER = (
    "The gain over the best single modality is of any order: adding up two scores has its share of it. Higher-order "
    "capture counts from the pairwise ceiling instead."
)
CUT = "Intervals that reach beyond the axes are cut off."
DEPENDENCE = {"drop": "drop in accuracy", "R²": "R²"}
LATE = {"accuracy": "accuracy", "fused less late": "fused query less late fusion", "weight": "weight"}
TITLES = {"drop": "One modality shuffled", "R²": "Predicted from one embedding"}


@section(50)
def complementarity(measured: Measures, shown: Measures) -> Section | None:
    """Show what the fused query gains over the best single one."""
    of_classes = f"group of {measured.words.many}"
    return measure_section(
        measured,
        shown,
        "complementarity",
        title="Complementarity",
        lede=f"Accuracy of the fused query less that of the best single one, in each {of_classes}. "
        f"{_available(measured.words)}",
        keys={**KEYS, "condition": Column("group", of_classes)},
        names={"metric": GAINS},
        drawn={"metric": "gain"},
        panel=lambda series, of: Panel(of["subject"], series, of_classes, GAINS["gain"], (AVAILABLE,)),
        figure_title="Gain of the fused query over the best single one",
        exact="to be had",
        remarks=[CUT],
        notes=(OF_ANY_ORDER,) if measured.words.exact else (),
        columns=1,
        height=2.6,
    )


def _available(words: ReportWords) -> str:
    if words.exact:
        return "The black ticks are what there is to gain: the difference between the Bayes accuracies."
    told = "" if words.described else " Classes are told by probes."
    return f"What there is to gain is not known.{told}"


@section(55)
def late_fusion(measured: Measures, shown: Measures) -> Section | None:
    """Show what the modalities reach that are told one by one and added up."""
    family = "late_fusion"
    return measure_section(
        measured,
        shown,
        family,
        title="Late fusion",
        lede="What every modality tells by itself, added up as log-probabilities with one weight each, fitted on "
        "validation: the baseline of every fused query. It holds nothing that only several modalities together tell.",
        keys={"metric": KEYS["metric"], "condition": Column("modality", "modality"), "subject": KEYS["subject"]},
        names={"metric": LATE},
        drawn={"metric": "accuracy"},
        panel=lambda series, of: Panel("", series, "", LATE["accuracy"], proportion=True),
        figure_title="Accuracy of late fusion",
        notes=("A fused query that is not above it has learnt no more than an ensemble of its single modalities.",),
        columns=2,
        height=2.3,
        folded=True,
    )


@section(70)
def dependence(measured: Measures, shown: Measures) -> Section | None:
    """Show how much the fused embedding depends on each of its modalities."""
    family = "dependence"
    several = len(shown.values(family, "subject")) > 1

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        metric, subject = of["metric"], of["subject"]
        title = TITLES.get(metric, metric)
        return Panel(f"{title}: {subject}" if several else title, series, "", DEPENDENCE.get(metric, metric))

    return measure_section(
        measured,
        shown,
        family,
        title="Does the fused embedding use both?",
        lede="The drop in accuracy when one modality is another sample's, and how well one single embedding predicts "
        "the fused one linearly (R²).",
        keys={**KEYS, "condition": Column("modality", "modality")},
        names={"metric": DEPENDENCE},
        panel=panel,
        table_title="Dependence of the fused embedding",
        figure_title="Dependence of the fused embedding on each modality",
        exact="",
        best=False,
        remarks=[CUT],
        notes=(
            "An R² of 1 means that the fused embedding is a copy of that modality: it holds nothing of the other. A "
            "drop of 0 means that the modality is not used.",
        ),
        columns=2,
        height=2.3,
    )
