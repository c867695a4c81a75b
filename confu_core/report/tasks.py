"""What the runs of a report were on: datasets that differ are never ranked together, so each needs a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["DATA", "dataset_names", "follows"]

# The settings that say what data are: of datasets on disk, and of the XOR task.
NAMED = ("p", "species", "classes", "triplets", "data_seed", "bits", "modalities", "noise", "parity")
DATA = ("dataset", "told_by", "data", *NAMED)
NAMES = {"birdmml": "Bird-MML", "xor": "XOR task"}

Row = dict[str, Any]


def dataset_names(rows: Sequence[Row], benchmarks: Sequence[str], x: str | None) -> list[str]:
    """Name what every row was run on, as briefly as tells the datasets apart.

    Parameters
    ----------
    rows : sequence of dict
        Rows of results of all folders.
    benchmarks : sequence of str
        Of each row.
    x : str or None
        The setting along the axis, if there is one: what it decides names no dataset, for every place along it has
        its own.

    Returns
    -------
    list of str
        One per row; equal for equal data.

    Examples
    --------
    >>> rows = [{"dataset": None, "p": 0.5, "data": "a1"}, {"dataset": None, "p": 1.0, "data": "b2"}]
    >>> dataset_names(rows, ["birdmml", "birdmml"], None)
    ['Bird-MML, p 0.5', 'Bird-MML, p 1']
    >>> dataset_names(rows, ["birdmml", "birdmml"], "p")
    ['Bird-MML', 'Bird-MML']
    """
    kept = [name for name in DATA if name != x and (x is None or not follows(rows, name, x))]
    identities = [tuple(row.get(name) for name in kept) for row in rows]
    bases = [str(row.get("dataset") or NAMES.get(one, one)) for row, one in zip(rows, benchmarks, strict=True)]
    told: list[str] = []
    for names in _longer([name for name in kept if name in NAMED and len({row.get(name) for row in rows}) > 1]):
        told = [
            ", ".join([base, *(f"{name} {_shown(row[name])}" for name in names if row.get(name) is not None)])
            for base, row in zip(bases, rows, strict=True)
        ]
        if len(set(zip(told, identities, strict=True))) == len(set(told)):
            break
    return told


def follows(rows: Sequence[Row], setting: str, x: str) -> bool:
    """Return whether x decides a setting, as the mixing parameter decides which of several datasets it is."""
    found: dict[Any, Any] = {}
    return all(row.get(setting) == found.setdefault(row.get(x), row.get(setting)) for row in rows)


def _longer(names: list[str]) -> list[list[str]]:
    """List which settings to name: none, any one, all, and last the start of the fingerprint, which tells least."""
    return [[], *([name] for name in names), names, [*names, "data"]]


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
