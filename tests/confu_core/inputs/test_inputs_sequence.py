"""Sequences of vectors: filled up with zeros, and refused where they are damaged."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import Corrupt, Decoder, InputSpec, Sequence
from confu_core.inputs.alterations import augment
from confu_core.inputs.decode import decode_sequence, encode_sequence
from confu_core.shards import TableRecipe, build, open_dataset
from confu_core.shards.cache import open_cache
from confu_core.shards.rows import label_columns

LENGTH, WIDTH = 4, 3
SPEC = InputSpec({"vision": Sequence("vision", LENGTH, WIDTH)})
STEPS = [[1.0, -2.0, 0.5], [0.0, 0.0, 0.0], [3.0, 4.0, 5.0]]


def npy(array: Any, **how: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **how)
    return file.getvalue()


def test_steps_come_first_and_zeros_last() -> None:
    for value in (STEPS, np.array(STEPS), npy(np.array(STEPS, np.float64)), {"bytes": encode_sequence(STEPS)}):
        found = decode_sequence(value, LENGTH, WIDTH)
        assert found.dtype == np.float32 and found.tolist() == [*STEPS, [0.0] * WIDTH]
    assert np.array_equal(decode_sequence(STEPS, 3, WIDTH), np.array(STEPS, np.float32))


FOREIGN = npy(np.array([[None]], dtype=object), allow_pickle=True)
PROMISE = npy(np.ones((2, 3))).replace(b"(2, 3)", b"(9999999999, 3)")
CASES = [
    (None, "the sequence is missing"),
    ([], "must have 1 to 4 steps; got 0"),
    ([[1.0] * WIDTH] * 5, "must have 1 to 4 steps; got 5"),
    ([[1.0, 2.0]], "must have steps of width 3; got 2"),
    ([[1.0, 2.0, 3.0], [1.0]], "is no array of numbers"),
    ([[1.0, 2.0, math.nan]], "holds values that are not finite"),
    ([[1.0, 2.0, None]], "holds values that are not finite"),
    ([[1.0, 2.0, 1e300]], "holds values that are not finite"),
    ([["a", "b", "c"]], "is no array of numbers"),
    ([1.0, 2.0, 3.0], "must be steps of vectors"),
    (7, "must be steps of vectors"),
    ("vision", "is no array of numbers"),
    (b"", "is no array of numbers"),
    (npy(np.ones((2, 3)))[:-1], "is no array of numbers"),
    (FOREIGN, "is no array of numbers"),
    (PROMISE, "is no array of numbers"),
]


@pytest.mark.parametrize(("value", "message"), CASES, ids=[f"case {number}" for number in range(len(CASES))])
def test_what_is_no_sequence_is_refused(value: Any, message: str) -> None:
    found = Decoder(SPEC, None).decode({"key": "a", "vision": value}, 0)
    assert isinstance(found, Corrupt) and found.modality == "vision" and message in found.reason


@given(st.binary(max_size=200), st.integers(0, 150))
def test_no_bytes_do_more_than_fail(data: bytes, cut: int) -> None:
    for tried in (data, npy(np.ones((2, 3)))[:cut] + data):
        try:
            assert decode_sequence(tried, LENGTH, WIDTH).shape == (LENGTH, WIDTH)
        except DatasetError as error:
            assert "\n" not in str(error)


def test_a_spec_of_it_survives_json_and_has_limits() -> None:
    assert InputSpec.from_dict(SPEC.as_dict()) == SPEC and SPEC.inputs["vision"].shape == (LENGTH, WIDTH)
    with pytest.raises(InvalidValue, match=r"length of 'x' must be in \[1, 4096\] steps; got 0"):
        Sequence("x", 0, 3)
    with pytest.raises(InvalidValue, match=r"width of 'x' must be in \[1, 65536\]; got 65537"):
        Sequence("x", 1, 65537)


def test_augmentations_leave_it_alone() -> None:
    rows = np.random.default_rng(0).normal(size=(5, LENGTH, WIDTH)).astype(np.float32)
    names = ("flip", "crop", "color", "shift", "gain", "mask", "drop")
    changed = augment({"vision": rows}, SPEC, names, seed=0, epoch=0, rows=np.arange(5))
    assert np.array_equal(changed["vision"], rows)


class Tarred(TableRecipe):
    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        return {"vision.npy": encode_sequence(row["vision"]), "json": b'{"label": "x"}'}


@pytest.mark.parametrize("format", ["parquet", "webdataset"])
def test_it_is_cached_from_either_format_and_the_corrupt_is_counted(format: str, tmp_path: Any) -> None:
    values = [STEPS, STEPS[:1], [[1.0, 2.0]]]
    kind = pa.list_(pa.list_(pa.float32()))
    table = pa.table({"key": ["a", "b", "c"], "label": ["x"] * 3, "vision": pa.array(values, kind)})
    build(Tarred("moves", {"train": table}), tmp_path / "data", formats=(format,))
    dataset = open_dataset(tmp_path / "data")
    assert label_columns(dataset.manifest) == ["key", "label"]  # A sequence is no label.
    cached = open_cache(dataset, SPEC, folder=tmp_path / "cache")
    assert cached.array("train", "vision").tolist() == [decode_sequence(v, LENGTH, WIDTH).tolist() for v in values[:2]]
    assert [one.key for one in cached.corrupt["train"]] == ["c"]
    assert cached.labels("train").column_names == ["key", "label"]
