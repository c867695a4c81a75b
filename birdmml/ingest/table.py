"""The manifest of real media: a CSV or Parquet file, one row per picture, recording and caption."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError
from confu_core.shards.storage import Location

__all__ = ["SourceTable", "read_source_table"]

MOST_BYTES = 1 << 30  # Of a manifest; captions of ten million rows take less.
MOST_ROWS = 10_000_000
MOST_CELL = 1 << 20  # Characters.
SEPARATORS = ",;\t"
_INT64 = 1 << 63
_PARQUET = b"PAR1"
_WIDE = (b"\xff\xfe", b"\xfe\xff")  # Marks of UTF-16.


@dataclass(frozen=True)
class SourceTable:
    """A manifest as it was read.

    Attributes
    ----------
    name : str
        Its path or URL, for messages.
    columns : dict of str to list
        Cells by column: str; or bool, int or float in columns of Parquet that have no gaps. Text that is not UTF-8
        has its bytes as lone surrogates.
    malformed : dict of int to str
        Rows, from 0, whose cells do not fit the columns, with what is wrong.
    left_out : tuple of str
        Columns of Parquet that are neither text nor numbers.
    sha256 : str
        Of the file.
    """

    name: str
    columns: dict[str, list[Any]]
    malformed: dict[int, str]
    left_out: tuple[str, ...]
    sha256: str

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(next(iter(self.columns.values())))


def read_source_table(path: Location) -> SourceTable:
    r"""Read a manifest.

    Parameters
    ----------
    path : Path or RemotePath
        Of a CSV file in UTF-8, with commas, semicolons or tabs; or of a Parquet file. Its content decides which.

    Returns
    -------
    SourceTable
        All rows, the malformed ones too.

    Raises
    ------
    DatasetError
        If it is missing, too large, neither, or has no rows or no headings.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "m.csv").write_text("a,b\n1,2\n3\n")
    ...     table = read_source_table(Path(folder) / "m.csv")
    >>> table.columns, table.malformed
    ({'a': ['1', '3'], 'b': ['2', '']}, {1: '1 cells for 2 columns'})
    """
    data = _content(path)
    digest = hashlib.sha256(data).hexdigest()
    columns, malformed, left_out = _parquet(path, data) if data.startswith(_PARQUET) else _csv(path, data)
    if not columns or not next(iter(columns.values())):
        raise DatasetError(f"{path} holds no rows; a manifest has a line of headings and a line per sample")
    return SourceTable(str(path), columns, malformed, left_out, digest)


def _content(path: Location) -> bytes:
    try:
        if not path.is_file():
            raise DatasetError(
                f"{path} {'is not a file' if path.exists() else 'does not exist'}; give a CSV or Parquet manifest"
            )
        if (size := path.stat().st_size) > MOST_BYTES:
            raise DatasetError(f"{path} has {size} bytes; a manifest has at most {MOST_BYTES}")
        return path.read_bytes()
    except (OSError, ValueError) as error:  # A name with a NUL is no path.
        raise DatasetError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _csv(path: Location, data: bytes) -> tuple[dict[str, list[Any]], dict[int, str], tuple[str, ...]]:
    if data.startswith(_WIDE):
        raise DatasetError(f"{path} is UTF-16; save it as UTF-8")
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    if "\0" in text:
        raise DatasetError(f"{path} is neither CSV nor Parquet: it holds NUL bytes")
    lines = _cells(path, text)
    headings = [heading.strip() for heading in next(lines, [])]
    _check_headings(path, headings)
    cells: list[list[str]] = [[] for _ in headings]
    malformed: dict[int, str] = {}
    for row, line in enumerate(line for line in lines if line):
        if row >= MOST_ROWS:
            raise DatasetError(f"{path} has more than {MOST_ROWS} rows, the most that are read")
        if len(line) != len(headings):
            malformed[row] = f"{len(line)} cells for {len(headings)} columns"
        for column, cell in zip(cells, line + [""] * (len(headings) - len(line)), strict=False):
            column.append(cell)
    return dict(zip(headings, cells, strict=True)), malformed, ()


def _cells(path: Location, text: str) -> Iterator[list[str]]:
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    csv.field_size_limit(MOST_CELL)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        yield from lines
    except csv.Error as error:
        raise DatasetError(
            f"{path}, line {lines.line_num}: {error}; quote text that holds a separator or quote"
        ) from error


def _check_headings(path: Location, headings: list[str]) -> None:
    if not any(headings):
        raise DatasetError(f"{path} holds no headings; its first line names the columns")
    for place, heading in enumerate(headings):
        if not heading.isprintable() or not heading:
            raise DatasetError(f"{path}: the heading of column {place + 1} must be printable text; got {heading!r:.60}")
        if heading in headings[:place]:
            raise DatasetError(f"{path}: the column {heading!r:.60} occurs twice; each must occur once")


def _parquet(path: Location, data: bytes) -> tuple[dict[str, list[Any]], dict[int, str], tuple[str, ...]]:
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        size = sum(file.metadata.row_group(group).total_byte_size for group in range(file.num_row_groups))
        if file.metadata.num_rows > MOST_ROWS or size > 4 * MOST_BYTES:
            limits = f"{MOST_ROWS} rows and {4 * MOST_BYTES} bytes"
            raise DatasetError(
                f"{path} holds {file.metadata.num_rows} rows and {size} bytes; at most {limits} are read"
            )
        names = list(file.schema_arrow.names)
        _check_headings(path, names)
        plain = [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]
        plain = [name for name in plain if not pa.types.is_binary(file.schema_arrow.field(name).type)]
        table = file.read(columns=plain)
        return {name: _values(table[name]) for name in plain}, {}, tuple(name for name in names if name not in plain)
    except DatasetError:
        raise
    except Exception as error:  # Arrow raises anything over damaged files.
        complaint = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(f"{path} cannot be read as Parquet: {complaint:.200}") from error


def _values(column: pa.ChunkedArray) -> list[Any]:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    column = column.cast(kind)
    numeric = pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if numeric and not column.null_count:
        values = column.to_pylist()
        # What is not finite, or needs more than 64 bits with a sign, has no place in the JSON of a tar.
        if all(abs(value) < (float("inf") if isinstance(value, float) else _INT64) for value in values):
            return values
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        # By way of bytes, since what is not UTF-8 would stop the whole column.
        raw = column.cast(pa.large_binary()).to_pylist()
        return ["" if value is None else value.decode("utf-8", "surrogateescape") for value in raw]
    return ["" if value is None else str(value) for value in column.to_pylist()]
