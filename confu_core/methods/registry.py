"""Methods by name: built-in ones, installed ones, and classes in a Python file.

A name is one of `BUILT_IN`, an entry point of the group ``confu_bench.methods``, ``path/to/file.py:Class`` or
``package.module:Class``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from confu_core.errors import ConfuError, InvalidValue, MethodError, nearest
from confu_core.methods.base import Method, Space
from confu_core.methods.options import declared_options
from confu_core.user_code import RAISED, defined_in, describe, user_attribute

__all__ = ["BUILT_IN", "GROUP", "known_methods", "load_method", "make_method", "method_options"]

GROUP = "confu_bench.methods"
BUILT_IN = {
    "bimodal": "confu_core.methods.bimodal:Bimodal",
    "clip": "confu_core.methods.clip:CLIP",
    "comm": "confu_core.methods.comm:CoMM",
    "confu": "confu_core.methods.confu:ConFu",
    "eao": "confu_core.methods.eao:EAO",
    "gated-symile": "confu_core.methods.gated_symile:GatedSymile",
    "gram": "confu_core.methods.gram:GRAM",
    "hub": "confu_core.methods.hub:Hub",
    "infmasking": "confu_core.methods.infmasking:InfMasking",
    "pmrl": "confu_core.methods.pmrl:PMRL",
    "supervised": "confu_core.methods.supervised:Supervised",
    "symile": "confu_core.methods.symile:Symile",
    "triangle": "confu_core.methods.triangle:TRIANGLE",
}


def known_methods() -> dict[str, str]:
    """List the methods that have a name of their own.

    Returns
    -------
    dict of str to str
        Built-in and installed ones, with ``module:Class`` for each.

    Examples
    --------
    >>> known_methods()["confu"]
    'confu_core.methods.confu:ConFu'
    """
    installed = {point.name: point.value for point in entry_points(group=GROUP)}
    return {**installed, **BUILT_IN}


def load_method(name: str) -> type[Method]:
    """Return the class of a method.

    Parameters
    ----------
    name : str
        A known name, ``path/to/file.py:Class`` or ``package.module:Class``.

    Returns
    -------
    type
        A subclass of `Method`.

    Raises
    ------
    InvalidValue
        If there is no such method.
    MethodError
        If its file or module cannot be loaded, or the class is no method.

    Examples
    --------
    >>> load_method("clip").__name__
    'CLIP'
    """
    # Installed methods are looked for only where a name is not built in: the search reads every installed package.
    place = BUILT_IN.get(name) or known_methods().get(name, name)
    if place.endswith(".py"):
        raise InvalidValue(f"{name} names no class; give {with_class(place)}")
    if ":" not in place:
        raise InvalidValue(f"unknown method {name!r}: {nearest(name, known_methods())}")
    found = user_attribute(place, "method", _is_method)
    if not _is_method(found):
        raise MethodError(f"{place} is not a subclass of confu_core.methods.Method")
    return found


def with_class(name: str) -> str:
    """Return the name of a method with its class: of a file alone, that of the one method that it defines."""
    if not name.endswith(".py"):
        return name
    classes = defined_in(Path(name), "method", _is_method)
    if len(classes) != 1:
        held = ", ".join(classes) or "none"
        raise InvalidValue(f"{name} must define one method, or be given as {name}:CLASS; got {held}")
    return f"{name}:{classes[0]}"


def make_method(name: str, space: Space, options: Mapping[str, Any]) -> Method:
    """Make a method, and say in one line what its constructor raises."""
    method = load_method(name)
    try:
        return method(space, **options)
    except ConfuError:
        raise
    except RAISED as error:  # A user's method may raise anything; the user sees what and where.
        raise MethodError(f"method {name} cannot be made: {describe(error)}") from error


def method_options(method: type[Method]) -> dict[str, Any]:
    """List the options of a method with their defaults.

    Parameters
    ----------
    method : type
        Its class.

    Returns
    -------
    dict of str to object
        The keyword parameters of its constructor, and of its bases' where it passes options on; None where there is no
        default, and the option is required.

    Examples
    --------
    >>> method_options(load_method("clip"))
    {'temperature': 0.07, 'learn_temperature': False, 'label_smoothing': 0.0, 'loss': None}
    """
    return {name: None if one.required else one.default for name, one in declared_options(method).items()}


def check_options(name: str, options: Mapping[str, Any]) -> None:
    """Check that a method has the options given, and is given those that it requires."""
    has = declared_options(load_method(name))
    for option in options:
        if option not in has:
            raise InvalidValue(f"{name} has no option {option!r}: {nearest(option, has)}")
    for option, one in has.items():
        if one.required and option not in options:
            raise InvalidValue(f"{name} requires the option {option!r}; give -o {option}=VALUE")


def _is_method(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Method) and value is not Method
