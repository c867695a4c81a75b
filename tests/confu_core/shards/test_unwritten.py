"""A recipe read in place is the dataset that a build of it would be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from captioned_recipe import SPEC, CaptionedRecipe

from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards import Dataset, TableRecipe, build, open_dataset
from confu_core.shards.cache import cache_key, open_cache
from confu_core.shards.read import unwritten
from confu_core.shards.rows import tokenizer_of
from confu_core.shards.stream import Stream

RECIPE = CaptionedRecipe(broken=frozenset({("train", 4, "image"), ("test", 0, "audio")}))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    root = tmp_path_factory.mktemp("written") / "noises"
    build(RECIPE, root, shard_rows=10)
    return open_dataset(root)


def test_rows_are_those_of_a_build(written: Dataset) -> None:
    here = unwritten(RECIPE, shard_rows=4)
    assert here.manifest.fingerprint == written.manifest.fingerprint
    assert here.manifest.splits == written.manifest.splits and here.manifest.schema == written.manifest.schema
    for split in ("train", "test"):
        assert here.table(split).to_pylist() == written.table(split).to_pylist() == list(here.rows(split))
        assert here.table(split, ["caption", "key"]).equals(written.table(split, ["caption", "key"]))
    assert [shard.rows for shard in here.shards("train")] == [4, 4, 4, 4, 4, 3]
    last = here.shards("train")[-1]
    assert here.take(last, [2, 0]).to_pylist() == [written.table("train").to_pylist()[row] for row in (22, 20)]
    assert here.take(last, []).num_rows == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_cache_of_it_holds_the_same(written: Dataset, workers: int, tmp_path: Path) -> None:
    here = unwritten(RECIPE, shard_rows=4)
    one = open_cache(written, SPEC, folder=tmp_path / "one")
    two = open_cache(here, SPEC, folder=tmp_path / "two", workers=workers)
    assert one.splits == two.splits == {"train": 22, "test": 4} and one.corrupt == two.corrupt
    for split in ("train", "test"):
        assert all(np.array_equal(one.array(split, name), two.array(split, name)) for name in SPEC.names)
        assert one.labels(split).equals(two.labels(split))
    assert one.tokenizer is not None and two.tokenizer is not None
    assert one.tokenizer.to_json() == two.tokenizer.to_json()


def test_a_stream_of_it_gives_every_row_once(written: Dataset) -> None:
    here = unwritten(RECIPE, shard_rows=4)
    words = tokenizer_of(here, SPEC)
    reading = Stream(here, "train", SPEC, tokenizer=words, batch_size=5, shuffle=False, buffer=1)
    batches = list(reading)
    plain = Stream(written, "train", SPEC, tokenizer=words, batch_size=5, shuffle=False, buffer=1)
    for mine, theirs in zip(batches, plain, strict=True):
        assert mine["key"] == theirs["key"] and all(np.array_equal(mine[name], theirs[name]) for name in SPEC.names)
    assert len(reading.corrupt) == 1
    shares = [Stream(here, "train", SPEC, tokenizer=words, rank=rank, ranks=2, seed=3) for rank in (0, 1)]
    assert sorted(key for share in shares for batch in share for key in batch["key"]) == sorted(
        key for batch in batches for key in batch["key"]
    )


def test_the_cache_is_named_by_what_decides_the_rows() -> None:
    table = pa.table({"key": ["a", "b"], "caption": ["a red bird", "a tail"]})
    recipe = TableRecipe("words", {"train": table})
    here = unwritten(recipe)
    spec = type(SPEC)({"text": SPEC.inputs["text"]})
    assert cache_key(here, spec) == cache_key(unwritten(TableRecipe("words", {"train": table})), spec)
    other = TableRecipe("words", {"train": table.set_column(1, "caption", pa.array(["a red bird", "two tails"]))})
    others = [
        replace(recipe, name="word"),
        replace(recipe, seed=1),
        replace(recipe, tables={"train": table, "test": table}),
        other,
    ]
    keys = {cache_key(unwritten(one), spec) for one in (recipe, *others)}
    assert len(keys) == 5


@dataclass(frozen=True)
class Videos(TableRecipe):
    """Where a row is expensive, and a caption cheap."""

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        raise AssertionError("all columns were made where some were asked for")

    def columns(self, split: str, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        return self.tables[split].slice(start, stop - start).select(names)


def test_a_recipe_may_give_some_columns_for_less() -> None:
    here = unwritten(Videos("videos", {"train": pa.table({"key": ["a", "b", "c"], "x": [1, 2, 3]})}), shard_rows=2)
    assert here.table("train", ["x"]).to_pydict() == {"x": [1, 2, 3]}


def test_what_is_asked_wrongly_is_one_line() -> None:
    here = unwritten(RECIPE, shard_rows=4)
    with pytest.raises(DatasetError, match="has no split 'tset'; did you mean 'test'"):
        here.table("tset")
    with pytest.raises(DatasetError, match="has no column 'captoin'; did you mean 'caption'"):
        here.table("test", ["captoin"])
    with pytest.raises(DatasetError, match="has 4 rows; got rows 0 to 4"):
        here.take(here.shards("train")[0], [0, 4])
    for wrong in (0, -1):
        with pytest.raises(InvalidValue, match="shard_rows"):
            unwritten(RECIPE, shard_rows=wrong)
    with pytest.raises(InvalidValue, match="a schema must have one column 'key'"):
        unwritten(TableRecipe("squares", {"train": pa.table({"square": [1]})}))


def test_its_manifest_is_json_that_can_be_read(tmp_path: Path) -> None:
    said = json.loads(unwritten(RECIPE).sealed)
    assert said["name"] == RECIPE.name and {shard["bytes"] for shard in said["shards"]} == {0}
