"""Write the table of the page of AV-MNIST from the runs of its sweep, or from what was kept of them.

    python docs/figures/av_results.py runs/av

adds to ``av_results.csv``, one line per number, and writes the table below its mark in ``docs/av-mnist.md``; without a
folder it takes the file as it stands.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pandas as pd
from tables import HERE, interval, kept_with, put_tables, table

KEPT = HERE / "av_results.csv"
METHODS = ("clip", "confu", "symile", "hub", "triangle", "gram", "eao", "gated-symile", "pmrl", "comm", "infmasking")
METHODS += ("supervised",)
QUERIES = {"V": "image", "A": "audio", "A+V": "image+audio"}
PROBES = ("linear", "bilinear")


def collected(folder: str) -> pd.DataFrame:
    """Read the accuracies on test samples by named classes, and those of probes of both, in place of the same ones."""
    rows = pd.read_parquet(Path(folder, "results.parquet"), columns=["cell", "method", "seed"])
    found = pd.read_parquet(Path(folder, "measures.parquet")).merge(rows, on="cell")
    told = (found.family == "zero_shot") & (found.condition == "test")
    probed = (found.family == "probe") & found.condition.isin(PROBES) & (found.subject == QUERIES["A+V"])
    plain = (found.family == "plain") & (found.seed == 0) & (found.method == METHODS[0])
    kept = found[(told | probed | plain) & (found.metric == "accuracy") & found.defined]
    columns = ["method", "seed", "family", "subject", "condition"]
    return kept_with(KEPT, kept[[*columns, "value"]], columns).round({"value": 5})


def reached(frame: pd.DataFrame) -> str:
    """Write what each method reaches; empty where it defines no score."""

    def cell(method: str, family: str, subject: str, condition: str) -> str:
        where = "method == @method and family == @family and subject == @subject and condition == @condition"
        values = frame.query(where).value
        return interval(values) if len(values) else ""

    rows = [
        [method]
        + [cell(method, "zero_shot", query, "test") for query in QUERIES.values()]
        + [cell(method, "probe", QUERIES["A+V"], kind) for kind in PROBES]
        for method in METHODS
    ]
    rows = [row for row in rows if any(row[1:])]
    plain = [cell(METHODS[0], "plain", query, "linear") for query in QUERIES.values()]
    rows.append(["plain features, with labels", *plain, "", ""])
    return table(["method", *QUERIES, *(f"A+V, {kind} probe" for kind in PROBES)], rows)


def main() -> None:
    """Collect what is given, and write the table."""
    if sys.argv[1:]:
        collected(sys.argv[1]).to_csv(KEPT, index=False, lineterminator="\n")
    put_tables("av-mnist.md", {"reached": partial(reached, pd.read_csv(KEPT))})


if __name__ == "__main__":
    main()
