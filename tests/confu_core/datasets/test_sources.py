"""Every dataset that is read in place, as training reads it, without a build and out of tars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from known_sets import affect, write_affect, write_avmnist, write_cub200, write_ssw60, write_vb100, write_video

from confu_core.datasets import SOURCES, contents_of, open_source
from confu_core.shards import build, open_dataset
from confu_core.shards.cache import open_cache
from confu_core.shards.read import unwritten

SHAPES = {
    "ssw60": {"image": (8, 3, 64, 64), "caption": (64,)},
    "vb100": {"image": (8, 3, 64, 64), "caption": (64,)},
    "cub200": {"image": (3, 64, 64), "caption": (64,)},
    "avmnist": {"image": (3, 28, 28), "audio": (3, 112, 112), "caption": (4,)},
    "mosi": {"vision": (5, 3), "audio": (5, 2), "text": (5, 4)},
    "mosei": {"vision": (5, 3), "audio": (5, 2), "text": (5, 4)},
    "urfunny": {"vision": (5, 3), "audio": (5, 2), "text": (5, 4)},
    "mustard": {"vision": (5, 3), "audio": (5, 2), "text": (5, 4)},
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder per scheme."""
    root = tmp_path_factory.mktemp("sets")
    write_ssw60(root / "ssw60")
    write_video(root / "ssw60/video_ml/1005.mp4", [100] * 24)  # Without sound.
    write_vb100(root / "vb100")
    write_cub200(root / "cub200")
    write_avmnist(root / "avmnist")
    for scheme, file in {"mosi": "mosi_raw.pkl", "mosei": "mosei_raw.pkl"}.items():
        write_affect(root / scheme / file)
    for scheme, file, low in (("urfunny", "humor.pkl", 0), ("mustard", "sarcasm.pkl", -1)):
        labels = np.array([low, 1] * 3)[:, None]
        splits = {one: {**affect(seed=at), "labels": labels} for at, one in enumerate(("train", "valid", "test"))}
        write_affect(root / scheme / file, splits)
    return root


@pytest.mark.parametrize("scheme", SHAPES)
def test_read_in_place_and_out_of_tars_it_is_the_same(root: Path, tmp_path: Path, scheme: str) -> None:
    recipe = open_source(f"{scheme}:{root / scheme}")
    contents = contents_of(unwritten(recipe).manifest)
    here = open_cache(unwritten(recipe), contents.inputs, folder=tmp_path / "here")
    for name, shape in SHAPES[scheme].items():
        assert here.array("train", name).shape[1:] == shape
    assert set(here.labels("test", [contents.label])[contents.label].to_pylist()) <= set(contents.classes)
    build(recipe, tmp_path / "tars", formats=("webdataset",))
    there = open_cache(open_dataset(tmp_path / "tars"), contents.inputs, folder=tmp_path / "there")
    for split in recipe.splits:
        for name in contents.inputs.names:
            np.testing.assert_array_equal(here.array(split, name), there.array(split, name))


def test_every_scheme_is_tried() -> None:
    assert set(SHAPES) == set(SOURCES) - {"digits", "trifeature"}  # These are built, and have folders of their own.
