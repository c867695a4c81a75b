"""The verbs run, sweep and report of `birdmml`: machine-readable output, and one line per error."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calls import Calls, assert_one_line, unasked
from few_measures import measure_only

from birdmml.bench import SWEEPS
from birdmml.data import BirdRecipe, open_birds
from birdmml.describe import data_columns
from birdmml.settings import Settings
from confu_cli.birdmml import birdmml
from confu_core.errors import TrainingError
from confu_core.media.evaluate import FAMILIES
from confu_core.media.settings import MediaSettings
from confu_core.methods import BUILT_IN
from confu_core.runs.measures import read_measures
from confu_core.runs.results import read_results
from confu_core.shards import build, open_dataset
from confu_core.training.checkpoint import load_checkpoint
from xor_bench.data import XorRecipe

TINY = Settings(species=20, per_species=4, size=32, seconds=0.5, p=0.6)
QUICK = ["--epochs", "1", "--batch-size", "16", "--dim", "8", "--feature-dim", "8", "--width", "8", "--side", "16"]
COST = {"seconds": 0, "peak_memory_bytes": 0}
SCRIPT = """
from confu_cli.birdmml import birdmml
from dataclasses import replace
from confu_core.media.evaluate import FAMILIES
for name in FAMILIES.keys() - {"zero_shot"}:
    FAMILIES[name] = replace(FAMILIES[name], measure=lambda findings: iter(()))
if __name__ == "__main__":  # Its worker processes import it.
    birdmml(prog_name="birdmml")
"""
CODE = """
import torch
from confu_core.methods.clip import CLIP

class Mean(torch.nn.Module):
    output_dim = 3

    def forward(self, x):
        return x.float().mean((2, 3))

class Wide(torch.nn.Module):
    output_dim = 3

    def forward(self, x):
        return x.float().mean((2, 3))[:, :2]

class Raising(CLIP):
    def score(self, query, key):
        raise KeyError("no such thing")
"""

EVERY = dict(FAMILIES)

calls = Calls(birdmml)
invoke, succeed, said = calls.invoke, calls.succeed, calls.said


@pytest.fixture(scope="module", autouse=True)
def few_measures() -> Iterator[None]:
    """What the tests here look at, but for the one that takes all."""
    with pytest.MonkeyPatch.context() as patch:
        measure_only(patch, "retrieval", "zero_shot", "complementarity")
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that no test may change."""
    root = tmp_path_factory.mktemp("cli") / "birds"
    build(BirdRecipe(TINY), root, formats=("parquet", "webdataset"), shard_rows=24)
    return root


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def here(data: Path, cache: Path) -> list[str]:
    """What every run and sweep is told."""
    return ["--data", str(data), "--cache", str(cache), *QUICK]


@pytest.fixture(scope="module")
def swept(here: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods of two epochs; nothing may change them."""
    out = tmp_path_factory.mktemp("swept") / "birds"
    words = ["--method", "clip,gram", "--epochs", "2", "--workers", "1", "--out", out]
    told = said("sweep", *here, *words)
    assert told["path"] == str(out) and (told["cells"], told["computed"], told["failed"]) == (2, 2, [])
    return out


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(CODE)
    return path


def features(path: Path, keys: list[str]) -> Path:
    np.savez(path, keys=np.array(keys), features=np.ones((len(keys), 3)))
    return path


def all_keys(data: Path) -> list[str]:
    dataset = open_dataset(data)
    return [key for split in dataset.manifest.splits for key in dataset.table(split, ["key"])["key"].to_pylist()]


def test_a_run_is_one_json_object_and_is_kept(
    data: Path, here: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, measures in EVERY.items():
        monkeypatch.setitem(FAMILIES, name, measures)
    row = said("run", *here, "--method", "clip", "--out", tmp_path / "out")
    columns = data_columns(open_birds(data).manifest)
    assert columns.items() <= row.items() and columns["p"] == 0.6
    assert (row["method"], row["epochs"], row["status"]) == ("clip", 1, "done")
    assert row["bayes_accuracy"] == open_birds(data).manifest.information["overall"]["bayes_both"]
    known = {*FAMILIES, "confused_pair", "history", "data", "ceiling"} - {"frame"}  # That is of videos alone.
    assert {one["family"] for one in row["measures"]} == known
    assert row["seconds"] > 0 and row["peak_memory_bytes"] > 1e7 and "examples" not in row
    (held,) = read_results(tmp_path / "out").rows()
    assert {held[name] == row[name] for name in held if name != "directions"} == {True}
    assert read_measures(tmp_path / "out").to_pylist() == row["measures"]
    # Another run stands beside it, the same one in its place.
    again = said("run", *here, "--method", "clip", "--out", tmp_path / "out")
    assert again | COST == row | COST
    monkeypatch.undo()
    said("run", *here, "--method", "hub", "--anchor", "2", "--out", tmp_path / "out")
    assert {(row["method"], row["status"]) for row in read_results(tmp_path / "out").rows()} == {
        ("clip", "done"),
        ("hub", "done"),
    }


def test_a_run_for_readers_shows_ceilings_retrieval_and_fallbacks(data: Path, here: list[str]) -> None:
    text = succeed("run", *here, "--method", "symile")
    exact = open_birds(data).manifest.information["overall"]
    for part in (
        "symile: the species, by descriptions (seed 0)",
        "image + audio",
        f"{exact['bayes_both']:.4f}",
        "-: the method defines no score of its own for this direction",
    ):
        assert part in text
    assert text.rstrip().endswith("of memory at most.")
    assert "defines no score" not in succeed("run", *here, "--method", "clip")


def test_options_of_methods_come_by_name_or_as_pairs(here: list[str]) -> None:
    words = ["--method", "confu", "--stream"]
    cells = {said("run", *here, *words, *own)["cell"] for own in (["--lam", "0.25"], ["-o", "lam=0.25"])}
    assert len(cells) == 1
    row = said("run", *here, *words, "-o", "fused-width=32", "--augment", "none")
    assert row["fused_width"] == 32 and row["augment"] == "" and row["cell"] not in cells


def test_samples_may_lack_a_modality_in_training(
    here: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_only(monkeypatch, "zero_shot")
    found = {
        share: said("run", *here, "--method", "confu", "--missing", share, "--model", tmp_path / "model.pt")
        for share in ("0", "0.5")
    }
    assert found["0.5"]["missing"] == 0.5 and "missing" not in found["0"]
    assert found["0.5"]["cell"] != found["0"]["cell"] and found["0.5"]["final_loss"] != found["0"]["final_loss"]
    said("run", *here, "--method", "comm", "--missing", "0.5", "--batch-size", "32")
    broken = invoke("run", *here, "--method", "comm", "--missing", "0.5")
    asked = "about 8 of 16 samples of a batch whole, and comm takes no others; lower it, or use a batch_size of 32"
    assert_one_line(broken, 2, asked)
    assert_one_line(invoke("run", *here, "--missing", "0.5", "--pairing", "class"), 2, "use --pairing sample, or")
    out = tmp_path / "runs"
    assert (
        said("sweep", *here, "--method", "clip", "--missing", "0,0.5", "--workers", "1", "--out", out)["computed"] == 2
    )
    said("report", out)
    matrix = (out / "report" / "matrix.csv").read_text()
    assert [line.split(",")[0] for line in matrix.splitlines()] == ["missing", "0.0", "0.5"]


def test_encoders_and_features_of_the_users_own(data: Path, here: list[str], file: Path, tmp_path: Path) -> None:
    path = features(tmp_path / "songs.npz", all_keys(data))
    words = ["--encoder", f"image={file}:Mean", "--features", f"audio={path}", "--augment", "flip, drop"]
    row = said("run", *here, "--method", "clip", *words)
    assert (row["encoders"], row["feature_files"]) == (f"image={file}:Mean", f"audio={path}")
    assert row["augment"] == "flip,drop"


def test_a_saved_model_and_a_checkpoint(here: list[str], tmp_path: Path) -> None:
    words = ["run", *here, "--method", "clip", "--checkpoint", tmp_path / "run.pt", "--model", tmp_path / "model.pt"]
    first = said(*words)
    assert load_checkpoint(tmp_path / "model.pt")["config"]["method"] == "clip"
    assert said(*words) | COST == first | COST  # It goes on from the end.
    message = "run.pt is of another training: seed was 0 and is now 1; remove it"
    assert_one_line(invoke(*words, "--seed", "1"), 1, message)
    (tmp_path / "run.pt").write_bytes(b"no checkpoint")
    assert_one_line(invoke(*words), 1, "run.pt is damaged or no checkpoint")


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--method", "clib"], 2, "unknown method 'clib': did you mean 'clip'?"),
        (["--method", "no/such.py:Mine"], 1, "no/such.py"),
        (["-o", "lamb=0.5"], 2, "confu has no option 'lamb': did you mean 'lam'?"),
        (["-o", "lam"], 2, "--option takes NAME=VALUE; got 'lam'"),
        (["-o", "fused_width=wide"], 2, "fused_width must be of type int; got 'wide'"),
        (["--method", "clip", "--lam", "0.5"], 2, "clip has no option 'lam'"),
        (["--lam", "1.5"], 2, "lam must be in [0, 1]; got 1.5"),
        (["--missing", "1"], 2, "missing must be in [0, 1); got 1"),
        (["--epochs", "0"], 2, "epochs must be at least 1; got 0"),
        (["--epochs", "many"], 2, "many"),
        (["--batch-size", "1"], 2, "batch_size must be in [2,"),
        (["--lr", "nan"], 2, "lr must be above 0 and finite; got nan"),
        (["--precision", "float23"], 2, "precision must be one of auto, float32, bfloat16; got 'float23'"),
        (["--balance", "specie"], 2, "balance must be one of instance, species; got 'specie'"),
        (["--augment", "flip,crob"], 2, "crob"),
        (["--width", "12"], 2, "width must be a multiple of 8"),
        (["--side", "0"], 2, "side of 'image' must be in [1, 4096] pixels; got 0"),
        (["--tokens", "0"], 2, "length of 'caption' must be in [1, 4096] tokens; got 0"),
        (["--device", "abacus"], 2, "device must be cpu, cuda, cuda:1 or another that PyTorch knows; got 'abacus'"),
        (["--encoder", "image"], 2, "--encoder takes NAME=VALUE; got 'image'"),
        (["--encoder", "imgae=torch.nn:Identity"], 2, "no modality 'imgae' to encode: did you mean 'image'?"),
        (["--encoder", "image=torch.nn:Identity"], 1, "torch.nn:Identity has no output_dim"),
        (["--encoder", "image=none.py:Mine"], 1, "none.py"),
        (["--encoder", "image=Mine"], 2, "an encoder must be path/to/file.py:Class or package.module:Class"),
        (["--features", "audio"], 2, "--features takes NAME=VALUE; got 'audio'"),
        (["--features", "adio=a.npz"], 2, "no modality 'adio' to have features: did you mean 'audio'?"),
        (["--features", "caption=a.npz"], 2, "caption cannot have features"),
        (["--features", "audio=a.npy"], 2, "a.npy must end in .npz or .parquet"),
        (["--features", "audio=none.npz"], 1, "none.npz does not exist; give a file of features"),
        (["--features", "audio=a.npz", "--stream"], 2, "--features cannot be streamed"),
        (["--balance", "species", "--stream"], 2, "balance must be instance for a stream"),
        (["--threads", "0"], 2, "threads must be"),
        (["--threads", "9999"], 2, "the cores of this machine; got 9999"),
        (["--device", "meta"], 2, "device meta cannot be used here"),
    ],
)
def test_a_run_asked_for_wrongly_is_one_line(here: list[str], words: list[str], status: int, message: str) -> None:
    assert_one_line(invoke("run", *here, *words), status, message)


def test_data_that_are_not_there_or_of_something_else_are_one_line(tmp_path: Path) -> None:
    build(XorRecipe(rows_per_p={"train": 20, "validation": 10, "test": 10}), tmp_path / "xor")
    for verb in ("run", "sweep"):
        words = [verb, "--out", tmp_path / "out", *QUICK, "--data"]
        assert_one_line(invoke(*words, tmp_path / "none"), 1, "none does not exist; build a dataset there first")
        assert_one_line(invoke(*words, tmp_path / "xor"), 1, "xor holds the dataset ")
    assert not (tmp_path / "out").exists()
    assert_one_line(invoke("run"), 2, "--data")


def test_what_the_users_code_raises_is_one_line(here: list[str], file: Path, data: Path, tmp_path: Path) -> None:
    result = invoke("run", *here, "--method", f"{file}:Raising")
    assert_one_line(result, 1, "method Raising raised at step 0: KeyError: 'no such thing' (mine.py, line ")
    assert_one_line(invoke("run", *here, "--method", "clip", "--encoder", f"image={file}:Wide"), 1, "encoder Wide must")
    lacking = features(tmp_path / "lacking.npz", all_keys(data)[1:])
    assert_one_line(invoke("run", *here, "--features", f"audio={lacking}"), 1, "lacking.npz lacks 1 of 48 keys, first")
    twice = features(tmp_path / "twice.npz", [*all_keys(data), all_keys(data)[0]])
    assert_one_line(invoke("run", *here, "--features", f"audio={twice}"), 1, "holds 1 keys more than once, first")


def test_tensorboard_is_an_option_of_its_own(here: list[str], tmp_path: Path) -> None:
    words = ["run", *here, "--method", "clip", "--stream", "--tensorboard", tmp_path / "logs"]
    if importlib.util.find_spec("tensorboard") is None:
        message = "--tensorboard needs the package tensorboard; pip install tensorboard"
        assert_one_line(invoke(*words), 2, message)
        assert not (tmp_path / "logs").exists()
    else:
        succeed(*words)
        assert list((tmp_path / "logs").glob("events.out*"))


def test_a_results_folder_that_cannot_be_is_one_line(here: list[str], tmp_path: Path) -> None:
    (tmp_path / "holds").mkdir()
    (tmp_path / "holds" / "a.txt").touch()
    for verb in ("run", "sweep"):
        words = [verb, *here, "--method", "clip", "--out", tmp_path / "holds"]
        assert_one_line(invoke(*words), 1, "holds other data (a.txt); choose another --out")


def test_what_could_not_be_written_is_refused_before_training(
    here: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("birdmml.bench.run", lambda *a, **k: pytest.fail("it was trained"))
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for option, name, message in (
        ("--out", "file", "file is not a folder; choose another --out"),
        ("--model", "folder", "it is a folder, and only a plain file is replaced"),
        ("--model", "pipe", "it is a pipe, and only a plain file is replaced"),
        ("--model", "link", "it is a link, and only a plain file is replaced"),
        ("--model", "file/below", "cannot write"),
        ("--checkpoint", "folder", "it is a folder, and only a plain file is replaced"),
    ):
        assert_one_line(invoke("run", *here, option, tmp_path / name), 1, message)
    assert (tmp_path / "file").read_text() == "mine"


def test_what_a_run_found_is_printed_and_kept_whatever_fails_later(
    here: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, found: object) -> None:
        raise TrainingError("the disk is full")

    monkeypatch.setattr("confu_core.media.saved.save_model", refuse)
    words = ["--method", "clip", "--stream", "--json", "--out", tmp_path / "kept", "--model", tmp_path / "model.pt"]
    result = invoke("run", *here, *words)
    assert (result.exit_code, unasked(result.stderr)) == (1, "Error: the disk is full\n")
    assert json.loads(result.stdout)["cell"] == read_results(tmp_path / "kept").rows()[0]["cell"]


def test_a_sweep_again_computes_nothing(swept: Path, here: list[str]) -> None:
    text = succeed("sweep", *here, "--method", "clip,gram", "--epochs", "2", "--workers", "1", "--out", swept)
    assert text.startswith(f"{swept}: 2 cells, 0 computed in ")
    rows = {row["method"]: row for row in read_results(swept).rows()}
    assert rows.keys() == {"clip", "gram"}
    assert rows["clip"]["cell"] == MediaSettings(
        method="clip", epochs=2, batch_size=16, dim=8, feature_dim=8, width=8, side=16
    ).cell_on({name: rows["clip"][name] for name in ("data", "species", "p", "triplets", "data_seed")})


def test_a_cell_that_fails_ends_with_1_and_is_told(here: list[str], file: Path, tmp_path: Path) -> None:
    words = ["sweep", *here, "--method", f"clip,{file}:Raising", "--workers", "1", "--out", tmp_path / "out"]
    result = invoke(*words)
    assert result.exit_code == 1 and "2 cells, 2 computed" in result.stdout
    said = unasked(result.stderr)
    assert said.count("\n") == 1 and "failed: method Raising raised at step 0: KeyError" in said
    told = json.loads(invoke(*words, "--json").stdout)
    assert (told["cells"], told["computed"], len(told["failed"])) == (2, 1, 1)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--method", "clib"], 2, "unknown method 'clib': did you mean 'clip'?"),
        (["--method", "clip,gram", "--lam", "0.5"], 2, "clip, gram has no option 'lam'"),
        (["--method", "clip", "-o", "lamb=0.5"], 2, "clip has no option 'lamb'"),
        (["--seed", "0:a"], 2, "'0:a' is not a list of whole numbers, such as 0,1,2 or 0:1:0.1"),
        (["--precision", "float32,float23"], 2, "precision must be one of auto, float32, bfloat16; got 'float23'"),
        (["--augment", "crob"], 2, "crob"),
        (["--device", "abacus"], 2, "got 'abacus'"),
        (["--workers", "0"], 2, "workers must be"),
        (["--features", "adio=a.npz"], 2, "no modality 'adio' to have features"),
    ],
)
def test_a_sweep_asked_for_wrongly_is_one_line(
    here: list[str], tmp_path: Path, words: list[str], status: int, message: str
) -> None:
    assert_one_line(invoke("sweep", *here, "--out", tmp_path / "out", *words), status, message)
    assert not (tmp_path / "out").exists()


def test_more_is_said_where_it_is_asked_for(here: list[str | Path]) -> None:
    plain, more = (invoke("run", *here, "--method", "clip", "--json", *words) for words in ([], ["-v"]))
    (line,) = plain.stderr.splitlines()
    first, *_, epoch = more.stderr.partition("\nmeasure 1 of ")[0].splitlines()
    assert first.startswith("decoded before: ") and line.startswith("epoch 1 of 1: loss ")
    assert "->" not in line and re.match(r"epoch 1 of 1: loss [\d.]+, validation [\d.]+, 0->1 [\d.]+, ", epoch)
    assert re.search(r"\nmeasure (\d+) of \1: \w+; [\d.]+ s\n$", more.stderr)
    assert json.loads(more.stdout) | COST == json.loads(plain.stdout) | COST


def test_a_report_of_nothing_is_one_line(tmp_path: Path) -> None:
    assert_one_line(invoke("report", tmp_path / "none"), 1, "make some with birdmml sweep --data FOLDER --out FOLDER")


def test_a_sweep_that_was_killed_goes_on_from_its_last_epoch(swept: Path, here: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["sweep", *here, "--method", "clip", "--epochs", "30", "--workers", "1", "--out", str(out)]
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    held = out / "checkpoints"
    deadline = time.monotonic() + 300
    while not (held.is_dir() and list(held.glob("*.pt"))):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL and not (out / "results.parquet").exists()
    (checkpoint,) = held.glob("*.pt")
    state = load_checkpoint(checkpoint)
    assert 1 <= state["epoch"] < 30 == state["config"]["epochs"]
    assert said(*words)["computed"] == 1
    assert [(row["method"], row["status"]) for row in read_results(out).rows()] == [("clip", "done")]
    assert list(held.iterdir()) == []


@pytest.mark.slow
def test_two_processes_train_as_one(here: list[str], tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    words = ["run", *here, "--method", "clip", "--augment", "none", "--out"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launch, *words, str(tmp_path / "two"), "--json"], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1  # One of them speaks.
    alone = said(*words, tmp_path / "one")
    (row,) = read_results(tmp_path / "two").rows()
    assert row["cell"] == alone["cell"]
    assert row["final_loss"] == pytest.approx(alone["final_loss"], abs=1e-4)
    assert row["accuracy"] == pytest.approx(alone["accuracy"], abs=0.15)
    assert json.loads(done.stdout)["final_loss"] == row["final_loss"]


@pytest.mark.parametrize("verb", ["run", "sweep", "report"])
def test_help_ends_with_an_example_that_runs(
    verb: str, here: list[str], swept: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = succeed(verb, "--help").rstrip().splitlines()[-1].strip()
    assert line.startswith(f"Example: birdmml {verb} ")
    words: list[Any] = shlex.split(line.removeprefix("Example: birdmml "))
    monkeypatch.chdir(tmp_path)
    Path("data").symlink_to(data)
    Path("runs").mkdir()
    Path("runs/quick").symlink_to(swept)
    quick = {"run": [*QUICK, "--cache", here[3]], "report": ["--out", "report"]}
    quick["sweep"] = [*quick["run"], "--seed", "0", "--workers", "1"]
    words = ["clip" if word == "confu,clip" else word for word in words]
    told = said(*words, *quick[verb])
    if verb == "report":
        assert "report/index.html" in told["files"]
        text = Path("report/index.html").read_text(encoding="utf-8").lower()
        assert "clip" in text and "gram" in text


def test_a_preset_of_a_sweep_is_a_grid_that_options_change(here: list[str | Path], tmp_path: Path) -> None:
    wrong = invoke("sweep", *here, "--out", tmp_path / "out", "--preset", "metods")
    assert_one_line(wrong, 2, "no preset 'metods': did you mean 'methods'?")
    words = ["--preset", "methods", "--method", "clip", "--seed", "3", "--json"]
    told = json.loads(invoke("sweep", *here, "--out", tmp_path / "out", *words).stdout)
    assert (told["cells"], told["failed"]) == (1, [])
    assert set(SWEEPS["methods"]["method"]) == set(BUILT_IN)
