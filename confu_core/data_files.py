"""Data files that lie in a package: TOML, checked against the records that it must make."""

from __future__ import annotations

import dataclasses
import reprlib
import sys
import types
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from confu_core.errors import DatasetError, nearest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib
R = TypeVar("R")


def read_data(package: str, name: str) -> dict[str, Any]:
    """Return what a TOML file of a package holds."""
    try:
        return tomllib.loads(files(package).joinpath(name).read_text(encoding="utf-8"))
    except ValueError as error:
        raise DatasetError(f"{name} is no TOML: {error}") from error


def record(kind: type[R], values: Mapping[str, Any], where: str) -> R:
    """Return a dataclass made of what a file holds; what does not fit is a `DatasetError` that names file and key."""
    hints = _hints(kind)  # type: ignore[arg-type]
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in values:
        if name not in fields:
            raise DatasetError(f"{where} has no key {name!r}: {nearest(name, fields)}")
    for name, field in fields.items():
        if name not in values and field.default is field.default_factory is dataclasses.MISSING:
            raise DatasetError(f"{where} must have the key {name!r}")
    return kind(**{name: _value(hints[name], value, f"{where}.{name}") for name, value in values.items()})


def refuse(where: str, must: str, value: object) -> NoReturn:
    """Raise a `DatasetError` that says where in a file a value is not what it must be."""
    raise DatasetError(f"{where} must be {must}; got {reprlib.repr(value)}")


@lru_cache(maxsize=16)
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, value: Any, where: str) -> Any:
    """Return a value of a file as a type: a record, a mapping, a tuple, one of several words, text or a number."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is types.UnionType:
        return _value(inner[0], value, where)  # TOML knows no None; it is what the field is by default.
    if dataclasses.is_dataclass(kind) or origin is Mapping:
        if not isinstance(value, dict):
            refuse(where, "a table", value)
        if dataclasses.is_dataclass(kind):
            return record(kind, value, where)  # type: ignore[arg-type]
        keys = [_value(inner[0], key, f"a key of {where}") for key in value]
        return types.MappingProxyType({key: _value(inner[1], value[key], f"{where}.{key}") for key in keys})
    if origin is tuple:
        return _tuple(inner, value, where)
    if origin is Literal:
        if value not in inner:
            refuse(where, f"one of {', '.join(inner)}", value)
        return value
    fits = isinstance(value, int | float if kind is float else kind)
    if not fits or (isinstance(value, bool) and kind is not bool) or value == "":
        refuse(where, {str: "text", bool: "true or false", int: "a whole number"}.get(kind, "a number"), value)
    return value


def _tuple(inner: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        refuse(where, "a list", value)
    if inner[-1] is Ellipsis:
        inner = inner[:1] * len(value)
    if len(value) != len(inner):
        refuse(where, f"a list of {len(inner)}", value)
    return tuple(
        _value(kind, one, f"{where}[{place}]") for place, (kind, one) in enumerate(zip(inner, value, strict=True))
    )
