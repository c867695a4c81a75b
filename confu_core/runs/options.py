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
    if columns.get("loss") in (None, "infonce"):
        # As they were named before there was a choice.
        columns = {name: value for name, value in columns.items() if name != "loss"}
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


def plain(value: Any) -> Any:
    """Return a value as a column of results holds it: what has several parts is written with commas."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else value


def _source(place: str) -> str | None:
    """Return the digest of a file of code, or of features."""
    origin = place.rpartition(":")[0] or place
    path = Path(origin)
    held = origin.endswith((".py", ".npz", ".parquet")) and path.is_file()
    return hashlib.sha256(path.read_bytes()).hexdigest() if held else None
