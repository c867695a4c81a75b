"""`verify --repair` of both commands: the dataset is as it was, or one line says why it is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from confu_cli.birdmml import birdmml
from confu_cli.xorbench import xorbench

COMMANDS = {"xorbench": xorbench, "birdmml": birdmml}
BUILDS = {
    "xorbench": ["--p", "0.3,0.8", "--bits", "2", "--noise", "0.05", "--seed", "3", "--train", "20", "--test", "10"],
    "birdmml": [
        *["--species", "10", "--per-species", "4", "--size", "32", "--seconds", "0.5", "--seed", "3"],
        *["--p", "0.75", "--shares", "redundant=0.5,complement=0.5", "--caption", "name_share=0.3"],
    ],
}


def invoke(command: str, *words: str | Path) -> Result:
    found: click.Command = COMMANDS[command]
    return CliRunner().invoke(found, list(map(str, words)))


@pytest.fixture(scope="module", params=COMMANDS)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A dataset of each command, which no test may change."""
    root = tmp_path_factory.mktemp(request.param) / "data"
    words = ["--format", "parquet,webdataset", "--workers", "1", *BUILDS[request.param]]
    assert invoke(request.param, "build", "--out", root, *words).exit_code == 0
    return request.param, root


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_is_bad_is_written_again(built: tuple[str, Path], tmp_path: Path) -> None:
    command, whole = built
    root = Path(shutil.copytree(whole, tmp_path / "data"))
    missing, cut = root / "data/test-00000-of-00001.parquet", root / "webdataset/train-000000.tar"
    missing.unlink()
    cut.write_bytes(cut.read_bytes()[:-512])
    (root / "SHA256SUMS").unlink()
    assert invoke(command, "verify", root).exit_code == 1
    result = invoke(command, "verify", root, "--repair")
    assert result.exit_code == 0, result.output
    written = [line for line in result.stdout.splitlines() if line.endswith(": written again")]
    assert written == [f"{path}: written again" for path in (root / "SHA256SUMS", missing, cut)]
    assert "complete and unaltered" in result.stdout.splitlines()[-1]
    assert content(root) == content(whole)
    said = json.loads(invoke(command, "verify", root, "--repair", "--deep", "--json").stdout)
    assert (said["ok"], said["deep"], said["rewritten"]) == (True, True, [])


def test_what_cannot_be_repaired_is_still_named(built: tuple[str, Path], tmp_path: Path) -> None:
    command, whole = built
    root = Path(shutil.copytree(whole, tmp_path / "data"))
    (root / "data/stranger.parquet").touch()
    result = invoke(command, "verify", root, "--repair")
    assert result.exit_code == 1
    assert result.stdout == f"{root}/data/stranger.parquet: is not in the manifest\n"


def test_the_dataset_of_the_other_command_is_refused(built: tuple[str, Path]) -> None:
    command, root = built
    (other,) = COMMANDS.keys() - {command}
    result = invoke(other, "verify", root, "--repair")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the dataset is ") and result.stderr.count("\n") == 1
    assert "use the command that built it" in result.stderr


@pytest.mark.parametrize("config", [{}, {"p": 3}, {"species": "many"}])
def test_a_manifest_that_describes_nothing_is_one_line(built: tuple[str, Path], tmp_path: Path, config: dict) -> None:
    command, whole = built
    root = Path(shutil.copytree(whole, tmp_path / "data"))
    manifest = json.loads((root / "manifest.json").read_bytes())
    del manifest["digest"]
    (root / "manifest.json").write_text(json.dumps({**manifest, "config": config}))
    result = invoke(command, "verify", root, "--repair")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert "restore it" in result.stderr
