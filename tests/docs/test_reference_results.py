"""The reference results that come with the packages: what was kept of their runs, and beside everybody's."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import birdmml
import xor_bench
from birdmml.data import VERSION
from confu_core.report import write_report
from confu_core.runs.measures import read_measures
from confu_core.runs.results import read_results, write_results
from xor_bench.data import BENCHMARK

FIGURES = Path(__file__).parents[2] / "docs" / "figures"
BIRDS = Path(birdmml.__file__).parent / "reference"
XOR = Path(xor_bench.__file__).parent / "reference"


def test_of_xor_they_are_the_kept_runs_at_the_defaults() -> None:
    kept = pd.read_csv(FIGURES / "xor.csv").query("inputs == 'bits' and dim == 32 and depth == 1 and lr == 0.005")
    kept = kept[kept.seed.isin(range(5)) & kept.method.isin(["confu", "gram", "triangle", "symile", "clip"])]
    kept = kept[~kept.temperature.isin(set(kept.temperature.dropna()) - {0.07}) & ~kept.anchor.isin([1, 2])]
    keys = ["method", "p", "seed"]
    frame = read_results(XOR).frame
    found = frame.set_index(keys).accuracy.sort_index()
    pd.testing.assert_series_equal(found, kept.set_index(keys)["ac->b"].sort_index(), check_names=False)
    assert len(found) == 5 * 11 * 5 and read_results(XOR).version == BENCHMARK["version"]


def test_of_birds_they_are_the_kept_numbers() -> None:
    kept = pd.read_csv(FIGURES / "bird_results.csv")
    held = read_measures(BIRDS).to_pandas().merge(read_results(BIRDS).frame[["cell", "method", "seed"]], on="cell")
    keys = ["method", "seed", "family", "subject", "metric", "condition", "x"]
    for frame in (kept, held):
        frame["condition"] = frame["condition"].fillna("")
        frame["x"] = frame["x"].fillna(-1.0)
    values = [frame.set_index(keys)["value"].sort_index() for frame in (held, kept)]
    pd.testing.assert_series_equal(*values)
    assert read_results(BIRDS).version == f"birdmml-{VERSION}"


def test_they_are_small() -> None:
    assert sum(path.stat().st_size for folder in (BIRDS, XOR) for path in folder.iterdir()) < 300_000


def reported(tmp_path: Path, known: Path, **changed: Any) -> tuple[set[str], str]:
    """What the results are of in the report of one run on the same data, but for what is changed."""
    results = read_results(known)
    own = tmp_path / "own"
    own.mkdir()
    row = {**results.rows()[0], "method": "mine", **changed}
    write_results(own, results.benchmark, [row], version=results.version)
    page = write_report([own], tmp_path / "page", reference=known)[0].read_text()
    with (tmp_path / "page" / "results.csv").open() as file:
        return {f"{row['folder']}: {row['method']}" for row in csv.DictReader(file)}, page


@pytest.mark.parametrize(("known", "methods"), [(BIRDS, 6), (XOR, 5)])
def test_they_stand_beside_ones_own_on_the_same_data(tmp_path: Path, known: Path, methods: int) -> None:
    found, page = reported(tmp_path, known)
    assert "own: mine" in found and len(found) == methods + 1
    assert "reference: confu" in found and "reference: confu" in page


def test_how_long_they_were_trained_is_said_wherever_they_stand_beside_shorter_runs(tmp_path: Path) -> None:
    found, page = reported(tmp_path, XOR, epochs=3)
    assert {"own: mine", "reference (epochs 50): confu"} < found
    assert "Comparing own with reference (epochs 50)." in page and "reference: confu" not in page
    assert "<!-- reference (epochs 50): confu -->" in page  # The label of a line in a legend, which is drawn.


def test_on_other_data_there_are_none_and_a_line_says_so(tmp_path: Path) -> None:
    found, page = reported(tmp_path, BIRDS, data="0123456789ab")
    assert found == {"own: mine"}
    assert f"There are no reference results of birdmml-{VERSION} on these data." in page
