"""Features that somebody computed already, in place of raw media: one vector per key, from Parquet or NumPy files."""

from __future__ import annotations

import json
import math
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs.complaint import first_line, refusing

_EXTENSIONS = (".npz", ".parquet")
DESCRIPTIONS = "descriptions"  # Of classes, beside the names of modalities.
DESCRIPTION = "description/"  # What their keys begin with; numbers follow.
# Features hardly shrink: what grows beyond both is not a file of them but an attack.
MOST_GROWTH, FREE_GROWTH = 100, 1 << 30
MOST_STRING, MOST_ENTRIES = 1 << 26, 1_000_000  # Of the metadata of Parquet: bytes of a text, and what a list holds.
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>\d+)")
_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+")


def as_array(name: str, given: Any, wanted: str) -> np.ndarray:
    """Return numbers that somebody hands in, a tensor of PyTorch among others, or say what they have to be."""
    try:
        # Tensors may be on a device, carry gradients, or have types that NumPy has not.
        found = np.asarray(given.detach().cpu().float() if hasattr(given, "detach") else given)
    except (TypeError, ValueError, RuntimeError) as error:
        got = f"{type(given).__name__}: {first_line(error)}"
        raise InvalidValue(f"{name} must be numbers of shape {wanted}; got {got}") from None
    if found.dtype.kind not in "fiu":
        raise InvalidValue(f"{name} must be numbers of shape {wanted}; got {found.dtype} of shape {found.shape}")
    return found


def read_features(path: str | Path, keys: Sequence[str]) -> np.ndarray:
    """Read the features of some rows.

    Returns ndarray of float32, shape (n, width).
    """
    path = _file(path)
    known, values = (_from_npz if path.suffix == ".npz" else _from_parquet)(path)
    if len(known) != len(values):
        raise DatasetError(f"{path} has {len(known)} keys and {len(values)} rows of features")
    return chosen_rows(path, known, values, keys)


def description_keys(count: int) -> list[str]:
    """Return the keys of descriptions, which are numbered."""
    return [f"{DESCRIPTION}{number}" for number in range(count)]


def read_vectors(path: str | Path, names: Collection[str]) -> dict[str, tuple[list[str], np.ndarray]]:
    """Read all columns of vectors of a file, each with the keys of its rows; columns of some names must be such.

    Parquet has a column ``key`` and columns of lists, where a null is no row; npz has ``keys``, arrays of as many rows,
    and perhaps ``descriptions``, whose rows are numbered.

    Returns dict of str to (list of str, ndarray of float32, shape (n, width)).
    """
    path = _file(path)
    return _vectors_of_npz(path) if path.suffix == ".npz" else _vectors_of_parquet(path, names)


def _file(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix not in _EXTENSIONS:
        hint = nearest(path.suffix, _EXTENSIONS)
        raise InvalidValue(f"{path} must end in {' or '.join(_EXTENSIONS)}; {hint}")
    try:
        if not path.is_file():
            what = "is not a file" if path.exists() else "does not exist"
            raise DatasetError(f"{path} {what}; give a file of features")
    except (OSError, ValueError) as error:  # A name that is too long, or has a NUL.
        raise DatasetError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return path


def chosen_rows(path: str | Path, known: Sequence[str], values: np.ndarray, keys: Sequence[str]) -> np.ndarray:
    """Return the rows of some keys, in their order: each there, once, and finite."""
    chosen = values[_places(path, known, keys)]
    if not np.isfinite(chosen).all():
        row = int(np.flatnonzero(~np.isfinite(chosen).all(axis=1))[0])
        raise DatasetError(f"{path} holds values that are not finite, first at key {keys[row]!r}")
    return chosen


def _places(path: str | Path, known: Sequence[str], keys: Sequence[str]) -> np.ndarray:
    places = {key: place for place, key in enumerate(known)}
    if len(places) < len(known):
        twice = next(key for key, count in Counter(known).items() if count > 1)
        raise DatasetError(f"{path} holds {len(known) - len(places)} keys more than once, first {twice!r}")
    if missing := [key for key in keys if key not in places]:
        raise DatasetError(f"{path} lacks {len(missing)} of {len(keys)} keys, first {missing[0]!r}")
    return np.array([places[key] for key in keys], dtype=np.int64)


def _from_npz(path: Path) -> tuple[list[str], np.ndarray]:
    keys, arrays = _npz(path, ["features"], "'features'")
    return keys, arrays["features"]


def _vectors_of_npz(path: Path) -> dict[str, tuple[list[str], np.ndarray]]:
    keys, arrays = _npz(path, [], "an array for each modality")
    found = {}
    for name, values in arrays.items():
        of = description_keys(len(values)) if name == DESCRIPTIONS else keys
        if len(of) != len(values):
            raise DatasetError(f"{path} has {len(of)} keys and {len(values)} rows of {name!r}")
        found[name] = (of, values)
    return found


def _npz(path: Path, others: Sequence[str], told: str) -> tuple[list[str], dict[str, np.ndarray]]:
    """Read the keys of a file, and as vectors in float32 the other arrays that are named, or else all of them."""
    with refusing(f"{path} cannot be read as NumPy arrays"), zipfile.ZipFile(path) as file:
        names = [name.removesuffix(".npy") for name in file.namelist()]
        if lacking := {"keys", *others} - {*names}:
            raise DatasetError(f"{path} lacks the array {min(lacking)!r}; it must have 'keys' and {told}")
        arrays = {name: _array(file, name) for name in (["keys", *others] if others else names)}
    keys = arrays.pop("keys")
    keys = keys.astype(str) if keys.dtype.kind in "iu" else keys  # Numbers of samples, or codes.
    if keys.ndim != 1 or keys.dtype.kind not in "US":
        raise DatasetError(f"{path}: 'keys' must be one row of text; got {keys.dtype} of shape {keys.shape}")
    for name, values in arrays.items():
        if values.ndim != 2 or values.dtype.kind not in "fiu" or not values.shape[1]:
            raise DatasetError(f"{path}: {name!r} must be (rows, width) numbers; got {values.dtype} of {values.shape}")
    return _as_texts(path, keys.tolist()), {name: _as_float32(values) for name, values in arrays.items()}


def _vectors_of_parquet(path: Path, names: Collection[str]) -> dict[str, tuple[list[str], np.ndarray]]:
    def wanted(schema: pa.Schema) -> list[str]:
        """Return the columns of lists, among which those of some names must be."""
        for field in schema:
            if field.name in names and not is_list(field.type):
                raise DatasetError(f"{path}: column {field.name!r} must hold lists of numbers; got {field.type}")
        return [field.name for field in schema if is_list(field.type)]

    table = _table(path, wanted)
    keys = _keys(path, table)
    found = {}
    for name in table.column_names[1:]:
        there = table[name].is_valid().to_pylist()
        known = [key for key, held in zip(keys, there, strict=True) if held]
        if known:
            found[name] = (known, _from_lists(path, known, table[name].drop_null()))
    return found


def _array(file: zipfile.ZipFile, name: str) -> np.ndarray:
    """Read an array, whose header must not say more than there is."""
    about = file.getinfo(f"{name}.npy")
    if about.file_size > FREE_GROWTH and about.file_size > MOST_GROWTH * about.compress_size:
        raise ValueError(f"{name!r} unpacks to more than {MOST_GROWTH} times its size")
    with file.open(about) as opened:
        version = np.lib.format.read_magic(opened)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read(opened)
        if kind.hasobject:
            raise ValueError(f"{name!r} holds objects of Python; make it an array of text or numbers first")
        if math.prod(shape) * kind.itemsize != about.file_size - opened.tell():
            raise ValueError(f"{name!r} holds {about.file_size} bytes, which are not those of {kind} of shape {shape}")
    with file.open(about) as opened:
        return np.lib.format.read_array(opened, allow_pickle=False)


def _as_texts(path: Path, keys: Sequence[object]) -> list[str]:
    try:
        return [key.decode() if isinstance(key, bytes) else str(key) for key in keys]
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} holds a key that is not UTF-8: {error.object!r:.60}") from error


def _from_parquet(path: Path) -> tuple[list[str], np.ndarray]:
    table = _table(path, lambda schema: _declared(path, schema))
    keys, first = _keys(path, table), table.column(1)
    if is_list(first.type):
        return keys, _from_lists(path, keys, first)
    return keys, _as_float32(np.stack([one.to_numpy(zero_copy_only=False) for one in table.columns[1:]], axis=1))


def _table(path: Path, wanted: Callable[[pa.Schema], list[str]]) -> pa.Table:
    """Read ``key``, and of the other columns those that are wanted."""
    limits = {"thrift_string_size_limit": MOST_STRING, "thrift_container_size_limit": MOST_ENTRIES}
    with refusing(f"{path} cannot be read as Parquet"), pq.ParquetFile(path, **limits) as file:
        _check_names(path, file.schema_arrow)
        names = ["key", *wanted(file.schema_arrow)]
        return file.read(columns=names).select(names)


def _keys(path: Path, table: pa.Table) -> list[str]:
    if table["key"].null_count:
        raise DatasetError(f"{path} lacks {table['key'].null_count} of {len(table)} keys: their cells are empty")
    return _as_texts(path, table["key"].to_pylist())


def _check_names(path: Path, schema: pa.Schema) -> None:
    if schema.names.count("key") != 1:
        hint = "it occurs twice" if "key" in schema.names else nearest("key", schema.names)
        raise DatasetError(f"{path} has no column 'key'; {hint}")
    if twice := [name for name, count in Counter(schema.names).items() if count > 1]:
        raise DatasetError(f"{path} has several columns {twice[0]!r:.60}; give each a name of its own")


def _declared(path: Path, schema: pa.Schema) -> list[str]:
    """Return the columns of features: one of lists, or those of numbers."""
    index = _pandas_index(schema)
    others = [field for field in schema if field.name != "key" and field.name not in index]
    lists = [field.name for field in others if is_list(field.type)]
    numbers = [field.name for field in others if _is_number(field.type)]
    if len(lists) > 1 or bool(lists) == bool(numbers):
        found = f"{len(lists)} columns of lists and {len(numbers)} of numbers"
        raise DatasetError(f"{path} must have one column of lists, or columns of numbers, beside 'key'; got {found}")
    series = _series(numbers)
    if series and (stray := [name for name in numbers if name not in series]):
        raise DatasetError(
            f"{path} has the numbered columns {series[0]!r} to {series[-1]!r}, and beside them {stray[0]!r:.60}, which "
            "may be no feature; drop it, or write all features into one column of lists"
        )
    return lists or numbers


def _series(names: Sequence[str]) -> list[str]:
    """Return the longest run of columns with one stem and numbers on end, from 0 or 1; none if there are not two."""
    stems: dict[str, dict[int, str]] = {}
    for name in names:
        if found := _NUMBERED.fullmatch(name):
            stems.setdefault(found["stem"], {})[int(found["number"][:9])] = name
    runs = [
        [numbered[number] for number in range(min(numbered), min(numbered) + len(numbered))]
        for numbered in stems.values()
        if min(numbered) in (0, 1) and len(numbered) > 1 and max(numbered) - min(numbered) + 1 == len(numbered)
    ]
    return max(runs, key=len, default=[])


def _pandas_index(schema: pa.Schema) -> set[str]:
    """Return the columns that pandas wrote as its index: they number or name rows."""
    try:
        said = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))
        named = {name for name in said["index_columns"] if isinstance(name, str)}
    except (ValueError, TypeError, KeyError, RecursionError):  # Another writer's, or damaged.
        named = set()
    return named | {name for name in schema.names if _INDEX.fullmatch(name)}


def _from_lists(path: Path, keys: Sequence[str], column: pa.ChunkedArray) -> np.ndarray:
    array = column.combine_chunks()
    kind = array.type.value_type
    if not _is_number(kind):
        raise DatasetError(f"{path}: its lists must hold numbers; got {kind}")
    if array.null_count:
        raise DatasetError(f"{path} holds no vector at key {keys[array.is_null().to_pylist().index(True)]!r}")
    widths = array.value_lengths().to_numpy(zero_copy_only=False)
    if len(widths) and (widths != widths[0]).any():
        row = int(np.flatnonzero(widths != widths[0])[0])
        differing = f"{widths[row]} numbers at key {keys[row]!r}, {widths[0]} at {keys[0]!r}"
        raise DatasetError(f"{path}: all vectors must have one width; got {differing}")
    if len(widths) and not widths[0]:
        raise DatasetError(f"{path}: its vectors are empty")
    # Numbers that are null become NaN, which is reported with the key.
    return _as_float32(array.flatten().to_numpy(zero_copy_only=False).reshape(len(keys), -1))


def is_list(kind: pa.DataType) -> bool:
    """Return whether a column holds lists, of any length or of one."""
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _as_float32(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # What is too large becomes infinite, which is reported with the key.
        return np.asarray(values).astype(np.float32)
