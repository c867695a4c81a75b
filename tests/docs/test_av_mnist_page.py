"""The table of AV-MNIST is that of the runs that were kept."""

from __future__ import annotations

import csv
from collections import defaultdict

import numpy as np
import scipy.stats
from markdown_pages import ROOT, table, text

FIRST = ("clip", "confu", "gram", "hub", "symile", "triangle")


def test_the_table_holds_every_seed_of_every_method() -> None:
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
    assert rows.keys() - {"plain features, with labels"} == {method for method, *_ in found} - {"bimodal"}
    for method in rows.keys() - {"plain features, with labels"}:
        for column, place in columns.items():
            values = found[(method, *place)]
            if len(values) < 2:
                assert rows[method][column] == "".join(f"{value:.3f}" for value in values)
            else:
                half = scipy.stats.sem(values) * scipy.stats.t.ppf(0.975, len(values) - 1)
                assert rows[method][column] == f"{np.mean(values):.3f} ± {half:.3f}"
            assert method not in FIRST or len(values) == (
                0 if column in "AV" and method in ("symile", "triangle") else 3
            )


def test_what_is_chosen_was_best_on_validation_and_is_shown_on_test_samples() -> None:
    found: dict[tuple[str, str], dict[tuple[str, ...], dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    with (ROOT / "docs/figures/av_search.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["subject"] == "image+audio":
                dials = (row["lr"], row["temperature"], row["anchor"])
                found[row["method"], row["condition"]][dials][int(row["seed"])] = float(row["value"])
    page = text("docs/av-mnist.md")
    searched = {row["method"]: row for row in table(page.split("<!-- table: search -->")[1], "method")}
    chosen = {row["method"]: row for row in table(page.split("<!-- table: chosen -->")[1], "method")}
    assert searched.keys() == chosen.keys() == {method for (method, _), runs in found.items() if len(runs) > 1}
    for method, row in chosen.items():
        validated = {dials: seeds[0] for dials, seeds in found[method, "validation"].items() if 0 in seeds}
        assert len(validated) == int(searched[method]["runs"]) > 1
        best = max(validated, key=lambda dials: validated[dials])
        said = {part.split()[0]: float(part.split()[1]) for part in row["chosen"].split(", ")}
        assert said == {
            name: float(value) for name, value in zip(("rate", "temperature", "anchor"), best, strict=True) if value
        }
        values = [*found[method, "test"][best].values()]
        half = scipy.stats.sem(values) * scipy.stats.t.ppf(0.975, len(values) - 1)
        assert len(values) == 3 and row["A+V, chosen"] == f"{np.mean(values):.3f} ± {half:.3f}"
