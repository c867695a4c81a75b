"""Manifests: what their columns are, what is wrong with a cell, and nothing worse than one line whatever they hold."""

from __future__ import annotations

import datetime
import io
import os
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_files import rows_of, write_csv

from birdmml.ingest.rows import REASONS, REQUIRED, cell_rejects, manifest_of
from birdmml.ingest.table import read_source_table
from confu_core.errors import ConfuError, DatasetError

HEADINGS = ",".join(REQUIRED)


def read(path: Path, content: bytes | str) -> dict[str, list[object]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_source_table(path).columns


def rejects(path: Path, content: bytes, split_needed: bool = False) -> list[tuple[int, str]]:
    path.write_bytes(content)
    manifest = manifest_of(read_source_table(path), {})
    found = [one for row in manifest for one in cell_rejects(manifest, row, split_needed=split_needed)]
    assert {one.reason for one in found} <= set(REASONS)
    return [(one.row, one.reason) for one in found]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_of_every_dialect_is_the_same(tmp_path: Path, separator: str, mark: str, end: str) -> None:
    lines = [separator.join(("name", "text")), separator.join(("Pica pica", '"says ""hm"", often\nand; loudly"'))]
    found = read(tmp_path / "m.csv", mark + end.join(lines) + end)
    assert found == {"name": ["Pica pica"], "text": ['says "hm", often\nand; loudly']}


def test_csv_and_parquet_give_the_same_rows(tmp_path: Path) -> None:
    rows = rows_of(5)
    write_csv(tmp_path / "m.csv", rows)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "m.parquet")
    assert read_source_table(tmp_path / "m.csv").columns == read_source_table(tmp_path / "m.parquet").columns


def test_columns_of_parquet_keep_their_kinds_where_they_have_no_gaps(tmp_path: Path) -> None:
    table = pa.table(
        {
            "whole": [1, 2],
            "gap": [1, None],
            "real": [0.5, 1.0],
            "lost": [0.5, float("nan")],
            "yes": [True, False],
            "word": pa.array(["a", "a"]).dictionary_encode(),
            "day": [datetime.date(2020, 1, 2), None],
            "large": pa.array([2**64 - 1, 0], pa.uint64()),
            "nested": [[1], [2]],
            "bytes": [b"a", b"b"],
        }
    )
    pq.write_table(table, tmp_path / "m.parquet")
    found = read_source_table(tmp_path / "m.parquet")
    assert found.columns == {
        "whole": [1, 2],
        "gap": ["1", ""],
        "real": [0.5, 1.0],
        "lost": ["0.5", "nan"],
        "yes": [True, False],
        "word": ["a", "a"],
        "day": ["2020-01-02", ""],
        "large": ["18446744073709551615", "0"],
    }
    assert found.left_out == ("nested", "bytes")


def test_text_of_parquet_that_is_not_utf8_costs_its_row_alone(tmp_path: Path) -> None:
    raw = pa.array([b"fine", b"caf\xe9"], pa.binary())
    text = pa.StringArray.from_buffers(2, raw.buffers()[1], raw.buffers()[2])
    columns = {name: pa.array(["a", "b"]) for name in REQUIRED[:3]}
    buffer = io.BytesIO()
    pq.write_table(pa.table({**columns, "combined_caption": text}), buffer)
    assert rejects(tmp_path / "m.parquet", buffer.getvalue()) == [(2, "not UTF-8")]


def test_each_bad_cell_has_a_reason(tmp_path: Path) -> None:
    lines = [
        f"{HEADINGS},split".encode(),
        b"Pica pica,a.jpg,a.wav,fine,train",
        b"Pica pica,a.jpg,a.wav,caf\xe9,train",
        b"Pica pica,a.jpg,a.wav,  ,Dev",
        b",,a.wav,fine,test",
        b"Pica pica,a.jpg,a.wav,fine,tarin",
        b"Pica pica,a.jpg",
        b"Pica pica,a.jpg,a.wav,fine,train,more",
    ]
    assert rejects(tmp_path / "m.csv", b"\n".join(lines), split_needed=True) == [
        (2, "not UTF-8"),
        (3, "empty caption"),
        (4, "no species"),
        (4, "no file"),
        (5, "unknown split"),
        (6, "malformed row"),
        (7, "malformed row"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "holds no headings", id="empty"),
        pytest.param(b"a,b\n", "holds no rows", id="headings"),
        pytest.param(b"a,a\n1,2\n", "the column 'a' occurs twice", id="twice"),
        pytest.param(b"a,b\x07\n1,2\n", "the heading of column 2 must be printable text", id="control"),
        pytest.param(b"a" * 201 + b",b\n1,2\n", "printable text of at most 200 characters", id="long heading"),
        pytest.param(b"a," * 100_000 + b"\n", "it has 100001 columns; at most 2000 are read", id="wide"),
        pytest.param("a,b\n1,2\n".encode("utf-16"), "is UTF-16; save it as UTF-8", id="utf16"),
        pytest.param(b"a,b\n1,\x00\n", "is neither CSV nor Parquet", id="nul"),
        pytest.param(b"PAR1 and then nothing", "cannot be read as Parquet", id="parquet"),
        pytest.param(
            b'{"a": 1}\n{"a": 2}\n', "is JSON lines, and a manifest is CSV or Parquet; write them", id="jsonl"
        ),
        pytest.param(b'\xef\xbb\xbf [{"a": 1}]', "is JSON, and a manifest is CSV or Parquet; write it", id="json"),
        pytest.param(b"\x1f\x8b\x08", "is compressed, .* unpack it first", id="gzip"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1", "is an old spreadsheet of Excel, .* save it as CSV", id="xls"),
        pytest.param(b"ARROW1\0\0", "is an Arrow or Feather file, .* write it as Parquet", id="feather"),
        pytest.param(b"SQLite format 3\0", "is a database of SQLite, .* export the table", id="sqlite"),
        pytest.param(b"\n<!DOCTYPE html>", "is a page of HTML, .* download the table itself", id="html"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1", "is a pointer of Git LFS", id="lfs"),
    ],
)
def test_what_is_no_manifest_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as found:
        read(tmp_path / "m.csv", content)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("inner", "what"),
    [
        (("xl/workbook.xml", ""), "a spreadsheet of Excel"),
        (("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), "a spreadsheet of LibreOffice"),
        (("table.csv", "a,b"), "a zip archive"),
    ],
)
def test_spreadsheets_are_told_by_their_content(tmp_path: Path, inner: tuple[str, str], what: str) -> None:
    with zipfile.ZipFile(tmp_path / "m.csv", "w") as file:
        file.writestr(*inner)
    with pytest.raises(DatasetError, match=f"is {what}, and a manifest is CSV or Parquet; "):
        read_source_table(tmp_path / "m.csv")


def test_columns_without_a_heading_are_left_out_and_named(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": ["1", "2"]})
    frame.to_csv(tmp_path / "m.csv")
    found = read_source_table(tmp_path / "m.csv")
    assert found.columns == {"a": ["x", "y"], "b": ["1", "2"]}
    assert found.left_out == ("column 1, which has no heading",)
    assert read(tmp_path / "m.csv", "a\u00a0,b\u200b,\n1,2,\n") == {"a": ["1"], "b": ["2"]}


def test_a_cell_that_is_too_long_costs_its_row_alone(tmp_path: Path) -> None:
    long = "x" * 500_000
    assert rejects(tmp_path / "m.csv", f"{HEADINGS}\na,b,c,{long}\na,b,c,d\n".encode()) == [(1, "malformed row")]
    columns = {**{name: ["a", "b"] for name in REQUIRED[:3]}, "combined_caption": [long, "d"]}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    assert rejects(tmp_path / "m.parquet", buffer.getvalue()) == [(1, "malformed row")]


def test_binary_columns_of_every_kind_and_the_index_of_pandas_are_left_out(tmp_path: Path) -> None:
    kinds = {
        "plain": pa.binary(),
        "large": pa.large_binary(),
        "fixed": pa.binary(2),
        "view": pa.binary_view(),
        "few": pa.dictionary(pa.int8(), pa.binary()),
    }
    columns = {name: pa.array([b"\xff\xd8", b"ab"]).cast(kind) for name, kind in kinds.items() if name != "few"}
    columns["few"] = pa.array([b"\xff\xd8", b"ab"]).dictionary_encode()
    texts = {"a": pa.array(["x", "y"], pa.string_view()), "b": pa.array(["x", None], pa.large_string())}
    # Years that Python does not have.
    times = {"far": pa.array([10**15, 0], pa.timestamp("s")), "day": pa.array([10**8, 0], pa.date32())}
    pq.write_table(pa.table({**columns, **texts, **times}), tmp_path / "m.parquet")
    found = read_source_table(tmp_path / "m.parquet")
    assert found.columns == {"a": ["x", "y"], "b": ["x", ""]} and found.left_out == (*kinds, *times)
    frame = pd.DataFrame({"a": ["x", "y"]}, index=[4, 2])
    frame.set_index([[1, 2], ["p", "q"]]).to_parquet(tmp_path / "m.parquet")
    found = read_source_table(tmp_path / "m.parquet")
    assert (found.columns, found.left_out) == ({"a": ["x", "y"]}, ("__index_level_0__", "__index_level_1__"))
    # An index that has a name is a column that somebody named.
    frame.rename_axis("photo").to_parquet(tmp_path / "m.parquet")
    assert read_source_table(tmp_path / "m.parquet").columns == {"a": ["x", "y"], "photo": [4, 2]}


def test_columns_whose_names_begin_alike_are_told_apart(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a.b": ["1"], "a": ["2"], "a.b.c": ["3"]}), tmp_path / "m.parquet")
    assert read_source_table(tmp_path / "m.parquet").columns == {"a.b": ["1"], "a": ["2"], "a.b.c": ["3"]}


def test_text_of_parquet_that_would_fill_the_memory_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("birdmml.ingest.table.MOST_BYTES", 1 << 20)
    pq.write_table(pa.table({"a": ["x" * 50_000] * 1000}), tmp_path / "m.parquet")
    assert (tmp_path / "m.parquet").stat().st_size < 100_000
    with pytest.raises(DatasetError, match="its text takes more than 4194304 bytes"):
        read_source_table(tmp_path / "m.parquet")


def test_metadata_of_parquet_that_would_fill_the_memory_are_not_read(tmp_path: Path) -> None:
    said = (1 << 25).to_bytes(4, "little")
    (tmp_path / "m.parquet").write_bytes(b"PAR1" + bytes(100) + said + b"PAR1")
    with pytest.raises(DatasetError, match="its metadata take 33554432 bytes; at most 16777216 are read"):
        read_source_table(tmp_path / "m.parquet")


def test_a_manifest_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist; give a CSV or Parquet manifest"):
        read_source_table(tmp_path / "none.csv")
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(DatasetError, match="is not a file"):
            read_source_table(path)
    with pytest.raises(DatasetError, match="cannot be read: File name too long"):
        read_source_table(tmp_path / ("x" * 300))


def parquet_seed() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows_of(3)), buffer)
    return buffer.getvalue()


def csv_seed() -> bytes:
    rows = rows_of(3)
    return "\n".join([",".join(rows[0]), *(",".join(f'"{cell}"' for cell in row.values()) for row in rows)]).encode()


SEEDS = [csv_seed(), parquet_seed()]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_manifest_is_read_or_is_one_line(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    changes = data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=10))
    for place, value in changes:
        content[place] = value
    path = tmp_path / "m"
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    try:
        manifest = manifest_of(read_source_table(path), {})
        found = [cell_rejects(manifest, row, split_needed=True) for row in manifest]
    except ConfuError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert len(found) == manifest.table.rows
