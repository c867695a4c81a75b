"""Sweeps over the XOR task: grids of settings, and those that make the figures of the documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from confu_core.errors import InvalidValue, nearest
from confu_core.runs.grid import grid_cells as cells_of
from confu_core.runs.sweep import Cell, SweepSummary, sweep
from xor_bench.run import headline, run_together
from xor_bench.settings import Settings

__all__ = ["PRESETS", "grid_cells", "plan_of", "preset_grid", "run_sweep"]

# The longest cells first, so that no worker is left with one at the end.
FIGURE3: dict[str, list[Any]] = {
    "method": ["confu", "gram", "triangle", "symile", "clip"],
    "p": [step / 10 for step in range(11)],
    "seed": [0, 1, 2, 3, 4],
}
# The same under the coding of Symile's published task as well, and with its narrower space.
CODINGS: dict[str, list[Any]] = {**FIGURE3, "inputs": ["bits", "bits01"], "dim": [16, 32]}
# Encoders that can give a score two peaks, which `ab->c` and `bc->a` need.
DEPTH2: dict[str, list[Any]] = {**FIGURE3, "depth": [2]}
# Whether the defaults sit on a plateau: the methods that reach the Bayes line, around the default rate.
ROBUSTNESS: dict[str, list[Any]] = {
    "method": ["confu", "symile"],
    "p": [0.1, 0.5, 1.0],
    "inputs": ["bits", "bits01"],
    "dim": [16, 32],
    "lr": [0.002, 0.005, 0.02],
    "depth": [1, 2],
    "seed": [0, 1, 2],
}
# One bit: every combination of five codes occurs in a batch, so the largest task is as well seen as the smallest.
MODALITIES: dict[str, list[Any]] = {
    "method": ["confu", "gram", "symile", "clip"],
    "modalities": [3, 4, 5, 6],
    "parity": ["all", "pair"],
    "p": [0.5],
    "bits": [1],
    "seed": [0, 1, 2],
}
PRESETS: dict[str, dict[str, list[Any]]] = {
    "figure3": FIGURE3,
    "codings": CODINGS,
    "depth2": DEPTH2,
    "robustness": ROBUSTNESS,
    "modalities": MODALITIES,
}
TITLES = {
    "figure3": "Predicting b from (a, c) over the mixing parameter: the figure of arXiv 2511.21331",
    "codings": "Predicting b from (a, c) over the mixing parameter, by coding of the bits and width of the space",
    "depth2": "Predicting b from (a, c) over the mixing parameter, encoders of two layers",
    "robustness": "Predicting b from (a, c) around the default learning rate, by coding, width of the space and depth",
    "modalities": "Predicting one modality from all others, by their number",
}


def grid_cells(grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]) -> list[Cell[Settings]]:
    """List the cells of a grid of XOR runs; see `confu_core.runs.grid.grid_cells`.

    Parameters
    ----------
    grid, fixed
        As there.

    Returns
    -------
    list of Cell
        Each once.

    Raises
    ------
    InvalidValue
        As there.

    Examples
    --------
    >>> cells = grid_cells({"method": ["clip", "confu"], "lam": [0.3, 0.7]}, {"p": 0.5})
    >>> [(cell.columns["method"], cell.columns.get("lam")) for cell in cells]
    [('clip', None), ('confu', 0.3), ('confu', 0.7)]
    """
    return cells_of(Settings, grid, fixed)


def preset_grid(name: str | None) -> dict[str, list[Any]]:
    """Return a known grid.

    Parameters
    ----------
    name : str or None
        One of `PRESETS`; None is the empty grid.

    Returns
    -------
    dict of str to list
        Axes.

    Raises
    ------
    InvalidValue
        If there is no such preset.

    Examples
    --------
    >>> preset_grid("figure3")["seed"]
    [0, 1, 2, 3, 4]
    """
    if name is None:
        return {}
    if name not in PRESETS:
        raise InvalidValue(f"no preset {name!r}: {nearest(name, PRESETS)}")
    return {axis: list(values) for axis, values in PRESETS[name].items()}


def run_sweep(
    grid: Mapping[str, Sequence[Any]],
    out: str | Path,
    *,
    fixed: Mapping[str, Any] | None = None,
    preset: str | None = None,
    workers: int = 1,
    stack_size: int = 11,
    progress: Callable[[int, int, int], None] | None = None,
    written: Callable[[dict[str, Any], float], None] | None = None,
) -> SweepSummary:
    """Run every cell of a grid that a folder does not hold yet.

    Parameters
    ----------
    grid, fixed
        As for `grid_cells`.
    out : str or Path
        Results folder; what it holds is kept and not computed again.
    preset : str, optional
        What the grid is known as.
    workers : int
        Number of processes.
    stack_size : int
        Most cells trained together. Any size gives the same results.
    progress : callable, optional
        Called with the cells finished, those in all, and those failed.
    written : callable, optional
        Called with the row of every cell that was kept, and the seconds it took.

    Returns
    -------
    SweepSummary
        Counts, failures and time.

    Raises
    ------
    InvalidValue, MethodError, ResultsError
        See `grid_cells` and `confu_core.runs.sweep.sweep`.
    """
    fixed = dict(fixed or {})
    cells = grid_cells(grid, fixed)
    plan = plan_of(grid, fixed, cells, preset)
    how: dict[str, Any] = {"progress": progress, "written": written}
    return sweep(cells, run_together, out, plan=plan, workers=workers, stack_size=stack_size, **how)


def plan_of(
    grid: Mapping[str, Sequence[Any]], fixed: dict[str, Any], cells: Sequence[Cell[Settings]], preset: str | None = None
) -> dict[str, Any]:
    """Return what ``sweep.json`` says of a grid."""
    return {
        "benchmark": "xor",
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
