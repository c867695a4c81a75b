"""Sweeps over the XOR task: grids of settings, and those that make the figures of the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from confu_core.data_files import read_data
from confu_core.runs.grid import Cell, known_grid
from confu_core.runs.grid import grid_cells as cells_of
from confu_core.runs.sweep import SweepSummary, sweep
from xor_bench.data import BENCHMARK
from xor_bench.run import headline, run_together
from xor_bench.settings import Settings

PRESETS: dict[str, dict[str, Any]] = read_data("xor_bench", "presets.toml")
TITLES = {name: axes.pop("title") for name, axes in PRESETS.items()}


def grid_cells(grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> list[Cell[Settings]]:
    """List the cells of a grid of XOR runs, each once; see `confu_core.runs.grid.grid_cells`.

    >>> cells = grid_cells({"method": ["clip", "confu"], "lam": [0.3, 0.7]}, {"p": 0.5})
    >>> [(cell.columns["method"], cell.columns.get("lam")) for cell in cells]
    [('clip', None), ('confu', 0.3), ('confu', 0.7)]
    """
    return cells_of(Settings, grid, fixed)


def preset_grid(name: str | None) -> dict[str, list[Any]]:
    """Return the axes of one of `PRESETS`, or of none; an InvalidValue says that there is no such preset."""
    return known_grid(PRESETS, name)


def run_sweep(
    grid: Mapping[str, Sequence[Any]],
    out: str | Path,
    *,
    fixed: Mapping[str, Any] | None = None,
    preset: str | None = None,
    stack_size: int = 11,
    **how: Any,
) -> SweepSummary:
    """Run every cell of a grid that a results folder does not hold yet; return counts, failures and time.

    `preset` is what the grid is known as; `stack_size` are the most cells trained together, of which any number gives
    the same results; `how` are ``workers``, ``part``, ``engine``, ``scheduler``, ``progress`` and ``written``, as for
    `confu_core.runs.sweep.sweep`. Errors are those of `grid_cells` and of that.
    """
    fixed = dict(fixed or {})
    cells = grid_cells(grid, fixed)
    plan = plan_of(grid, fixed, cells, preset)
    return sweep(cells, run_together, out, plan=plan, stack_size=stack_size, **how)


def plan_of(
    grid: Mapping[str, Sequence[Any]], fixed: dict[str, Any], cells: Sequence[Cell[Settings]], preset: str | None = None
) -> dict[str, Any]:
    """Return what ``sweep.json`` says of a grid."""
    return {
        **BENCHMARK,
        "preset": preset,
        "title": TITLES.get(preset or "", "The XOR synergy task"),
        "grid": {axis: list(values) for axis, values in grid.items()},
        "settings": fixed,
        "view": _view(grid, cells),
    }


def _view(grid: Mapping[str, Sequence[Any]], cells: Sequence[Cell[Settings]]) -> dict[str, str]:
    """Say what a report of the sweep shows: accuracy over p, or over the first axis that varies."""
    varying = [axis for axis in ("p", *grid) if axis not in ("method", "seed") and len(grid.get(axis, ())) > 1]
    x = varying[0] if varying else "p"
    modalities = {cell.settings.modalities for cell in cells}
    direction = headline(modalities.pop()) if len(modalities) == 1 else "the second modality from all others"
    return {
        "x": x,
        "y": "accuracy",
        "x_label": "mixing probability p̂" if x == "p" else x,
        "y_label": f"accuracy, {direction}",
        "group": "method",
        "ceiling": "bayes_accuracy",
        "floor": "chance",
    }
