"""`--config` of runs and sweeps: files under the command line, of one's own or of what was run before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calls import Calls, assert_one_line

from confu_cli.birdmml import birdmml
from confu_cli.xorbench import xorbench
from confu_core.runs.results import read_results

xor, birds = Calls(xorbench), Calls(birdmml)
SETTINGS = {"bits": 1, "train-samples": 200, "test_samples": 100, "batch_size": 100}
TOML = "\n".join(f"{name} = {value}" for name, value in SETTINGS.items()) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_a_file_gives_what_the_command_line_leaves_out(file: Path, tmp_path: Path) -> None:
    file.write_text(f"{TOML}epochs = 2\np = 0.7\nplain = true\n[option]\nfused_width = 32\ndropout = 0.1\n")
    row = xor.said("run", "--config", file, "--epochs", 1, "-o", "dropout=0.2")
    wanted = {"method": "confu", "p": 0.7, "epochs": 1, "train_samples": 200, "fused_width": 32, "dropout": 0.2}
    assert {name: row[name] for name in wanted} == wanted
    (tmp_path / "row.json").write_text(json.dumps(row))
    again = xor.said("run", "--config", tmp_path / "row.json")
    assert (again["cell"], again["accuracy"]) == (row["cell"], row["accuracy"])


def test_a_sweep_is_made_anew_from_what_it_says_of_itself(file: Path, tmp_path: Path) -> None:
    file.write_text(
        f'{TOML}epochs = 1\nworkers = 1\nmethod = ["clip", "confu"]\np = "0:1:0.5"\n[option]\ndropout = 0.1\n'
    )
    assert xor.said("sweep", "--config", file, "--out", tmp_path / "one")["cells"] == 6
    words = ["sweep", "--config", tmp_path / "one/sweep.json", "--workers", 1, "--out"]
    assert xor.said(*words, tmp_path / "one")["computed"] == 0
    assert xor.said(*words, tmp_path / "two", "--p", "1")["cells"] == 2
    first, second = (read_results(tmp_path / name) for name in ("one", "two"))
    assert {row["cell"] for row in second.rows()} == {row["cell"] for row in first.rows() if row["p"] == 1}
    assert {row["dropout"] for row in second.rows()} == {None, 0.1}


def test_required_options_and_tables_come_from_a_file(file: Path, tmp_path: Path) -> None:
    file.write_text(f'data = "{tmp_path}/none"\nout = "{tmp_path}/out"\n[encoder]\nimage = "no.py:Encoder"\n')
    for verb in ("run", "sweep"):
        assert_one_line(birds.invoke(verb, "--config", file), 1, f"{tmp_path}/none")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("epochs = 1.5", "settings.toml: epochs: '1.5' is not a valid integer"),
        ("epochs = true", "settings.toml: epochs: 'true' is not a valid integer"),
        ("epochs = [1, 2]", "settings.toml: epochs: '1,2' is not a valid integer"),
        ("epoch = 1", "settings.toml: there is no option 'epoch': did you mean 'epochs'?"),
        ("json = true", "settings.toml: there is no option 'json'"),
        ("[epochs]\nx = 1", "settings.toml: epochs must be one value, or several in a list; got a table"),
        ("epochs", "settings.toml is no TOML: "),
        ("epochs = 0", "epochs must be a whole number of at least 1; got 0"),
        ("[option]\nrnk = 1", "confu has no option 'rnk'"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line(file: Path, said: str, message: str) -> None:
    file.write_text(said)
    assert_one_line(xor.invoke("run", "--config", file), 2, message)


@pytest.mark.parametrize(
    "said", ["[]", "{}", '{"grid": 1}', '{"cell": "x"}', "{", "[" * 100_000, '{"cell": 1, "method": 1}']
)
def test_json_of_something_else_is_one_line(tmp_path: Path, said: str) -> None:
    (tmp_path / "sweep.json").write_text(said)
    for verb in ("run", "sweep"):
        result = xor.invoke(verb, "--config", tmp_path / "sweep.json", "--out", tmp_path / "out")
        assert_one_line(result, 2, "sweep.json is n")
    assert_one_line(xor.invoke("run", "--config", tmp_path / "no.json"), 2, "cannot be read: No such file")
