"""Folders joined: every cell once, with all that was found of it; and what makes a reader doubt one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from slow_cells import PLAN, row_of, swept

from confu_core.errors import ResultsError
from confu_core.report.sources import read_sources
from confu_core.runs.measures import read_measures
from confu_core.runs.merge import check_results, merge_results
from confu_core.runs.results import read_results, write_results
from confu_core.runs.sealed import SEAL
from confu_core.runs.sweep import keep

COUNT = 6


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


def test_parts_become_the_whole(tmp_path: Path, marks: Path) -> None:
    swept(tmp_path / "whole", marks, COUNT, 0)
    parts = [tmp_path / f"part-{number}" for number in (1, 2, 3)]
    for number, part in enumerate(parts, 1):
        swept(part, marks, COUNT, 0, part=(number, 3))
    found = merge_results(parts, tmp_path / "all")
    assert (found.cells, found.taken, found.twice, found.differs) == (COUNT, (2, 2, 2), 0, 0.0)
    for name in ("results.parquet", "measures.parquet", "sweep.json", "environment.json"):
        assert (tmp_path / "all" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert merge_results([tmp_path / "whole"], tmp_path / "all").cells == COUNT


def test_of_a_cell_that_several_hold_the_first_that_finished_gives_everything(tmp_path: Path) -> None:
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    failed = {"cell": "cell00001", "method": "clip", "seed": 1, "status": "failed", "error": "no"}
    for row, folder in ((row_of(0), first), (failed, first), (row_of(1), second)):
        keep(dict(row), folder, plan=PLAN, seconds=1.0)
    keep({**row_of(0), "accuracy": 0.5, "measures": []}, third, plan={**PLAN, "grid": {"seed": [0]}}, seconds=1.0)
    found = merge_results([first, second, third], tmp_path / "all")
    assert (found.cells, found.taken, found.twice, found.differs) == (2, (1, 1, 0), 2, 0.5)
    assert [row["accuracy"] for row in read_results(tmp_path / "all").rows()] == [0.0, 1 / 8]
    assert len(read_measures(tmp_path / "all")) == 4
    assert read_results(tmp_path / "all").sweep["grid"] == {"seed": [0]}


def test_machines_and_benchmarks_are_kept_apart(tmp_path: Path) -> None:
    for seed in (0, 1):
        keep(row_of(seed), tmp_path / str(seed), plan=PLAN, seconds=1.0)
        path = tmp_path / str(seed) / "environment.json"
        said = json.loads(path.read_text())
        path.write_text(json.dumps({**said, "processor": f"chip {seed}", "versions": {"torch": "2"}}))
    merge_results([tmp_path / "0", tmp_path / "1"], tmp_path / "all")
    environment = read_results(tmp_path / "all").environment
    assert (environment["processor"], environment["versions"]) == ("chip 0; chip 1", {"torch": "2"})
    keep(row_of(0), tmp_path / "other", plan={**PLAN, "benchmark": "other"}, seconds=1.0)
    with pytest.raises(ResultsError, match="merge each benchmark on its own"):
        merge_results([tmp_path / "0", tmp_path / "other"], tmp_path / "no")
    keep(row_of(0), tmp_path / "newer", plan={**PLAN, "version": "slow-2"}, seconds=1.0)
    with pytest.raises(ResultsError, match="holds results of slow-2, .* of slow-1, .*; merge each version on its own$"):
        merge_results([tmp_path / "0", tmp_path / "newer"], tmp_path / "no")
    with pytest.raises(ResultsError, match="needs at least one results folder"):
        merge_results([], tmp_path / "no")


def direction(**said: Any) -> dict[str, Any]:
    return {"direction": "a->b", "query": ["a"], "target": "b", "order": 1, "accuracy": 0.5, "defined": True, **said}


def test_what_makes_a_reader_doubt(tmp_path: Path) -> None:
    for seed in range(3):
        row = {**row_of(seed), "directions": [direction(bayes_accuracy=0.75)]}
        keep(row, tmp_path / "good", plan=PLAN, seconds=1.0)
    assert "date" in read_results(tmp_path / "good").environment
    truth = {"a->b": {"bayes_accuracy": 0.75, "pairwise_ceiling": None}}
    assert check_results(tmp_path / "good", lambda row: truth) == []
    rows = read_results(tmp_path / "good").rows()
    rows[0] |= {"method": "other", "directions": [direction(accuracy=1.5, bayes_accuracy=0.8)]}
    rows[1] |= {"status": "failed", "error": "it broke"}
    (tmp_path / "bad").mkdir()
    write_results(tmp_path / "bad", "slow", rows)
    assert check_results(tmp_path / "bad", lambda row: truth) == [
        "cell cell00001 failed: it broke",
        "sweep.json is missing: what was asked for, or on what it was computed, is not known",
        "environment.json is missing: what was asked for, or on what it was computed, is not known",
        "3 cells have no costs",
        "2 of 2 settings have fewer than 3 seeds",
        "other lacks the seeds 1, 2 that other methods have",
        "clip lacks the seeds 0 that other methods have",
        "cell cell00000: the accuracy of a->b is 1.5",
        "cell cell00000: the bayes_accuracy of a->b is 0.8, exactly 0.75",
    ]


def test_rows_say_which_code_and_data_they_are_of(tmp_path: Path) -> None:
    for seed in range(3):
        said = {"method": "mine.py:Mine", "data": "ab12", "code": "c0de", "checksum": "5a1t"}
        keep({**row_of(seed), **said}, tmp_path / "good", plan=PLAN, seconds=1.0)
    assert check_results(tmp_path / "good") == []
    rows = read_results(tmp_path / "good").rows()
    rows[0]["checksum"], rows[1]["checksum"], rows[1]["code"], rows[2]["code"] = None, "0ther", None, "n3w"
    write_results(tmp_path / "good", "slow", rows, costs=[], version="slow-2")
    (tmp_path / "good" / "environment.json").write_text('{"processor": "chip"}')
    assert check_results(tmp_path / "good") == [
        "3 cells have no costs",
        "sweep.json is of slow-1, the results are of slow-2",
        "environment.json says no versions of libraries",
        "mine.py:Mine is in a file, and its rows have no digest of the code",
        "mine.py:Mine is there in several versions of its code: c0de, n3w",
        "rows on the data ab12 have no checksum of them",
        "the data ab12 have several checksums: 0ther, 5a1t",
    ]
    refused = "sweep.json is of slow-1, the results are of slow-2; run the sweep again"
    with pytest.raises(ResultsError, match=refused):
        merge_results([tmp_path / "good"], tmp_path / "all")
    with pytest.raises(ResultsError, match=refused):
        read_sources([tmp_path / "good"], "")


@pytest.mark.parametrize("name", ["results.parquet", "measures.parquet", "costs.parquet"])
def test_a_table_whose_seal_was_taken_off_is_found(tmp_path: Path, name: str) -> None:
    for seed in range(3):
        keep(row_of(seed), tmp_path / "runs", plan=PLAN, seconds=1.0)
    path = tmp_path / "runs" / name
    table = pq.read_table(path)
    kept = {key: value for key, value in table.schema.metadata.items() if key != SEAL}
    pq.write_table(table.replace_schema_metadata(kept), path)
    said = f"{name} has no checksum of itself: nothing tells whether it was altered"
    assert check_results(tmp_path / "runs") == [said]
