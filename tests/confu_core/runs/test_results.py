"""Results on disk: a function of the rows alone, and one line for whatever is not what it should be."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confu_core.errors import ResultsError
from confu_core.runs.results import METRICS, SCHEMA_VERSION, read_results, write_results, write_sidecars
from confu_core.runs.sealed import SEAL
from confu_core.runs.store import claimed

ROWS: list[dict[str, Any]] = [
    {"cell": "b", "method": "confu", "p": 0.5, "seed": 1, "lam": 0.3, "accuracy": 0.75, "status": "done"},
    {"cell": "a", "method": "clip", "p": 0.5, "seed": 0, "accuracy": None, "status": "failed", "error": "no"},
    {"cell": "c", "method": "confu", "p": 1, "seed": 2, "lam": 1, "accuracy": 1.0, "status": "done", "directions": []},
]
DIRECTION = {
    "direction": "ac->b",
    "query": ["a", "c"],
    "target": "b",
    "order": 2,
    "accuracy": 0.5,
    "bayes_accuracy": 0.6,
    "single_ceiling": 0.25,
    "pairwise_ceiling": 0.3,
    "higher_order_capture": None,
    "fusion_gain_captured": 0.7,
    "expected_rank": 1.5,
    "information_bound": 0.1,
    "defined": True,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_results(tmp_path, "xor", ROWS, costs=[{"cell": row["cell"], "seconds": 1.0} for row in ROWS])
    write_sidecars(tmp_path, sweep={"preset": None, "grid": {"p": [0.5, 1]}}, environment={"cores": 2})
    return tmp_path


def test_rows_come_back_sorted_and_whole(folder: Path) -> None:
    results = read_results(folder)
    assert (results.benchmark, results.folder) == ("xor", folder)
    rows = results.rows()
    assert [row["cell"] for row in rows] == ["a", "b", "c"]
    assert rows[1] == {**dict.fromkeys(METRICS), **ROWS[0]}
    assert rows[0]["lam"] is None and rows[0]["error"] == "no"
    assert results.setting_names == ["lam", "method", "p", "seed"]
    assert results.sweep == {"schema_version": SCHEMA_VERSION, "preset": None, "grid": {"p": [0.5, 1]}}
    assert results.environment["cores"] == 2
    assert [row["cell"] for row in results.cost_rows()] == ["a", "b", "c"]
    assert list(results.frame["cell"]) == ["a", "b", "c"]


OLD = {"pairwise_ceiling": "single_ceiling", "higher_order_capture": "fusion_gain_captured"}


def as_version_1(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as version 1 did: without the ceilings of today, and with today's under older names."""
    write_results(folder, "xor", rows)
    table = pq.read_table(folder / "results.parquet")
    kind = pa.struct([field for field in table.schema.field("directions").type.value_type if field.name not in OLD])
    names = [{new: old for old, new in OLD.items()}.get(field.name, field.name) for field in kind]
    kind = pa.struct([field.with_name(name) for field, name in zip(kind, names, strict=True)])

    def older(direction: dict[str, Any]) -> dict[str, Any]:
        return {
            **{name: direction[name] for name in direction if name not in OLD.values()},
            **{o: direction[n] for o, n in OLD.items()},
        }

    told = [one and [older(d) for d in one] for one in table["directions"].to_pylist()]
    table = table.drop_columns(["directions", *OLD]).append_column("directions", pa.array(told, pa.list_(kind)))
    table = table.rename_columns([{new: old for old, new in OLD.items()}.get(n, n) for n in table.column_names])
    said = {b"confu_results": json.dumps({"schema_version": 1, "benchmark": "xor"})}
    pq.write_table(table.replace_schema_metadata(said), folder / "results.parquet")


def test_results_of_version_1_are_read_with_a_word_on_what_they_lack(tmp_path: Path) -> None:
    row = {"cell": "a", "method": "clip", "single_ceiling": 0.25, "fusion_gain_captured": 0.5, "status": "done"}
    as_version_1(tmp_path, [{**row, "total_correlation": 2.0, "directions": [DIRECTION]}])
    held = read_results(tmp_path)
    lost = {"pairwise_ceiling": None, "higher_order_capture": None}
    (found,) = held.rows()
    assert found == {**dict.fromkeys(METRICS), **row, "total_correlation": 2.0, "directions": [{**DIRECTION, **lost}]}
    assert "is not known" in held.lacks and held.lacks.endswith("the fusion gain captured.")
    # Written again, beside newer rows, it lacks the same; and newer rows alone lack nothing.
    newer = {"cell": "b", "method": "clip", "single_ceiling": 0.25, "pairwise_ceiling": 0.25, "status": "done"}
    write_results(tmp_path, "xor", [*held.rows(), newer])
    assert read_results(tmp_path).lacks == held.lacks
    write_results(tmp_path, "xor", [newer, {"cell": "c", "method": "clip", "status": "done"}])
    assert read_results(tmp_path).lacks == ""


@pytest.mark.parametrize("column", ["cell", "directions", "status"])
def test_results_of_version_1_are_damaged_where_they_lack_a_column_of_their_own(tmp_path: Path, column: str) -> None:
    as_version_1(tmp_path, [{"cell": "a", "method": "clip", "status": "done", "directions": [DIRECTION]}])
    path = tmp_path / "results.parquet"
    pq.write_table(pq.read_table(path).drop_columns([column]), path)
    with pytest.raises(ResultsError, match=f"is damaged: the column '{column}' is missing"):
        read_results(tmp_path)


def test_version_1_had_a_total_correlation_of_other_variables_beside_bounds_on_media(tmp_path: Path) -> None:
    as_version_1(tmp_path, [{"cell": "a", "data": "0123", "total_correlation": 2.0}])
    assert read_results(tmp_path).table["total_correlation"].to_pylist() == [None]


@settings(deadline=None)
@given(st.permutations(ROWS))
def test_the_file_does_not_depend_on_the_order_of_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    first, second = tmp_path_factory.mktemp("results"), tmp_path_factory.mktemp("results")
    write_results(first, "xor", ROWS)
    write_results(second, "xor", [dict(reversed(row.items())) for row in rows])
    assert (first / "results.parquet").read_bytes() == (second / "results.parquet").read_bytes()


def test_directions_keep_what_is_undefined(tmp_path: Path) -> None:
    write_results(tmp_path, "xor", [{"cell": "a", "directions": [DIRECTION]}])
    assert read_results(tmp_path).rows()[0]["directions"] == [DIRECTION]


def test_whole_numbers_join_real_ones_and_nothing_else_does(tmp_path: Path) -> None:
    def with_values(*values: Any) -> pa.DataType:
        write_results(tmp_path, "xor", [{"cell": str(i), "x": value} for i, value in enumerate(values)])
        return read_results(tmp_path).table.schema.field("x").type

    assert with_values(1, 2) == pa.int64()
    assert with_values(1, 2.5, None) == pa.float64()
    assert read_results(tmp_path).table["x"].to_pylist() == [1.0, 2.5, None]
    assert with_values("2", "2,3") == with_values(None, None) == pa.string()
    assert with_values(True, None) == pa.bool_()
    before = (tmp_path / "results.parquet").read_bytes()
    for values in ((1, "1"), (True, 1), (0.5, "a", None), (True, 1, 2.0)):
        with pytest.raises(ResultsError, match="^setting 'x' has values of different types: "):
            with_values(*values)
    assert (tmp_path / "results.parquet").read_bytes() == before


def rewrite(folder: Path, change: Any) -> None:
    table = pq.read_table(folder / "results.parquet")
    pq.write_table(change(table), folder / "results.parquet")


def with_metadata(**said: Any) -> Any:
    return lambda table: table.replace_schema_metadata({b"confu_results": json.dumps(said)})


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1, "1", None])
def test_another_version_is_refused_and_named(folder: Path, version: Any) -> None:
    rewrite(folder, with_metadata(schema_version=version, benchmark="xor"))
    message = f"results.parquet was written with results version {version}, this is version {SCHEMA_VERSION}; use the "
    with pytest.raises(ResultsError, match=message):
        read_results(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.replace_schema_metadata(None),
        lambda table: table.replace_schema_metadata({b"confu_results": b"{"}),
        lambda table: table.replace_schema_metadata({b"confu_results": b"[1]"}),
        with_metadata(schema_version=1),
        with_metadata(benchmark="xor"),
    ],
)
def test_a_foreign_table_is_refused(folder: Path, change: Any) -> None:
    rewrite(folder, change)
    with pytest.raises(ResultsError, match="holds no results of this toolkit; choose another folder$"):
        read_results(folder)


def unsealed(table: pa.Table) -> pa.Table:
    """As a version that wrote no checksum of the file has it."""
    kept = {name: value for name, value in table.schema.metadata.items() if name != SEAL}
    return table.replace_schema_metadata(kept)


def test_a_table_without_a_seal_is_read_and_one_that_was_written_over_is_not(folder: Path) -> None:
    known = read_results(folder).rows()
    rewrite(folder, lambda table: table)
    with pytest.raises(
        ResultsError, match=r"results.parquet is damaged .*its SHA-256 is another.*run the sweep again$"
    ):
        read_results(folder)
    rewrite(folder, unsealed)
    assert read_results(folder).rows() == known


@pytest.mark.parametrize("file", ["results.parquet", "costs.parquet"])
def test_no_flipped_bit_changes_a_result_without_a_word(folder: Path, file: str) -> None:
    """Also in footers, which the checksums of Parquet's pages do not cover."""
    known, whole = (read_results(folder).rows(), read_results(folder).cost_rows()), (folder / file).read_bytes()
    refused = 0
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        altered = bytearray(whole)
        altered[place] ^= 1 << place % 8
        (folder / file).write_bytes(altered)
        try:
            found = read_results(folder)
        except ResultsError as error:
            assert "\n" not in str(error)
            refused += 1
        else:
            assert (found.rows(), found.cost_rows()) == known
    assert refused > 140


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_named(folder: Path, value: float) -> None:
    def tamper(table: pa.Table) -> pa.Table:
        column = pa.array([value] * len(table), pa.float64())
        return unsealed(table).set_column(table.column_names.index("accuracy"), "accuracy", column)

    rewrite(folder, tamper)
    with pytest.raises(ResultsError, match=rf"is damaged: accuracy of cell '.*' is {value}, which is no number; "):
        read_results(folder)


def test_a_missing_column_is_named(folder: Path) -> None:
    rewrite(folder, lambda table: unsealed(table).drop_columns(["accuracy"]))
    with pytest.raises(ResultsError, match="is damaged: the column 'accuracy' is missing; remove it and run again$"):
        read_results(folder)


@pytest.mark.parametrize("file", ["results.parquet", "costs.parquet"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all, but long enough to be one", None])
def test_a_damaged_table_is_named(folder: Path, file: str, content: bytes | None) -> None:
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(
        ResultsError, match=rf"{file} is damaged or not Parquet \(.*\); remove it and run the sweep again$"
    ):
        read_results(folder)


@pytest.mark.parametrize("file", ["sweep.json", "environment.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_sidecar_is_named(folder: Path, file: str, content: bytes) -> None:
    (folder / file).write_bytes(content)
    with pytest.raises(ResultsError, match=rf"{file} is damaged \(.*\); remove it$"):
        read_results(folder)


def test_sidecars_and_costs_may_be_missing(folder: Path) -> None:
    for file in ("sweep.json", "environment.json", "costs.parquet"):
        (folder / file).unlink()
    results = read_results(folder)
    assert (results.sweep, results.environment, results.cost_rows()) == ({}, {}, [])
    assert len(results.rows()) == 3


def test_where_there_are_no_results_the_mend_is_said(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="nothing does not exist; make some with a sweep first$"):
        read_results(tmp_path / "nothing")
    with pytest.raises(ResultsError, match="holds no results: results.parquet is missing; do this$"):
        read_results(tmp_path, hint="do this")
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match="file is not a folder; make some with a sweep first$"):
        read_results(tmp_path / "file")


def test_what_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResultsError, match="^cannot write .*results.parquet: "):
        write_results(tmp_path / "file", "xor", ROWS)
    with pytest.raises(ResultsError, match="^cannot write .*sweep.json: "):
        write_sidecars(tmp_path / "file", sweep={}, environment={})


def test_a_folder_that_holds_other_things_is_not_claimed(folder: Path) -> None:
    with claimed(folder, {"benchmark": "xor"}) as (held, _):
        assert held is not None and held.rows() == read_results(folder).rows()
    (folder / "report").mkdir()
    (folder / ".results.parquet.12345678.partial").write_bytes(b"half")
    with claimed(folder, {"benchmark": "xor"}):
        assert not list(folder.glob(".*.partial"))  # Left by a process that was killed.
    (folder / "diary.txt").write_text("private")
    with (
        pytest.raises(ResultsError, match=r"holds other data \(diary.txt\); choose another --out or an empty folder$"),
        claimed(folder, {"benchmark": "xor"}),
    ):
        pytest.fail("it was claimed")


def test_results_of_another_benchmark_are_not_claimed(folder: Path) -> None:
    before = (folder / "results.parquet").read_bytes()
    with (
        pytest.raises(ResultsError, match="holds results of 'xor', not of 'birds'; choose another --out$"),
        claimed(folder, {"benchmark": "birds"}),
    ):
        pytest.fail("it was claimed")
    assert (folder / "results.parquet").read_bytes() == before


def test_results_of_another_version_are_not_claimed(folder: Path) -> None:
    assert read_results(folder).version == "xor-1"
    with (
        pytest.raises(ResultsError, match="holds results of 'xor-1', not of 'xor-2'; choose another --out$"),
        claimed(folder, {"benchmark": "xor", "version": "xor-2"}),
    ):
        pytest.fail("it was claimed")


def test_a_file_says_its_version_and_one_that_does_not_is_of_the_first(tmp_path: Path) -> None:
    write_results(tmp_path, "birds", ROWS, version="birds-2")
    assert read_results(tmp_path).version == "birds-2"
    table = pq.read_table(tmp_path / "results.parquet")
    said = {b"confu_results": json.dumps({"schema_version": 2, "benchmark": "birds"})}
    pq.write_table(table.replace_schema_metadata(said), tmp_path / "results.parquet")
    assert read_results(tmp_path).version == "birds-1"
