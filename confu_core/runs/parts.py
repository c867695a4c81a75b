"""What a results folder has gained since it was last gathered: small results folders within it, each written once.

Many processes may add parts to one folder at once, and adding one costs the same in a folder of any size.
"""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from confu_core.errors import ResultsError
from confu_core.runs.sealed import read_sealed

PARTS = "parts"
_READINGS = 9  # Each in vain only if another process gathered the folder meanwhile.
Found = TypeVar("Found")


def new_part(folder: Path) -> Path:
    """Return the name of a part that is newer than all others."""
    return folder / PARTS / f"{time.time_ns():020d}-{secrets.token_hex(4)}"


def parts_of(folder: Path) -> list[Path]:
    """List the parts of a results folder, the newest last."""
    held = folder / PARTS
    names = sorted(path.name for path in held.iterdir()) if held.is_dir() else []
    return [held / name for name in names if not name.startswith(".")]


def owners(parts: list[Path]) -> dict[str, Path]:
    """Return the newest part that holds each cell; a part is written once, and its cells are read once."""
    return {cell: part for part in parts for cell in _cells(part)}


def joined(folder: Path, parts: list[Path], read: Callable[[Path], pa.Table]) -> pa.Table:
    """Join what a folder and its parts hold of one table: of each cell what its newest part has."""
    owner = owners(parts)
    tables = []
    for place in (folder, *parts):
        table = read(place)
        own = [owner.get(cell, folder) == place for cell in table["cell"].to_pylist()]
        tables.append(table.filter(pa.array(own, pa.bool_())))
    return pa.concat_tables(tables, promote_options="default")


def consistently(folder: Path, read: Callable[[list[Path]], Found]) -> Found:
    """Read a folder by its parts, again if another process gathers them meanwhile."""
    for _ in range(_READINGS):
        before = parts_of(folder)
        try:
            found = read(before)
        except ResultsError:
            if set(before) <= set(parts_of(folder)):
                raise
        else:
            if set(before) <= set(parts_of(folder)):
                return found
    raise ResultsError(f"{folder} changes faster than it can be read; wait for the sweeps in it")


@functools.lru_cache(maxsize=4096)
def _cells(part: Path) -> list[str]:
    try:
        cells: list[str] = pc.unique(read_sealed(part / "results.parquet")["cell"]).to_pylist()
    except (KeyError, ValueError) as error:
        raise ResultsError(f"{part} is damaged ({error}); remove it and run the sweep again") from error
    return cells
