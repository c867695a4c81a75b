"""Options that several verbs share, as decorators, and the values they take."""

from __future__ import annotations

import contextlib
import importlib
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any, get_type_hints

import click

from confu_cli.show import VERBOSE, echo
from confu_core.errors import InvalidValue
from confu_core.settings import Dial, dials

Decorator = Callable[[Any], Any]

SPREAD = ("workers", "engine", "scheduler", "part")  # What `spread_options` adds.
BUILDING = ("formats", "shard_rows", "workers", "engine", "scheduler")  # What `build_options` adds.
MOST_VALUES = 10_000  # In a range.
METHODS = (
    "One of bimodal, clip, comm, confu, eao, gated-symile, gram, hub, infmasking, pmrl, supervised, symile, triangle, "
    "an installed one, or path/to/file.py:Class."
)


class Text(click.ParamType):
    """What a function reads from text; where it raises ValueError, the text is said to be unlike what is meant."""

    def __init__(self, name: str, metavar: str, read: Callable[[str], Any], unlike: str = "") -> None:
        self.name, self.metavar, self.read, self.unlike = name, metavar, read, unlike

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Show what stands for a value in help texts."""
        return self.metavar

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read text; what a default holds already has its type."""
        try:
            return self.read(value) if isinstance(value, str) else value
        except (ArithmeticError, ValueError):
            self.fail(f"{value!r} is {self.unlike}", param, ctx)


class ListOf(Text):
    """Values with commas, and ranges start:stop or start:stop:step with the stop included."""

    def __init__(self, kind: type) -> None:
        name, metavar = {int: ("whole numbers", "INT"), float: ("numbers", "FLOAT"), str: ("names", "NAME")}[kind]
        super().__init__(name, f"{metavar},...", self._values, f"not a list of {name}, such as 0,1,2 or 0:1:0.1")
        self.kind = kind

    def _values(self, text: str) -> list[Any]:
        return [item for part in text.split(",") for item in self._range(part.strip())]

    def _range(self, part: str) -> list[Any]:
        # A path to a method has a colon of its own.
        if self.kind is str or ":" not in part:
            return [self.kind(part)]
        ends = [Decimal(end) for end in part.split(":")]
        start, stop, step = (*ends, Decimal(1))[:3]
        if len(ends) > 3 or step <= 0 or not (start <= stop) or (stop - start) / step >= MOST_VALUES:
            raise ValueError(part)
        # A fraction would be cut off without a word where whole numbers are asked for.
        if self.kind is int and any(end != int(end) for end in (start, step)):
            raise ValueError(part)
        return [self.kind(start + step * i) for i in range(int((stop - start) / step) + 1)]


def _part(text: str) -> tuple[int, int]:
    """Read two numbers; which make sense is said where they are used."""
    if not (found := re.fullmatch(r"(\d+)/(\d+)", text)):
        raise ValueError(text)
    return int(found[1]), int(found[2])


def _count_or_names(text: str) -> int | list[str]:
    with contextlib.suppress(ValueError):
        return int(text)
    if not any(map(str.isalpha, text)):
        raise ValueError(text)
    return [name.strip() for name in text.split(",")]


PATH = click.Path(path_type=Path)
# A URL stays as it was written: a path would lose one of its slashes.
PATH_OR_URL = Text("path", "PATH", lambda text: text if "://" in text else Path(text))
PART = Text("part", "PART/PARTS", _part, "no part of several, such as 3/20")
COUNT = Text("integer or names", "INTEGER|NAME,...", _count_or_names, "neither a whole number nor names with commas")
LEVEL = Text(
    "dB or none", "DB|none", lambda text: text if text == "none" else float(text), "neither a level in dB nor none"
)


def loaded(place: str) -> Any:
    """Return what a place such as ``module:name`` names."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def later(place: str) -> Callable[..., Any]:
    """Return a function that loads the one of a place when it is called: no other verb waits for that."""
    return lambda *values: loaded(place)(*values)


def together(*decorators: Decorator) -> Decorator:
    """Return one decorator that applies several, the first outermost."""
    return lambda function: reduce(lambda wrapped, decorate: decorate(wrapped), reversed(decorators), function)


def _cores() -> int:
    from confu_core.runs.environment import usable_cores

    return usable_cores()


workers = click.option(
    "--workers",
    type=int,
    callback=lambda _context, _option, given: _cores() if given is None else given,
    help="Number of processes.  [default: one per core]",
)
ENGINES = (
    click.option("--engine", default="local", help="What computes: local or dask."),
    click.option("--scheduler", metavar="ADDRESS", help="Of a dask scheduler, such as tcp://10.0.0.1:8786."),
)
# What a sweep is computed on, and which part of it.
spread_options = together(
    workers, *ENGINES, click.option("--part", type=PART, help="Compute one part of several, such as 3/20.")
)
results_folder = click.option("--out", required=True, type=PATH, help="Results folder; what it holds is kept.")
cache_folder_option = click.option(
    "--cache", type=PATH, help="Folder of decoded data.  [default: ~/.cache/confu-bench]"
)
kept_in = click.option("--out", type=PATH, help="Results folder, for a report; what it holds is kept.")
trained_method = click.option("--method", default="confu", help=METHODS)


# Options of methods by type, with the help text; their defaults are the methods' own.
METHOD: dict[str, tuple[type, str]] = {
    "lam": (float, "Weight of ConFu's fused terms, in [0, 1]."),
    "temperature": (float, "Divides the score in the loss."),
    "loss": (str, "Of pairs of sides: infonce, or sigmoid, which is SigLIP's.  [default: infonce]"),
    "fusion": (str, "Kind of ConFu's fused heads: concat, hadamard, gated, shared (EAO's) or FILE.py:Head."),
    "anchor": (int, "Number of the modality that hub, GRAM and TRIANGLE anchor, from 0."),
}


# How the annotation of a dial is read: what can be an axis of a sweep, and what cannot; records are read as text.
SINGLE: dict[Any, type] = {int: int, float: float, float | None: float, str: str}
OTHERS: dict[Any, click.ParamType] = {
    int | tuple[str, ...]: COUNT,
    tuple[str, ...]: ListOf(str),
    tuple[float, ...]: ListOf(float),
    tuple[float, ...] | None: ListOf(float),
}


class Dials(click.Option):
    """Stands among the options of a verb for those of a dataclass, which is loaded when they are first asked for."""

    def __init__(self, names: Sequence[str], *, place: str, order: str, many: bool, **more: Any) -> None:
        super().__init__(names, **more)
        self.place, self.order, self.many = place, order, many

    def options(self) -> list[click.Option]:
        """Return an option for each dial that has a help text."""
        kind = loaded(self.place)
        types = get_type_hints(kind)
        defaults = {one.name: one.default for one in fields(kind)}
        known = {name: one for name, one in dials(kind).items() if one.help}
        first, others, last = (part.split() for part in self.order.partition("*"))
        if others:
            others = [name for name in known if name not in (*first, *last)]
        return [self._option(name, known[name], types[name], defaults[name]) for name in (*first, *others, *last)]

    def _option(self, name: str, one: Dial, kind: Any, default: Any) -> click.Option:
        single = SINGLE.get(kind)
        read = LEVEL if one.none else OTHERS.get(kind, single)
        if self.many and single and not one.none:
            read = ListOf(single)
        shown = one.shown or _shown(default)
        text = f"{one.help}  [default: {shown}]" if shown else one.help
        option = f"--{(one.option or name).replace('_', '-')}"
        repeated: Any = {"multiple": True, "metavar": one.metavar} if one.metavar else {}
        return click.Option([option, name], type=read, help=text, **repeated)


def _shown(default: Any) -> str:
    """Write a default as an option takes it; those of records are for the page of the settings."""
    if isinstance(default, tuple):
        return ",".join(map(str, default)) or "none"
    if isinstance(default, float):
        return f"{default:g}"
    return str(default) if isinstance(default, int | str) else ""


def setting_options(place: str, order: str = "*", *, many: bool = False) -> Decorator:
    """Return a decorator that adds an option per dial of a dataclass, such as ``module:Class``.

    The order is that of the fields, but for those that are named before or after the star; without a star there are no
    others. With many, an option takes a list of values.
    """
    return click.option("--dials", cls=Dials, place=place, order=order, many=many)


def method_options(many: bool = False) -> Decorator:
    """Return a decorator that adds the options of methods, by name and as ``-o NAME=VALUE``."""
    named = (
        click.option(f"--{name.replace('_', '-')}", name, type=ListOf(kind) if many else kind, default=None, help=text)
        for name, (kind, text) in METHOD.items()
    )
    other = click.option(
        "-o", "--option", "other", multiple=True, metavar="NAME=VALUE", help="Any other option of the method."
    )
    return together(*named, other)


def build_options(formats: str, text: str, rows: int, processes: Decorator) -> Decorator:
    """Return a decorator that adds into what shards a build writes, and what it runs on."""
    return together(
        click.option("--format", "formats", type=ListOf(str), default=formats, help=text),
        click.option("--shard-rows", type=int, default=rows, help="Rows per shard."),
        processes,
        *ENGINES,
    )


def _printable(context: click.Context, option: click.Parameter, name: str | None) -> str | None:
    if name is not None and not (name.strip() and name.isprintable()):
        raise click.UsageError(f"--name must be text that can be printed; got {name!r}")
    return name


name_option = click.option(
    "--name", callback=_printable, help="What it is called in tables.  [default: the method, of one's own the class]"
)


def _parquet(_context: click.Context, _option: click.Parameter, given: Path | None) -> Path | None:
    if given is not None and given.suffix != ".parquet":
        raise InvalidValue(f"--predictions must end in .parquet; got {given}")
    return given


predictions_option = click.option(
    "--predictions",
    "predicted",
    callback=_parquet,
    type=PATH,
    help="Parquet file to write what each test sample is taken for, from every query.",
)


def _say_more(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    """Pass on what the library logs for the length of a command, if that is wanted."""
    context.meta[VERBOSE] = wanted
    if wanted:
        say_logged(context, "confu_core")


def say_logged(context: click.Context, name: str) -> None:
    """Pass on what a part of the library logs for the length of a command."""
    logger, told = logging.getLogger(name), _Told()
    logger.addHandler(told)
    logger.setLevel(logging.INFO)
    context.call_on_close(lambda: logger.removeHandler(told))


class _Told(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Say a record on stderr."""
        echo(record.getMessage(), err=True)


# What it prints, and how much: the last options of every verb.
diagnostics = together(
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=_say_more,
        help="Say more on stderr: how work goes on in lines, terms of the loss, which files stand for others.",
    ),
    click.option("--debug", is_flag=True, expose_value=False, help="Show where an error comes from."),
)


def given(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the user left out."""
    return {name: value for name, value in values.items() if value is not None}


def key_values(pairs: Sequence[str], option: str = "--option") -> dict[str, str]:
    """Read ``NAME=VALUE`` pairs."""
    read = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise click.UsageError(f"{option} takes NAME=VALUE; got {pair!r}")
        read[name.replace("-", "_")] = value
    return read
