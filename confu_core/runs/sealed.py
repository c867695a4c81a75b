"""Parquet files that hold the SHA-256 of themselves, so that no bit of a result changes without a word."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from confu_core.errors import DatasetError, ResultsError
from confu_core.io.atomic import read_small, write_whole

SEAL = b"confu_sha256"
_BLANK = b"0" * 64
_MOST_BYTES = 4 << 30


@contextlib.contextmanager
def writing_results() -> Iterator[None]:
    """Have whatever results cannot be written for raise ResultsError."""
    try:
        yield
    except (DatasetError, OSError) as error:
        raise ResultsError(str(error)) from error


def write_sealed(path: Path, table: pa.Table, metadata: Mapping[bytes, str] | None = None) -> None:
    """Write a table, whole or not at all, with the SHA-256 of the file among its metadata."""
    sink = pa.BufferOutputStream()
    for place, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            defined = pc.if_else(pc.is_finite(table.column(place)), table.column(place), pa.scalar(None, field.type))
            table = table.set_column(place, field, defined)
    marked = table.replace_schema_metadata({**(metadata or {}), SEAL: _BLANK})
    pq.write_table(marked, sink, write_page_checksum=True)
    content = sink.getvalue().to_pybytes()
    place = _place(content, _BLANK)
    digest = hashlib.sha256(content).hexdigest().encode()
    with writing_results():
        write_whole(path, content[:place] + digest + content[place + len(_BLANK) :])


def read_sealed(path: Path) -> pa.Table:
    """Read a table, and see that the file is as it was written; those of versions that wrote no seal are read too."""
    try:
        content = read_small(path, _MOST_BYTES)
        with pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True) as file:
            seal = (file.metadata.metadata or {}).get(SEAL)
            whole = seal is None or _sealed(content, seal)
            table = file.read()
    except (pa.ArrowException, DatasetError, OSError, ValueError) as error:
        raise ValueError(str(error).splitlines()[0] if str(error) else type(error).__name__) from error
    if not whole:
        raise ValueError("its SHA-256 is another")
    return table


def is_sealed(path: Path) -> bool:
    """Return whether a table that was read holds the SHA-256 of its file."""
    return SEAL in (pq.read_schema(path).metadata or {})


def check_finite(path: Path, table: pa.Table) -> None:
    """Refuse numbers that are none; what is not defined is null."""
    cells = table["cell"].combine_chunks()
    for name in table.column_names:
        column = table[name].combine_chunks()
        if pa.types.is_list(column.type) and pa.types.is_struct(column.type.value_type):
            parts, owners = pc.list_flatten(column), cells.take(pc.list_parent_indices(column))
            for one in column.type.value_type:
                _check_numbers(path, f"{name}.{one.name}", pc.struct_field(parts, one.name), owners)
        else:
            _check_numbers(path, name, column, cells)


def _check_numbers(path: Path, name: str, values: pa.Array, cells: pa.Array) -> None:
    if not pa.types.is_floating(values.type):
        return
    bad = pc.index(pc.fill_null(pc.invert(pc.is_finite(values)), False), True).as_py()
    if bad >= 0:
        what = f"{name} of cell {cells[bad].as_py()!r} is {values[bad].as_py()}, which is no number"
        raise ResultsError(f"{path} is damaged: {what}; remove that row, or the file, and run it again")


def _sealed(content: bytes, seal: bytes) -> bool:
    place = _place(content, seal)
    blank = content[:place] + _BLANK + content[place + len(seal) :]
    return len(seal) == len(_BLANK) and hashlib.sha256(blank).hexdigest().encode() == seal


def _place(content: bytes, value: bytes) -> int:
    """Return where the value of the seal stands: the metadata come last in a Parquet file."""
    return content.index(value, content.rindex(SEAL))
