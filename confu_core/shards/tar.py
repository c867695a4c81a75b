"""One WebDataset shard: a plain tar whose bytes depend on the rows alone, read without trusting it.

The JSON part of a sample is flat, without nulls, and of the same types in every sample.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import reading, replacing

MAX_MEMBER_BYTES = 1 << 30

# Readers cut a name at its first dot: with a dot in the key, different samples would become one.
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PART = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_NAME_BYTES = 100
_BLOCK = tarfile.BLOCKSIZE
_SCALARS = {bool: "bool", int: "int", float: "float", str: "str"}
_INT64 = 1 << 63
_NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float", "double")
_LIST = re.compile(r"(?:fixed_size_)?list<\w+: (\w+)(?: not null)?>(?:\[(\d+)\])?")


def write_tar(
    rows: Iterable[dict[str, Any]], members: Callable[[dict[str, Any]], Mapping[str, bytes]], path: Path
) -> None:
    """Write one tar shard of rows with a text ``key``, distinct within it; equal rows give equal bytes.

    Every row has the same parts, and a ``json`` part the same fields of the same types: else InvalidValue is raised.
    """
    seen: set[str] = set()
    expected: dict[str, Any] | None = None
    with replacing(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for row in rows:
            key, parts = row["key"], members(row)
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise InvalidValue(f"a key must be letters, digits, '_' and '-'; got {key!r}")
            if key in seen:
                raise InvalidValue(f"keys must be distinct within a shard; got {key!r} twice")
            seen.add(key)
            types = part_types(parts)
            expected = expected or types
            if types != expected:
                raise InvalidValue(f"sample {key!r} must have the parts {expected} of the first; got {types}")
            for part in sorted(parts):
                _add(tar, f"{key}.{part}", parts[part])


def read_tar(path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield key and parts (extension to bytes) of the samples of one tar shard, in order; nothing is ever extracted.

    A tar that is cut, damaged, or holds anything but small regular files named ``key.extension`` is a DatasetError.
    """
    seen: set[str] = set()
    with reading(path), path.open("rb") as file:
        for key, group in itertools.groupby(_members(path, file), key=lambda member: member[0]):
            if key in seen:
                raise DatasetError(f"{path} holds parts of {key!r} in two places; restore it or build it again")
            seen.add(key)
            parts: dict[str, bytes] = {}
            for _, part, data in group:
                if part in parts:
                    raise DatasetError(f"{path} holds {key}.{part} twice; restore it or build it again")
                parts[part] = data
            yield key, parts


def read_tar_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the samples of one tar shard as rows: ``key``, the fields of the JSON part, the other parts as bytes."""
    for key, parts in read_tar(path):
        try:
            fields = parse_flat_json(parts.pop("json")) if "json" in parts else {}
        except InvalidValue as error:
            raise DatasetError(f"{path}: sample {key!r}: {error}") from error
        if twice := fields.keys() & parts.keys():
            raise DatasetError(f"{path}: sample {key!r} has {min(twice)!r} both as a JSON field and as a part")
        # The key comes first in order, and is never overruled by a JSON field.
        yield {"key": key} | fields | parts | {"key": key}


def read_tar_table(path: Path, types: Mapping[str, str]) -> pa.Table:
    """Read one tar shard as a table; see `read_tar_rows`.

    Numbers and lists of numbers take the Arrow types that the manifest has for their columns.
    """
    rows = list(read_tar_rows(path))
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


def part_types(parts: Mapping[str, bytes]) -> dict[str, Any]:
    """Return extension to ``"bytes"``, and ``json`` to the types of its fields, refusing what readers would misread."""
    if not parts:
        raise InvalidValue("a sample must have at least one part; got none")
    for part in parts:
        if not _PART.fullmatch(part):
            raise InvalidValue(f"a part must be a lower-case extension; got {part!r}")
    return {part: _parsed(parts[part])[1] if part == "json" else "bytes" for part in sorted(parts)}


def flat_json(fields: Mapping[str, Any]) -> bytes:
    """Write the fields of one sample as JSON that every reader types alike.

    Readers infer the types from the first few samples, so a null, an empty list or a whole number where a
    fraction may follow changes later values without a word. Such values are refused here, and a float stays a
    float (``1.0``).

    Parameters
    ----------
    fields : mapping of str to value
        Each value a bool, int, finite float, str, or a non-empty list of values of one of these types.

    Returns
    -------
    bytes
        UTF-8 JSON, in the order of the mapping.

    Raises
    ------
    InvalidValue
        If a name is not text, or a value is of another kind; the line names the field.

    Examples
    --------
    >>> flat_json({"p": 1.0, "bits": [0, 1]})
    b'{"p": 1.0, "bits": [0, 1]}'
    """
    flat_types(fields)
    try:
        return json.dumps(dict(fields), ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(f"JSON text must be Unicode; {error.reason} in {error.object!r:.60}") from error


def parse_flat_json(data: bytes) -> dict[str, Any]:
    """Read what `flat_json` wrote, refusing anything else."""
    return _parsed(data)[0]


def _parsed(data: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields of a JSON part, and their types."""
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"a json part must be JSON; {error}") from error
    if not isinstance(fields, dict):
        raise InvalidValue(f"a json part must be an object; got {data[:60]!r}")
    return fields, flat_types(fields)


def flat_types(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return field to ``bool``, ``int``, ``float``, ``str`` or ``list of`` one, refusing what readers would mistype."""
    return {name: _type(name, value) for name, value in fields.items()}


def _type(name: str, value: Any) -> str:
    if type(name) is not str:
        raise InvalidValue(f"the name of a JSON field must be text; got {name!r}")
    if not isinstance(value, list):
        return _scalar(name, value)
    if not value:
        raise InvalidValue(f"JSON field {name!r} must not be an empty list: readers cannot type it")
    kinds = {_scalar(name, item) for item in value}
    if len(kinds) > 1:
        raise InvalidValue(f"JSON field {name!r} must hold one type; got {' and '.join(sorted(kinds))}")
    return f"list of {kinds.pop()}"


def _scalar(name: str, value: Any) -> str:
    # The exact type: a NumPy scalar passes for a float in some versions and not in others.
    if type(value) not in _SCALARS:
        raise InvalidValue(
            f"JSON field {name!r} must be a bool, int, float, str or a flat list of them; got {value!r:.60}"
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValue(f"JSON field {name!r} must be finite; got {value}")
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise InvalidValue(f"JSON field {name!r} must fit in 64 bits; got {value}")
    return _SCALARS[type(value)]


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    if len(name) > _NAME_BYTES or len(data) > MAX_MEMBER_BYTES:
        raise InvalidValue(
            f"a member must have at most {_NAME_BYTES} characters in its name and {MAX_MEMBER_BYTES} bytes; "
            f"got {name}, {len(data)} bytes"
        )
    # TarInfo begins without time, owner and names, which is what makes the bytes reproducible.
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = 0o644
    tar.addfile(info, io.BytesIO(data))


def _members(path: Path, file: BinaryIO) -> Iterator[tuple[str, str, bytes]]:
    # Header by header rather than through TarFile, which follows links and trusts the sizes it is told.
    left = path.stat().st_size
    while (header := file.read(_BLOCK)) != bytes(_BLOCK):
        left -= len(header)
        if len(header) < _BLOCK:
            raise DatasetError(f"{path} is cut: the end mark of the tar is missing; restore it or build it again")
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise DatasetError(f"{path} is damaged ({error}); restore it or build it again") from error
        key, _, part = info.name.partition(".")
        if info.type != tarfile.REGTYPE or not _KEY.fullmatch(key) or not _PART.fullmatch(part):
            raise DatasetError(f"{path} holds {info.name!r}, which is not a regular file named key.extension")
        padded = -(-info.size // _BLOCK) * _BLOCK
        if not 0 <= info.size <= MAX_MEMBER_BYTES or padded > left:
            raise DatasetError(f"{path} is cut or damaged: {info.name!r} says that it has {info.size} bytes")
        left -= padded
        yield key, part, file.read(padded)[: info.size]


def _number_type(text: str) -> pa.DataType | None:
    listed = _LIST.fullmatch(text)
    name = listed[1] if listed else text
    if name not in _NUMBERS:
        return None
    items = pa.type_for_alias(name)
    return pa.list_(pa.field("element", items), int(listed[2] or -1)) if listed else items
