"""Measures: everything an evaluation found, one number per row, in a table beside the results.

The results have one row per run, with its headline numbers. The measures have as many rows per run as it measured
things: each recall of each direction, each point of a curve, with its interval and the exact value beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from confu_core.errors import ResultsError
from confu_core.io.atomic import replacing
from confu_core.runs.results import consistently, joined
from confu_core.runs.sealed import check_finite, read_sealed, write_sealed, writing_results

MEASURES, EXAMPLES = "measures.parquet", "examples.parquet"
VERSION = 1
METADATA = b"confu_measures"
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("cell", "family", "subject", "metric", "condition")),
        *((name, pa.float64()) for name in ("x", "value", "low", "high", "reference")),
        ("defined", pa.bool_()),
    ]
)
ADDED = ("group",)  # Columns that older files of this version lack; there they are null.
EXAMPLE_SCHEMA = pa.schema(
    [
        *(("cell", pa.string()), ("kind", pa.string()), ("key", pa.string())),
        *(("image", pa.binary()), ("audio", pa.binary()), ("caption", pa.string())),
        *(("label", pa.string()), ("group", pa.string()), ("predicted", pa.map_(pa.string(), pa.string()))),
    ]
)
# What a run took each sample for: a file with a row per sample, query and target.
PREDICTION_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("key", "query", "target", "truth")),
        *(("rank", pa.float64()), ("predicted", pa.string())),
    ]
)


@dataclass(frozen=True)
class Measure:
    """One number that an evaluation found, None where it is not defined, with its interval of 95%.

    The family is the kind of measurement, such as ``zero_shot``; the subject a query such as ``image+audio`` or a
    direction such as ``image->caption``; the condition a split, a group or a kind of damage. `x` is the place of a
    point on a curve, and the reference what is known exactly: a ceiling, or chance. It is not `defined` where a
    fallback stood in for the method.
    """

    family: str
    subject: str
    metric: str
    value: float | None
    condition: str = ""
    x: float | None = None
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    defined: bool = True

    def row(self, cell: str) -> dict[str, Any]:
        """Return it as a row of the table."""
        return {"cell": cell, **asdict(self)}


def write_measures(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the measures of a results folder, whole or not at all."""
    _write(folder / MEASURES, pa.Table.from_pylist(list(rows), schema=SCHEMA))


def read_measures(folder: Path) -> pa.Table:
    """Read the measures of a results folder."""
    return _joined(folder, MEASURES, SCHEMA)


def write_examples(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write a few samples of each run to look at and listen to, with what the run took them for."""
    told = [{**row, "predicted": list(dict(row["predicted"]).items())} for row in rows]
    _write(folder / EXAMPLES, pa.Table.from_pylist(told, schema=EXAMPLE_SCHEMA))


def read_examples(folder: Path) -> list[dict[str, Any]]:
    """Read the examples of a results folder."""
    rows = _joined(folder, EXAMPLES, EXAMPLE_SCHEMA).to_pylist()
    return [{**row, "predicted": dict(row["predicted"])} for row in rows]


def read_tables(folder: Path) -> tuple[pa.Table, pa.Table]:
    """Read the measures and the examples of a results folder as tables."""
    return _joined(folder, MEASURES, SCHEMA), _joined(folder, EXAMPLES, EXAMPLE_SCHEMA)


def write_tables(folder: Path, measures: pa.Table, examples: pa.Table) -> None:
    """Write measures and examples that were read as tables; where there are none, no file is made."""
    for name, table in ((MEASURES, measures), (EXAMPLES, examples)):
        if len(table) or (folder / name).exists():
            _write(folder / name, table)


def write_found(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write the measures and the examples that finished cells come with, where there are any."""
    for name, write in (("measures", write_measures), ("examples", write_examples)):
        if found := [one for row in rows for one in row.get(name, ())]:
            write(folder, found)


def _write(path: Path, table: pa.Table) -> None:
    # Arrow's order of equal keys is stable by its documentation: a run's own order is kept.
    ordered = table.take(pc.sort_indices(table, sort_keys=[("cell", "ascending")])).combine_chunks()
    write_sealed(path, ordered, {METADATA: json.dumps({"schema_version": VERSION})})


def _joined(folder: Path, name: str, schema: pa.Schema) -> pa.Table:
    return consistently(folder, lambda parts: joined(folder, parts, lambda place: _read(place / name, schema)))


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    if not path.is_file():
        return schema.empty_table()
    try:
        table = read_sealed(path)
        version = json.loads((table.schema.metadata or {})[METADATA])["schema_version"]
        if version == VERSION:
            for name in ADDED:
                if name in schema.names and name not in table.column_names:
                    table = table.append_column(name, pa.nulls(len(table), schema.field(name).type))
            table = _renamed(table.select(schema.names).cast(schema))
            check_finite(path, table)
            return table
    except (pa.ArrowException, KeyError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ResultsError(f"{path} is damaged ({reason}); remove it and run again") from error
    raise ResultsError(f"{path} is of version {version}, this is version {VERSION}; use the confu-bench that wrote it")


def _renamed(table: pa.Table) -> pa.Table:
    """Call by its name of today what was called otherwise."""
    if "metric" not in table.column_names:
        return table
    old = pc.and_(pc.equal(table["family"], "complementarity"), pc.equal(table["metric"], "captured"))
    at = table.column_names.index("metric")
    return table.set_column(at, table.schema.field(at), pc.if_else(old, "fusion gain captured", table["metric"]))


def predictions_table(
    keys: Sequence[str], query: str, target: str, truth: Sequence[str], rank: np.ndarray, predicted: Sequence[str]
) -> pa.Table:
    """Return the rows of one query: the truth of each sample, its expected rank, 1 for the best, and what was best.

    A rank that is NaN is not known, and null in the file.
    """
    columns = [keys, [query] * len(keys), [target] * len(keys), truth, pa.array(rank, from_pandas=True), predicted]
    return pa.table(dict(zip(PREDICTION_SCHEMA.names, columns, strict=True)), schema=PREDICTION_SCHEMA)


def write_predictions(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write the rows of all queries, whole or not at all; a query at a time, for samples may be many."""
    with writing_results(), replacing(path) as file, pq.ParquetWriter(file, PREDICTION_SCHEMA) as writer:
        for table in tables:
            writer.write_table(table)
