"""The verb `audit`: table, JSON, page, exit status, and what is asked wrongly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from calls import Calls, assert_one_line

from birdmml.audit import codes
from birdmml.caption import CaptionDials
from birdmml.data import BirdRecipe
from birdmml.settings import Settings
from confu_cli.birdmml import birdmml
from confu_core.datasets import Contents
from confu_core.inputs import InputSpec, Text
from confu_core.shards import TableRecipe, build

CALLS = Calls(birdmml)
CLEAN = ("sound-silent", "picture-blank")


class _Moods(TableRecipe):
    """Texts with classes."""

    def information(self) -> dict[str, object]:
        return {"contents": Contents(InputSpec({"caption": Text("caption")}), "mood", ("glad", "sad")).as_dict()}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Birds of whom every second caption gives the name, in both formats."""
    root = tmp_path_factory.mktemp("audited") / "birds"
    settings = Settings(species=20, per_species=4, size=24, seconds=0.4, caption=CaptionDials(name_share=0.5))
    build(BirdRecipe(settings), root, formats=("parquet", "webdataset"))
    return root


@pytest.fixture(scope="module")
def whole(named: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """What is said of all that can be checked, and the page."""
    page = tmp_path_factory.mktemp("page") / "page.html"
    return CALLS.said("audit", named, "--workers", 1, "--page", page), page.read_text()


def test_the_engine_of_a_cluster_says_the_same(named: Path, whole: tuple[dict[str, Any], str]) -> None:
    said = CALLS.said("audit", named, "--workers", 2, "--engine", "dask")
    assert said == whole[0]
    result = CALLS.invoke("audit", named, "--engine", "dusk")
    assert_one_line(result, 2, "unknown engine 'dusk'; did you mean 'dask'?")


def test_what_is_said_is_the_same_as_table_as_json_and_as_page(named: Path, whole: tuple[dict[str, Any], str]) -> None:
    said, html = whole
    assert said["name"] == "birdmml"
    assert said["counts"]["error"] == sum(one["severity"] == "error" for one in said["findings"]) > 0
    table = CALLS.succeed("audit", named, "--workers", 1)
    for one in said["findings"]:
        assert one["code"] in table and one["code"] in html
        assert f"{one['count']:,}" in table and f"<b>{one['count']:,}</b>" in html
    assert table.splitlines()[-1].endswith(said["verdict"])
    assert said["verdict"] in html or said["verdict"].capitalize() in html


def test_the_page_stands_alone(named: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    only = "caption-names-class,caption-length,headroom"
    said = CALLS.said("audit", named, "--only", only, "--workers", 1, "--page", page)
    html = page.read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!#|data:image/jpeg;base64,)""", html) and "<script" not in html
    assert "default-src 'none'" in html
    shown = {key for one in said["findings"] for example in one["examples"] for key in example["keys"]}
    assert 0 < len(shown) <= 24
    assert set(re.findall(r'<img src="data:[^"]+" alt="picture of ([^"]+)">', html)) == shown


def test_the_page_obeys_no_caption(tmp_path: Path) -> None:
    hostile = '<img src=x onerror="alert(1)"><script>alert(1)</script>'
    rows = pa.table({"key": ["a", "b"], "caption": [hostile, hostile], "mood": ["glad", "sad"]})
    build(_Moods("moods", {"train": rows}), tmp_path / "moods")
    CALLS.said(
        "audit", tmp_path / "moods", "--only", "caption-copies", "--workers", 1, "--page", tmp_path / "page.html"
    )
    html = (tmp_path / "page.html").read_text()
    assert "&lt;script&gt;" in html and "<script" not in html and "<img" not in html


def test_exit_status_follows_the_gravest_finding(named: Path) -> None:
    only = ("audit", named, "--workers", 1, "--only")
    assert CALLS.invoke(*only, "caption-names-class", "--fail-on", "error").exit_code == 1
    assert CALLS.invoke(*only, "caption-names-class", "--fail-on", "warning").exit_code == 1
    assert CALLS.invoke(*only, "caption-names-class").exit_code == 0
    assert CALLS.invoke(*only, "class-few", "--fail-on", "error").exit_code == 0
    assert CALLS.invoke(*only, "class-few", "--fail-on", "warning").exit_code == 1
    assert CALLS.invoke(*only, ",".join(CLEAN), "--fail-on", "warning").exit_code == 0


def test_checks_are_chosen_by_code(named: Path) -> None:
    said = CALLS.said("audit", named, "--workers", 1, "--skip", ",".join(set(codes()) - {"caption-length"}))
    assert {one["code"] for one in said["findings"]} == {"caption-length"}


def test_tars_are_audited_as_parquet_is(whole: tuple[dict[str, Any], str], tmp_path: Path) -> None:
    settings = Settings(species=20, per_species=4, size=24, seconds=0.4, caption=CaptionDials(name_share=0.5))
    build(BirdRecipe(settings), tmp_path / "tars", formats=("webdataset",))
    assert CALLS.said("audit", tmp_path / "tars", "--workers", 1)["findings"] == whole[0]["findings"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--only", "sound-silnt"), 2, "Error: no check 'sound-silnt'; did you mean 'sound-silent'?\n"),
        (("--skip", "x"), 2, "Error: no check 'x'; known: audio-reuse"),
        (("--rows", "0"), 2, "Error: rows must be at least 1; got 0\n"),
        (("--fail-on", "info"), 2, "Error: Invalid value for '--fail-on'"),
    ],
)
def test_what_is_asked_wrongly(named: Path, words: tuple[str, ...], status: int, message: str) -> None:
    assert_one_line(CALLS.invoke("audit", named, *words, "--workers", 1), status, message)


def test_no_dataset_and_no_contents(tmp_path: Path) -> None:
    assert_one_line(CALLS.invoke("audit", tmp_path / "none"), 1, f"Error: {tmp_path / 'none'} does not exist")
    assert_one_line(CALLS.invoke("audit", "ssw61:/data"), 2, "Error: no dataset is read as 'ssw61:'")
    build(TableRecipe("words", {"train": pa.table({"key": ["a"]})}), tmp_path / "words")
    expected = "Error: the manifest of 'words' does not say which columns are modalities and classes\n"
    assert_one_line(CALLS.invoke("audit", tmp_path / "words"), 1, expected)
