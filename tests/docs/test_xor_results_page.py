"""The tables of XOR results are those of the runs that were kept, and these are of grids that the page names."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from statistics import mean

import pytest
import scipy.stats
from markdown_pages import ROOT, section, table, text

from xor_bench.sweep import PRESETS, grid_cells
from xor_bench.theory import bayes_accuracy

PAGE = "docs/xor-results.md"
METHODS = {"ConFu": "confu", "Symile": "symile", "GRAM": "gram", "TRIANGLE": "triangle", "pairwise CLIP": "clip"}
EVERY = METHODS | {"hub CLIP": "hub"}
TEST, VALIDATION = ("0", "1", "2", "3", "4"), ("10", "11")
USUAL = {"lr": "0.005", "temperature": "0.07", "anchor": "0", "depth": "1"}
Row = dict[str, str]


def kept(name: str, where: Callable[[Row], bool]) -> list[Row]:
    with (ROOT / "docs/figures" / name).open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if where(row)]


def runs(seeds: tuple[str, ...] = TEST, **wanted: str) -> list[Row]:
    """Runs of some seeds, with the defaults but for what is wanted."""
    asked = {**USUAL, **wanted}

    def fits(row: Row) -> bool:
        # A dial that a method lacks is empty; whole numbers are written with a point where some are missing.
        held = {name: row[name].removesuffix(".0") or USUAL[name] for name in asked}
        return row["seed"] in seeds and held == asked

    return kept("xor.csv", fits)


def best(p: str) -> float:
    return bayes_accuracy(float(p), 5, ("a", "c"), "b")


def ends(values: list[float]) -> str:
    low, high = f"{min(values):.3f}", f"{max(values):.3f}"
    return low if low == high else f"{low} to {high}"


def after(mark: str, first: str) -> list[Row]:
    return table(text(PAGE).split(f"<!-- table: {mark} -->")[1], first)


@pytest.mark.parametrize(
    ("heading", "inputs", "dim"),
    [("Bits as 0 and 1, 16 dimensions", "bits01", "16"), ("Bits as -1 and 1, 32 dimensions", "bits", "32")],
)
def test_the_tables_hold_the_least_and_the_greatest_of_five_seeds(heading: str, inputs: str, dim: str) -> None:
    rows = table(section(PAGE, heading), "p̂")
    assert [float(row["p̂"]) for row in rows] == PRESETS["codings"]["p"]
    found = defaultdict(list)
    for run in runs(inputs=inputs, dim=dim):
        found[run["method"], float(run["p"])].append(float(run["ac->b"]))
    for row in rows:
        assert float(row["Bayes"]) == pytest.approx(best(row["p̂"]), abs=5e-4)
        for name, method in METHODS.items():
            values = found[method, float(row["p̂"])]
            assert len(values) == 5 and row[name] == ends(values)


def test_the_worst_runs_and_the_other_directions() -> None:
    for row in after("misses", "method"):
        own = runs(method=METHODS[row["method"]], inputs=row["inputs"].strip("`"), dim=row["dim"], depth=row["depth"])
        gaps = {(run["p"], run["seed"]): float(run["ac->b"]) - best(run["p"]) for run in own}
        where = min(gaps, key=lambda place: gaps[place])
        assert float(row["worst"]) == pytest.approx(gaps[where], abs=5.1e-4) and float(row["at p̂"]) == float(where[0])
        assert row["runs below by 0.02"] == f"{sum(gap < -0.02 for gap in gaps.values())} of {len(gaps)}"
    for row in after("other-directions", "method"):
        own = runs(method=METHODS[row["method"]], inputs="bits", dim="32", depth=row["depth"])
        for direction in ("ac->b", "ab->c", "bc->a"):
            values = [float(run[direction]) for run in own if float(run["p"]) == float(row["p̂"])]
            assert len(values) == 5 and row[f"`{direction}`"] == ends(values)


def test_the_table_around_the_defaults() -> None:
    grid = PRESETS["robustness"]
    rows = after("plateau", "method")
    assert len(rows) == 16
    for row in rows:
        task = {"inputs": row["inputs"].strip("`"), "dim": row["dim"], "depth": row["depth"]}
        for lr in grid["lr"]:
            own = runs(("0", "1", "2"), method=METHODS[row["method"]], lr=f"{lr:g}", **task)
            gaps = [float(run["ac->b"]) - best(run["p"]) for run in own if float(run["p"]) in grid["p"]]
            assert len(gaps) == 9 and float(row[f"rate {lr:g}"]) == pytest.approx(min(gaps), abs=5.1e-4)


def test_the_branches_of_gram_are_its_seeds_in_order() -> None:
    for row in after("branches", "p̂"):
        own = runs(method="gram", inputs="bits01", dim="16")
        values = sorted(float(run["ac->b"]) for run in own if float(run["p"]) == float(row["p̂"]))
        assert row["here, five seeds"] == ", ".join(f"{value:.3f}" for value in values) and len(values) == 5


def test_what_is_best_was_best_in_the_search_and_lies_at_no_edge_that_matters() -> None:
    found: dict[str, dict[tuple[str, ...], list[float]]] = defaultdict(lambda: defaultdict(list))
    for run in kept("xor.csv", lambda row: row["seed"] in VALIDATION):
        found[run["method"]][run["lr"], run["temperature"], run["anchor"]].append(float(run["ac->b"]))
    for row in after("search", "method"):
        settings = found[EVERY[row["method"]]]
        assert int(row["settings"]) == len(settings) and {len(values) for values in settings.values()} == {10}
        means = {f"{mean(values):.3f}" for values in settings.values()}
        for name in ("rate", "temperature", "anchor"):
            assert {point.split(": ")[1] for point in row[name].split(", ") if row[name]} <= means
    for row in after("best-settings", "method"):
        settings = found[EVERY[row["method"]]]
        chosen = max(settings, key=lambda dials: mean(settings[dials]))
        said = [float(part.split()[1]) for part in row["chosen"].split(", ")]
        assert said == [float(value) for value in chosen if value]
        values = defaultdict(list)
        for run in kept("xor.csv", lambda run: run["seed"] in TEST and (run["inputs"], run["dim"]) == ("bits01", "16")):
            dials = (run["lr"], run["temperature"], run["anchor"])
            if (run["method"], run["depth"], dials) == (EVERY[row["method"]], "1", chosen):
                values[run["seed"]].append(float(run["ac->b"]))
        of_seeds = [mean(each) for each in values.values()]
        half = scipy.stats.sem(of_seeds) * scipy.stats.t.ppf(0.975, 4)
        assert {len(each) for each in values.values()} == {11}
        assert row["chosen, accuracy"] == f"{mean(of_seeds):.3f} ± {half:.3f}"


def test_the_table_over_modalities() -> None:
    every = kept("xor_modalities.csv", lambda run: True)
    for row in after("by-modalities", "parity of"):
        parity = "all" if row["M"] == "3" else row["parity of"]
        size, method = int(row["M"]), EVERY[row["method"]]
        place = (parity, row["M"], method)
        own = [run for run in every if (run["parity"], run["modalities"], run["method"]) == place]
        main = [
            float(run["accuracy"]) for run in own if int(run["order"]) == size - 1 and run["direction"].endswith("->b")
        ]
        assert len(main) == (5 if parity == "all" and size in (4, 5) else 3)
        assert float(row["accuracy"].split(" ± ")[0]) == pytest.approx(mean(main), abs=5.1e-4)
        for order in (2, 3, 4, 5):
            shares = [
                (float(run["accuracy"]) - float(run["pairwise_ceiling"]))
                / (float(run["bayes_accuracy"]) - float(run["pairwise_ceiling"]))
                for run in own
                if int(run["order"]) == order
                and run["defined"] == "True"
                and float(run["bayes_accuracy"]) - float(run["pairwise_ceiling"]) > 1e-9
            ]
            written = row[f"capture, {order} -> 1"]
            assert (float(written) if written else None) == (
                pytest.approx(mean(shares), abs=5.1e-3) if shares else None
            )


def test_the_presets_of_the_page_are_the_presets() -> None:
    said = {row["preset"].strip("`"): int(row["cells"]) for row in table(text(PAGE), "preset")}
    assert said == {name: len({cell.id for cell in grid_cells(grid, {})}) for name, grid in PRESETS.items()}
