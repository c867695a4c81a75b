"""Training: losses and the bound on the total correlation by epoch."""

from __future__ import annotations

from confu_core.report.facet import Facet, has_numbers
from confu_core.report.facets import facet_images
from confu_core.report.lines import draw_lines
from confu_core.report.measured import REFERENCE, VALUE, Measured
from confu_core.report.panel import Panel, Reference
from confu_core.report.sections.section import Section
from confu_core.report.series import Point, Series
from confu_core.report.table import Column, Table
from confu_core.report.wide import Line, wide_table

__all__ = ["history"]

FAMILY = "history"
BOUND = "total_correlation_bound"
EXACT = Reference("exact total correlation", "solid", REFERENCE)
TITLES = {"loss": "Training loss", "validation_loss": "Validation loss", BOUND: "Total correlation bound"}


def history(measured: Measured, shown: Measured) -> Section | None:
    """Show how training went.

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
    table = _last(measured)
    if not table.rows:
        return None
    known = any(row[REFERENCE] is not None for row in measured.rows(FAMILY, metric=BOUND))
    facets = [
        Facet(title, series, Panel(VALUE, "epoch", "nats", (EXACT,) if metric == BOUND and known else ()))
        for metric, title in TITLES.items()
        if has_numbers(series := shown.series(FAMILY, "x", metric=metric))
    ]
    remark = "Bands that reach beyond the axes are cut off."
    images = facet_images(FAMILY, "Losses by epoch", facets, draw_lines, remark=remark, note=shown.note, height=2.3)
    return Section(
        FAMILY,
        "Training",
        "Losses by epoch, and what the scores prove about the total correlation of the modalities"
        f"{', beside its exact value' if known else ''}.",
        images,
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


def _last(measured: Measured) -> Table:
    """Arrange what each term was in the last epoch."""
    names = measured.values(FAMILY, "metric")
    ordered = [*(name for name in TITLES if name in names), *(name for name in names if name not in TITLES)]
    lines = [
        Line((TITLES.get(metric, f"term {metric}"),), tuple(map(_final, measured.series(FAMILY, "x", metric=metric))))
        for metric in ordered
    ]
    # Lower is not better across methods: nobody wins a loss.
    return wide_table(
        FAMILY,
        "Losses in the last epoch (nats)",
        (Column("metric", "loss"),),
        lines,
        measured.groups,
        exact="exact",
        best=False,
    )


def _final(one: Series) -> Point | None:
    return max(one.points, key=lambda point: point.x, default=None)
