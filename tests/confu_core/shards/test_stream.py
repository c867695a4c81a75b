"""The stream: every row once per epoch, over all ranks, in an order that follows from the seed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from captioned_recipe import SPEC, CaptionedRecipe
from recipe_for_shards import BOTH

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import InputSpec, Picture, Text, Tokenizer
from confu_core.shards import Dataset, build, open_dataset
from confu_core.shards.cache import open_cache
from confu_core.shards.rows import tokenizer_of
from confu_core.shards.stream import Stream

ROWS = 250
PICTURES = InputSpec({"picture": Picture("image", side=4)})


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    # Parquet shards of 120 rows have row groups of 100 and 20 rows.
    folder = tmp_path_factory.mktemp("streamed")
    build(CaptionedRecipe(splits={"train": ROWS, "test": 5}), folder, formats=BOTH, shard_rows=120)
    return open_dataset(folder)


def order(dataset: Dataset, **options: Any) -> list[int]:
    return [row for batch in Stream(dataset, "train", PICTURES, **options) for row in batch["row"].tolist()]


@pytest.mark.parametrize("format", BOTH)
@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_ranks_are_disjoint_and_complete(format: str, ranks: int, dataset: Dataset) -> None:
    shares = [order(dataset, format=format, rank=rank, ranks=ranks, buffer=50) for rank in range(ranks)]
    assert sorted(row for share in shares for row in share) == list(range(ROWS))


@pytest.mark.parametrize("format", BOTH)
def test_the_order_follows_from_seed_and_epoch(format: str, dataset: Dataset) -> None:
    first = order(dataset, format=format)
    assert first == order(dataset, format=format, workers=3, batch_size=7)
    others = [order(dataset, format=format, **change) for change in ({"epoch": 1}, {"seed": 1}, {"buffer": 30})]
    assert all(sorted(other) == sorted(first) and other != first for other in others)
    assert order(dataset, format=format, shuffle=False) == list(range(ROWS))
    # Rows leave the units they lie in: neighbours are not neighbours any more.
    assert np.mean(np.abs(np.diff(first)) == 1) < 0.1


@pytest.mark.parametrize("format", BOTH)
def test_samples_are_those_of_the_cache(format: str, dataset: Dataset, tmp_path: Path) -> None:
    cached = open_cache(dataset, SPEC, folder=tmp_path)
    reading = Stream(
        dataset, "train", SPEC, tokenizer=cached.tokenizer, batch_size=100, format=format, columns=["label", "caption"]
    )
    batches = list(reading)
    assert [len(batch["row"]) for batch in batches] == [100, 100, 50] and reading.corrupt == []
    labels = cached.labels("train", ["key", "label", "caption"])
    for batch in batches:
        for name in SPEC.names:
            wanted = cached.array("train", name)[batch["row"]]
            assert np.array_equal(batch[name], wanted) and batch[name].dtype == wanted.dtype
        chosen = labels.take(batch["row"])
        assert batch["key"] == chosen["key"].to_pylist() and batch["label"] == chosen["label"].to_pylist()
        assert batch["caption"] == chosen["caption"].to_pylist()


def test_the_tokenizer_is_that_of_the_cache(dataset: Dataset, tmp_path: Path) -> None:
    trained, cached = tokenizer_of(dataset, SPEC), open_cache(dataset, SPEC, folder=tmp_path).tokenizer
    assert trained is not None and cached is not None
    assert trained.to_json() == cached.to_json()


@pytest.mark.parametrize("format", BOTH)
def test_corrupt_samples_are_counted(format: str, tmp_path: Path) -> None:
    broken = frozenset({("train", 3, "image"), ("train", 9, "image"), ("train", 4, "audio")})
    build(CaptionedRecipe(broken=broken), tmp_path, formats=(format,), shard_rows=8)
    reading = Stream(open_dataset(tmp_path), "train", PICTURES, batch_size=4)
    rows = [row for batch in reading for row in batch["row"].tolist()]
    assert sorted(rows) == sorted(set(range(23)) - {3, 9})
    assert sorted(one.key for one in reading.corrupt) == ["train-00003", "train-00009"]


def test_a_change_comes_before_the_encoding(dataset: Dataset) -> None:
    seen = []

    def black(modality: str, picture: np.ndarray, row: int) -> np.ndarray:
        seen.append((modality, row))
        return 0 * picture

    batches = list(Stream(dataset, "test", PICTURES, change=black, shuffle=False))
    assert not batches[0]["picture"].any() and seen == [("picture", row) for row in range(5)]


def test_a_url_streams_like_a_folder(dataset: Dataset) -> None:
    build(CaptionedRecipe(splits={"train": ROWS, "test": 5}), "memory://streamed", formats=BOTH, shard_rows=120)
    remote = open_dataset("memory://streamed")
    for format in BOTH:
        assert order(remote, format=format) == order(dataset, format=format)


def test_what_cannot_be_streamed_is_one_line(dataset: Dataset, tmp_path: Path) -> None:
    words = Tokenizer.train(["a"])
    text = InputSpec({"text": Text("captoin")})
    for split, spec, options, message in (
        ("tran", PICTURES, {}, "no split 'tran'; did you mean 'train'"),
        ("train", text, {"tokenizer": words}, "no column 'captoin'; did you mean 'caption'"),
        ("train", PICTURES, {"columns": ["lable"]}, "no column 'lable'; did you mean 'label'"),
        ("train", PICTURES, {"format": "tar"}, "has no 'tar' shards"),
        ("train", text, {}, "texts need a tokenizer"),
        ("train", PICTURES, {"rank": 2, "ranks": 2}, r"rank must be in \[0, 1\]; got 2"),
        ("train", PICTURES, {"rank": 4, "ranks": 9}, r"ranks must be in \[1, 5\].*got 9"),
        ("train", PICTURES, {"batch_size": 0}, "batch_size must be at least 1; got 0"),
    ):
        with pytest.raises((DatasetError, InvalidValue), match=message) as caught:
            Stream(dataset, split, spec, **options)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("format", BOTH)
def test_altered_shards_are_refused(format: str, tmp_path: Path) -> None:
    build(CaptionedRecipe(), tmp_path, formats=(format,), shard_rows=8)
    dataset = open_dataset(tmp_path)
    path = tmp_path / dataset.shards("train")[1].path
    whole = path.read_bytes()
    path.write_bytes(whole[:2000] + bytes([whole[2000] ^ 255]) + whole[2001:])
    with pytest.raises(DatasetError, match=f"{path.name} (is cut or altered|cannot be read)"):
        list(Stream(dataset, "train", PICTURES))
    os.truncate(path, 99)
    with pytest.raises(DatasetError, match="is cut or altered: it has 99 bytes"):
        list(Stream(dataset, "train", PICTURES))
    path.unlink()
    with pytest.raises(DatasetError, match="is missing"):
        list(Stream(dataset, "train", PICTURES))
