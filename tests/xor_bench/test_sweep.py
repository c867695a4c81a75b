"""Sweeps: kept cell by cell, resumed, and the same table whatever happened on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from confu_core.errors import InvalidValue, ResultsError
from confu_core.runs.grid import option_axis
from confu_core.runs.results import read_results
from confu_core.runs.sweep import sweep
from xor_bench.run import run, run_together
from xor_bench.sweep import PRESETS, grid_cells, run_sweep

FIXED: dict[str, Any] = {"bits": 2, "epochs": 3, "train_samples": 300, "test_samples": 200, "batch_size": 100}
GRID: dict[str, Any] = {"method": ["clip", "confu"], "p": [0.0, 0.5, 1.0], "seed": [0, 1]}
SCRIPT = """
import sys, json
from xor_bench.sweep import run_sweep
if __name__ == "__main__":
    grid, fixed, out = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
    run_sweep(grid, out, fixed=fixed, stack_size=1, workers=int(sys.argv[4]),
              progress=lambda done, total, failed: print(done, flush=True))
"""
FRAGILE = """
from confu_core.methods.clip import CLIP

class Fragile(CLIP):
    def __init__(self, space, *, breaks=False, **options):
        super().__init__(space, **options)
        self.breaks = breaks

    def score(self, query, key):
        scores = super().score(query, key)
        return scores / 0 if self.breaks else scores
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sweep") / "runs"
    summary = run_sweep(GRID, out, fixed=FIXED, stack_size=3)
    assert (summary.cells, summary.computed, summary.failed) == (12, 12, ())
    return out


def content(folder: Path) -> bytes:
    return (folder / "results.parquet").read_bytes()


def test_every_cell_is_one_row_and_equals_a_run_of_its_own(finished: Path) -> None:
    rows = {row["cell"]: row for row in read_results(finished).rows()}
    cells = grid_cells(GRID, FIXED)
    assert len(rows) == len(cells) == 12
    for cell in cells[::5]:
        alone = run(cell.settings)
        kept = {name: value for name, value in rows[cell.id].items() if name in alone}
        assert kept == alone


def test_the_table_does_not_depend_on_stacks_or_order(finished: Path, tmp_path: Path) -> None:
    turned = {axis: values[::-1] for axis, values in reversed(GRID.items())}
    run_sweep(turned, tmp_path / "turned", fixed=FIXED, stack_size=5)
    assert content(tmp_path / "turned") == content(finished)


def test_finished_cells_are_never_computed_again(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    run_sweep({**GRID, "p": [0.5]}, out, fixed=FIXED)
    seen: list[int] = []

    def counting(settings: list[Any]) -> list[dict[str, Any]]:
        seen.append(len(settings))
        return run_together(settings)

    cells = grid_cells(GRID, FIXED)
    plan = json.loads((finished / "sweep.json").read_text())
    summary = sweep(cells, counting, out, plan=plan, stack_size=100)
    assert (summary.computed, sum(seen)) == (8, 8)
    assert sweep(cells, counting, out, plan=plan).computed == 0
    assert sum(seen) == 8
    assert content(out) == content(finished)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_sweep_of_any_number_of_workers_goes_on_to_the_same_table(
    finished: Path, tmp_path: Path, workers: int
) -> None:
    out = tmp_path / "runs"
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), json.dumps(GRID), json.dumps(FIXED), str(out), str(workers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 4:
                break
        os.killpg(process.pid, signal.SIGKILL)
    held = read_results(out).rows()
    assert 4 <= len(held) < 12
    before = {row["cell"] for row in held}
    assert not list(out.glob("*.tmp"))
    summary = run_sweep(GRID, out, fixed=FIXED, stack_size=2)
    assert summary.computed == 12 - len(before)
    assert content(out) == content(finished)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in finished.iterdir())


def test_ctrl_c_keeps_finished_cells(tmp_path: Path) -> None:
    out = tmp_path / "runs"

    def stop(done: int, total: int, failed: int) -> None:
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(GRID, out, fixed=FIXED, stack_size=1, progress=stop)
    assert len(read_results(out).rows()) == 2
    assert not list(out.glob(".*partial"))


def test_a_cell_that_fails_is_recorded_and_the_others_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "fragile.py"
    file.write_text(FRAGILE)
    method = f"{file}:Fragile"
    grid = {"method": [method, "clip"], "breaks": [False, True], "seed": [0, 1]}
    out = tmp_path / "runs"
    summary = run_sweep(grid, out, fixed={**FIXED, "p": 0.5})
    assert (summary.cells, len(summary.failed)) == (6, 2)
    rows = read_results(out).rows()
    failed = [row for row in rows if row["status"] == "failed"]
    assert {row["breaks"] for row in failed} == {True}
    assert all("at step 0, in the term 0->1" in row["error"] and row["accuracy"] is None for row in failed)
    assert sum(row["status"] == "done" for row in rows) == 4
    # A failed cell is tried again; here it fails again.
    assert run_sweep(grid, out, fixed={**FIXED, "p": 0.5}).computed == 2


def test_one_bad_cell_of_a_stack_leaves_the_others_alone(tmp_path: Path) -> None:
    cells = grid_cells({"seed": [0, 1, 2], "method": ["clip"]}, {**FIXED, "p": 0.5})

    def fails_for_one(settings: list[Any]) -> list[dict[str, Any]]:
        if any(cell.seed == 1 for cell in settings):
            raise InvalidValue("seed 1 is unlucky")
        return run_together(settings)

    plan = {"benchmark": "xor"}
    summary = sweep(cells, fails_for_one, tmp_path / "runs", plan=plan, stack_size=3)
    assert summary.failed == ((cells[1].id, "seed 1 is unlucky"),)
    assert sum(row["status"] == "done" for row in read_results(tmp_path / "runs").rows()) == 2


def test_options_that_a_method_lacks_do_not_multiply_it() -> None:
    cells = grid_cells({"method": ["clip", "confu"], "lam": [0.2, 0.5], "p": [0.1, 0.9]}, {})
    assert len(cells) == 2 + 4
    with pytest.raises(InvalidValue, match=r"clip has no option 'lamm': .*"):
        grid_cells({"method": ["clip"], "lamm": [1]}, {})
    with pytest.raises(InvalidValue, match="p must have at least one value"):
        grid_cells({"p": []}, {})


def test_figure3_is_the_papers_grid() -> None:
    grid = PRESETS["figure3"]
    assert sorted(grid["method"]) == ["clip", "confu", "gram", "symile", "triangle"]
    assert grid["p"] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    cells = grid_cells(grid, {})
    assert len({cell.id for cell in cells}) == 275
    assert {cell.settings.bits for cell in cells} == {5}


def test_presets_around_figure3_hold_it() -> None:
    """So that one folder can hold them all, and no cell is computed twice."""
    cells = {name: {cell.id for cell in grid_cells(grid, {})} for name, grid in PRESETS.items()}
    assert cells["figure3"] < cells["codings"] and len(cells["codings"]) == 4 * 275
    assert len(cells["depth2"]) == 275 and not cells["depth2"] & cells["codings"]
    assert len(cells["robustness"]) == 2 * 3 * 2 * 2 * 3 * 2 * 3 and len(cells["modalities"]) == 4 * (1 + 3 * 2) * 3


def test_folders_that_are_no_place_for_a_sweep_are_refused(finished: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ResultsError, match=r"holds other data \(thesis.tex\); choose another --out"):
        run_sweep(GRID, tmp_path, fixed=FIXED)
    with pytest.raises(ResultsError, match="is not a folder"):
        run_sweep(GRID, tmp_path / "thesis.tex", fixed=FIXED)
    with pytest.raises(ResultsError, match="cannot write"):
        run_sweep(GRID, tmp_path / "thesis.tex" / "runs", fixed=FIXED)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_sweeps_cannot_share_a_folder(tmp_path: Path) -> None:
    from confu_core.runs.store import claimed

    with (
        claimed(tmp_path / "runs", "xor"),
        pytest.raises(ResultsError, match="in use by another sweep"),
        claimed(tmp_path / "runs", "xor"),
    ):
        pytest.fail("both hold it")


def test_a_sweep_says_how_long_its_cells_took(finished: Path) -> None:
    costs = read_results(finished).cost_rows()
    assert len(costs) == 12
    assert all(0 < row["seconds"] < 60 and row["peak_memory_bytes"] > 1e7 and row["stack"] == 3 for row in costs)


REQUIRED = """
from confu_core.methods.clip import CLIP

class Required(CLIP):
    def __init__(self, space, *, rank: int, hidden: tuple[int, ...] = (), **options):
        super().__init__(space, **options)
"""


def test_a_required_option_is_an_axis_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "required.py").write_text(REQUIRED)
    method = f"{tmp_path / 'required.py'}:Required"
    ranks = option_axis([method, "clip"], "rank", "2,3")
    assert ranks == [2, 3] and option_axis([method], "hidden", "4,5") == [(4, 5)]
    cells = grid_cells({"method": [method, "clip"], "rank": ranks}, {"p": 0.5})
    assert [cell.columns.get("rank") for cell in cells] == [2, 3, None]
    with pytest.raises(InvalidValue, match="required.py:Required requires the option 'rank'; give -o rank=VALUE$"):
        grid_cells({"method": [method]}, {"p": 0.5})
