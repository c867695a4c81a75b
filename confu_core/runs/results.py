"""Results on disk: one schema for every run of every benchmark.

A results folder holds ``results.parquet`` (one row per cell, sorted by cell, a function of the settings alone),
``costs.parquet`` (seconds and memory), ``sweep.json`` (what was asked for) and ``environment.json``. While sweeps go
on, what they have found since it was last gathered lies in its parts.
"""

from __future__ import annotations

import functools
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from confu_core.errors import DatasetError, ResultsError
from confu_core.io.atomic import read_json, write_whole
from confu_core.runs.grid import PROVENANCE
from confu_core.runs.sealed import check_finite, read_sealed, write_sealed, writing_results

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 2
RESULTS, COSTS, SWEEP, ENVIRONMENT = "results.parquet", "costs.parquet", "sweep.json", "environment.json"
METADATA = b"confu_results"
PARTS = "parts"  # Small results folders within, each written once: one costs the same in a folder of any size.
_READINGS = 9  # Each in vain only if another process gathered the folder meanwhile.
Found = TypeVar("Found")

DIRECTION = pa.struct(
    [
        *(("direction", pa.string()), ("query", pa.list_(pa.string())), ("target", pa.string()), ("order", pa.int32())),
        *((name, pa.float64()) for name in ("accuracy", "bayes_accuracy", "single_ceiling", "pairwise_ceiling")),
        *((name, pa.float64()) for name in ("higher_order_capture", "fusion_gain_captured")),
        *((name, pa.float64()) for name in ("expected_rank", "information_bound")),
        ("defined", pa.bool_()),
    ]
)
METRICS: dict[str, pa.DataType] = {
    **dict.fromkeys(("accuracy", "bayes_accuracy", "single_ceiling", "pairwise_ceiling"), pa.float64()),
    **dict.fromkeys(("higher_order_capture", "fusion_gain_captured", "chance"), pa.float64()),
    **dict.fromkeys(("total_correlation", "total_correlation_bound", "final_loss"), pa.float64()),
    **{"status": pa.string(), "error": pa.string(), "directions": pa.list_(DIRECTION)},
}
# What version 1 called by the names of today; its ceiling was that of the best single modality.
RENAMED = {"pairwise_ceiling": "single_ceiling", "higher_order_capture": "fusion_gain_captured"}
LACKS = (
    "Some of these results were written before there was a pairwise ceiling in them: theirs is not known, and neither "
    "is their higher-order capture. What was called so then is the single ceiling and the fusion gain captured."
)
COST_SCHEMA = pa.schema(
    [("cell", pa.string()), ("seconds", pa.float64()), ("peak_memory_bytes", pa.int64()), ("stack", pa.int32())]
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """What a results folder holds: a row per cell, what was asked for, on what it was computed, and what it cost.

    `version` is that of the benchmark. What a missing file would say is empty.
    """

    folder: Path
    benchmark: str
    version: str
    table: pa.Table
    sweep: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    costs: pa.Table = field(default_factory=COST_SCHEMA.empty_table)

    @property
    def contradiction(self) -> str:
        """What ``sweep.json`` says of the version against the table; empty where they agree, or it is not there."""
        asked = version_of({"benchmark": self.benchmark, **self.sweep})
        if not self.sweep or asked == self.version:
            return ""
        return f"{SWEEP} is of {asked}, the results are of {self.version}"

    @property
    def lacks(self) -> str:
        """A sentence on what an older version did not write; empty where nothing is lacking."""
        single, pairwise = self.table["single_ceiling"], self.table["pairwise_ceiling"]
        return LACKS if pc.any(pc.and_(pc.is_valid(single), pc.is_null(pairwise))).as_py() else ""

    @property
    def frame(self) -> pd.DataFrame:
        """The table for pandas."""
        return self.table.to_pandas()

    @property
    def setting_names(self) -> list[str]:
        """The columns that are settings: neither the cell's name nor a metric, nor what it was made with."""
        apart = {"cell", *METRICS, *PROVENANCE}
        return [name for name in self.table.column_names if name not in apart]

    def rows(self) -> list[Row]:
        """Return the rows as dictionaries."""
        return self.table.to_pylist()

    def cost_rows(self) -> list[Row]:
        """Return the costs as dictionaries."""
        return self.costs.to_pylist()


def version_of(said: Mapping[str, Any]) -> str:
    """Return the version of the benchmark that a sweep or a file is of: the first where it does not say.

    >>> version_of({"benchmark": "birdmml+spoken"}), version_of({"benchmark": "xor", "version": "xor-2"})
    ('birdmml-1+spoken-1', 'xor-2')
    """
    return str(said.get("version") or "+".join(f"{name}-1" for name in str(said["benchmark"]).split("+")))


def write_results(
    folder: Path, benchmark: str, rows: Sequence[Row], *, costs: Sequence[Row] = (), version: str | None = None
) -> None:
    """Write the rows of a results folder, whole or not at all; unless it is said, of the first version."""
    own = version_of({"benchmark": benchmark, "version": version})
    said = {METADATA: json.dumps({"schema_version": SCHEMA_VERSION, "benchmark": benchmark, "version": own})}
    write_sealed(folder / RESULTS, results_table(rows), said)
    by_cell = sorted(costs, key=lambda row: str(row["cell"]))
    write_sealed(folder / COSTS, pa.Table.from_pylist(by_cell, schema=COST_SCHEMA))


def write_sidecars(folder: Path, *, sweep: dict[str, Any], environment: dict[str, Any]) -> None:
    """Write what was asked for, and on what it is computed."""
    for name, content in ((SWEEP, sweep), (ENVIRONMENT, environment)):
        text = json.dumps({"schema_version": SCHEMA_VERSION, **content}, indent=2, ensure_ascii=False)
        with writing_results():
            write_whole(folder / name, (text + "\n").encode())


def read_results(folder: str | Path, *, hint: str = "make some with a sweep first") -> Results:
    """Read a results folder."""
    root = Path(folder)
    if not root.is_dir():
        raise ResultsError(f"{root} {'is not a folder' if root.exists() else 'does not exist'}; {hint}")
    benchmark, version, table, costs = consistently(root, lambda parts: _read(root, parts, hint))
    return Results(root, benchmark, version, table, _read_json(root / SWEEP), _read_json(root / ENVIRONMENT), costs)


def check_together(results: Results, first: Results, action: str) -> None:
    """Refuse results of another benchmark, or of another version of it, than the first; raises ResultsError."""
    if results.contradiction:
        raise ResultsError(f"{results.folder}: {results.contradiction}; run the sweep again in a folder of its own")
    if results.benchmark != first.benchmark:
        raise ResultsError(
            f"{results.folder} holds results of the benchmark {results.benchmark!r}, {first.folder} of "
            f"{first.benchmark!r}; {action} each benchmark on its own"
        )
    if results.version != first.version:
        raise ResultsError(
            f"{results.folder} holds results of {results.version}, {first.folder} of {first.version}, whose numbers "
            f"cannot be compared; {action} each version on its own"
        )


def _read(root: Path, parts: list[Path], hint: str) -> tuple[str, str, pa.Table, pa.Table]:
    """Return whose results they are, of which version, the table of rows, and that of costs."""
    held = {place: _understood(place / RESULTS) for place in (root, *parts) if (place / RESULTS).is_file()}
    if not held:
        raise ResultsError(f"{root} holds no results: {RESULTS} is missing; {hint}")
    benchmark, version, table = next(iter(held.values()))
    if parts:
        owner = owners(parts)
        rows = [(place, row) for place, (*_, table) in held.items() for row in table.to_pylist()]
        table = results_table([row for place, row in rows if owner.get(row["cell"], root) == place])
    return benchmark, version, table, joined(root, parts, _costs).sort_by("cell")


def _costs(place: Path) -> pa.Table:
    held = _read_table(place / COSTS) if (place / COSTS).is_file() else COST_SCHEMA.empty_table()
    return held.replace_schema_metadata()


def results_table(rows: Sequence[Row]) -> pa.Table:
    """Arrange rows by cell; raises ResultsError where settings cannot be columns of one table."""
    rows = sorted(rows, key=lambda row: str(row["cell"]))
    named = {name for row in rows for name in row}
    settings = sorted(named - {"cell"} - METRICS.keys())
    columns = {"cell": pa.array([row["cell"] for row in rows], pa.string())}
    for name in settings:
        columns[name] = _setting(name, [row.get(name) for row in rows])
    for name, kind in METRICS.items():
        columns[name] = pa.array([row.get(name) for row in rows], kind)
    return pa.table(columns)


def _setting(name: str, values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        values = [None if value is None else float(value) for value in values]
    elif len(kinds) > 1:
        raise ResultsError(f"setting {name!r} has values of different types: {', '.join(sorted(map(str, kinds)))}")
    # An option that is None throughout still needs a type that another sweep's text can join.
    return pa.array(values, None if kinds else pa.string())


def _read_table(path: Path) -> pa.Table:
    try:
        return read_sealed(path)
    except ValueError as error:
        raise ResultsError(f"{path} is damaged or not Parquet ({error}); remove it and run the sweep again") from error


def _understood(path: Path) -> tuple[str, str, pa.Table]:
    """Return whose results a file holds, of which version, and its table."""
    table = _read_table(path)
    try:
        said = json.loads((table.schema.metadata or {})[METADATA])
        version, benchmark, of = said["schema_version"], str(said["benchmark"]), version_of(said)
    except (KeyError, TypeError, ValueError):
        raise ResultsError(f"{path} holds no results of this toolkit; choose another folder") from None
    if version not in (1, SCHEMA_VERSION):
        raise ResultsError(
            f"{path} was written with results version {version}, this is version {SCHEMA_VERSION}; "
            "use the confu-bench that wrote it, or choose another --out"
        )
    kinds, added = {"cell": pa.string(), **METRICS}, RENAMED.values() if version == 1 else ()
    if missing := [name for name in kinds if name not in (*table.column_names, *added)]:
        raise ResultsError(f"{path} is damaged: the column {missing[0]!r} is missing; remove it and run again")
    if version == 1:
        table = results_table([_renewed(row) for row in table.to_pylist()])
    for name, kind in kinds.items():
        if (found := table.schema.field(name).type) != kind:
            raise ResultsError(f"{path} is damaged: the column {name!r} is of {found}, not {kind}; remove it")
    check_finite(path, table)
    return benchmark, of, table


def _renewed(row: Row) -> Row:
    """Return a row of version 1 as one of today."""

    def renamed(values: Row) -> Row:
        return {RENAMED.get(name, name): value for name, value in values.items()}

    renewed = {**renamed(row), "directions": row["directions"] and [renamed(one) for one in row["directions"]]}
    if "data" in row:
        renewed["total_correlation"] = None  # That of other variables than the bound beside it.
    return renewed


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = read_json(path)
    except (DatasetError, ValueError, OSError) as error:
        raise ResultsError(f"{path} is damaged ({error}); remove it") from error
    if not isinstance(content, dict):
        raise ResultsError(f"{path} is damaged (no JSON object); remove it")
    return content


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
