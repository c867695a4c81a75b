"""JSON as it is kept beside the shards: finite numbers, and the same bytes for the same value."""

from __future__ import annotations

import json
from typing import Any

from confu_core.errors import InvalidValue

__all__ = ["json_bytes", "json_value"]


def json_value(value: Any) -> Any:
    """Return a value as it will be read back from JSON: tuples become lists, keys become text.

    Parameters
    ----------
    value : JSON value
        Numbers must be finite.

    Returns
    -------
    JSON value
        An independent copy.

    Raises
    ------
    InvalidValue
        If the value is not JSON.

    Examples
    --------
    >>> json_value({"p": (0.5, 1.0)})
    {'p': [0.5, 1.0]}
    """
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"config and information must be JSON values: {error}") from error


def json_bytes(value: Any) -> bytes:
    r"""Return a value as an indented JSON file.

    Parameters
    ----------
    value : JSON value
        Numbers must be finite.

    Returns
    -------
    bytes
        UTF-8, ending with a line feed; equal values in equal order give equal bytes.

    Examples
    --------
    >>> json_bytes({})
    b'{}\n'
    """
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
