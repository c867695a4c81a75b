"""The reference results that come with the packages: what was kept of their runs, and beside everybody's."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import birdmml
import xor_bench
from birdmml.data import NAME, VERSION
from confu_core.report import write_report
from confu_core.runs.measures import read_measures
from confu_core.runs.results import read_results, write_results
from xor_bench.data import BENCHMARK
from xor_bench.run import run
from xor_bench.settings import Settings

FIGURES = Path(__file__).parents[2] / "docs" / "figures"
BIRDS = Path(birdmml.__file__).parent / "reference"
XOR = Path(xor_bench.__file__).parent / "reference"


KEYS = ["method", "p", "seed"]


def default(inputs: str, dim: int) -> pd.DataFrame:
    """What was kept of XOR with one coding and else the defaults of the task and of each method."""
    kept = pd.read_csv(FIGURES / "xor.csv").query("inputs == @inputs and dim == @dim and depth == 1 and warmup == 0.3")
    own = kept.method.map({"eao": 0.05, "comm": 0.1, "infmasking": 0.1}).fillna(0.07)
    kept = kept[(kept.lr == 0.005) & ((kept.temperature == own) | kept.temperature.isna()) & ~kept.anchor.isin([1, 2])]
    return kept[kept.seed.isin(range(5))].set_index(KEYS)["ac->b"].sort_index()


def test_of_xor_they_are_the_kept_runs_at_the_defaults() -> None:
    frame = read_results(XOR).frame
    first, second = (
        frame[frame.inputs == inputs].set_index(KEYS).accuracy.sort_index() for inputs in ("bits", "bits01")
    )
    methods = ["confu", "gram", "triangle", "symile", "clip"]
    kept = default("bits", 32)
    pd.testing.assert_series_equal(first, kept[kept.index.isin(methods, "method")], check_names=False)
    kept = default("bits01", 16)
    kept = kept[kept.index.isin([0.1, 0.3, 0.5, 0.7, 0.9], "p")]
    pd.testing.assert_series_equal(second, kept, check_names=False)
    assert len(first) == 5 * 11 * 5 and len(second) >= 260 and {"eao", "gated-symile"} < set(frame.method)
    assert read_results(XOR).version == BENCHMARK["version"]


def test_a_run_of_today_has_them_beside_it(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    row = run(Settings(method="clip", epochs=1, train_samples=200, test_samples=100, batch_size=100))
    write_results(
        own, BENCHMARK["benchmark"], [{**row, "method": "mine", "status": "done"}], version=BENCHMARK["version"]
    )
    write_report([own], tmp_path / "page", reference=XOR)
    with (tmp_path / "page" / "results.csv").open() as file:
        found = {(row["method"], row["inputs"], row["p"]) for row in csv.DictReader(file)}
    assert found == {(name, "bits", "0.5") for name in ("mine", "confu", "gram", "triangle", "symile", "clip")}


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


@pytest.mark.parametrize(("known", "methods"), [(BIRDS, 11), (XOR, 5)])
def test_they_stand_beside_ones_own_on_the_same_data(tmp_path: Path, known: Path, methods: int) -> None:
    found, page = reported(tmp_path, known)
    assert "own: mine" in found and len(found) == methods + 1
    assert "reference: confu" in found and "reference: confu" in page


def test_without_being_asked_a_report_says_what_baselines_reach_on_the_same_data(tmp_path: Path) -> None:
    held = read_results(BIRDS).frame.query("method == 'supervised'").accuracy
    said = "On these data, of the results that come with this package: supervised, 32 epochs, "
    said += f"{len(held)} seeds: {held.mean():.3f} ±"
    for method, data, expected in (("mine", None, 1), ("supervised", None, 0), ("mine", "0123456789ab", 0)):
        own = tmp_path / f"{method}{data}"
        own.mkdir()
        row = {**read_results(BIRDS).rows()[0], "method": method, **({"data": data} if data else {})}
        write_results(own, NAME, [row], version=f"{NAME}-{VERSION}")
        page = write_report([own], own / "report", reference=BIRDS, whole=False)[0].read_text()
        assert page.count(said) == expected and "reference: " not in page, data


def test_how_long_they_were_trained_is_said_wherever_they_stand_beside_shorter_runs(tmp_path: Path) -> None:
    found, page = reported(tmp_path, XOR, epochs=3)
    assert {"own: mine", "reference (epochs 50): confu"} < found
    assert "Comparing own with reference (epochs 50)." in page and "reference: confu" not in page
    assert "<!-- reference (epochs 50): confu -->" in page  # The label of a line in a legend, which is drawn.


def test_on_other_data_there_are_none_and_a_line_says_so(tmp_path: Path) -> None:
    found, page = reported(tmp_path, BIRDS, data="0123456789ab")
    assert found == {"own: mine"}
    assert f"There are no reference results of birdmml-{VERSION} on these data." in page
