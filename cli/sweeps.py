"""What the verb `sweep` of every benchmark shares: its axes, and what it says at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from confu_cli.options import key_values
from confu_cli.show import echo, print_json

if TYPE_CHECKING:
    from confu_core.runs.sweep import SweepSummary

__all__ = ["grid_of", "show_summary"]


def grid_of(values: dict[str, list[Any]], other: Sequence[str]) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """Split what a sweep was asked for into what varies and what does not.

    Parameters
    ----------
    values : dict of str to list
        Settings and named options; `method` among them.
    other : sequence of str
        Further options of the methods, as ``NAME=VALUE,...``.

    Returns
    -------
    tuple of (dict of str to list, dict of str to object)
        Axes, the method always among them, and what is fixed.

    Examples
    --------
    >>> grid_of({"method": ["clip"], "seed": [0, 1], "p": [0.5]}, ())
    ({'method': ['clip'], 'seed': [0, 1]}, {'p': 0.5})
    """
    from confu_core.runs.grid import option_axis

    grid = dict(values)
    for name, text in key_values(other).items():
        grid[name] = option_axis(grid["method"], name, text)
    axes = {name: held for name, held in grid.items() if len(held) > 1 or name == "method"}
    return axes, {name: held[0] for name, held in grid.items() if name not in axes}


def show_summary(summary: SweepSummary, out: Path, *, as_json: bool) -> int:
    """Print what a sweep did.

    Parameters
    ----------
    summary : SweepSummary
        Counts, failures and time.
    out : Path
        Where its results are.
    as_json : bool
        Whether as one JSON object.

    Returns
    -------
    int
        The exit status: 1 if a cell failed.
    """
    if as_json:
        failed = [{"cell": cell, "error": error} for cell, error in summary.failed]
        print_json({"path": str(out), **vars(summary), "failed": failed})
    else:
        echo(f"{out}: {summary.cells} cells, {summary.computed} computed in {summary.seconds:.1f} s")
    for cell, error in summary.failed:
        echo(f"cell {cell} failed: {error}", err=True)
    return 1 if summary.failed else 0
