"""What was read from a file, compared with the types or values that it must have; the first difference is named."""

from __future__ import annotations

import math
import reprlib
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin

_TOLERANCE = 1e-9  # Sums may be formed in another order by another version of a library.


def check_keys(held: Any, kinds: Mapping[str, Any], what: str = "") -> None:
    """Check the values of a dictionary."""
    if not isinstance(held, dict):
        raise ValueError(f"{what or 'it'} must be a dictionary; got {reprlib.repr(held)}")
    for name, kind in kinds.items():
        if name not in held:
            raise ValueError(f"{_inside(what, name)} is missing")
        check_typed(held[name], kind, _inside(what, name))


def is_number(value: object) -> bool:
    """Return whether a value is a number, which True and False are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_typed(value: Any, kind: Any, name: str) -> None:
    """Check one value."""
    origin = get_origin(kind)
    if kind is Any:
        return
    if isinstance(kind, Mapping):
        check_keys(value, kind, name)
    elif origin in (Union, types.UnionType):
        _check_any(value, get_args(kind), name)
    elif not _fits(value, origin or kind):
        raise ValueError(f"{name} must be {_named(origin or kind)}; got {reprlib.repr(value)}")
    elif origin is list:
        for place, one in enumerate(value):
            check_typed(one, get_args(kind)[0], f"{name}[{place}]")
    elif origin is dict:
        for key, one in value.items():
            check_typed(key, get_args(kind)[0], f"a key of {name}")
            check_typed(one, get_args(kind)[1], _inside(name, key))


def _check_any(value: Any, kinds: tuple[Any, ...], name: str) -> None:
    problems = []
    for kind in kinds:
        try:
            return check_typed(value, kind, name)
        except ValueError as error:
            problems.append(str(error))
    raise ValueError(problems[0])


def _fits(value: Any, kind: type) -> bool:
    if kind is float:
        return is_number(value)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _named(kind: type) -> str:
    known = {dict: "a dictionary", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    article = "an" if kind.__name__[0].lower() in "aeiou" else "a"
    return known.get(kind, f"{article} {kind.__name__}")


def _inside(what: str, name: object) -> str:
    # What a file calls its keys is shown: in one line, and briefly.
    shown = str(name) if str(name).isprintable() and len(str(name)) <= 60 else reprlib.repr(name)
    return f"{what}.{shown}" if what else shown


def _shared_keys(values: Mapping[str, Any]) -> set[str]:
    """Return the keys that all values have in common: of records of one kind those that readers count on."""
    keys = [{*value} if isinstance(value, Mapping) else set() for value in values.values()]
    return set.intersection(*keys) if keys else set()


def merged(held: Any, computed: Any, name: str) -> Any:
    """Return what a file holds, completed by what it must hold; a ValueError names the first value that is another."""
    if isinstance(computed, Mapping) and isinstance(held, Mapping):
        shared = _shared_keys(computed)
        for key, value in held.items():
            if key not in computed and not shared <= _shared_keys({key: value}):
                raise ValueError(f"{_inside(name, key)} is {reprlib.repr(value)}, and no record like those beside it")
        inner = {key: merged(held.get(key, value), value, f"{name}.{key}") for key, value in computed.items()}
        return {**held, **inner}
    if isinstance(computed, list | tuple) and isinstance(held, list | tuple) and len(held) == len(computed):
        return [merged(*pair, f"{name}[{place}]") for place, pair in enumerate(zip(held, computed, strict=True))]
    if is_number(held) and is_number(computed):
        equal = math.isclose(held, computed, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    else:
        equal = type(held) is type(computed) and bool(held == computed)
    if not equal:
        raise ValueError(f"{name} is {reprlib.repr(held)}, and by its settings {reprlib.repr(computed)}")
    return held
