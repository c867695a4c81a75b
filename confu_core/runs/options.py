"""Options of methods in the settings of a run: their values, what they are written as, and a run's identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from confu_core.errors import InvalidValue

__all__ = ["cell_id", "option_value", "plain", "resolved_options"]


def resolved_options(method: str, options: Mapping[str, Any], bench: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every option of a method with its value; this loads the method.

    Parameters
    ----------
    method : str
        A known name, or ``path/to/file.py:Class``.
    options : mapping of str to object
        Those that the user gave.
    bench : mapping of str to object, optional
        Defaults of a benchmark, where they are not the method's own.

    Returns
    -------
    dict of str to object
        The method's own defaults, overlaid with the bench's and the user's.

    Raises
    ------
    InvalidValue
        If the method has no such option.
    MethodError
        If there is no such method.

    Examples
    --------
    >>> resolved_options("confu", {"lam": 0.3})["lam"]
    0.3
    """
    from confu_core.methods.registry import check_options, load_method, method_options

    check_options(method, dict(options))
    return {**method_options(load_method(method)), **(bench or {}), **options}


def cell_id(columns: Mapping[str, Any], *places: str) -> str:
    """Return the identity of a run: equal for equal settings, another for any other.

    Parameters
    ----------
    columns : mapping of str to object
        All its settings, as columns of results.
    *places : str
        Names of methods, encoders and files of features. What a file, ``path/to/file.py:Class`` or
        ``path/to/features.npz``, holds counts too, so that one that was edited is another one.

    Returns
    -------
    str
        16 hexadecimal digits.

    Examples
    --------
    >>> cell_id({"p": 0.5}, "confu") == cell_id({"p": 0.5}, "confu") != cell_id({"p": 0.6}, "confu")
    True
    """
    sources = [_source(place) for place in places]
    if columns.get("scale_lr", 0) is None and not columns.get("learn_temperature"):
        # Runs without scales are what they were before these had a rate, and keep their names.
        columns = {name: value for name, value in columns.items() if name != "scale_lr"}
    identity = {**columns, "source": sources[0] if len(sources) == 1 else sources}
    text = json.dumps(identity, sort_keys=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def option_value(name: str, text: str, default: object) -> Any:
    """Read the value of a method's option as the type of its default.

    Parameters
    ----------
    name : str
        The option, for the message.
    text : str
        What the user wrote.
    default : object
        A bool, int, float, tuple of int, or str.

    Returns
    -------
    object
        Of the type of the default.

    Raises
    ------
    InvalidValue
        If the text does not read as that type.

    Examples
    --------
    >>> option_value("learn_temperature", "true", False), option_value("orders", "2,3", (2,))
    (True, (2, 3))
    """
    kind: Any = type(default)
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(default, tuple):
            return tuple(int(part) for part in text.split(","))
        return text if default is None else kind(text)
    except (KeyError, ValueError):
        wanted = {bool: "true or false", tuple: "whole numbers with commas"}.get(kind, f"of type {kind.__name__}")
        raise InvalidValue(f"{name} must be {wanted}; got {text!r}") from None


def plain(value: Any) -> Any:
    """Return a value as a column of results holds it: what has several parts is written with commas.

    Parameters
    ----------
    value : object
        Of a setting or option.

    Returns
    -------
    object
        Text for a tuple or list, else the same.

    Examples
    --------
    >>> plain((2, 3)), plain(0.5)
    ('2,3', 0.5)
    """
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else value


def _source(place: str) -> str | None:
    """Return the digest of a file of code, or of features."""
    origin = place.rpartition(":")[0] or place
    path = Path(origin)
    held = origin.endswith((".py", ".npz", ".parquet")) and path.is_file()
    return hashlib.sha256(path.read_bytes()).hexdigest() if held else None
