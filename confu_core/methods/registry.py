"""Methods by name: built-in ones, installed ones, and classes in a Python file.

A name is one of `BUILT_IN`, an entry point of the group ``confu_bench.methods``, ``path/to/file.py:Class`` or
``package.module:Class``.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from confu_core.errors import InvalidValue, MethodError, nearest
from confu_core.methods.base import Method

__all__ = ["BUILT_IN", "GROUP", "known_methods", "load_method", "method_options"]

GROUP = "confu_bench.methods"
BUILT_IN = {
    "clip": "confu_core.methods.clip:CLIP",
    "confu": "confu_core.methods.confu:ConFu",
    "gram": "confu_core.methods.gram:GRAM",
    "hub": "confu_core.methods.hub:Hub",
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
    place, separator, attribute = (BUILT_IN.get(name) or known_methods().get(name, name)).rpartition(":")
    if not separator:
        raise InvalidValue(f"unknown method {name!r}: {nearest(name, known_methods())}")
    module = _from_file(Path(place)) if place.endswith(".py") else _from_module(place)
    found = getattr(module, attribute, None)
    if found is None:
        classes = [key for key, value in vars(module).items() if _is_method(value)]
        hint = nearest(attribute, classes) if classes else "it defines no method"
        raise MethodError(f"{place} has no class {attribute!r}: {hint}")
    if not _is_method(found):
        raise MethodError(f"{place}:{attribute} is not a subclass of confu_core.methods.Method")
    return found


def method_options(method: type[Method]) -> dict[str, Any]:
    """List the options of a method with their defaults.

    Parameters
    ----------
    method : type
        Its class.

    Returns
    -------
    dict of str to object
        The keyword parameters of its constructor, and of its bases' where it passes options on.

    Examples
    --------
    >>> method_options(load_method("clip"))
    {'temperature': 0.07, 'learn_temperature': False, 'label_smoothing': 0.0}
    """
    options: dict[str, Any] = {}
    for ancestor in reversed(method.__mro__):
        if not issubclass(ancestor, Method) or "__init__" not in vars(ancestor):
            continue
        parameters = list(inspect.signature(ancestor.__init__).parameters.values())[2:]
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            options = {}
        named = [p for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
        options.update({p.name: None if p.default is p.empty else p.default for p in named})
    return options


def check_options(name: str, options: dict[str, Any]) -> None:
    """Check that a method has the options given.

    Parameters
    ----------
    name : str
        The method.
    options : dict
        What it would be made with.

    Raises
    ------
    InvalidValue
        If it has no option of one of the names.
    MethodError
        If there is no such method.

    Examples
    --------
    >>> check_options("confu", {"lam": 0.3})
    """
    has = method_options(load_method(name))
    for option in options:
        if option not in has:
            raise InvalidValue(f"{name} has no option {option!r}: {nearest(option, has)}")


def _is_method(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Method) and value is not Method


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise MethodError(f"no file {str(path)!r} to load a method from")
    # One module per file, whichever name it is asked for by: its classes stay the same classes.
    name = "_method_" + hashlib.blake2b(str(path.resolve()).encode(), digest_size=8).hexdigest()
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # Given for every path that ends in .py.
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # Whatever the user's file raises is the user's to see, in one line.
        del sys.modules[name]
        raise MethodError(f"{path} cannot be loaded: {describe(error)}") from error
    return module


def _from_module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise MethodError(f"module {name!r} cannot be loaded: {describe(error)}") from error


def describe(error: Exception) -> str:
    """Say in one line what was raised and where.

    Parameters
    ----------
    error : Exception
        As caught.

    Returns
    -------
    str
        Type, message, and the file and line that raised it.

    Examples
    --------
    >>> describe(ValueError("no"))
    'ValueError: no'
    """
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError):
        where = f" (line {error.lineno})"
        text = error.msg
    else:
        where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
        text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}{where}"
