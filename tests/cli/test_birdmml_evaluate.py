"""The verbs evaluate and embed of `birdmml`: what they print, keep and refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from calls import Calls, assert_one_line, unasked

from birdmml.data import BirdRecipe
from birdmml.settings import Settings
from confu_cli.birdmml import birdmml
from confu_core.errors import ResultsError
from confu_core.runs.measures import read_measures
from confu_core.runs.results import read_results
from confu_core.shards import build, open_dataset

TINY = Settings(species=20, per_species=4, size=32, seconds=0.5, p=0.6)
QUICK = ["--epochs", "1", "--batch-size", "16", "--dim", "8", "--feature-dim", "8", "--width", "8", "--side", "16"]
calls = Calls(birdmml)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a dataset and a model that was trained on it."""
    folder = tmp_path_factory.mktemp("evaluated")
    build(BirdRecipe(TINY), folder / "birds", shard_rows=24)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        calls.said("run", "--data", folder / "birds", "--method", "clip", *QUICK, "--model", folder / "model.pt")
        yield folder


def test_a_model_and_its_embeddings(place: Path, tmp_path: Path) -> None:
    data, model, file = ("--data", place / "birds"), ("--model", place / "model.pt"), tmp_path / "e.parquet"
    found = calls.said("evaluate", *data, *model, "--out", tmp_path / "runs", "--name", "again")
    assert (found["method"], found["brought"], found["trained_on"]) == ("again", "model", found["data"])
    written = calls.said("embed", *data, *model, "--out", file)
    assert written == {
        "file": str(file),
        "rows": {"train": 48, "validation": 8, "test": 16, "shift": 8},
        "queries": ["image", "audio", "caption"],
        "descriptions": 320,
    }
    own = calls.said("evaluate", *data, "--embeddings", file, "--out", tmp_path / "runs")
    assert (own["method"], own["brought"]) == ("e", "embeddings")
    assert own["directions"] == found["directions"]
    rows = read_results(tmp_path / "runs").rows()
    assert {row["cell"]: row["method"] for row in rows} == {found["cell"]: "again", own["cell"]: "e"}
    assert {row["cell"] for row in read_measures(tmp_path / "runs").to_pylist()} == {found["cell"], own["cell"]}
    told = calls.invoke("evaluate", *data, "--embeddings", file, "--name", "mine", "--seed", "3")
    assert "mine: the species, by descriptions (seed 3)" in told.stdout and "capture" in told.stdout
    lines = [line.partition(":")[0] for line in told.stderr.splitlines() if line.startswith("measure ")]
    assert len(lines) > 5 and lines == [f"measure {number} of {len(lines)}" for number in range(1, len(lines) + 1)]
    assert "16 of test, 8 of shift, 320 descriptions" in calls.succeed("embed", *data, *model, "--out", file)


def test_a_model_is_measured_by_a_function_on_samples_of_a_file(place: Path, tmp_path: Path) -> None:
    code = "from confu_core.runs.measures import Measure\n\n\ndef rows(findings):\n"
    code += "    yield Measure('', 'image', 'rows', len(findings.task.labels('test')))\n"
    (tmp_path / "own.py").write_text(code)
    keys = open_dataset(place / "birds").table("test", ["key"])["key"].to_pylist()[:5]
    (tmp_path / "keys.txt").write_text("\n".join(keys))
    words = ["evaluate", "--data", place / "birds", "--model", place / "model.pt", "--split", tmp_path / "keys.txt"]
    found = calls.said(*words, "--measure", f"{tmp_path / 'own.py'}:rows")
    (mine,) = (one for one in found["measures"] if one["family"] == "own:rows")
    assert mine["value"] == 5 and found["cell"] != calls.said(*words)["cell"]


@pytest.mark.parametrize("split", ["shift", "validation"])
def test_a_model_is_measured_on_another_split(place: Path, split: str) -> None:
    words = ["evaluate", "--data", place / "birds", "--model", place / "model.pt"]
    usual, other = calls.said(*words), calls.said(*words, "--split", split)
    told = {
        (one["condition"], one["subject"], one["metric"]): one["value"]
        for one in usual["measures"]
        if one["family"] == "zero_shot"
    }
    here = {
        (one["subject"], one["metric"]): one["value"]
        for one in other["measures"]
        if (one["family"], one["condition"]) == ("zero_shot", "test")
    }
    assert here and here == {(subject, metric): told[split, subject, metric] for subject, metric in here}
    assert (other["split"], other["cell"] != usual["cell"]) == (split, True) and "split" not in usual
    assert ("probe" in {one["family"] for one in other["measures"]}) == (split == "shift")


def test_the_published_protocol_on_pictures(place: Path) -> None:
    """Without videos only names, probes and few-shot are otherwise than by default."""
    words = ("evaluate", "--data", place / "birds", "--model", place / "model.pt")
    plain = calls.said(*words, "--prompts", "names")
    found = calls.said(*words, "--protocol", "published")
    assert (found["protocol"], found["prompts"], found["cell"] == plain["cell"]) == ("published", "names", False)
    assert "protocol" not in plain and found["directions"] == plain["directions"]
    families = {one["family"] for one in found["measures"]}
    assert "frame" not in families and "few_shot" in families
    assert "few_shot" not in {one["family"] for one in plain["measures"] if one["metric"] == "balanced accuracy"}


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 2, "give either --model or --embeddings; got neither"),
        (["--model", "model.pt", "--embeddings", "e.npz"], 2, "give either --model or --embeddings; got both"),
        (["--model", "model.pt", "--seed", "1"], 2, "a model has its seed and its temperature; leave out --seed"),
        (
            ["--embeddings", "e.npz", "--cache", "there"],
            2,
            "embeddings stand for what is decoded; leave out --features",
        ),
        (["--embeddings", "e.npz", "--split", "shift"], 2, "embeddings are measured on the test split"),
        (["--model", "model.pt", "--split", "train"], 2, "split must be one of validation, test, shift; got 'train'"),
        (["--embeddings", "e.npz", "--norm-probe"], 2, "the norm probe is for models; leave out --norm-probe"),
        (["--model", "model.pt", "--split", "specie=x"], 2, "the data have no column 'specie'; did you mean 'species'"),
        (["--model", "model.pt", "--measure", "recall"], 2, "a measure must be path/to/file.py:NAME or "),
        (["--model", "model.pt", "--measure", "no.py:x"], 1, "no file 'no.py' to load a measure from"),
        (["--embeddings", "e.npz", "--prompts", "names"], 2, "leave out --protocol and --prompts"),
        (["--model", "model.pt", "--prompts", "nothing"], 1, "nothing does not exist; build a dataset there first"),
        (["--model", "model.pt", "--protocol", "mine"], 2, "'mine' is not one of 'default', 'published'"),
        (["--embeddings", "e.npz"], 1, "e.npz does not exist; give a file of features"),
        (["--embeddings", "e.csv"], 2, "e.csv must end in .npz or .parquet"),
        (["--model", "no.pt"], 1, "no model no.pt"),
        (["--model", "model.pt", "--features", "image=no.npz"], 1, "no.npz does not exist"),
        (["--model", "model.pt", "--features", "smell=no.npz"], 2, "no modality 'smell' to have features"),
    ],
)
def test_one_line_for_what_cannot_be_done(
    place: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], status: int, message: str
) -> None:
    monkeypatch.chdir(place)
    assert_one_line(calls.invoke("evaluate", "--data", "birds", *words), status, message)


def test_places_are_checked_before_anything_is_computed(place: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    data, model = ("--data", place / "birds"), ("--model", place / "model.pt")
    assert_one_line(calls.invoke("evaluate", *data, *model, "--out", tmp_path / "file"), 1, "is not a folder")
    assert_one_line(calls.invoke("embed", *data, *model, "--out", tmp_path / "e.csv"), 2, "out must end in .parquet")
    assert_one_line(calls.invoke("embed", *data, *model, "--out", tmp_path / "file/e.parquet"), 1, "cannot write")


def test_what_was_measured_is_printed_even_if_it_cannot_be_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object, **said: object) -> None:
        raise ResultsError("the disk is full")

    monkeypatch.setattr("confu_core.runs.evaluation.keep", refuse)
    data, model = ("--data", place / "birds"), ("--model", place / "model.pt")
    result = calls.invoke("evaluate", *data, *model, "--out", place / "unkept")
    assert result.exit_code == 1 and "image + audio" in result.stdout
    assert unasked(result.stderr) == "Error: the disk is full\n"
