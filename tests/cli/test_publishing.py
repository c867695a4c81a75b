"""The verb `publish`: the same for both commands, and one line for what goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from calls import Calls, assert_one_line

from confu_cli.birdmml import birdmml
from confu_cli.xorbench import xorbench
from confu_core.datasets import Contents
from confu_core.inputs import InputSpec, Text
from confu_core.shards import TableRecipe, build
from xor_bench.data import XorRecipe

xor, birds = Calls(xorbench), Calls(birdmml)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli") / "xor"
    recipe = XorRecipe(p=(0.5, 1.0), bits=2, rows_per_p={"train": 6, "validation": 2, "test": 4})
    build(recipe, root, formats=("parquet", "webdataset"))
    return root


class Real(TableRecipe):
    """Texts with classes, as a recipe of real media describes them."""

    def information(self) -> dict[str, object]:
        contents = Contents(InputSpec({"text": Text("caption")}), "mood", ("glad", "sad", "never"))
        sources = [{"name": "Letters of Ada", "what": "texts", "licence": "CC0", "url": "https://x", "items": 3}]
        return {"contents": contents.as_dict(), "sources": sources}


@pytest.fixture
def real(tmp_path: Path) -> Callable[..., Path]:
    def make(**columns: list[str]) -> Path:
        rows = {"key": ["a", "b", "c"], "caption": ["x", "y", "z"], "mood": ["glad", "sad", "glad"], **columns}
        build(Real("letters", {"train": pa.table(rows)}, description="Letters."), tmp_path / "letters")
        return tmp_path / "letters"

    return make


def test_a_folder_and_a_store_are_published_at_once(data: Path, tmp_path: Path) -> None:
    url = f"memory://{tmp_path.name}/xor"
    said = xor.said("publish", data, "--out", tmp_path / "release", "--to", url, "--date", "2026-01-02")
    assert [place["place"] for place in said["places"]] == [str(tmp_path / "release"), url]
    assert {len(place["sent"]) for place in said["places"]} == {14}
    for place in (tmp_path / "release", url):
        assert "complete and unaltered" in xor.succeed("verify", place)
    card = (tmp_path / "release/README.md").read_text()
    assert "| `bits` | `2` | bits per code |" in card and 'root = "."' in card
    again = xor.succeed("publish", data, "--out", tmp_path / "release", "--date", "2026-01-02")
    assert again.startswith(f"{tmp_path}/release: nothing to bring, 14 were there; 14 files, ")


def test_a_dataset_in_a_store_is_published_into_a_folder(tmp_path: Path) -> None:
    url = f"memory://{tmp_path.name}/built"
    xor.succeed("build", "--out", url, "--bits", "1", "--train", "4", "--validation", "2", "--test", "2")
    xor.succeed("publish", url, "--out", tmp_path / "release")
    assert "complete and unaltered" in xor.succeed("verify", tmp_path / "release")


def test_the_table_of_ceilings_is_that_of_the_manifest(data: Path, tmp_path: Path) -> None:
    xor.succeed("publish", data, "--out", tmp_path / "release")
    ceilings = json.loads((data / "manifest.json").read_text())["information"]["0.5"]["ceilings"]["ac->b"]
    order = ("single_ceiling", "pairwise_ceiling", "bayes_accuracy")
    row = f"| 0.5 | {' | '.join(f'{ceilings[name]:.4f}' for name in order)} |"
    assert row in (tmp_path / "release/README.md").read_text()
    assert (tmp_path / "release/figures/structure.png").read_bytes()[1:4] == b"PNG"


def test_a_dry_run_lists_what_would_go_and_touches_nothing(data: Path, tmp_path: Path) -> None:
    said = xor.said("publish", data, "--out", tmp_path / "release", "--dry-run")
    (place,) = said["places"]
    assert place["dry_run"] and place["bytes"] == sum(file["bytes"] for file in place["files"])
    assert {"README.md", "manifest.json"} <= {file["name"] for file in place["files"]}
    text = xor.succeed("publish", data, "--out", tmp_path / "release", "--dry-run")
    assert "would go. Nothing was touched." in text and not (tmp_path / "release").exists()


def test_who_publishes_names_it(data: Path, tmp_path: Path) -> None:
    words = [
        "--title",
        "My data",
        "--author",
        "Ada L.",
        "--author",
        "Bo",
        "--licence",
        "cc0",
        "--release-version",
        "2.1",
    ]
    xor.succeed("publish", data, "--out", tmp_path / "release", *words)
    card, cff = ((tmp_path / "release" / name).read_text() for name in ("README.md", "CITATION.cff"))
    assert "license: cc0-1.0\n" in card and "# My data\n" in card and "author = {{Ada L.} and {Bo}}" in card
    assert 'version: "2.1"' in cff and '  - name: "Bo"' in cff


def test_real_media_are_published_with_their_licences_and_balance(real, tmp_path: Path) -> None:
    path = real(licence=["cc-by", "CC BY-SA 4.0", "cc-by"], author=["Ada", "Bo", "Ada"])
    birds.succeed("publish", path, "--out", tmp_path / "release")
    card = (tmp_path / "release/README.md").read_text()
    assert (
        "license: cc-by-sa-4.0\n" in card and "| glad | 2 |" in card and "| Letters of Ada | texts | CC0 | 3 |" in card
    )
    assert "Classes without any sample: never." in card and "**Share alike**" in card
    assert (tmp_path / "release/figures/balance.svg").exists()
    assert "complete and unaltered" in birds.succeed("verify", tmp_path / "release")


def test_errors_are_one_line(data: Path, real, tmp_path: Path) -> None:
    letters = real(licence=["cc-by", "All rights reserved", ""])
    out = ["--out", tmp_path / "release"]
    (tmp_path / "empty").mkdir()
    for calls, words, status, line in (
        (xor, [data], 2, "say where to: --out FOLDER, or --to URL, or both"),
        (xor, [tmp_path / "nothing", *out], 1, "does not exist; build a dataset there first"),
        (xor, [data, *out, "--date", "2026-13-01"], 2, "--date must be YYYY-MM-DD; got '2026-13-01'"),
        (xor, [data, *out, "--licence", "CC-BY-5.0"], 2, "--licence must be a known one; got 'CC-BY-5.0'"),
        (xor, [data, *out, "--report", tmp_path / "lost"], 1, "lost does not exist; make one with the verb report"),
        (xor, [data, *out, "--report", tmp_path / "empty"], 1, "empty is empty; make one with the verb report"),
        (xor, [data, "--out", data / "release"], 2, "a release must lie outside the dataset"),
        (xor, [data, "--out", data, "--dry-run"], 2, "a release must lie outside the dataset"),
        (xor, [data, "--to", "hf://name", "--dry-run"], 2, "--to must be hf://datasets/USER/NAME; got 'hf://name'"),
        (birds, ["mosi:/data/mosi", *out], 2, "is read in place; build it first: birdmml build --from mosi:/data/mosi"),
        (xor, [data, "--to", "xyz://a/b"], 2, "xyz://a/b cannot be reached"),
        (xor, [data, "--to", "ftp://me:secret@host/b"], 2, "a URL must hold no password; got ftp://...@host/b"),
        (xor, [data, "--to", "hf://name"], 2, "--to must be hf://datasets/USER/NAME; got 'hf://name'"),
        (xor, [letters, *out], 1, "the dataset is 'letters', not 'xor'; use the command that built it"),
        (birds, [data, *out], 1, "the dataset is 'xor', not 'birdmml' or real media; use the command that built it"),
        (birds, [letters, *out], 1, "the licence 'All rights reserved' of 1 items (b) forbids publishing"),
    ):
        assert_one_line(calls.invoke("publish", *words), status, line)
    assert not (tmp_path / "release").exists()


def test_publishing_loads_no_torch(data: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from confu_cli.xorbench import xorbench\ntry: xorbench()\nfinally: print('torch' in sys.modules)"
    )
    words = ["publish", str(data), "--out", str(tmp_path / "release")]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False"
