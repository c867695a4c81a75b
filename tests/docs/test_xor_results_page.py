"""The tables of XOR results are those of the runs that were kept, and these are of grids that the page names."""

from __future__ import annotations

import csv
from collections import defaultdict

import pytest
from markdown_pages import ROOT, section, table, text

from xor_bench.sweep import PRESETS, grid_cells
from xor_bench.theory import bayes_accuracy

PAGE = "docs/xor-results.md"
METHODS = {"ConFu": "confu", "Symile": "symile", "GRAM": "gram", "TRIANGLE": "triangle", "pairwise CLIP": "clip"}


def kept() -> dict[tuple[str, ...], list[float]]:
    """Accuracies by coding, width, depth, method and p."""
    found = defaultdict(list)
    with (ROOT / "docs/figures/xor.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["inputs"], row["dim"], row["depth"], row["method"], f"{float(row['p']):g}"].append(
                float(row["accuracy"])
            )
    return found


@pytest.mark.parametrize(
    ("heading", "inputs", "dim"),
    [("Bits as 0 and 1, 16 dimensions", "bits01", "16"), ("Bits as -1 and 1, 32 dimensions", "bits", "32")],
)
def test_the_tables_hold_the_least_and_the_greatest_of_the_seeds(heading: str, inputs: str, dim: str) -> None:
    runs = kept()
    rows = table(section(PAGE, heading), "p̂")
    assert [float(row["p̂"]) for row in rows] == PRESETS["codings"]["p"]
    for row in rows:
        assert float(row["Bayes"]) == pytest.approx(bayes_accuracy(float(row["p̂"]), 5, ("a", "c"), "b"), abs=5e-4)
        for name, method in METHODS.items():
            values = runs[inputs, dim, "1", method, row["p̂"]]
            assert len(values) == (5 if method == "gram" else 3)
            ends = list(map(float, row[name].split(" to ")))
            assert [ends[0], ends[-1]] == pytest.approx([min(values), max(values)], abs=5.1e-4)


def test_the_presets_of_the_page_are_the_presets() -> None:
    said = {row["preset"].strip("`"): int(row["cells"]) for row in table(text(PAGE), "preset")}
    assert said == {name: len({cell.id for cell in grid_cells(grid, {})}) for name, grid in PRESETS.items()}
