"""The table of AV-MNIST is that of the runs that were kept."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import scipy.stats
from markdown_pages import ROOT, table, text

METHODS = ("clip", "confu", "gram", "hub", "symile", "triangle")  # Those that the page measures.


def test_the_table_holds_three_seeds_of_every_method() -> None:
    found: dict[tuple[str, ...], list[float]] = defaultdict(list)
    with (ROOT / "docs/figures/av_results.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["method"], row["family"], row["subject"], row["condition"]].append(float(row["value"]))
    rows = {row["method"]: row for row in table(text("docs/av-mnist.md").split("<!-- table: reached -->")[1], "method")}
    both = "image+audio"
    columns = {
        "V": ("zero_shot", "image", "test"),
        "A": ("zero_shot", "audio", "test"),
        "A+V": ("zero_shot", both, "test"),
    }
    columns |= {f"A+V, {kind} probe": ("probe", both, kind) for kind in ("linear", "bilinear")}
    for method in METHODS:
        for column, place in columns.items():
            values = found[(method, *place)]
            if not values:
                assert rows[method][column] == "" and method in ("symile", "triangle") and column in "AV"
                continue
            half = scipy.stats.sem(values) * scipy.stats.t.ppf(0.975, 2)
            assert len(values) == 3 and rows[method][column] == f"{np.mean(values):.3f} ± {half:.3f}"
