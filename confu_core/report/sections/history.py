"""Training: losses and the bound on the total correlation by epoch."""

from __future__ import annotations

from collections.abc import Mapping

from confu_core.report.exact import Reference
from confu_core.report.panels import Panel, draw_facets, draw_lines
from confu_core.report.sections import Section, ordered, panels_of, section
from confu_core.report.tables import Column, Line, Table, wide_table
from confu_core.report.tidy import REFERENCE, Measures, Series

FAMILY = "history"
BOUND = "total_correlation_bound"
EXACT = Reference("exact total correlation", "solid", REFERENCE)
TITLES = {"loss": "Training loss", "validation_loss": "Validation loss", BOUND: "Total correlation bound"}


@section(150)
def history(measured: Measures, shown: Measures) -> Section | None:
    """Show how training went."""
    table = _last(measured)
    if not table.rows:
        return None
    known = measured.rows(FAMILY, metric=BOUND)[REFERENCE].notna().any()

    def panel(series: list[Series], of: Mapping[str, str]) -> Panel:
        metric = of["metric"]
        return Panel(TITLES[metric], series, "epoch", "nats", (EXACT,) if metric == BOUND and known else ())

    panels = [each for metric in TITLES for each in panels_of(shown, FAMILY, (), "x", panel, metric=metric)]
    remarks = ["Bands that reach beyond the axes are cut off.", shown.note]
    return Section(
        FAMILY,
        "Training",
        "Losses by epoch, and what the scores prove about the total correlation of the modalities"
        f"{', beside its exact value' if known else ''}.",
        draw_facets(FAMILY, "Losses by epoch", panels, draw_lines, remarks=remarks, height=2.3),
        folded=(table,),
        notes=(
            "Methods sum different terms: their losses cannot be compared with each other, only over epochs.",
            *(
                f"The total correlation of {name} is exactly {value:.3f} nats; these are other variables than those "
                "whose scores bound theirs, so neither is a bound on the other."
                for name, value in measured.other_totals().items()
            ),
        ),
    )


def _last(measured: Measures) -> Table:
    """Arrange what each term was in the last epoch; lower is not better across methods, so nobody wins a loss."""
    lines = [
        Line(
            (TITLES.get(metric, f"term {metric}"),),
            tuple(
                max(one.points, key=lambda point: point.x, default=None)
                for one in measured.series(FAMILY, "x", metric=metric)
            ),
        )
        for metric in ordered(measured.values(FAMILY, "metric"), TITLES)
    ]
    title, key = "Losses in the last epoch (nats)", Column("metric", "loss")
    return wide_table(FAMILY, title, (key,), lines, measured.groups, exact="exact", best=False)
