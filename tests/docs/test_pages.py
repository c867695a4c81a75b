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
@pytest.mark.parametrize("block", [*code("docs/data.md"), *code("docs/results.md"), *code("docs/xor-theory.md")])
def test_the_python_of_a_page_runs(block: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "from datasets" in block and importlib.util.find_spec("datasets") is None:
        pytest.skip("datasets is not installed")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(folder)
    found: dict[str, object] = {}
    exec(compile(block, "page", "exec"), found)
    for name, count in {"frame": (60, 2), "half": (20,), "table": (20,), "rows": (60,), "every": (18,)}.items():
        assert name not in found or len(found[name]) in count  # type: ignore[arg-type]


def test_the_python_of_the_readme_shows_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = [each for each in blocks("README.md", "python") if "xor_bench" in each]
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    number = r"(-?\d\.\d+)"
    (shown,) = [b for b in blocks("README.md", "text") if "best possible" in b]
    assert re.sub(number, "#", printed) == re.sub(number, "#", shown)
    assert printed.splitlines()[:2] == shown.splitlines()[:2]
    # Trained numbers differ from machine to machine; what they show does not.
    for lines in (printed, shown):
        (_, confu), (_, clip) = (re.findall(number, line) for line in lines.splitlines()[2:])
        assert float(confu) > 0.95 and float(clip) < 0.5


def test_the_python_that_measures_embeddings_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    build(BirdRecipe(BirdSettings(species=20, per_species=4, size=32, seconds=0.5)), tmp_path / "data/birds")
    found: dict[str, Any] = {}
    for block in blocks("docs/own-model.md", "python"):
        exec(compile(block, "own-model.md", "exec"), found)
    assert (tmp_path / "runs/mine/results.parquet").is_file()
    assert found["batch"]["image"].shape == (32, 3, 48, 48)
    (readme,) = [each for each in blocks("README.md", "python") if "evaluate" in each]
    arrays = {"x": found["image"], "y": found["audio"], "d": found["descriptions"]}
    exec(compile(readme, "README.md", "exec"), arrays)


def test_the_page_of_results_names_every_column() -> None:
    page = text("docs/results.md")
    said = {row["column"]: row["type"] for row in table(page.partition("Then the metrics")[2], "column")}
    assert list(said) == list(METRICS)
    assert all(str(kind).startswith(said[name].split()[0]) for name, kind in METRICS.items())
    fields = [name for row in table(page, "field of a direction") for name in row["field of a direction"].split(", ")]
    assert set(fields) == {DIRECTION.field(i).name for i in range(DIRECTION.num_fields)}
    assert [row["column"] for row in table(section("docs/results.md", "costs.parquet"), "column")] == COST_SCHEMA.names


def test_the_page_of_results_names_every_setting() -> None:
    listed = text("docs/results.md").partition("Then one column per setting")[2].partition("and the options")[0]
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted({f.name for f in fields(Settings)} - {"options"})


def test_the_page_of_data_names_every_column_and_field() -> None:
    columns = [name for row in table(text("docs/data.md"), "column") for name in row["column"].split(", ")]
    assert columns == XorRecipe(noise=0.1).schema.names
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
