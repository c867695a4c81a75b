"""One Parquet shard: written for fast access to a few rows, with checksums in its pages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError
from confu_core.io.atomic import replacing
from confu_core.io.storage import Location
from confu_core.shards.schema import column_types, media_columns

__all__ = ["opened_parquet", "parquet_shape", "read_parquet", "read_parquet_rows", "stored_types", "write_parquet"]

# A viewer fetches whole groups: 100 pictures take milliseconds, all those of a shard most of a second.
MEDIA_GROUP_ROWS = 100
PLAIN_GROUP_ROWS = 100_000


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write one Parquet shard; equal tables give equal bytes.

    Parameters
    ----------
    table : pyarrow.Table
        The rows. Columns of type `MEDIA` are stored as they are: they are compressed already.
    path : Path
        The final name; the file appears there whole or not at all.

    Raises
    ------
    DatasetError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_parquet(pa.table({"key": ["a", "b"]}), Path(folder) / "x.parquet")
    ...     read_parquet(Path(folder) / "x.parquet").to_pylist()
    [{'key': 'a'}, {'key': 'b'}]
    """
    media = media_columns(table.schema)
    plain = [leaf for leaf in _leaves(table.schema) if leaf.partition(".")[0] not in media]
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


def stored_types(schema: pa.Schema) -> dict[str, str]:
    """Return the types that the columns of a schema have once they were written.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of the table to write.

    Returns
    -------
    dict
        Column name to type. Parquet has its own names for the items of a list, and fewer units of time.

    Examples
    --------
    >>> stored_types(pa.schema([("bits", pa.list_(pa.int8()))]))
    {'bits': 'list<element: int8>'}
    """
    return column_types(_stored(schema).schema_arrow)


def parquet_shape(path: Location) -> tuple[int, pa.Schema]:
    """Return the number of rows and the columns of one Parquet shard, reading its footer alone.

    Parameters
    ----------
    path : Path or RemotePath
        An existing shard.

    Returns
    -------
    tuple of int and pyarrow.Schema
        As the footer says.

    Raises
    ------
    DatasetError
        If it is no Parquet file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_parquet(pa.table({"key": ["a", "b"]}), Path(folder) / "x.parquet")
    ...     parquet_shape(Path(folder) / "x.parquet")
    (2, key: string)
    """
    with opened_parquet(path) as file:
        return file.metadata.num_rows, file.schema_arrow


def read_parquet(path: Location, columns: Sequence[str] | None = None) -> pa.Table:
    """Read one Parquet shard, or some of its columns.

    Parameters
    ----------
    path : Path or RemotePath
        An existing shard.
    columns : sequence of str, optional
        Which to read; all by default.

    Returns
    -------
    pyarrow.Table
        With the columns in the order asked for.

    Raises
    ------
    DatasetError
        If it cannot be decoded or a page does not match its checksum.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_parquet(pa.table({"key": ["a"], "x": [1]}), Path(folder) / "x.parquet")
    ...     read_parquet(Path(folder) / "x.parquet", ["x"]).to_pydict()
    {'x': [1]}
    """
    with opened_parquet(path) as file:
        table = file.read(columns=None if columns is None else list(columns))
        # Arrow gives the columns in the file's order, and leaves out those it does not find.
        return table if columns is None else table.select(list(columns))


def read_parquet_rows(path: Location, rows: Sequence[int]) -> pa.Table:
    """Read some rows of one Parquet shard, and no row group that holds none of them.

    Parameters
    ----------
    path : Path or RemotePath
        An existing shard.
    rows : sequence of int
        Which, from 0; all of them are there.

    Returns
    -------
    pyarrow.Table
        All columns of these rows, in the order asked for. One row group at a time is in memory.

    Raises
    ------
    DatasetError
        If it cannot be decoded or a page that is read does not match its checksum.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_parquet(pa.table({"x": list(range(9))}), Path(folder) / "x.parquet")
    ...     read_parquet_rows(Path(folder) / "x.parquet", [7, 2]).to_pydict()
    {'x': [7, 2]}
    """
    with opened_parquet(path) as file:
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        stops = np.cumsum(sizes, dtype=np.int64)
        wanted = np.asarray(rows, dtype=np.int64)
        groups = np.searchsorted(stops, wanted, side="right")
        parts, found = [file.schema_arrow.empty_table()], []
        for group in np.unique(groups):
            inside = np.flatnonzero(groups == group)
            start = stops[group] - sizes[group]
            parts.append(file.read_row_group(int(group)).take(wanted[inside] - start))
            found.append(inside)
        return pa.concat_tables(parts).take(np.argsort(np.concatenate([np.empty(0, np.int64), *found])))


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
    pq.write_table(schema.empty_table(), sink)
    return pq.ParquetFile(pa.BufferReader(sink.getvalue()))


def _leaves(schema: pa.Schema) -> list[str]:
    # Options by column name a list's items by their path within the file, such as bits.list.element.
    stored = _stored(schema).schema
    return [stored.column(index).path for index in range(len(stored))]
