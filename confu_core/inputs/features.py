"""Features that somebody computed already, in place of raw media: one vector per key, from Parquet or NumPy files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError, nearest

__all__ = ["read_features"]

_EXTENSIONS = (".npz", ".parquet")


def read_features(path: str | Path, keys: Sequence[str]) -> np.ndarray:
    """Read the features of some rows.

    Parameters
    ----------
    path : str or Path
        A ``.parquet`` with the column ``key`` and either one column of lists or columns of numbers, or a ``.npz``
        with the arrays ``keys`` (text) and ``features`` (rows, width).
    keys : sequence of str
        Of the rows wanted. The file may hold others as well.

    Returns
    -------
    ndarray of float32, shape (n, width)
        In the order of `keys`.

    Raises
    ------
    DatasetError
        If the file cannot be read, lacks a key or holds one twice, or has values that are not finite or vectors
        of differing widths.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "clip.npz"
    ...     np.savez(path, keys=np.array(["a", "b"]), features=np.array([[1.0, 2.0], [3.0, 4.0]]))
    ...     read_features(path, ["b"]).tolist()
    [[3.0, 4.0]]
    """
    path = Path(path)
    if path.suffix not in _EXTENSIONS:
        hint = nearest(path.suffix, _EXTENSIONS)
        raise DatasetError(f"{path} must end in {' or '.join(_EXTENSIONS)}; {hint}")
    if not path.is_file():
        raise DatasetError(f"{path} does not exist; give a file of features")
    known, values = (_from_npz if path.suffix == ".npz" else _from_parquet)(path)
    if len(known) != len(values):
        raise DatasetError(f"{path} has {len(known)} keys and {len(values)} rows of features")
    chosen = values[_places(path, known, keys)]
    if not np.isfinite(chosen).all():
        row = int(np.flatnonzero(~np.isfinite(chosen).all(axis=1))[0])
        raise DatasetError(f"{path} holds values that are not finite, first at key {keys[row]!r}")
    return chosen


def _places(path: Path, known: Sequence[str], keys: Sequence[str]) -> np.ndarray:
    places = {key: place for place, key in enumerate(known)}
    if len(places) < len(known):
        seen: set[str] = set()
        twice = next(key for key in known if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DatasetError(f"{path} holds {len(known) - len(places)} keys more than once, first {twice!r}")
    if missing := [key for key in keys if key not in places]:
        raise DatasetError(f"{path} lacks {len(missing)} of {len(keys)} keys, first {missing[0]!r}")
    return np.array([places[key] for key in keys], dtype=np.int64)


def _from_npz(path: Path) -> tuple[list[str], np.ndarray]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if lacking := {"keys", "features"} - set(file.files):
                raise DatasetError(f"{path} lacks the array {min(lacking)!r}; it must have 'keys' and 'features'")
            keys, values = file["keys"], file["features"]
    except DatasetError:
        raise
    except Exception as error:  # Over altered headers NumPy and zipfile raise anything.
        raise DatasetError(f"{path} cannot be read as NumPy arrays: {_line(error)}") from error
    if keys.ndim != 1 or keys.dtype.kind not in "US":
        raise DatasetError(f"{path}: 'keys' must be one row of text; got {keys.dtype} of shape {keys.shape}")
    if values.ndim != 2 or values.dtype.kind not in "fiu" or not values.shape[1]:
        raise DatasetError(f"{path}: 'features' must be (rows, width) numbers; got {values.dtype} of {values.shape}")
    texts = np.char.decode(keys, "utf-8") if keys.dtype.kind == "S" else keys
    return texts.tolist(), _as_float32(values)


def _from_parquet(path: Path) -> tuple[list[str], np.ndarray]:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise DatasetError(f"{path} cannot be read as Parquet: {_line(error)}") from error
    if "key" not in table.column_names:
        raise DatasetError(f"{path} has no column 'key'; {nearest('key', table.column_names)}")
    lists = [field.name for field in table.schema if _is_list(field.type)]
    numbers = [field.name for field in table.schema if pa.types.is_integer(field.type) or _is_float(field.type)]
    if len(lists) > 1 or bool(lists) == bool(set(numbers) - {"key"}):
        found = f"{len(lists)} columns of lists and {len(set(numbers) - {'key'})} of numbers"
        raise DatasetError(f"{path} must have one column of lists, or columns of numbers, beside 'key'; got {found}")
    keys = [str(key) for key in table["key"].to_pylist()]
    if lists:
        return keys, _from_lists(path, keys, table[lists[0]])
    columns = [table[name].to_numpy(zero_copy_only=False) for name in numbers if name != "key"]
    return keys, _as_float32(np.stack(columns, axis=1))


def _from_lists(path: Path, keys: Sequence[str], column: pa.ChunkedArray) -> np.ndarray:
    array = column.combine_chunks()
    kind = array.type.value_type
    if not (pa.types.is_integer(kind) or _is_float(kind)):
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


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _is_float(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind)


def _as_float32(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # What is too large becomes infinite, which is reported with the key.
        return np.asarray(values).astype(np.float32)


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
