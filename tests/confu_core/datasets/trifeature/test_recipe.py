"""Trifeature as a dataset: the same bytes however it is cut, columns that agree with pictures, and options."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from confu_core.datasets import contents_of, open_source
from confu_core.datasets.contents import ceilings_of
from confu_core.datasets.trifeature.drawing import COLORS, GREY, SIDE
from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards import build, open_dataset, verify
from confu_core.shards.read import unwritten

SMALL = "trifeature:?train=30&validation=10&test=20"


def pixels(cell: dict[str, bytes]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(cell["bytes"])))


def test_rows_do_not_depend_on_how_they_are_cut() -> None:
    for options in ("", "&crop=0.5"):
        recipe = open_source(SMALL + options)
        whole = recipe.rows("train", 0, 30)
        assert whole.slice(7, 5).equals(recipe.rows("train", 7, 12))
        assert whole.select(["synergy", "image2"]).equals(recipe.columns("train", 0, 30, ["synergy", "image2"]))


def test_a_build_is_the_same_on_two_processes_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    recipe = open_source(SMALL)
    one = build(recipe, tmp_path / "one", shard_rows=10)
    two = build(recipe, tmp_path / "two", shard_rows=10, workers=2)
    assert one == two and verify(tmp_path / "two", deep=True).ok

    def stop(done: int, written: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(recipe, tmp_path / "three", shard_rows=10, progress=stop)
    assert build(recipe, tmp_path / "three", shard_rows=10) == one


def test_columns_say_what_pictures_show() -> None:
    for row in open_source(SMALL).rows("train", 0, 10).to_pylist():
        for at in "12":
            shown = {tuple(map(int, one)) for one in np.unique(pixels(row[f"image{at}"]).reshape(-1, 3), axis=0)}
            assert shown == {GREY, COLORS[row[f"color{at}"]]}
        same, names = row["picture1"] == row["picture2"], [row[f"picture{at}"].split("-")[0] for at in "12"]
        assert same == (row["image1"]["bytes"] == row["image2"]["bytes"]) and names[0][0] == names[1][0]


def test_the_seed_draws_other_pictures_of_other_pairs() -> None:
    rows = [open_source(f"{SMALL}&seed={seed}").rows("test", 0, 20) for seed in (0, 1)]
    assert rows[0]["picture1"] != rows[1]["picture1"] and rows[0]["image1"][0] != rows[1]["image1"][0]


def test_a_crop_keeps_the_size_and_enlarges_what_is_seen() -> None:
    whole, cropped = (
        open_source(SMALL + text).rows("test", 0, 20)["image1"].to_pylist() for text in ("", "&crop=0.25")
    )
    pairs = [[pixels(cell) for cell in both] for both in zip(whole, cropped, strict=True)]
    assert all(one.shape == other.shape == (SIDE, SIDE, 3) for one, other in pairs)
    assert all((one != other).any() for one, other in pairs)
    assert open_source(SMALL + "&crop=1.0").rows("test", 0, 20)["image1"].to_pylist() == whole


def test_the_task_decides_the_class_and_its_ceilings() -> None:
    for task, label, classes, bayes in (
        ("redundancy", "shape", 10, (1, 1, 1)),
        ("unique1", "texture1", 10, (1, 0.1, 1)),
        ("unique2", "texture2", 10, (0.1, 1, 1)),
        ("synergy", "synergy", 2, (0.9, 0.9, 1)),
    ):
        recipe = open_source(f"{SMALL}&task={task}")
        manifest = unwritten(recipe).manifest
        contents, known = contents_of(manifest), ceilings_of(manifest)["all"]
        assert (contents.label, len(contents.classes)) == (label, classes)
        assert tuple(one.bayes for one in known.values()) == pytest.approx(bayes)
        assert list(known) == ["image1", "image2", "image1+image2"]
        assert set(recipe.columns("train", 0, 30, [label])[label].to_pylist()) <= set(contents.classes)


@pytest.mark.parametrize("said", [3, {"all": 3}, {"all": {"image1": {"single": 0.5}}}])
def test_damaged_ceilings_are_one_line(said: object) -> None:
    manifest = replace(unwritten(open_source(SMALL)).manifest, information={"ceilings": said})
    with pytest.raises(DatasetError, match="the manifest of 'trifeature' is damaged: its ceilings cannot be read"):
        ceilings_of(manifest)


def test_out_of_shards_it_is_what_it_was(tmp_path: Path) -> None:
    recipe = open_source(SMALL)
    build(recipe, tmp_path, formats=("parquet",))
    found = open_dataset(tmp_path)
    assert found.table("test").equals(recipe.rows("test", 0, 20))
    assert ceilings_of(found.manifest) == ceilings_of(unwritten(recipe).manifest)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trifeature:skewed", "what follows trifeature: must be one of unbiased, biased, balanced, balanced-biased"),
        ("trifeature:?task=color", "task must be one of redundancy, unique1, unique2, synergy; got 'color'"),
        ("trifeature:?split=theirs", "split must be one of own, published; got 'theirs'"),
        ("trifeature:biased?task=synergy", "biased pairs all match, so that synergy has one class"),
        ("trifeature:?train=0", "train must be a whole number of at least 1, or all; got '0'"),
        ("trifeature:?crop=nan", "crop must be a share of at least 0.01 and at most 1; got nan"),
        ("trifeature:?crop=half", "crop must be a share of at least 0.01 and at most 1; got 'half'"),
        ("trifeature:?seed=-1", "seed must be a whole number of at least 0; got -1"),
        ("trifeature:?size=64", "trifeature: has no option 'size'"),
    ],
)
def test_what_cannot_be_is_one_line(text: str, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        open_source(text)
