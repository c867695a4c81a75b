"""The manifest of real media: a CSV or Parquet file, one row per picture, recording and caption."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from confu_core.cells import cleaned
from confu_core.datasets.separated import MOST_CELL, MOST_ROWS, read_separated
from confu_core.errors import DatasetError
from confu_core.inputs.complaint import what_it_is
from confu_core.io.storage import Location

MOST_BYTES = 1 << 30  # Of a manifest; captions of ten million rows take less.
MOST_COLUMNS, MOST_HEADING = 2000, 200  # Characters of a heading.
MOST_FOOTER, MOST_ENTRIES = 1 << 24, 100_000  # Of Parquet: its metadata, and what a list in it holds.
_INT64 = 1 << 63
_PARQUET = b"PAR1"
_INDEX = re.compile(r"__index_level_\d+__")  # What pandas calls an index that has no name.
_HEAD = 4096  # Bytes that tell what a file is.


@dataclass(frozen=True)
class SourceTable:
    """A manifest as it was read, under its path or URL.

    Cells are text; or, in columns of Parquet that have no gaps, truth values and numbers. Text that is not UTF-8 has
    its bytes as lone surrogates. `malformed` are rows, from 0, whose cells do not fit the columns, with what is wrong.
    `left_out` are columns that are neither text nor numbers, that have no heading, or that pandas wrote as its index.
    Each line of a text is that of the headings, the first of a row, blank, or an inner one: within a cell.
    """

    name: str
    columns: dict[str, list[Any]]
    malformed: dict[int, str]
    left_out: tuple[str, ...]
    sha256: str
    blank_lines: int = 0
    inner_lines: int = 0

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(next(iter(self.columns.values())))


def read_source_table(path: Location) -> SourceTable:
    r"""Read a CSV file in UTF-8, with commas, semicolons or tabs, or a Parquet file; its content decides which.

    All rows are there, the malformed ones too. A DatasetError says that it is missing, too large, neither, or has no
    rows or no headings; and what else it is, where that shows.
    """
    data = _content(path)
    try:
        table = (_parquet if data.startswith(_PARQUET) else _text)(str(path), data)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error
    if not table.columns or not table.rows:
        raise DatasetError(f"{path} holds no rows; a manifest has a line of headings and a line per sample")
    return table


def _content(path: Location) -> bytes:
    try:
        if not path.is_file():
            raise DatasetError(
                f"{path} {'is not a file' if path.exists() else 'does not exist'}; give a CSV or Parquet manifest"
            )
        if (size := path.stat().st_size) > MOST_BYTES:
            raise DatasetError(f"{path} has {size} bytes; a manifest has at most {MOST_BYTES}")
        with path.open("rb") as file:
            head = file.read(_HEAD)
            _refuse_others(str(path), head)
            data = head + file.read(MOST_BYTES + 1 - len(head))
    except (OSError, ValueError) as error:  # A name with a NUL is no path.
        raise DatasetError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > MOST_BYTES:  # Some files do not tell their size.
        raise DatasetError(f"{path} has more than {MOST_BYTES} bytes, the most of a manifest")
    return data


def _refuse_others(name: str, head: bytes) -> None:
    if head.startswith(_PARQUET):
        return
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # Its marks.
        raise DatasetError(f"{name} is UTF-16; save it as UTF-8")
    if other := what_it_is(head, "birdmml", "no_tables.toml"):
        raise DatasetError(f"{name} is {other['is']}, and a manifest is CSV or Parquet; {other['mend']}")
    if b"\0" in head:
        raise DatasetError(f"{name} is neither CSV nor Parquet: it holds NUL bytes")


def _text(name: str, data: bytes) -> SourceTable:
    if b"\0" in data:
        raise DatasetError("it is neither CSV nor Parquet: it holds NUL bytes")
    found = read_separated(data.decode("utf-8", "surrogateescape"))
    if not any(heading.strip() for heading in found.headings):
        raise DatasetError("it holds no headings; its first line names the columns")
    width = len(found.headings)
    headings, unnamed = _headings(found.headings)
    rows = [row if len(row) == width else (row + [""] * width)[:width] for row in found.rows]
    cells = dict(zip(headings, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    left_out = [*found.left_out, *unnamed.values()]
    columns = {heading: column for place, (heading, column) in enumerate(cells.items()) if place not in unnamed}
    lines = found.blank_lines, found.inner_lines
    return SourceTable(name, columns, found.malformed, tuple(left_out), hashlib.sha256(data).hexdigest(), *lines)


def _headings(written: Sequence[str]) -> tuple[list[str], dict[int, str]]:
    """Return what columns are called, and by their places what is said of those that have no heading."""
    if len(written) > MOST_COLUMNS:
        raise DatasetError(f"it has {len(written)} columns; at most {MOST_COLUMNS} are read")
    headings = [cleaned(heading) for heading in written]
    unnamed = {place: f"column {place + 1}, which has no heading" for place, one in enumerate(headings) if not one}
    known: set[str] = set()
    for place, heading in enumerate(headings):
        if place in unnamed:
            headings[place] = unnamed[place]
            continue
        if not heading.isprintable() or len(heading) > MOST_HEADING:
            wanted = f"printable text of at most {MOST_HEADING} characters"
            raise DatasetError(f"the heading of column {place + 1} must be {wanted}; got {heading!r:.60}")
        if heading in known:
            raise DatasetError(f"the column {heading!r:.60} occurs twice; each must occur once")
        known.add(heading)
    return headings, unnamed


def _parquet(name: str, data: bytes) -> SourceTable:
    try:
        file = _opened(data)
        schema = file.schema_arrow
        headings, unnamed = _headings(schema.names)
        kept = [place for place, field in enumerate(schema) if place not in unnamed and _is_plain(field.type)]
        kept = [place for place in kept if not _INDEX.fullmatch(headings[place])]
        columns, long = _columns(file, schema, kept)
    except DatasetError:
        raise
    except Exception as error:  # Arrow raises anything over damaged files.
        complaint = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(f"it cannot be read as Parquet: {complaint:.200}") from error
    named = {headings[place]: column for place, column in columns.items()}
    left_out = tuple(heading for place, heading in enumerate(headings) if place not in columns)
    return SourceTable(name, named, long, left_out, hashlib.sha256(data).hexdigest())


def _opened(data: bytes) -> pq.ParquetFile:
    if (footer := int.from_bytes(data[-8:-4], "little")) > MOST_FOOTER and data.endswith(_PARQUET):
        raise DatasetError(f"its metadata take {footer} bytes; at most {MOST_FOOTER} are read")
    limits = {"thrift_string_size_limit": MOST_FOOTER, "thrift_container_size_limit": MOST_ENTRIES}
    file = pq.ParquetFile(io.BytesIO(data), **limits)
    texts = [field.name for field in file.schema_arrow if _is_text(field.type)]
    file = pq.ParquetFile(io.BytesIO(data), read_dictionary=texts, **limits)
    rows, columns = file.metadata.num_rows, file.metadata.num_columns
    size = sum(file.metadata.row_group(group).total_byte_size for group in range(file.num_row_groups))
    if rows > MOST_ROWS or size > 4 * MOST_BYTES:
        raise DatasetError(f"it holds {rows} rows and {size} bytes; at most {MOST_ROWS} and {4 * MOST_BYTES} are read")
    if columns > MOST_COLUMNS:
        raise DatasetError(f"it has {columns} columns; at most {MOST_COLUMNS} are read")
    return file


def _is_plain(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    others = (pa.types.is_decimal, pa.types.is_temporal, pa.types.is_null)
    return any(one(kind) for one in (_is_text, _is_number, *others))


def _columns(
    file: pq.ParquetFile, schema: pa.Schema, places: Iterable[int]
) -> tuple[dict[int, list[Any]], dict[int, str]]:
    """Return cells by the place of their column, without those that Python cannot hold; and rows that are too long."""
    columns: dict[int, list[Any]] = {}
    long: dict[int, str] = {}
    size = 0
    for place in places:
        name = schema.names[place]
        column = file.read(columns=[name])[name]  # Of a name with dots there may be others.
        if pa.types.is_dictionary(column.type) and not _is_number(column.type.value_type):
            lengths = _lengths(column)
            if (size := size + int(lengths.sum())) > 4 * MOST_BYTES:
                raise DatasetError(f"its text takes more than {4 * MOST_BYTES} bytes, the most that are read")
            for row in np.flatnonzero(lengths > 4 * MOST_CELL):
                long[int(row)] = (
                    f"column {name!r:.60}: a cell of {lengths[row]} bytes; at most {4 * MOST_CELL} are read"
                )
        # Years beyond 9999, and the like.
        with contextlib.suppress(OverflowError, ValueError):
            columns[place] = _values(column)
    return columns, long


def _lengths(column: pa.ChunkedArray) -> np.ndarray:
    """Return how many bytes each cell of text takes, without making the texts that many rows may share."""
    sizes = [pc.binary_length(one.dictionary.cast(pa.large_binary())).take(one.indices) for one in column.chunks]
    return pa.chunked_array(sizes, pa.int64()).fill_null(0).to_numpy()


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _is_text(kind: pa.DataType) -> bool:
    # By name, which older versions of Arrow know too.
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or str(kind) == "string_view"


def _values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_dictionary(column.type):
        if _is_text(column.type.value_type):
            return [text for chunk in column.chunks for text in _texts(chunk)]
        column = column.cast(column.type.value_type)
    if _is_number(column.type) and not column.null_count:
        values = column.to_pylist()
        # What is not finite, or needs more than 64 bits with a sign, has no place in the JSON of a tar.
        if all(abs(value) < (float("inf") if isinstance(value, float) else _INT64) for value in values):
            return values
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _texts(chunk: pa.DictionaryArray) -> list[str]:
    # By way of bytes, since what is not UTF-8 would stop the whole column.
    raw = [value or b"" for value in chunk.dictionary.cast(pa.large_binary()).to_pylist()]
    texts = [value.decode("utf-8", "surrogateescape") for value in raw]
    return ["" if place is None else texts[place] for place in chunk.indices.to_pylist()]
