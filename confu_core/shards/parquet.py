"""One Parquet shard: typed as Hugging Face readers want it, fast for a few rows, with checksums in its pages."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import replacing
from confu_core.io.storage import Location

# Readers compare for equality: other names, order or nullability lose the Image type in silence.
MEDIA = pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())])

# A viewer fetches whole groups: 100 pictures take milliseconds, all those of a shard most of a second.
MEDIA_GROUP_ROWS = 100
PLAIN_GROUP_ROWS = 100_000

_BATCH_ROWS = 100
_METADATA_KEY = b"huggingface"
_MEDIA_FEATURES = ("Audio", "Image")


def with_features(schema: pa.Schema, wanted: Mapping[str, Mapping[str, Any]]) -> pa.Schema:
    """Return a schema whose metadata tells Hugging Face readers what its columns are.

    Parameters
    ----------
    schema : pyarrow.Schema
        The columns; pictures and sounds are of type `MEDIA`.
    wanted : mapping of str to mapping
        Column name to feature, such as ``{"image": {"_type": "Image"}}``. Others are typed by Arrow alone.

    Returns
    -------
    pyarrow.Schema
        The same columns, with the metadata key ``huggingface``.

    Raises
    ------
    InvalidValue
        If a feature names no column, or a picture or sound is not of type `MEDIA`.

    Examples
    --------
    >>> schema = pa.schema([("key", pa.string()), ("image", MEDIA)])
    >>> features(with_features(schema, {"image": {"_type": "Image"}}))
    {'image': {'_type': 'Image'}}
    """
    for name, feature in wanted.items():
        if name not in schema.names:
            raise InvalidValue(f"feature {name!r} must name a column; got columns {', '.join(schema.names)}")
        if feature.get("_type") in _MEDIA_FEATURES and schema.field(name) != pa.field(name, MEDIA):
            raise InvalidValue(f"column {name!r} must be a nullable {MEDIA}; got {schema.field(name).type}")
    text = json.dumps({"info": {"features": dict(wanted)}}, sort_keys=True)
    return schema.with_metadata({**(schema.metadata or {}), _METADATA_KEY: text.encode()})


def features(schema: pa.Schema) -> dict[str, dict[str, Any]]:
    """Return the Hugging Face features that a schema carries, by column; none without the metadata key."""
    metadata = schema.metadata or {}
    if _METADATA_KEY not in metadata:
        return {}
    try:
        carried = json.loads(metadata[_METADATA_KEY])["info"]["features"]
        return {name: dict(feature) for name, feature in carried.items()}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise DatasetError("has damaged Hugging Face metadata") from error


def media_columns(schema: pa.Schema) -> list[str]:
    """Return the names of the columns that hold pictures or sounds, in order."""
    return [field.name for field in schema if field.type == MEDIA]


def column_types(schema: pa.Schema) -> dict[str, str]:
    """Return the type of each column as the manifest writes it."""
    return {field.name: str(field.type) for field in schema}


def stored_types(schema: pa.Schema) -> dict[str, str]:
    """Return the column types of a schema once written: Parquet renames items of lists, and has fewer units of time."""
    return column_types(_stored(schema).schema_arrow)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write one Parquet shard, whole or not at all; equal tables give equal bytes."""
    media = media_columns(table.schema)
    # Options by column name a list's items by their path within the file, such as bits.list.element.
    stored = _stored(table.schema).schema
    leaves = [stored.column(index).path for index in range(len(stored))]
    plain = [leaf for leaf in leaves if leaf.partition(".")[0] not in media]  # Media are compressed already.
    with replacing(path) as file:
        pq.write_table(
            table,
            file,
            row_group_size=MEDIA_GROUP_ROWS if media else PLAIN_GROUP_ROWS,
            compression=dict.fromkeys(plain, "snappy") or "none",
            use_dictionary=plain,
            write_statistics=plain,
            write_page_checksum=True,
        )


def parquet_shape(path: Location) -> tuple[list[int], pa.Schema]:
    """Return the rows of each row group of one Parquet shard and its columns, reading its footer alone."""
    with opened_parquet(path) as file:
        groups = range(file.num_row_groups)
        return [file.metadata.row_group(group).num_rows for group in groups], file.schema_arrow


def read_parquet(path: Location, columns: Sequence[str] | None = None) -> pa.Table:
    """Read one Parquet shard, or columns in the order asked for; its pages are compared with their checksums."""
    with opened_parquet(path) as file:
        table = file.read(columns=None if columns is None else list(columns))
        # Arrow gives the columns in the file's order, and leaves out those it does not find.
        return table if columns is None else table.select(list(columns))


def read_parquet_rows(path: Location, rows: Sequence[int]) -> pa.Table:
    """Read rows of one Parquet shard in the order asked for, one row group at a time, and only those that hold some."""
    with opened_parquet(path) as file:
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        stops = np.cumsum(sizes, dtype=np.int64)
        wanted = np.asarray(rows, dtype=np.int64)
        groups = np.searchsorted(stops, wanted, side="right")
        parts, order = [file.schema_arrow.empty_table()], []
        for group in np.unique(groups):
            inside = np.flatnonzero(groups == group)
            start = stops[group] - sizes[group]
            parts.append(file.read_row_group(int(group)).take(wanted[inside] - start))
            order.append(inside)
        return pa.concat_tables(parts).take(np.argsort(np.concatenate([np.empty(0, np.int64), *order])))


def each_row(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table as dictionaries, a batch at a time: all at once would take their memory twice."""
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        yield from batch.to_pylist()


@contextlib.contextmanager
def opened_parquet(path: Location) -> Iterator[pq.ParquetFile]:
    """Open one Parquet shard for a ``with`` block, in which a file that cannot be read is a `DatasetError`."""
    try:
        # Of a remote file just the columns that are asked for are fetched.
        source = contextlib.nullcontext(path) if isinstance(path, Path) else path.open()
        with source as opened, pq.ParquetFile(opened, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise DatasetError(f"{path} cannot be read as Parquet: {lines[0]}") from error


def _stored(schema: pa.Schema) -> pq.ParquetFile:
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema):  # Without a table: to make an empty one, Arrow imports pandas.
        pass
    return pq.ParquetFile(pa.BufferReader(sink.getvalue()))
