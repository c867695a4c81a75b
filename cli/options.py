"""Options that several verbs share, as decorators, and the values they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

import click

__all__ = [
    "METHODS",
    "ListOf",
    "PathOrUrl",
    "as_json",
    "debug",
    "engine_options",
    "given",
    "key_values",
    "method_options",
    "setting_options",
    "together",
]

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Any], Any]

MOST_VALUES = 10_000  # In a range.
METHODS = "clip, confu, gram, hub, symile, triangle, an installed one, or path/to/file.py:Class"

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
debug = click.option("--debug", is_flag=True, expose_value=False, help="Show where an error comes from.")

# Settings of a run by type, with the help text; their defaults are those of xor_bench.settings.Settings.
TASK: dict[str, tuple[type, str]] = {
    "p": (float, "Probability that the last modality is the parity of others, in [0, 1].  [default: 0.5]"),
    "bits": (int, "Bits per code.  [default: 5]"),
    "modalities": (int, "Number of modalities, at least 3.  [default: 3]"),
    "noise": (float, "Probability that an observed bit is flipped, in [0, 0.5].  [default: 0]"),
    "parity": (str, "Of which others the last modality is the parity: all, or pair, the first two.  [default: all]"),
}
MODEL: dict[str, tuple[type, str]] = {
    "seed": (int, "Decides data, weights and order of samples.  [default: 0]"),
    "inputs": (
        str,
        "What encoders see of a code: bits (-1 and 1), bits01 (0 and 1), onehot or gaussian.  [default: bits]",
    ),
    "train_samples": (int, "Samples to train on.  [default: 10000]"),
    "test_samples": (int, "Samples to test on.  [default: 10000]"),
    "epochs": (int, "How often each sample is seen.  [default: 50]"),
    "batch_size": (int, "Samples per step.  [default: 1000]"),
    "lr": (float, "Highest learning rate of AdamW.  [default: 0.005]"),
    "scale_lr": (float, "The same of a method's scales and biases, which do not decay.  [default: that of --lr]"),
    "warmup": (float, "Share of the steps over which the rate rises; then it falls on a cosine.  [default: 0.3]"),
    "weight_decay": (float, "Weight decay of AdamW.  [default: 0.0001]"),
    "dim": (int, "Width of the shared embedding space.  [default: 32]"),
    "width": (int, "Width of an encoder's layers.  [default: 64]"),
    "depth": (int, "Number of an encoder's linear layers.  [default: 1]"),
}
METHOD: dict[str, tuple[type, str]] = {
    "lam": (float, "Weight of ConFu's fused terms, in [0, 1]."),
    "temperature": (float, "Divides the score in the loss."),
    "fusion": (str, "Kind of ConFu's fused heads: concat, hadamard or gated."),
    "anchor": (int, "Number of the modality that hub, GRAM and TRIANGLE anchor, from 0."),
}


class ListOf(click.ParamType):
    """Values with commas, and ranges start:stop or start:stop:step with the stop included."""

    def __init__(self, kind: type) -> None:
        self.kind = kind
        self.name = {int: "whole numbers", float: "numbers", str: "names"}[kind]

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Show that values are joined by commas."""
        return {int: "INT,...", float: "FLOAT,...", str: "NAME,..."}[self.kind]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[Any]:
        """Read a list."""
        if isinstance(value, list):
            return value
        try:
            return [item for part in value.split(",") for item in self._range(part.strip())]
        except (ArithmeticError, ValueError):
            self.fail(f"{value!r} is not a list of {self.name}, such as 0,1,2 or 0:1:0.1", param, ctx)

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


class PathOrUrl(click.ParamType):
    """A local path, as a Path; or a URL such as s3://bucket/folder, as it was written."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | Path:
        """Leave URLs alone: a path would lose one of their slashes."""
        return value if isinstance(value, Path) or "://" in value else Path(value)


def setting_options(*groups: dict[str, tuple[type, str]], many: bool = False) -> Decorator:
    """Return a decorator that adds an option per setting."""
    return together(
        *(
            click.option(
                f"--{name.replace('_', '-')}", name, type=ListOf(kind) if many else kind, default=None, help=text
            )
            for group in groups
            for name, (kind, text) in group.items()
        )
    )


def method_options(many: bool = False) -> Decorator:
    """Return a decorator that adds the options of methods, by name and as ``-o NAME=VALUE``."""
    other = click.option(
        "-o", "--option", "other", multiple=True, metavar="NAME=VALUE", help="Any other option of the method."
    )
    return together(setting_options(METHOD, many=many), other)


def engine_options() -> Decorator:
    """Return a decorator that adds what a build runs on."""
    return together(
        click.option("--engine", default="local", show_default=True, help="What builds the shards: local or dask."),
        click.option("--scheduler", metavar="ADDRESS", help="Of a dask scheduler, such as tcp://10.0.0.1:8786."),
    )


def together(*decorators: Decorator) -> Decorator:
    """Return one decorator that applies several, the first outermost."""
    return lambda function: reduce(lambda wrapped, decorate: decorate(wrapped), reversed(decorators), function)


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
