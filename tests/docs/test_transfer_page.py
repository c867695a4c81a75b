"""The commands of the page on transfer at toy size: from a build to a report, on videos laid out like the real ones."""

from __future__ import annotations

import runpy
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from markdown_pages import ROOT, blocks, section, table

from birdmml.evaluation import evaluate_model
from confu_cli.birdmml import birdmml
from confu_core.errors import InvalidValue
from confu_core.runs.measures import read_measures
from confu_core.runs.results import read_results

PAGE = "docs/transfer.md"
TOY = {
    "--per-species 150": "--per-species 8",
    "--seconds 2 ": "--seconds 0.5 ",
    "--videos 24": "--videos 3",
    "--epochs 24": "--epochs 1 --dim 8 --feature-dim 8 --width 8 --side 16",
}


def run(line: str, patch: pytest.MonkeyPatch) -> None:
    program, *words = shlex.split(line)
    if program == "python":
        patch.setattr(sys, "argv", [str(ROOT / words[0]), *words[1:]])
        runpy.run_path(str(ROOT / words[0]), run_name="__main__")
        return
    assert program == "birdmml"
    result = CliRunner().invoke(birdmml, words)
    assert result.exit_code == 0, (line, result.output)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the commands were run in."""
    folder = tmp_path_factory.mktemp("transfer")
    script = blocks(PAGE, "sh")[0]
    for said, small in TOY.items():
        assert said in script
        script = script.replace(said, small)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        for line in script.splitlines():
            run(line, patch)
    return folder


def test_every_command_of_the_recipe_runs(place: Path) -> None:
    for name, videos in (("ssw60", 27), ("vb100", 27)):
        (row,) = read_results(place / "runs" / name).rows()
        assert (row["protocol"], row["prompts"], row["brought"], row["told_by"]) == (
            *("published", "names", "model"),
            "descriptions",  # The model has not been trained with these names.
        )
        assert (row["dataset"], row["triplets"], row["classes"]) == (name, videos, 9)
        found = read_measures(place / "runs" / name).to_pylist()
        assert {one["family"] for one in found} >= {"zero_shot", "few_shot", "overlap", "pair_retrieval", "frame"}
        shots = {one["x"] for one in found if (one["family"], one["metric"]) == ("few_shot", "balanced accuracy")}
        assert shots == {1.0, 2.0}  # Of three videos a class, one or two leave some to classify.
    assert (place / "runs/ssw60/report/index.html").exists()


def test_single_frames_are_scanned(place: Path) -> None:
    found = [one for one in read_measures(place / "runs/scan").to_pylist() if one["family"] == "frame"]
    assert {one["condition"] for one in found} == {"second"}
    assert sorted({one["x"] for one in found}) == [0.5 * (k + 1) for k in range(19)]
    assert {one["subject"] for one in found} == {"image", "image+audio"}


def test_classes_may_be_described_as_other_data_describe_them(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    video = f"vb100:{place}/data/videos/vb100?splits=all"
    found = evaluate_model(place / "confu.pt", video, prompts=str(place / "data/birds"))
    row = evaluate_model(place / "confu.pt", str(place / "data/birds")).row
    assert found.row["prompts"] == row["data"] and "protocol" not in found.row and "prompts" not in row
    metrics = {one["metric"] for one in found.row["measures"] if one["family"] == "zero_shot"}
    assert "accuracy, log-mean-exp" in metrics  # Of several descriptions for each class.
    with pytest.raises(InvalidValue, match="has no description of 3 of the 12 classes, first"):
        evaluate_model(place / "confu.pt", str(place / "data/birds"), prompts=video)


def test_the_published_table_is_whole() -> None:
    rows = table(section(PAGE, "Published: SSW60 and VB100"), "method")
    assert len(rows) == 6 and rows[-1]["SSW60 A+V"] == "71.4" and rows[-1]["VB100 A+V"] == "18.1"
