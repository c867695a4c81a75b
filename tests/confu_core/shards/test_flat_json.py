"""The JSON part of a sample has one type per field, whatever the values."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confu_core.errors import InvalidValue
from confu_core.shards import flat_json
from confu_core.shards.tar import flat_types, parse_flat_json

INT64 = st.integers(-(2**63), 2**63 - 1)
FLOAT = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = [st.booleans(), INT64, FLOAT, TEXT]
VALUES = st.one_of(*SCALARS, *(st.lists(scalar, min_size=1) for scalar in SCALARS))


@given(st.dictionaries(TEXT, VALUES))
def test_what_is_written_is_read_back_with_the_same_types(fields: dict[str, Any]) -> None:
    data = flat_json(fields)
    assert parse_flat_json(data) == fields
    assert flat_types(parse_flat_json(data)) == flat_types(fields)
    assert list(parse_flat_json(data)) == list(fields)


@given(st.integers(-(10**18), 10**18))
def test_a_whole_float_is_no_integer_to_any_reader(number: int) -> None:
    text = flat_json({"x": float(number)})
    assert type(json.loads(text)["x"]) is float
    assert b"." in text or b"e" in text


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, "must be a bool, int, float, str or a flat list of them; got None"),
        ([None], "got None"),
        ([], "must not be an empty list"),
        ({}, "got {}"),
        ({"a": 1}, "got {'a': 1}"),
        ([[1]], r"got [1]"),
        ((1, 2), "got (1, 2)"),
        ([1, 1.5], "must hold one type; got float and int"),
        ([True, 1], "must hold one type; got bool and int"),
        (float("nan"), "must be finite; got nan"),
        ([1.0, float("inf")], "must be finite; got inf"),
        (2**63, "must fit in 64 bits"),
        (-(2**63) - 1, "must fit in 64 bits"),
        (np.float64(0.5), "got np.float64(0.5)"),
        (np.int8(1), "got np.int8(1)"),
        (b"x", "got b'x'"),
        ("\ud800", "must be Unicode"),
    ],
)
def test_values_that_readers_would_mistype_are_refused_by_name(value: Any, line: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        flat_json({"fine": 1, "field": value})
    assert line in str(caught.value)
    assert "'field'" in str(caught.value) or "Unicode" in line
    assert "\n" not in str(caught.value)


def test_names_are_text() -> None:
    with pytest.raises(InvalidValue, match="name of a JSON field must be text; got 1"):
        flat_json({1: 2})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b"1", b'{"x": null}', b'{"x": NaN}', b'{"x": []}', b"\xff", b"[" * 100_000]
)
def test_other_json_is_refused_when_read(data: bytes) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_flat_json(data)
    assert len(str(caught.value)) < 200
