"""The JSON part of a sample: flat, without nulls, and of the same types in every sample."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from confu_core.errors import InvalidValue

__all__ = ["flat_json", "flat_types", "parse_flat_json"]

_SCALARS = {bool: "bool", int: "int", float: "float", str: "str"}
_INT64 = 1 << 63


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
    """Read what `flat_json` wrote, refusing anything else.

    Parameters
    ----------
    data : bytes
        UTF-8 JSON.

    Returns
    -------
    dict
        Field name to value.

    Raises
    ------
    InvalidValue
        If it is not JSON, not an object, or not flat.

    Examples
    --------
    >>> parse_flat_json(b'{"p": 1.0}')
    {'p': 1.0}
    """
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"a json part must be JSON; {error}") from error
    if not isinstance(fields, dict):
        raise InvalidValue(f"a json part must be an object; got {data[:60]!r}")
    flat_types(fields)
    return fields


def flat_types(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the type of each field of one sample, refusing what readers would mistype.

    Parameters
    ----------
    fields : mapping of str to value
        As for `flat_json`.

    Returns
    -------
    dict
        Field name to ``bool``, ``int``, ``float``, ``str`` or ``list of`` one of these.

    Raises
    ------
    InvalidValue
        If a value is of another kind.

    Examples
    --------
    >>> flat_types({"p": 1.0, "bits": [0, 1]})
    {'p': 'float', 'bits': 'list of int'}
    """
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
