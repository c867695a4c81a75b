"""Sweeps of runs that measure many things: their measures and examples are kept beside the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from confu_core.errors import ResultsError, TrainingError
from confu_core.runs.grid import Cell
from confu_core.runs.measures import Measure, read_examples, read_measures, write_measures
from confu_core.runs.results import read_results, write_results
from confu_core.runs.sweep import keep, sweep

PLAN: dict[str, Any] = {
    "benchmark": "media",
    "preset": None,
    "title": "",
    "grid": {"seed": [0, 1, 2]},
    "settings": {},
    "view": {},
}
CELLS = [Cell(f"cell{seed}", "shape", {"method": "clip", "seed": seed}, seed) for seed in range(3)]


def row_of(seed: int, value: float = 0.5) -> dict[str, Any]:
    cell = f"cell{seed}"
    return {
        "cell": cell,
        "method": "clip",
        "seed": seed,
        "accuracy": value,
        "status": "done",
        "measures": [Measure("probe", name, "accuracy", value + seed).row(cell) for name in ("image", "audio")],
        "examples": [example(cell, key) for key in ("first", "second")],
    }


def example(cell: str, key: str) -> dict[str, Any]:
    blank = dict.fromkeys(("image", "audio", "caption"))
    return {
        "cell": cell,
        "kind": "right",
        "key": key,
        **blank,
        "label": "wren",
        "group": None,
        "predicted": {"image": "wren"},
    }


def computed(seeds: list[int]) -> list[dict[str, Any]]:
    return [row_of(seed) for seed in seeds]


def values(folder: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in read_measures(folder).to_pylist():
        found.setdefault(row["cell"], []).append(row["value"])
    return found


def contents(folder: Path) -> list[bytes]:
    return [(folder / f"{name}.parquet").read_bytes() for name in ("results", "measures", "examples")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sweep") / "runs"
    assert sweep(CELLS, computed, out, plan=PLAN, stack_size=2).failed == ()
    return out


def test_measures_and_examples_lie_beside_the_results(finished: Path) -> None:
    assert values(finished) == {f"cell{seed}": [0.5 + seed] * 2 for seed in range(3)}
    assert [row["subject"] for row in read_measures(finished).to_pylist()] == ["image", "audio"] * 3
    assert read_examples(finished) == [one for seed in range(3) for one in row_of(seed)["examples"]]
    results = read_results(finished)
    assert [row["cell"] for row in results.rows()] == ["cell0", "cell1", "cell2"]
    assert not {"measures", "examples"} & set(results.table.column_names)


@pytest.mark.parametrize(("stack", "workers"), [(1, 1), (3, 1), (1, 2)])
def test_files_do_not_depend_on_stacks_workers_or_order(
    finished: Path, tmp_path: Path, stack: int, workers: int
) -> None:
    sweep(CELLS[::-1], computed, tmp_path / "runs", plan=PLAN, stack_size=stack, workers=workers)
    assert contents(tmp_path / "runs") == contents(finished)


def test_an_interrupted_sweep_goes_on_to_the_same_files(finished: Path, tmp_path: Path) -> None:
    out, seen = tmp_path / "runs", []

    def stop(done: int, total: int, failed: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    def counted(seeds: list[int]) -> list[dict[str, Any]]:
        seen.extend(seeds)
        return computed(seeds)

    with pytest.raises(KeyboardInterrupt):
        sweep(CELLS, counted, out, plan=PLAN, stack_size=1, progress=stop)
    assert (seen, list(values(out))) == ([0], ["cell0"])
    assert sweep(CELLS, counted, out, plan=PLAN, stack_size=1).computed == 2
    assert seen == [0, 1, 2]
    assert contents(out) == contents(finished)
    assert sweep(CELLS, counted, out, plan=PLAN).computed == 0 and contents(out) == contents(finished)


def test_a_cell_that_is_computed_again_has_its_new_measures_only(finished: Path, tmp_path: Path) -> None:
    """As after a failure, or where a process died between the measures of a cell and its row."""
    out = tmp_path / "runs"
    fails = True

    def fragile(seeds: list[int]) -> list[dict[str, Any]]:
        if fails and 1 in seeds:
            raise TrainingError("the loss is nan")
        return computed(seeds)

    summary = sweep(CELLS, fragile, out, plan=PLAN)
    assert summary.failed == (("cell1", "the loss is nan"),)
    assert list(values(out)) == ["cell0", "cell2"]
    stale = Measure("probe", "image", "accuracy", 9.0).row("cell1")
    write_measures(out, [*read_measures(out).to_pylist(), stale])
    fails = False
    assert sweep(CELLS, fragile, out, plan=PLAN).computed == 1
    assert contents(out) == contents(finished)


def test_measures_of_a_cell_are_written_before_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, list[float]]] = []

    def watched(folder: Path, *arguments: Any, **options: Any) -> None:
        seen.append(values(folder))
        write_results(folder, *arguments, **options)

    monkeypatch.setattr("confu_core.runs.store.write_results", watched)
    sweep(CELLS, computed, tmp_path / "runs", plan=PLAN, stack_size=1)
    # Each in a part of its own, and at the end all.
    assert [list(cells) for cells in seen] == [["cell0"], ["cell1"], ["cell2"], ["cell0", "cell1", "cell2"]]


def test_a_run_is_kept_in_place_of_an_earlier_one(finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "runs"
    for seed in (2, 0, 1):
        row = row_of(seed, value=0.75)
        keep(row, out, plan=PLAN, seconds=1.5)
        assert row == row_of(seed, value=0.75)  # The caller's own row is left as it is.
    assert values(out) == {f"cell{seed}": [0.75 + seed] * 2 for seed in range(3)}
    for seed in range(3):
        keep(row_of(seed), out, plan=PLAN, seconds=2.0 + seed)
    assert contents(out) == contents(finished)
    costs = read_results(out).cost_rows()
    assert [(cost["cell"], cost["seconds"], cost["stack"]) for cost in costs] == [
        ("cell0", 2.0, 1),
        ("cell1", 3.0, 1),
        ("cell2", 4.0, 1),
    ]
    assert all(cost["peak_memory_bytes"] > 0 for cost in costs)


def test_a_sweep_takes_kept_runs_for_finished(tmp_path: Path) -> None:
    keep(row_of(1, value=0.75), tmp_path / "runs", plan=PLAN, seconds=1.0)
    assert sweep(CELLS, computed, tmp_path / "runs", plan=PLAN).computed == 2
    assert values(tmp_path / "runs")["cell1"] == [1.75, 1.75]


def test_a_run_is_not_kept_among_results_of_another_benchmark(finished: Path) -> None:
    before = contents(finished)
    with pytest.raises(ResultsError, match="^.* holds results of 'media', not of 'xor'; choose another --out$"):
        keep(row_of(0), finished, plan={**PLAN, "benchmark": "xor"}, seconds=1.0)
    assert contents(finished) == before


def test_damaged_measures_stop_a_sweep_before_it_computes(tmp_path: Path) -> None:
    out = tmp_path / "runs"
    keep(row_of(0), out, plan=PLAN, seconds=1.0)
    (out / "measures.parquet").write_bytes(b"no measures")

    def never(seeds: list[int]) -> list[dict[str, Any]]:
        raise AssertionError

    with pytest.raises(ResultsError, match=r"^.*measures.parquet is damaged \(.*\); remove it and run again$"):
        sweep(CELLS, never, out, plan=PLAN)
