"""The samples of a tar shard as a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards.flat_json import parse_flat_json
from confu_core.shards.tar import read_tar

__all__ = ["read_tar_table"]

_NUMBERS = {
    str(kind): kind
    for kind in (
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
        *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.float32(), pa.float64()),
    )
}
_LIST = re.compile(r"(?:fixed_size_)?list<\w+: (\w+)(?: not null)?>(?:\[(\d+)\])?")


def read_tar_table(path: Path, types: Mapping[str, str]) -> pa.Table:
    """Read one tar shard into a table.

    Parameters
    ----------
    path : Path
        An existing shard.
    types : mapping of str to str
        Arrow types by column name, as in the manifest: numbers and lists of numbers take them.

    Returns
    -------
    pyarrow.Table
        ``key``, the fields of the JSON part, and the other parts as bytes, named by their extension.

    Raises
    ------
    DatasetError
        If the tar is damaged, or its samples do not have the same fields and parts.

    Examples
    --------
    >>> import tempfile
    >>> from confu_core.shards.tar import write_tar
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "x.tar"
    ...     write_tar([{"key": "a"}], lambda row: {"json": b'{"x": 1}', "txt": b"hm"}, path)
    ...     read_tar_table(path, {"x": "int8"}).to_pylist()
    [{'key': 'a', 'x': 1, 'txt': b'hm'}]
    """
    rows = [_row(path, key, parts) for key, parts in read_tar(path)]
    names = dict.fromkeys(rows[0] if rows else ())
    for row in rows:
        if row.keys() != names.keys():
            got = ", ".join(row)
            raise DatasetError(f"{path}: sample {row['key']!r} must have {', '.join(names)}; got {got}")
    try:
        columns = [pa.array([row[name] for row in rows], _number_type(types.get(name, ""))) for name in names]
    except (pa.ArrowException, OverflowError) as error:
        raise DatasetError(f"{path} holds values that do not fit their column: {error}") from error
    return pa.table(columns, list(names))


def _row(path: Path, key: str, parts: dict[str, bytes]) -> dict[str, Any]:
    try:
        fields = parse_flat_json(parts.pop("json")) if "json" in parts else {}
    except InvalidValue as error:
        raise DatasetError(f"{path}: sample {key!r}: {error}") from error
    if twice := fields.keys() & parts.keys():
        raise DatasetError(f"{path}: sample {key!r} has {min(twice)!r} both as a JSON field and as a part")
    # The key comes first in order, and is never overruled by a JSON field.
    return {"key": key} | fields | parts | {"key": key}


def _number_type(text: str) -> pa.DataType | None:
    if not (match := _LIST.fullmatch(text)):
        return _NUMBERS.get(text)
    items = _NUMBERS.get(match[1])
    return items and pa.list_(pa.field("element", items), int(match[2] or -1))
