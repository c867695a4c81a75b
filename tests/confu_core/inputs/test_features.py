"""Features from files: in the order of the keys, and each fault one line."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.features import read_features

KEYS = ["a", "b", "c"]
VALUES = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path / "x.npz", **({"keys": np.array(KEYS), "features": VALUES} | arrays))
    return path / "x.npz"


def twice(path: Path) -> Path:
    table = pa.table([KEYS, [1.0, 2, 3], [1.0, 2, 3]], names=["key", "e0", "e0"])
    pq.write_table(table, path / "x.parquet")
    return path / "x.parquet"


def parquet(path: Path, columns: dict[str, Any]) -> Path:
    pq.write_table(pa.table(columns), path / "x.parquet")
    return path / "x.parquet"


def lists(values: list[Any], kind: pa.DataType | None = None) -> Callable[[Path], Path]:
    return lambda path: parquet(path, {"key": KEYS, "v": pa.array(values, kind)})


GOOD: list[Callable[[Path], Path]] = [
    npz,
    lambda path: npz(path, keys=np.array([b"a", b"b", b"c"]), features=VALUES.astype(np.float16)),
    lists(VALUES.tolist()),
    lists(VALUES.tolist(), pa.list_(pa.float32(), 2)),
    lists(VALUES.tolist(), pa.large_list(pa.float64())),
    lambda path: parquet(path, {"key": KEYS, "x": VALUES[:, 0], "y": VALUES[:, 1].astype(int), "note": KEYS}),
]


@pytest.mark.parametrize("make", GOOD)
def test_rows_come_in_the_order_of_the_keys(make: Callable[[Path], Path], tmp_path: Path) -> None:
    made = read_features(make(tmp_path), ["c", "a", "a"])
    assert made.dtype == np.float32
    assert made.tolist() == VALUES[[2, 0, 0]].tolist()


NAN = VALUES * [[1, 1], [1, np.nan], [1, 1]]
BAD: list[tuple[Callable[[Path], Path], str]] = [
    (lambda path: npz(path, keys=np.array(["a", "x", "y"])), "lacks 2 of 3 keys, first 'b'"),
    (lambda path: npz(path, keys=np.array(["a", "b", "b"])), "holds 1 keys more than once, first 'b'"),
    (lambda path: npz(path, features=NAN), "not finite, first at key 'b'"),
    (lambda path: npz(path, features=VALUES * 1e300), "not finite, first at key 'a'"),
    (lambda path: npz(path, features=VALUES[:2]), "has 3 keys and 2 rows"),
    (lambda path: npz(path, features=VALUES[:, 0]), "must be .rows, width. numbers"),
    (lambda path: npz(path, keys=np.arange(3.0)), "'keys' must be one row of text"),
    (lambda path: npz(path, features=np.array([[{}], [1], [2]], dtype=object)), "cannot be read as NumPy arrays"),
    (lists([[1.0, 2.0], [1.0], [2.0, 3.0]]), "one width; got 1 numbers at key 'b', 2 at 'a'"),
    (lists([[1.0, 2.0], None, [2.0, 3.0]]), "holds no vector at key 'b'"),
    (lists([[1.0, 2.0], [None, 2.0], [2.0, 3.0]]), "not finite, first at key 'b'"),
    # PyArrow of Python 3.10 does not read what it wrote.
    (lists([[1.0, 2.0], None, [2.0, 3.0]], pa.list_(pa.float32(), 2)), "no vector at key|cannot be read as Parquet"),
    (lists([[], [], []], pa.list_(pa.float32())), "its vectors are empty"),
    (lists([["x"], ["y"], ["z"]]), "must hold numbers; got string"),
    (lambda path: parquet(path, {"key": KEYS}), "got 0 columns of lists and 0 of numbers"),
    (lambda path: parquet(path, {"key": KEYS, "v": VALUES.tolist(), "x": [1, 2, 3]}), "1 columns of lists and 1 of"),
    (twice, "has several columns 'e0'; give each a name of its own"),
    (lambda path: parquet(path, {"id": KEYS, "x": [1, 2, 3]}), "has no column 'key'"),
    (lambda path: path / "none.npz", "does not exist"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_each_fault_is_one_line(make: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    with pytest.raises(DatasetError, match=message) as caught:
        read_features(path, KEYS)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_files_of_other_kinds_are_refused_by_their_names() -> None:
    with pytest.raises(InvalidValue, match="x.csv must end in .npz or .parquet"):
        read_features("x.csv", KEYS)


def test_the_index_of_pandas_is_no_feature(tmp_path: Path) -> None:
    frame = pd.DataFrame({"key": KEYS, "e0": VALUES[:, 0], "e1": VALUES[:, 1]}, index=[7, 3, 5])
    levels = pd.MultiIndex.from_tuples([(1, 0.5), (1, 0.25), (2, 0.5)], names=["fold", "weight"])
    unnamed = levels.set_names([None, None])
    for one in (
        frame,
        frame.rename_axis("row"),
        frame.set_index(levels),
        frame.set_index(unnamed),
        frame.set_index("key"),
    ):
        one.to_parquet(tmp_path / "x.parquet")
        assert read_features(tmp_path / "x.parquet", KEYS).tolist() == VALUES.tolist()
    lists = pd.DataFrame({"key": KEYS, "v": VALUES.tolist()}).rename_axis("row").iloc[[2, 0, 1]]
    lists.to_parquet(tmp_path / "x.parquet")
    assert read_features(tmp_path / "x.parquet", KEYS).tolist() == VALUES.tolist()


def test_a_number_beside_numbered_features_is_not_taken_for_one(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"key": KEYS, "e0": VALUES[:, 0], "e1": VALUES[:, 1], "label": [0, 1, 0]})
    with pytest.raises(DatasetError, match="'e0' to 'e1', and beside them 'label', which may be no feature"):
        read_features(path, KEYS)


def test_keys_as_bytes_are_text(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"key": [b"a", b"b", b"c"], "v": VALUES.tolist()})
    assert read_features(path, KEYS).tolist() == VALUES.tolist()
    for bad in (
        parquet(tmp_path, {"key": [b"a", b"b", b"\xe9"], "v": [1, 2, 3]}),
        npz(tmp_path, keys=np.array([b"\xe9"] * 3)),
    ):
        with pytest.raises(DatasetError, match="holds a key that is not UTF-8"):
            read_features(bad, KEYS)
    with pytest.raises(DatasetError, match="lacks 1 of 3 keys"):
        read_features(parquet(tmp_path, {"key": ["a", None, "c"], "v": [1, 2, 3]}), KEYS)


def test_an_array_that_says_more_than_it_holds_is_not_made(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 8)})
    keys = io.BytesIO()
    np.save(keys, np.array(KEYS))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as file:
        file.writestr("keys.npy", keys.getvalue())
        file.writestr("features.npy", header.getvalue())
    with pytest.raises(DatasetError, match="which are not those of float64 of shape"):
        read_features(tmp_path / "x.npz", KEYS)


@pytest.mark.parametrize("name", ["x.npz", "x.parquet"])
def test_damaged_files_are_refused(name: str, tmp_path: Path) -> None:
    good = npz(tmp_path) if name == "x.npz" else lists(VALUES.tolist())(tmp_path)
    whole = good.read_bytes()
    for content in (b"", b"nonsense", whole[: len(whole) // 2]):
        good.write_bytes(content)
        with pytest.raises(DatasetError, match="cannot be read as") as caught:
            read_features(good, KEYS)
        assert "\n" not in str(caught.value)


def test_an_archive_lacking_an_array_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", keys=np.array(KEYS))
    with pytest.raises(DatasetError, match="lacks the array 'features'"):
        read_features(tmp_path / "x.npz", KEYS)
