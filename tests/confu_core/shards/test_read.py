"""Reading: the rows that were generated, or one line that says which shard is not what it was."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recipe_for_shards import BOTH, PARQUET, TAR, MediaRecipe, altered, flipped

from confu_core.errors import DatasetError
from confu_core.shards import build, open_dataset

SHARDS = pytest.mark.parametrize(("format", "shard"), [("parquet", PARQUET), ("webdataset", TAR)])


def from_tars(table: pa.Table) -> list[dict[str, Any]]:
    rows = table.to_pylist()
    media = [{"png": row["image"]["bytes"], "flac": row["audio"]["bytes"]} for row in rows]
    flat = [{name: row[name] for name in ("key", "label", "p", "bits")} for row in rows]
    return [row | parts for row, parts in zip(flat, media, strict=True)]


@pytest.mark.parametrize("split", ["train", "test"])
def test_tables_and_rows_are_those_of_the_recipe(built: Path, split: str) -> None:
    dataset = open_dataset(built)
    wanted = MediaRecipe().rows(split, 0, dataset.manifest.splits[split])
    assert dataset.table(split) == wanted
    assert list(dataset.rows(split)) == wanted.to_pylist()
    tars = dataset.table(split, format="webdataset")
    assert tars.to_pylist() == list(dataset.rows(split, format="webdataset")) == from_tars(wanted)
    assert tars.schema.field("label").type == pa.int32()


def test_the_only_format_is_the_default(tmp_path: Path) -> None:
    build(MediaRecipe(), tmp_path, formats=("webdataset",))
    assert open_dataset(tmp_path).table("train", ["key", "label"]).schema.names == ["key", "label"]


@pytest.mark.parametrize("format", BOTH)
def test_columns_come_in_the_order_asked_for(built: Path, format: str) -> None:
    table = open_dataset(built).table("train", ["p", "key"], format=format)
    assert table.column_names == ["p", "key"]
    assert table["key"].to_pylist() == [f"train-{i:05d}" for i in range(7)]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"split": "trian"}, "has no split 'trian'; did you mean 'train'?"),
        ({"split": "train", "columns": ["lable"]}, "has no column 'lable'; did you mean 'label'?"),
        ({"split": "train", "columns": ["pgn"], "format": "webdataset"}, "did you mean 'png'?"),
        ({"split": "train", "format": "parket"}, "no 'parket' shards; did you mean 'parquet'?"),
    ],
)
def test_unknown_names_get_a_hint(built: Path, arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(DatasetError) as caught:
        open_dataset(built).table(**arguments)
    assert line in str(caught.value)


def test_what_is_no_dataset_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=r"none does not exist; build a dataset there first"):
        open_dataset(tmp_path / "none")
    with pytest.raises(DatasetError, match=r"file is not a folder; build a dataset there first"):
        open_dataset(tmp_path / "file")
    with pytest.raises(DatasetError, match=r"holds no dataset: manifest\.json is missing; build one"):
        open_dataset(tmp_path)


@SHARDS
def test_a_missing_or_cut_shard_is_named(noise: Path, format: str, shard: str) -> None:
    dataset = open_dataset(noise)
    content = (noise / shard).read_bytes()
    (noise / shard).write_bytes(content[:-512])
    with pytest.raises(DatasetError, match=rf"{shard} is cut or altered: it has {len(content) - 512} bytes"):
        dataset.table("train", ["key"], format=format)
    (noise / shard).unlink()
    with pytest.raises(DatasetError, match=rf"{shard} is missing; run the same build again to restore it"):
        list(dataset.rows("train", format=format))
    assert dataset.table("test", format=format).num_rows == 2


@SHARDS
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_is_refused_or_harmless(built: Path, format: str, shard: str, data: Any) -> None:
    dataset = open_dataset(built)
    before = dataset.table("train", format=format)
    bit = data.draw(st.integers(0, 8 * (built / shard).stat().st_size - 1))
    with flipped(built / shard, bit):
        try:
            after = dataset.table("train", format=format)
        except DatasetError as error:
            assert shard in str(error) and "\n" not in str(error)
            return
        # Bits such as those of the statistics decide no value; a tar is compared by its checksum.
        assert after == before and format == "parquet"


@SHARDS
def test_a_count_that_is_not_that_of_the_manifest_is_named(noise: Path, format: str, shard: str) -> None:
    def move_a_row(data: dict[str, Any]) -> None:
        shards = {entry["path"]: entry for entry in data["shards"]}
        shards[shard]["rows"] += 1
        shards[shard.replace("0001", "0000", 1)]["rows"] -= 1

    altered(noise, move_a_row)
    with pytest.raises(DatasetError, match=r"is cut or altered: it holds 2 rows, the manifest says 1"):
        open_dataset(noise).table("train", format=format)


def test_a_shard_taken_out_of_the_manifest_is_missed(noise: Path) -> None:
    altered(noise, lambda data: data["shards"].pop(1))
    with pytest.raises(DatasetError, match=r"split 'train' has 7 rows, but its parquet shards have 5"):
        open_dataset(noise).table("train")


def test_other_columns_than_those_of_the_manifest_are_refused(noise: Path) -> None:
    altered(noise, lambda data: data["schema"].update(label="int64"))
    with pytest.raises(DatasetError, match="its columns are not those of the manifest"):
        open_dataset(noise).table("train", ["label"])


def test_a_shard_that_may_not_be_read_is_named(noise: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *arguments: Any, **options: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    dataset = open_dataset(noise)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DatasetError, match=r"train-000000\.tar cannot be read: Permission denied"):
        dataset.table("train", format="webdataset")


def test_rows_hold_one_shard_at_a_time(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["confu_core.shards.read"]
    opened = []

    def counted(path: Path, columns: Any) -> pa.Table:
        opened.append(path.name)
        return read_parquet(path, columns)

    read_parquet = module.read_parquet
    monkeypatch.setattr(module, "read_parquet", counted)
    rows = open_dataset(built).rows("train")
    assert [next(rows)["key"] for _ in range(3)] == [f"train-{i:05d}" for i in range(3)]
    assert opened == ["train-00000-of-00004.parquet", "train-00001-of-00004.parquet"]


@SHARDS
def test_some_rows_of_a_shard_are_taken_with_the_same_checks(noise: Path, format: str, shard: str) -> None:
    dataset = open_dataset(noise)
    (wanted,) = [one for one in dataset.manifest.shards if one.path == shard]
    table = dataset.table("train", format=format)
    assert dataset.take(wanted, [1, 0]).to_pylist() == table.take([3, 2]).to_pylist()
    assert dataset.take(wanted, []).num_rows == 0
    for rows, said in (([0, 2], "0 to 2"), ([-1], "-1 to -1")):
        with pytest.raises(DatasetError, match=f"{shard} has 2 rows; got rows {said}"):
            dataset.take(wanted, rows)
    with pytest.raises(DatasetError, match=f"{shard} is cut or altered: it holds 2 rows, the manifest says 3"):
        dataset.take(dataclasses.replace(wanted, rows=3), [0])
    (noise / shard).write_bytes((noise / shard).read_bytes()[:-1])
    with pytest.raises(DatasetError, match=f"{shard} is cut or altered: it has"):
        dataset.take(wanted, [0])
