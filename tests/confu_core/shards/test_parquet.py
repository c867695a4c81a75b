"""Parquet shards: what Hugging Face readers look for, and fast access to a few rows."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from recipe_for_shards import SAMPLE_RATE, MediaRecipe, tree

from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards import MEDIA, TableRecipe, build, with_features
from confu_core.shards.parquet import features, read_parquet, read_parquet_rows, stored_types, write_parquet

SHARD = "data/train-00000-of-00004.parquet"


def test_the_metadata_that_hugging_face_reads_is_kept(built: Path) -> None:
    metadata = pq.read_schema(built / SHARD).metadata
    assert json.loads(metadata[b"huggingface"]) == {
        "info": {
            "features": {
                "image": {"_type": "Image"},
                "audio": {"_type": "Audio", "sampling_rate": SAMPLE_RATE},
            }
        }
    }


def test_media_columns_have_the_one_form_that_is_recognised(built: Path) -> None:
    for name in ("image", "audio"):
        field = pq.read_schema(built / SHARD).field(name)
        assert field.nullable
        assert [(part.name, part.type) for part in field.type] == [("bytes", pa.binary()), ("path", pa.string())]


def test_media_are_stored_as_they_are_and_all_else_is_compressed(built: Path) -> None:
    group = pq.read_metadata(built / SHARD).row_group(0)
    stored = {}
    for index in range(group.num_columns):
        stored[group.column(index).path_in_schema] = group.column(index).compression
    assert {path for path, compression in stored.items() if compression == "UNCOMPRESSED"} == {
        "image.bytes",
        "image.path",
        "audio.bytes",
        "audio.path",
    }


@pytest.mark.parametrize(("media", "groups"), [(True, [100, 100, 50]), (False, [250])])
def test_rows_with_media_come_in_small_groups(tmp_path: Path, media: bool, groups: list[int]) -> None:
    columns = {"key": [str(i) for i in range(250)]}
    table = pa.table(columns)
    if media:
        table = table.append_column("image", pa.array([{"bytes": b"x", "path": None}] * 250, MEDIA))
    write_parquet(table, tmp_path / "x.parquet")
    metadata = pq.read_metadata(tmp_path / "x.parquet")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == groups


def test_equal_tables_give_equal_bytes_however_they_are_chunked(tmp_path: Path) -> None:
    whole = MediaRecipe().rows("train", 0, 6)
    pieces = pa.concat_tables([whole.slice(0, 1), whole.slice(1, 4), whole.slice(5)])
    assert pieces["key"].num_chunks == 3
    write_parquet(whole, tmp_path / "a")
    write_parquet(pieces, tmp_path / "b")
    assert len(set(tree(tmp_path).values())) == 1


def test_rows_do_not_depend_on_how_a_split_is_cut(tmp_path: Path) -> None:
    tables = []
    for shard_rows in (1, 3, 7):
        build(MediaRecipe(), tmp_path / str(shard_rows), shard_rows=shard_rows)
        shards = sorted((tmp_path / str(shard_rows) / "data").glob("train-*"))
        tables.append(pa.concat_tables(map(pq.read_table, shards)))
    assert tables[0] == tables[1] == tables[2] == MediaRecipe().rows("train", 0, 7)


@pytest.mark.parametrize("kind", [pa.int8(), pa.list_(pa.int8()), pa.timestamp("s"), MEDIA], ids=str)
def test_stored_types_are_those_of_the_file(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({"x": pa.array([None], kind)})
    write_parquet(table, tmp_path / "x.parquet")
    assert stored_types(table.schema) == {"x": str(read_parquet(tmp_path / "x.parquet").schema.field("x").type)}


def test_features_name_columns_and_media_are_of_the_media_type() -> None:
    schema = pa.schema([("key", pa.string()), ("image", pa.binary())])
    with pytest.raises(InvalidValue, match="feature 'img' must name a column; got columns key, image"):
        with_features(schema, {"img": {"_type": "Image"}})
    with pytest.raises(InvalidValue, match="column 'image' must be a nullable struct<bytes"):
        with_features(schema, {"image": {"_type": "Image"}})


@pytest.mark.parametrize("text", [b"{", b"[]", b"{}", b'{"info": {"features": [1]}}', b"\xff", b"null"])
def test_damaged_features_are_refused(text: bytes) -> None:
    with pytest.raises(DatasetError, match="damaged Hugging Face metadata"):
        features(pa.schema([("key", pa.string())], {b"huggingface": text}))


def test_the_key_is_one_text_column(tmp_path: Path) -> None:
    for columns in ({"square": [1]}, {"key": [1]}):
        recipe = TableRecipe("squares", {"train": pa.table(columns)})
        with pytest.raises(InvalidValue, match="must have one column 'key' of type string; got "):
            build(recipe, tmp_path / "out")


def test_another_table_of_one_shape_is_another_dataset(tmp_path: Path) -> None:
    for value in (1, 2):
        recipe = TableRecipe("squares", {"train": pa.table({"key": ["a"], "square": [value]})})
        if value == 1:
            build(recipe, tmp_path)
            continue
        with pytest.raises(DatasetError, match=r"holds another dataset \(sha256: "):
            build(recipe, tmp_path)


@pytest.fixture
def grouped(tmp_path: Path) -> Path:
    """250 rows with media, in groups of 100, 100 and 50."""
    media = pa.array([{"bytes": f"picture {i}".encode() * 9, "path": None} for i in range(250)], MEDIA)
    write_parquet(pa.table({"key": [str(i) for i in range(250)], "image": media}), tmp_path / "x.parquet")
    return tmp_path / "x.parquet"


@pytest.mark.parametrize("rows", [[], [0], [249, 0, 100, 99, 100, 3], list(range(249, -1, -1))])
def test_some_rows_are_those_of_the_whole(grouped: Path, rows: list[int]) -> None:
    whole = read_parquet(grouped).to_pylist()
    assert read_parquet_rows(grouped, rows).to_pylist() == [whole[row] for row in rows]


def test_of_some_rows_only_their_groups_are_read(grouped: Path) -> None:
    content = grouped.read_bytes()
    at = content.index(b"picture 150")
    grouped.write_bytes(content[:at] + b"P" + content[at + 1 :])
    assert read_parquet_rows(grouped, [99, 200])["key"].to_pylist() == ["99", "200"]
    with pytest.raises(DatasetError, match="x.parquet cannot be read as Parquet: .*CRC"):
        read_parquet_rows(grouped, [100])
