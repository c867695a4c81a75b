"""The Python in the pages runs, and their tables name what there is."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from markdown_pages import ROOT, blocks, section, table, text

from birdmml.data import BirdRecipe
from birdmml.settings import Settings as BirdSettings
from confu_core.runs.results import COST_SCHEMA, DIRECTION, METRICS
from confu_core.shards import Manifest, build
from xor_bench.data import XorRecipe
from xor_bench.settings import Settings
from xor_bench.sweep import PRESETS, run_sweep

if sys.version_info >= (3, 11):
    import tomllib


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the dataset and the results that the pages speak of, small."""
    root = tmp_path_factory.mktemp("pages")
    recipe = XorRecipe(p=(0.0, 0.5, 1.0), rows_per_p={"train": 20, "validation": 5, "test": 10})
    build(recipe, root / "data/xor", formats=("parquet", "webdataset"), shard_rows=25)
    quick = {"bits": 1, "epochs": 1, "train_samples": 20, "test_samples": 20, "batch_size": 10}
    run_sweep({"method": ["clip", "confu"]}, root / "runs/demo", fixed=quick)
    return root


def code(page: str) -> list[object]:
    return [pytest.param(block, id=f"{page}-{i}") for i, block in enumerate(blocks(page, "python"))]


# webdataset leaves it to the garbage collector to close the tars.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("block", [*code("docs/data.md"), *code("docs/results-folder.md"), *code("docs/xor-theory.md")])
def test_the_python_of_a_page_runs(block: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "from datasets" in block and importlib.util.find_spec("datasets") is None:
        pytest.skip("datasets is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(folder)
    found: dict[str, object] = {}
    exec(compile(block, "page", "exec"), found)
    for name, count in {"frame": (60, 2), "half": (20,), "table": (20,), "rows": (60,), "every": (18,)}.items():
        assert name not in found or len(found[name]) in count  # type: ignore[arg-type]


def test_what_can_be_known_in_python_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = [each for each in blocks("docs/in-python.md", "python") if "bayes_accuracy" in each]
    exec(compile(block, "in-python.md", "exec"), {})
    printed = capsys.readouterr().out
    number = r"(-?\d\.\d+)"
    (shown,) = blocks("docs/in-python.md", "text")
    assert re.sub(number, "#", printed) == re.sub(number, "#", shown)
    assert printed.splitlines()[:2] == shown.splitlines()[:2]
    # Trained numbers differ from machine to machine; what they show does not.
    for lines in (printed, shown):
        (_, confu), (_, clip) = (re.findall(number, line) for line in lines.splitlines()[2:])
        assert float(confu) > 0.95 and float(clip) < 0.5


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the birds that pages speak of, few and small."""
    root = tmp_path_factory.mktemp("birds")
    build(BirdRecipe(BirdSettings(species=20, per_species=4, size=32, seconds=0.5)), root / "data/birds")
    return root


def test_the_python_of_the_page_on_python_runs(birds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(birds)
    found: dict[str, Any] = {}
    for block in blocks("docs/in-python.md", "python"):
        if "bayes_accuracy" not in block:  # Which has a test of its own.
            exec(compile(block, "in-python.md", "exec"), found)
    assert found["loss"].isfinite() and tuple(found["c"].shape) == (10_000, 5)
    assert found["train"][0]["image"].shape == (3, 48, 48)
    assert found["page"].name == "index.html" and len(found["frame"]) == 4
    (losses, dataset) = [each for each in blocks("README.md", "python") if "evaluate" not in each]
    for block in (losses, dataset):
        assert len([line for line in block.splitlines() if line]) == 2
        exec(compile(block, "README.md", "exec"), dict.fromkeys(("a", "b", "c", "ab", "ac", "bc"), found["ab"]))


def test_the_python_that_measures_embeddings_runs(birds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(birds)
    found: dict[str, Any] = {}
    for block in blocks("docs/own-model.md", "python"):
        exec(compile(block, "own-model.md", "exec"), found)
    assert Path("runs/mine/results.parquet").is_file()
    assert found["batch"]["image"].shape == (32, 3, 48, 48)
    (readme,) = [each for each in blocks("README.md", "python") if "evaluate" in each]
    arrays = {"x": found["image"], "y": found["audio"], "d": found["descriptions"]}
    exec(compile(readme, "README.md", "exec"), arrays)


def test_the_page_of_results_names_every_column() -> None:
    page = text("docs/results-folder.md")
    said = {row["column"]: row["type"] for row in table(page.partition("Then the metrics")[2], "column")}
    assert list(said) == list(METRICS)
    assert all(str(kind).startswith(said[name].split()[0]) for name, kind in METRICS.items())
    fields = [name for row in table(page, "field of a direction") for name in row["field of a direction"].split(", ")]
    assert set(fields) == {DIRECTION.field(i).name for i in range(DIRECTION.num_fields)}
    assert [
        row["column"] for row in table(section("docs/results-folder.md", "costs.parquet"), "column")
    ] == COST_SCHEMA.names


def test_the_page_of_results_names_every_setting() -> None:
    listed = text("docs/results-folder.md").partition("Then one column per setting")[2].partition("and the options")[0]
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted({f.name for f in fields(Settings)} - {"options"})


def test_the_page_of_data_names_every_column_and_field() -> None:
    columns = [name for row in table(text("docs/data.md"), "column") for name in row["column"].split(", ")]
    assert columns == XorRecipe(noise=0.1, unreliable=0.2).schema.names
    fields = [name for row in table(text("docs/data.md"), "field") for name in row["field"].split(", ")]
    assert fields == list(Manifest.__annotations__)


def test_the_page_of_xor_results_names_every_preset() -> None:
    assert all(preset in text("docs/xor-results.md") for preset in PRESETS)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with Python 3.11")
def test_the_page_of_dependencies_names_each() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    extras = [need for needs in project["optional-dependencies"].values() for need in needs]
    page = text("docs/dependencies.md")
    for need in [*project["dependencies"], *extras]:
        name = re.match(r"[\w-]+", need)
        assert name and re.search(rf"\| [^|]*\b{name[0]}\b[^|]* \|", page), f"docs/dependencies.md lacks {need}"


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md")))])
def test_links_to_files_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(page)):
        # The API pages are written when the documentation is built, and figures of results after a sweep.
        if not target.startswith("api/") and "figure3" not in target:
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"
