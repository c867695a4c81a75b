"""Measures and examples on disk: what is written comes back, and damage or another version is one line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confu_core.errors import ResultsError
from confu_core.runs.measures import (
    EXAMPLES,
    MEASURES,
    METADATA,
    SCHEMA,
    VERSION,
    Measure,
    read_examples,
    read_measures,
    write_examples,
    write_measures,
)

FULL = Measure(
    "retrieval", "image+audio->caption", "recall@1", 0.5, "test", 10.0, low=0.4, high=0.6, reference=0.9, defined=False
)
BARE = Measure("probe", "image", "accuracy", None)
EXAMPLE: dict[str, Any] = {
    "cell": "a",
    "kind": "right",
    "key": "000001",
    "image": b"\x89PNG",
    "audio": None,
    "caption": "ein Vogel, ünd",
    "label": "wren",
    "group": None,
    "predicted": {"image": "wren", "audio": "robin", "image+audio": "wren"},
}
READERS = [(read_measures, MEASURES), (read_examples, EXAMPLES)]
Read = Callable[[Path], Any]

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(codec="utf-8"), max_size=8)
measures = st.builds(
    Measure,
    texts,
    texts,
    texts,
    numbers,
    texts,
    numbers,
    low=numbers,
    high=numbers,
    reference=numbers,
    defined=st.booleans(),
)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.sampled_from("abc"), measures), max_size=8))
def test_measures_come_back_by_cell_each_in_the_order_of_its_run(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[str, Measure]]
) -> None:
    folder = tmp_path_factory.mktemp("measures")
    rows = [measure.row(cell) for cell, measure in found]
    write_measures(folder, rows)
    table = read_measures(folder)
    assert table.schema.equals(SCHEMA)
    assert table.to_pylist() == [row for cell in "abc" for row in rows if row["cell"] == cell]


def test_what_was_captured_of_the_gain_once_had_a_shorter_name(tmp_path: Path) -> None:
    old = [Measure("complementarity", "image+audio", name, 0.5, "all").row("a") for name in ("gain", "captured")]
    other = Measure("overlap", "image", "captured", 0.5).row("a")
    write_measures(tmp_path, [*old, other])
    assert read_measures(tmp_path)["metric"].to_pylist() == ["gain", "fusion gain captured", "captured"]


def test_what_is_no_number_is_undefined(tmp_path: Path) -> None:
    """A run that found such a value is not lost, and no table shows it."""
    write_measures(tmp_path, [Measure("probe", "image", "accuracy", value).row("a") for value in (math.nan, -math.inf)])
    assert read_measures(tmp_path)["value"].to_pylist() == [None, None]


def test_every_field_has_a_column_of_its_own(tmp_path: Path) -> None:
    assert FULL.row("x") == {
        "cell": "x",
        "family": "retrieval",
        "subject": "image+audio->caption",
        "metric": "recall@1",
        "condition": "test",
        "x": 10.0,
        "value": 0.5,
        "low": 0.4,
        "high": 0.6,
        "reference": 0.9,
        "defined": False,
    }
    assert FULL.row("x").keys() == set(SCHEMA.names)
    write_measures(tmp_path, [BARE.row("x")])
    (row,) = read_measures(tmp_path).to_pylist()
    assert row == BARE.row("x") and row["value"] is None and row["defined"] is True


def test_examples_come_back_with_what_they_were_taken_for(tmp_path: Path) -> None:
    others = [{**EXAMPLE, "cell": "b", "predicted": {}}, {**EXAMPLE, "key": "000000"}]
    write_examples(tmp_path, [others[0], EXAMPLE, others[1]])
    rows = read_examples(tmp_path)
    assert rows == [EXAMPLE, others[1], others[0]]
    assert list(rows[0]["predicted"]) == ["image", "audio", "image+audio"]
    # What was read can be written again.
    before = (tmp_path / EXAMPLES).read_bytes()
    write_examples(tmp_path, rows)
    assert (tmp_path / EXAMPLES).read_bytes() == before


def test_a_file_does_not_depend_on_the_order_of_cells(tmp_path: Path) -> None:
    contents = []
    for cells in ("abc", "cba"):
        write_measures(tmp_path, [one.row(cell) for cell in cells for one in (FULL, BARE)])
        contents.append((tmp_path / MEASURES).read_bytes())
    assert contents[0] == contents[1]


def test_a_folder_without_any_has_none(tmp_path: Path) -> None:
    assert read_measures(tmp_path).num_rows == 0 and read_measures(tmp_path).schema.equals(SCHEMA)
    assert read_examples(tmp_path) == []


def altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 0xFF
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def without_metadata(path: Path) -> None:
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)


def with_other_metadata(path: Path) -> None:
    pq.write_table(pq.read_table(path).replace_schema_metadata({METADATA: b"3"}), path)


def without_a_column(path: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["cell"]), path)


def of_another_type(path: Path) -> None:
    table = pq.read_table(path)
    words = pa.array(["word"] * len(table))
    pq.write_table(table.set_column(1, table.column_names[1], words).set_column(5, table.column_names[5], words), path)


@pytest.mark.parametrize(
    "damage", [cut, emptied, without_metadata, with_other_metadata, without_a_column, of_another_type]
)
def test_damage_is_one_line_that_names_the_file(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / MEASURES
    write_measures(tmp_path, [FULL.row("a"), BARE.row("b")])
    damage(path)
    with pytest.raises(ResultsError) as caught:
        read_measures(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{path} is damaged (") and message.endswith("); remove it and run again")
    assert "\n" not in message and "()" not in message


@pytest.mark.parametrize("damage", [altered, cut, emptied, without_metadata, without_a_column])
def test_damage_of_examples_is_one_line_too(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    write_examples(tmp_path, [{**EXAMPLE, "image": bytes(range(256)) * 20}])
    damage(tmp_path / EXAMPLES)
    with pytest.raises(ResultsError, match=r"^.*examples.parquet is damaged \([^\n]+\); remove it and run again$"):
        read_examples(tmp_path)


@pytest.mark.parametrize(("read", "name"), READERS)
def test_another_version_is_not_read(tmp_path: Path, read: Read, name: str) -> None:
    write_measures(tmp_path, [FULL.row("a")])
    write_examples(tmp_path, [EXAMPLE])
    table = pq.read_table(tmp_path / name)
    # Of whatever columns that version has.
    newer = table.drop_columns(["cell"]).replace_schema_metadata(
        {METADATA: json.dumps({"schema_version": VERSION + 1})}
    )
    pq.write_table(newer, tmp_path / name)
    message = f"is of version {VERSION + 1}, this is version {VERSION}; use the confu-bench that wrote it"
    with pytest.raises(ResultsError, match=f"^.*{name} {message}$"):
        read(tmp_path)


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for write in (write_measures, write_examples):
        with pytest.raises(ResultsError, match="^cannot write .*/file/[a-z]+.parquet: [^\n]+$"):
            write(tmp_path / "file", [])
