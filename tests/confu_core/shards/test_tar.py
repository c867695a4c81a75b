"""Tar shards: reproducible bytes, the same samples in every reader, and no trust in what is read."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile
import webdataset
from hypothesis import given, settings
from hypothesis import strategies as st
from recipe_for_shards import SAMPLE_RATE, MediaRecipe

from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards import TableRecipe, build, open_dataset
from confu_core.shards.tar import MAX_MEMBER_BYTES, read_tar, read_tar_table, write_tar

BLOCK = tarfile.BLOCKSIZE


def write(path: Path, samples: list[tuple[str, dict[str, bytes]]]) -> None:
    write_tar([{"key": key, "parts": parts} for key, parts in samples], lambda row: row["parts"], path)


def forge(path: Path, *members: tarfile.TarInfo | str, data: bytes = b"x") -> None:
    """Write a tar as an attacker would: any name and any type."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for member in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(data) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(data))


def member(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_members_are_adjacent_and_carry_nothing_but_name_and_content(built: Path) -> None:
    with tarfile.open(built / "webdataset/train-000000.tar") as tar:
        members = tar.getmembers()
    assert [info.name for info in members] == [
        f"train-{index:05d}.{part}" for index in (0, 1) for part in ("flac", "json", "png")
    ]
    for info in members:
        assert (info.mtime, info.uid, info.gid, info.uname, info.gname) == (0, 0, 0, "", "")
        assert (info.mode, info.type, info.pax_headers) == (0o644, tarfile.REGTYPE, {})


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True), st.binary(max_size=1500)))
def test_any_samples_come_back_as_they_were(tmp_path_factory: Any, samples: dict[str, bytes]) -> None:
    path = tmp_path_factory.mktemp("tar") / "x.tar"
    wanted = [(key, {"bin": data, "txt": b""}) for key, data in samples.items()]
    write(path, wanted)
    assert list(read_tar(path)) == wanted


@pytest.mark.parametrize("key", ["a.b", "", "a/b", "../a", "a b", "ä", None, 1])
def test_keys_that_would_collapse_or_escape_are_refused(tmp_path: Path, key: Any) -> None:
    with pytest.raises(InvalidValue, match="a key must be letters, digits, '_' and '-'"):
        write(tmp_path / "x.tar", [(key, {"txt": b""})])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("samples", "line"),
    [
        ([("a", {"txt": b""}), ("a", {"txt": b""})], "distinct within a shard; got 'a' twice"),
        ([("a", {"txt": b""}), ("b", {"png": b""})], "sample 'b' must have the parts"),
        ([("a", {"txt": b""}), ("b", {"txt": b"", "png": b""})], "sample 'b' must have the parts"),
        ([("a", {"json": b'{"x": 1}'}), ("b", {"json": b'{"x": 1.5}'})], "{'x': 'int'}} of the first"),
        ([("a", {"json": b'{"x": 1}'}), ("b", {"json": b'{"y": 1}'})], "sample 'b' must have the parts"),
        ([("a", {"json": b'{"x": null}'})], "'x' must be a bool"),
        ([("a", {})], "at least one part"),
        ([("a", {"JPG": b""})], "lower-case extension; got 'JPG'"),
        ([("a", {"../x": b""})], "lower-case extension; got '../x'"),
        ([("a" * 97, {"txt": b""})], "at most 100 characters in its name"),
    ],
)
def test_samples_that_readers_would_misread_are_refused(tmp_path: Path, samples: Any, line: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        write(tmp_path / "x.tar", samples)
    assert line in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "hostile",
    [
        "../a.txt",
        "/etc/a.txt",
        "a/../../b.txt",
        "folder/a.txt",
        "a",
        ".txt",
        "a.",
        "a" * 120 + ".txt",  # Needs an extension header, which can say anything.
        member("a.txt", tarfile.SYMTYPE, "/etc/passwd"),
        member("a.txt", tarfile.LNKTYPE, "../b"),
        member("a.txt", tarfile.CHRTYPE),
        member("a.txt", tarfile.BLKTYPE),
        member("a.txt", tarfile.FIFOTYPE),
        member("a.txt", tarfile.DIRTYPE),
    ],
    # A member's own text holds its address, and would name the test anew in every process.
    ids=lambda hostile: hostile if isinstance(hostile, str) else f"type {hostile.type.decode()}",
)
def test_anything_but_plain_files_of_a_sample_is_refused(tmp_path: Path, hostile: Any) -> None:
    forge(tmp_path / "x.tar", "fine.txt", hostile)
    with pytest.raises(DatasetError, match="not a regular file named key\\.extension"):
        list(read_tar(tmp_path / "x.tar"))
    assert [path.name for path in tmp_path.iterdir()] == ["x.tar"]


@pytest.mark.parametrize(
    ("members", "line"),
    [(("a.txt", "a.txt"), "holds a.txt twice"), (("a.txt", "b.txt", "a.png"), "'a' in two places")],
)
def test_samples_in_pieces_are_refused(tmp_path: Path, members: tuple[str, ...], line: str) -> None:
    forge(tmp_path / "x.tar", *members)
    with pytest.raises(DatasetError, match=line):
        list(read_tar(tmp_path / "x.tar"))


@pytest.mark.parametrize("size", [10_000, MAX_MEMBER_BYTES + 1, 2**60, -1, -(2**60)])
def test_a_size_that_cannot_be_is_not_believed(tmp_path: Path, size: int) -> None:
    info = tarfile.TarInfo("a.txt")
    info.size = size
    (tmp_path / "x.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"x" * BLOCK + bytes(2 * BLOCK))
    with pytest.raises(DatasetError, match=f"says that it has {size} bytes"):
        list(read_tar(tmp_path / "x.tar"))


@settings(deadline=None)
@given(st.data())
def test_a_tar_cut_anywhere_is_no_shorter_dataset(built: Path, tmp_path_factory: Any, data: Any) -> None:
    whole = (built / "webdataset/train-000000.tar").read_bytes()
    with tarfile.open(built / "webdataset/train-000000.tar") as tar:
        starts = [info.offset for info in tar.getmembers()]
        end = tar.getmembers()[-1].offset_data + -(-tar.getmembers()[-1].size // BLOCK) * BLOCK
    length = data.draw(st.sampled_from([*starts, end]) | st.integers(0, end + BLOCK - 1))
    path = tmp_path_factory.mktemp("cut") / "x.tar"
    path.write_bytes(whole[:length])
    with pytest.raises(DatasetError, match="is cut|is damaged|cut or damaged"):
        list(read_tar(path))


@settings(deadline=None)
@given(st.binary(max_size=3 * BLOCK))
def test_noise_is_no_tar(tmp_path_factory: Any, noise: bytes) -> None:
    path = tmp_path_factory.mktemp("noise") / "x.tar"
    path.write_bytes(b"\x01" + noise)
    with pytest.raises(DatasetError, match="is cut|is damaged"):
        list(read_tar(path))


def flac(key: str, data: bytes) -> Any:
    return soundfile.read(io.BytesIO(data)) if key.endswith("flac") else None


def samples(built: Path) -> Iterator[dict[str, Any]]:
    urls = [str(path) for path in sorted((built / "webdataset").glob("train-*.tar"))]
    yield from webdataset.WebDataset(urls, shardshuffle=False).decode("pilrgb", flac)


# webdataset leaves its last file to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_webdataset_reads_what_the_recipe_generated(built: Path) -> None:
    recipe = MediaRecipe()
    wanted = recipe.rows("train", 0, 7).to_pylist()
    read = list(samples(built))
    assert [sample["__key__"] for sample in read] == [row["key"] for row in wanted]
    for sample, row in zip(read, wanted, strict=True):
        assert sample["json"] == {name: row[name] for name in ("label", "p", "bits")}
        assert sample["png"].size == (8, 8)
        sound, rate = sample["flac"]
        expected, _ = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
        assert rate == SAMPLE_RATE
        np.testing.assert_array_equal(sound, expected)


NUMBERS = [pa.int8(), pa.uint16(), pa.int64(), pa.float32(), pa.float64()]


@pytest.mark.parametrize("kind", [*NUMBERS, *map(pa.list_, NUMBERS), pa.list_(pa.int8(), 2)], ids=str)
def test_numbers_have_the_same_type_from_tar_and_from_parquet(tmp_path: Path, kind: pa.DataType) -> None:
    item = kind.value_type if pa.types.is_nested(kind) else kind
    values = pa.array([0.1, 0.2] if pa.types.is_floating(item) else [3, 4]).cast(item)
    column = pa.array([values.to_pylist()] * 2 if item != kind else values.to_pylist(), kind)
    recipe = TableRecipe("numbers", {"train": pa.table({"key": ["a", "b"], "x": column})})
    build(recipe, tmp_path, formats=("parquet", "webdataset"), shard_rows=1)
    dataset = open_dataset(tmp_path)
    parquet, tar = (dataset.table("train", format=format) for format in dataset.manifest.formats)
    assert tar == parquet
    assert tar.schema.field("x").type == kind


def test_a_json_field_and_a_part_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "x.tar", [("a", {"json": b'{"txt": 1}', "txt": b""})])
    with pytest.raises(DatasetError, match="sample 'a' has 'txt' both as a JSON field and as a part"):
        read_tar_table(tmp_path / "x.tar", {})


def test_samples_with_other_fields_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        for name, data in (("a.json", b'{"x": 1}'), ("b.json", b'{"y": 1}')):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    with pytest.raises(DatasetError, match="sample 'b' must have key, x; got key, y"):
        read_tar_table(tmp_path / "x.tar", {})


def test_numbers_too_large_for_their_column_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "x.tar", [("a", {"json": b'{"x": 300}'})])
    with pytest.raises(DatasetError, match="do not fit their column"):
        read_tar_table(tmp_path / "x.tar", {"x": "int8"})
