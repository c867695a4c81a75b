"""Methods by name: built-in ones, installed ones, and classes in a Python file; and their options by type.

A name is one of `BUILT_IN`, an entry point of the group ``confu_bench.methods``, ``path/to/file.py:Class`` or
``package.module:Class``.
"""

from __future__ import annotations

import collections.abc
import inspect
import types
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from confu_core.errors import InvalidValue, nearest
from confu_core.methods.base import Method, Space
from confu_core.user_code import defined_in, one_line, user_attribute

GROUP = "confu_bench.methods"
NOTHING = "none"  # The word for None, and for a tuple of nothing.
SEVERAL = (tuple, list, collections.abc.Sequence, collections.abc.Iterable)
WORDS: dict[Any, str] = {bool: "true or false", int: "of type int", float: "of type float", str: "text"}
MANY = {int: "whole numbers", float: "numbers", str: "words"}
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
    found: type[Method] = user_attribute(
        place, "method", _is_method, must="not a subclass of confu_core.methods.Method"
    )
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
    with one_line(f"method {name} cannot be made"):
        return method(space, **options)


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


class Option(NamedTuple):
    """An option: the type that its annotation or else its default says, and its default."""

    kind: Any
    default: Any

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is inspect.Parameter.empty


def declared_options(method: type[Method]) -> dict[str, Option]:
    """Return the options of a method: those of its constructor, and of its bases' where it passes options on."""
    options: dict[str, Option] = {}
    for ancestor in reversed(method.__mro__):
        if not issubclass(ancestor, Method) or "__init__" not in vars(ancestor):
            continue
        parameters = list(inspect.signature(ancestor.__init__).parameters.values())[2:]
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            options = {}
        named = [p for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
        options.update({p.name: Option(_kind(p, ancestor.__init__), p.default) for p in named})
    return options


def _kind(parameter: inspect.Parameter, constructor: Callable[..., Any]) -> Any:
    """Return the type of a parameter; one by one, since others may be annotated by what only type checkers import."""
    default, said = parameter.default, parameter.annotation
    if said is not parameter.empty:
        try:
            alone = types.SimpleNamespace(__annotations__={"it": said})
            kind = get_type_hints(alone, getattr(constructor, "__globals__", {}))["it"]
        except Exception:  # An annotation may be any expression.
            kind = Any
        if kind is not Any:
            return kind | None if default is None and isinstance(kind, type) else kind
    if default is None or default is parameter.empty:
        return str
    if isinstance(default, tuple):
        return types.GenericAlias(tuple, (type(default[0]) if default else int, ...))
    return type(default)


def several(kind: Any) -> bool:
    """Return whether values of a type are written with commas."""
    return any((get_origin(one) or one) in SEVERAL for one in _alternatives(kind))


def value_of(name: str, text: str, kind: Any) -> Any:
    """Read the value of an option as a type, or raise InvalidValue that says what it may be."""
    for one in _alternatives(kind):
        try:
            return _read(text, one)
        except (KeyError, ValueError):
            continue
    wanted = " or ".join(_described(one) for one in _alternatives(kind))
    raise InvalidValue(f"{name} must be {wanted}; got {text!r}")


def _alternatives(kind: Any) -> tuple[Any, ...]:
    """Return the types of a union, None first: its word is text, too."""
    if get_origin(kind) not in (Union, types.UnionType):
        return (kind,)
    return tuple(sorted(get_args(kind), key=lambda one: one is not type(None)))


def _read(text: str, kind: Any) -> Any:
    origin = get_origin(kind) or kind
    if origin is type(None):
        return {NOTHING: None}[text.lower()]
    if origin is bool:
        return {"true": True, "false": False}[text.lower()]
    if origin is Literal:
        return {str(one): one for one in get_args(kind)}[text]
    if origin in SEVERAL:
        return _read_several(text, get_args(kind))
    if origin in (int, float, str):
        return origin(text)
    raise ValueError(kind)


def _read_several(text: str, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    parts = [] if text.lower() in ("", NOTHING) else text.split(",")
    each: Iterable[Any] = [one for one in kinds if one is not Ellipsis] or [str]
    if len(kinds) < 2 or Ellipsis in kinds:
        each = [*each] * len(parts)
    return tuple(_read(part.strip(), one) for part, one in zip(parts, each, strict=True))


def _described(kind: Any) -> str:
    if kind is type(None):
        return NOTHING
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, get_args(kind)))}"
    if (get_origin(kind) or kind) not in SEVERAL:
        return WORDS.get(kind, f"of the type {kind}, which text cannot give")
    kinds = [one for one in get_args(kind) if one is not Ellipsis] or [str]
    count = f"{len(kinds)} " if len(kinds) > 1 else ""
    return f"{count}{MANY.get(kinds[0], 'values')} with commas"
