"""Options of methods in the settings of a run: their values, what they are written as, and a run's identity."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from confu_core.errors import InvalidValue

__all__ = ["cell_id", "option_value", "plain", "resolved_options", "shown_names"]

_CLASS = re.compile(r".+(?:\.py|\w):([A-Za-z_]\w*)")  # In a file, or in a module.


def resolved_options(method: str, options: Mapping[str, Any], bench: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return every option of a method with its value; this loads the method."""
    from confu_core.methods.registry import check_options, load_method, method_options

    check_options(method, dict(options))
    return {**method_options(load_method(method)), **(bench or {}), **options}


def cell_id(columns: Mapping[str, Any], *places: str) -> str:
    """Return the identity of a run: equal for equal settings, another for any other."""
    sources = [_source(place) for place in places]
    if columns.get("scale_lr", 0) is None and not columns.get("learn_temperature"):
        # Runs without scales are what they were before these had a rate, and keep their names.
        columns = {name: value for name, value in columns.items() if name != "scale_lr"}
    identity = {**columns, "source": sources[0] if len(sources) == 1 else sources}
    text = json.dumps(identity, sort_keys=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def option_value(name: str, text: str, default: object) -> Any:
    """Read the value of a method's option as the type of its default."""
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


def shown_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what readers see of the methods of rows: the name that was given, else that of a class which no other has.

    >>> shown_names([{"method": "clip"}, {"method": "mine.py:Gate"}, {"method": "mine.py:Sum", "name": "ours"}])
    ['clip', 'Gate', 'ours']
    >>> shown_names([{"method": "one.py:Gate"}, {"method": "two.py:Gate"}])
    ['one.py:Gate', 'two.py:Gate']
    """
    shown = {(row["method"], row.get("name")): row.get("name") or _class_name(row["method"]) for row in rows}
    times = Counter(shown.values())
    names = {key: name if times[name] == 1 else key[1] or key[0] for key, name in shown.items()}
    return [names[row["method"], row.get("name")] for row in rows]


def _class_name(method: str) -> str:
    found = _CLASS.fullmatch(method)
    return found[1] if found else method


def plain(value: Any) -> Any:
    """Return a value as a column of results holds it: what has several parts is written with commas."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else value


def _source(place: str) -> str | None:
    """Return the digest of a file of code, or of features."""
    origin = place.rpartition(":")[0] or place
    path = Path(origin)
    held = origin.endswith((".py", ".npz", ".parquet")) and path.is_file()
    return hashlib.sha256(path.read_bytes()).hexdigest() if held else None
