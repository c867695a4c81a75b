"""What a run took each sample for: a Parquet file with a row per sample, query and target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.io.atomic import replacing
from confu_core.runs.sealed import writing_results

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("key", "query", "target", "truth")),
        *(("rank", pa.float64()), ("predicted", pa.string())),
    ]
)


def predictions_table(
    keys: Sequence[str], query: str, target: str, truth: Sequence[str], rank: np.ndarray, predicted: Sequence[str]
) -> pa.Table:
    """Return the rows of one query: the truth of each sample, its expected rank, 1 for the best, and what was best.

    A rank that is NaN is not known, and null in the file.
    """
    columns = [keys, [query] * len(keys), [target] * len(keys), truth, pa.array(rank, from_pandas=True), predicted]
    return pa.table(dict(zip(SCHEMA.names, columns, strict=True)), schema=SCHEMA)


def write_predictions(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write the rows of all queries, whole or not at all; a query at a time, for samples may be many."""
    with writing_results(), replacing(path) as file, pq.ParquetWriter(file, SCHEMA) as writer:
        for table in tables:
            writer.write_table(table)
