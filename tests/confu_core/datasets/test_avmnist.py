"""AV-MNIST in the layout of MultiBench."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_sets import grey_of, write_avmnist
from PIL import Image

from confu_core.datasets import contents_of, open_source
from confu_core.errors import ConfuError, DatasetError, InvalidValue
from confu_core.shards import build, open_dataset
from confu_core.shards.cache import open_cache
from confu_core.shards.verify import verify

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_pictures_are_those_of_the_arrays(tmp_path: Path, kind: str, flat: bool) -> None:
    recipe = open_source(f"avmnist:{write_avmnist(tmp_path, kind=kind, flat=flat)}")
    assert dict(recipe.splits) == {"train": 22, "validation": 2, "test": 5}
    for split, first in (("train", 0), ("validation", 22), ("test", 0)):
        for number, row in enumerate(recipe.rows(split, 0, recipe.splits[split]).to_pylist(), first):
            assert (grey_of(row["image"]), grey_of(row["audio"])) == (number, 100 + number)
            assert row["digit"] == row["caption"] == WORDS[number % 10]
    with Image.open(io.BytesIO(row["audio"]["bytes"])) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "L", (112, 112))


def test_pixels_keep_their_places(tmp_path: Path) -> None:
    root = write_avmnist(tmp_path)
    array = np.random.default_rng(0).integers(0, 256, (5, 784), dtype=np.uint8)
    np.save(root / "image/test_data.npy", array)
    row = open_source(f"avmnist:{root}").rows("test", 3, 4).to_pylist()[0]
    with Image.open(io.BytesIO(row["image"]["bytes"])) as image:
        np.testing.assert_array_equal(np.asarray(image), array[3].reshape(28, 28))


def test_fractions_up_to_1_are_told_from_those_up_to_255(tmp_path: Path) -> None:
    root = write_avmnist(tmp_path, kind="float32")
    for split in ("train", "test"):
        path = root / f"image/{split}_data.npy"
        np.save(path, np.load(path) / 255)
    recipe = open_source(f"avmnist:{root}")
    assert recipe.config["tops"] == {"image": 1.0, "audio": 255.0}
    assert grey_of(recipe.rows("test", 4, 5).to_pylist()[0]["image"]) == 4
    assert grey_of(open_source(f"avmnist:{root}?range=255").rows("test", 4, 5).to_pylist()[0]["image"]) == 0


def test_it_builds_and_is_read_for_training(tmp_path: Path) -> None:
    recipe = open_source(f"avmnist:{write_avmnist(tmp_path / 'raw')}")
    copied = pickle.loads(pickle.dumps(recipe))
    manifest = build(copied, tmp_path / "out", formats=("parquet", "webdataset"), shard_rows=10)
    assert open_dataset(tmp_path / "out").table("train").equals(recipe.rows("train", 0, 22))
    assert verify(tmp_path / "out", deep=True).ok
    contents = contents_of(manifest)
    assert contents.label == "digit" and contents.classes == WORDS and contents.spoiled_by == ("flip",)
    assert contents.prompts == tuple((word, number) for number, word in enumerate(WORDS))
    build(copied, tmp_path / "tars", formats=("webdataset",), shard_rows=10)
    for name in ("out", "tars"):
        cached = open_cache(open_dataset(tmp_path / name), contents.inputs, folder=tmp_path / "cache" / name)
        assert cached.array("test", "audio")[:, 0, 5, 5].tolist() == [100, 101, 102, 103, 104]
        assert cached.array("test", "image").shape == (5, 3, 28, 28)


def test_columns_without_pictures_encode_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = open_source(f"avmnist:{write_avmnist(tmp_path)}")
    monkeypatch.setattr("confu_core.datasets.avmnist.encode_png", None)
    assert recipe.columns("test", 1, 3, ["caption"]).to_pydict() == {"caption": ["one", "two"]}


WRONG = {
    "shape": ("image/train_data.npy", np.zeros((24, 27)), r"must hold numbers of shape \(n, 28, 28\) or \(n, 784\)"),
    "kind": ("audio/test_data.npy", np.full((5, 112, 112), "a"), r"must hold numbers of shape \(n, 112, 112\)"),
    "rows": ("image/test_data.npy", np.zeros((4, 784)), "has 4 samples, and 5 have labels"),
    "labels": ("test_labels.npy", np.full(5, 10), "must hold at least 1 digits of 0 to 9"),
    "no labels": ("test_labels.npy", np.zeros(0), "must hold at least 1 digits of 0 to 9"),
    "text": ("train_labels.npy", np.full(24, "a"), "must hold at least 2 digits of 0 to 9"),
    "one value": ("test_labels.npy", np.array(3), "must hold one array"),
}


@pytest.mark.parametrize("name", WRONG)
def test_arrays_that_do_not_fit(tmp_path: Path, name: str) -> None:
    root = write_avmnist(tmp_path)
    file, array, line = WRONG[name]
    np.save(root / file, array)
    with pytest.raises(DatasetError, match=line) as found:
        open_source(f"avmnist:{root}")
    assert "\n" not in str(found.value)


def test_arrays_of_objects_run_nothing_and_headers_reserve_nothing(tmp_path: Path) -> None:
    root = write_avmnist(tmp_path)
    np.save(root / "test_labels.npy", np.array([1, "a", None], object), allow_pickle=True)
    with pytest.raises(DatasetError, match="test_labels.npy is no array of NumPy"):
        open_source(f"avmnist:{root}")
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }"
    padded = header + b" " * (117 - len(header)) + b"\n"
    (root / "test_labels.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded)
    with pytest.raises(DatasetError, match="test_labels.npy is no array of NumPy"):
        open_source(f"avmnist:{root}")


def test_values_that_are_not_finite_are_not_drawn(tmp_path: Path) -> None:
    root = write_avmnist(tmp_path, kind="float32")
    path = root / "audio/test_data.npy"
    array = np.load(path)
    array[2, 0, 0] = np.nan
    np.save(path, array)
    recipe = open_source(f"avmnist:{root}")
    assert recipe.rows("test", 0, 2).num_rows == 2
    with pytest.raises(DatasetError, match="audio/test_data.npy holds values that are not finite"):
        recipe.rows("test", 0, 5)


def test_ranges_that_there_are_not(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="range must be one of auto, 255, 1; got '2'"):
        open_source(f"avmnist:{write_avmnist(tmp_path)}?range=2")


@given(st.binary(max_size=40), st.integers(0, 200))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_arrays_raise_nothing_of_their_own(tmp_path: Path, put: bytes, at: int) -> None:
    if not (tmp_path / "kept.npy").exists():
        np.save(write_avmnist(tmp_path) / "kept.npy", np.arange(5))
    whole = (tmp_path / "kept.npy").read_bytes()
    (tmp_path / "test_labels.npy").write_bytes(whole[:at] + put + whole[at + len(put) :])
    try:
        open_source(f"avmnist:{tmp_path}").rows("test", 0, 5)
    except ConfuError as error:
        assert "\n" not in str(error)
