"""Many processes on one results folder: no cell twice, none lost, and the files of one process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from dask_cluster import running_cluster
from slow_cells import DEADLY, PLAN, cells, row_of, swept

from confu_core.errors import InvalidValue, ResultsError
from confu_core.io.lock import LOCK
from confu_core.runs import measures, results
from confu_core.runs.measures import read_measures
from confu_core.runs.results import parts_of, read_results
from confu_core.runs.sealed import read_sealed
from confu_core.runs.store import open_store
from confu_core.runs.sweep import keep, sweep

COUNT = 12
FILES = ("results.parquet", "measures.parquet")


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    (tmp_path / "marks").mkdir()
    return tmp_path / "marks"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("alone")
    (root / "marks").mkdir()
    swept(root / "runs", root / "marks", COUNT, 0)
    return files(root / "runs")


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def process(folder: Path, marks: Path) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("slow_cells.py")
    return subprocess.Popen([sys.executable, str(script), str(folder), str(marks), str(COUNT)])


def tries(marks: Path) -> dict[int, list[str]]:
    return {int(path.name): path.read_text().split() for path in marks.iterdir()}


def test_three_processes_share_a_folder_and_what_a_killed_one_had_is_taken_over(
    tmp_path: Path, marks: Path, alone: dict[str, bytes]
) -> None:
    folder = tmp_path / "runs"
    started = [process(folder, marks) for _ in range(3)]
    victim = started[0]
    while str(victim.pid) not in {pid for pids in tries(marks).values() for pid in pids}:
        assert victim.poll() is None
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    assert [one.wait(60) for one in started] == [-signal.SIGKILL, 0, 0]
    assert files(folder) == alone
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES, "costs.parquet", *SIDECARS])
    found = tries(marks)
    own = {cell for cell, pids in found.items() if str(victim.pid) in pids}
    assert found.keys() == set(range(COUNT))
    # The one that was killed may have been between a cell that it had kept and the next.
    assert all(len(pids) == 1 + (cell in own and len(pids) > 1) for cell, pids in found.items())
    assert sum(map(len, found.values())) <= COUNT + 1
    assert {pid for pids in found.values() for pid in pids} == {str(one.pid) for one in started}


SIDECARS = ("sweep.json", "environment.json")


def test_parts_hold_each_cell_once_and_what_another_part_holds_is_no_part_of_it(
    tmp_path: Path, marks: Path, alone: dict[str, bytes]
) -> None:
    for number in (1, 2, 3):
        summary = swept(tmp_path / str(number), marks, COUNT, 0, part=(number, 3))
        assert (summary.cells, summary.computed) == (COUNT / 3, COUNT / 3)
    assert all(len(pids) == 1 for pids in tries(marks).values()) and len(tries(marks)) == COUNT
    for number in (1, 2, 3):  # In one folder they are the whole.
        swept(tmp_path / "all", marks, COUNT, 0, part=(number, 3))
    assert files(tmp_path / "all") == alone
    for part, line in (((4, 3), "such as 3/20; got 4/3"), ((13, 13), "part 13/13 holds none of 12 cells")):
        with pytest.raises(InvalidValue, match=line):
            swept(tmp_path / "no", marks, COUNT, part=part)


def test_the_engine_of_a_cluster_gives_the_files_of_one_process(
    tmp_path: Path, marks: Path, alone: dict[str, bytes]
) -> None:
    swept(tmp_path / "runs", marks, COUNT, 0, engine="dask", workers=2)
    assert files(tmp_path / "runs") == alone


def test_a_worker_of_a_cluster_that_dies_in_mid_cell_costs_a_retry(
    tmp_path: Path, marks: Path, alone: dict[str, bytes]
) -> None:
    (marks / DEADLY).write_text("5")
    with running_cluster(tmp_path / "cluster") as cluster:
        cluster.start_workers()
        summary = swept(tmp_path / "runs", marks, COUNT, 0, engine="dask", workers=2, scheduler=cluster.address)
    assert (summary.computed, summary.failed) == (COUNT, ())
    assert len(tries(marks)[5]) == 2
    assert files(tmp_path / "runs") == alone


@pytest.fixture
def store_of_another(tmp_path: Path) -> Iterator[Path]:
    """A folder in which another process, which is this one under another name, holds the first cell."""
    folder = tmp_path / "runs"
    with open_store(folder, PLAN) as store:
        store.claim([cells(2)[:1]], 1)
        yield folder


def test_gathering_goes_through_the_cells_of_a_part_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Counter[str] = Counter()

    def counted(path: Path) -> pa.Table:
        read[path.name] += 1
        return read_sealed(path)

    for module in (results, measures):
        monkeypatch.setattr(module, "read_sealed", counted)
    with open_store(tmp_path / "runs", PLAN) as store:
        for seed in range(3):
            store.add([row_of(seed)], [{"cell": row_of(seed)["cell"], "seconds": 1.0}])
        read.clear()
    # Of each part its rows, and once which cells they are; whatever else is gathered asks for no more.
    assert read == {"results.parquet": 6, "costs.parquet": 3, "measures.parquet": 3}


def test_results_are_read_while_others_add_to_them(store_of_another: Path) -> None:
    folder = store_of_another
    for seed in (1, 0):
        keep(row_of(seed), folder, plan=PLAN, seconds=1.0)
    assert len(parts_of(folder)) == 2 and not (folder / "results.parquet").exists()
    assert [row["seed"] for row in read_results(folder).rows()] == [0, 1]
    assert [row["cell"] for row in read_results(folder).cost_rows()] == ["cell00000", "cell00001"]
    newer = {**row_of(1), "accuracy": 0.5, "measures": row_of(0)["measures"][:0]}
    keep(newer, folder, plan=PLAN, seconds=2.0)
    assert [row["accuracy"] for row in read_results(folder).rows()] == [0.0, 0.5]
    assert {row["cell"] for row in read_measures(folder).to_pylist()} == {"cell00000"}


def test_a_setting_of_another_type_is_refused_before_anything_is_computed(tmp_path: Path, marks: Path) -> None:
    keep({**row_of(0), "seed": "zero"}, tmp_path / "runs", plan=PLAN, seconds=1.0)
    with pytest.raises(ResultsError, match="'seed' has values of different types"):
        swept(tmp_path / "runs", marks, 2)
    with pytest.raises(ResultsError, match="'seed' has values of different types"):
        keep(row_of(1), tmp_path / "runs", plan=PLAN, seconds=1.0)
    assert not tries(marks) and len(read_results(tmp_path / "runs").table) == 1


def test_a_damaged_part_is_one_line(store_of_another: Path) -> None:
    keep(row_of(0), store_of_another, plan=PLAN, seconds=1.0)
    (part,) = parts_of(store_of_another)
    content = (part / "results.parquet").read_bytes()
    (part / "results.parquet").write_bytes(content[:-50])
    with pytest.raises(ResultsError, match=r"is damaged .*; remove it and run"):
        read_results(store_of_another)
    (part / "results.parquet").write_bytes(content)


def test_a_failed_cell_is_tried_once_by_whoever_comes_first(tmp_path: Path) -> None:
    seen: list[int] = []

    def fails(seeds: list[int]) -> list[dict[str, object]]:
        seen.extend(seeds)
        raise InvalidValue("no")

    for count in (3, 6):
        assert len(sweep(cells(3), fails, tmp_path / "runs", plan=PLAN, stack_size=2).failed) == 3
        assert len(seen) == count + count // 3 * 2  # Together, and then each alone but the last.
    assert not (tmp_path / "runs" / LOCK).exists()
    assert not (tmp_path / "runs" / "claims").exists()
