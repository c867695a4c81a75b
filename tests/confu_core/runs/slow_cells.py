"""Cells that take a moment and write down who computed them, for tests of many processes on one folder.

As a script it sweeps them: `python slow_cells.py FOLDER MARKS COUNT`.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from pathlib import Path
from typing import Any

from confu_core.runs.grid import Cell
from confu_core.runs.measures import Measure
from confu_core.runs.sweep import SweepSummary, sweep

PLAN: dict[str, Any] = {"benchmark": "slow", "preset": None, "title": "", "grid": {}, "settings": {}, "view": {}}
DEADLY = "deadly"  # A file of this name among the marks kills the process that computes the cell of its content, once.


def cells(count: int) -> list[Cell[int]]:
    return [Cell(f"cell{seed:05d}", "shape", {"method": "clip", "seed": seed}, seed) for seed in range(count)]


def computed(seeds: list[int], marks: Path, seconds: float) -> list[dict[str, Any]]:
    for seed in seeds:
        with (marks / f"{seed}").open("a") as file:
            file.write(f"{os.getpid()}\n")
        deadly = marks / DEADLY
        if deadly.exists() and deadly.read_text() == str(seed):
            deadly.unlink()
            os._exit(1)
        time.sleep(seconds)
    return [row_of(seed) for seed in seeds]


def row_of(seed: int) -> dict[str, Any]:
    cell = f"cell{seed:05d}"
    measures = [Measure("probe", name, "accuracy", seed / 7).row(cell) for name in ("image", "audio")]
    row = {"cell": cell, "method": "clip", "seed": seed, "accuracy": seed / 8, "status": "done"}
    return {**row, "measures": measures, "examples": []}


def swept(folder: Path, marks: Path, count: int, seconds: float = 0.2, **options: Any) -> SweepSummary:
    compute = functools.partial(computed, marks=marks, seconds=seconds)
    return sweep(cells(count), compute, folder, plan=PLAN, stack_size=1, **options)


if __name__ == "__main__":
    swept(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
