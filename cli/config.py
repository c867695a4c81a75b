"""`--config`: values of a verb's options from a file, under those of the command line."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import click

from confu_cli.options import PATH

MOST_BYTES = 1 << 24  # Of what runs and sweeps write.
APART = ("config", "as_json", "verbose", "debug")  # What is no setting.


def _read(context: click.Context, option: click.Parameter, path: Path | None) -> None:
    """Have the options of a verb take what a file says where the command line says nothing."""
    if path is None:
        return
    known = {name: one for one in context.command.params if one.name not in APART for name in _names(one)}
    values = _from_json(path, known) if path.suffix == ".json" else _from_toml(path, known)
    texts = {str(known[name].name): _text(path, name, value, known[name]) for name, value in values.items()}
    for name, text in texts.items():
        try:
            known[name].type_cast_value(context, text)
        except click.BadParameter as error:
            raise click.UsageError(f"{path}: {name}: {error.message}") from None
    context.default_map = texts


config_option = click.option(
    "--config",
    type=PATH,
    is_eager=True,
    expose_value=False,
    callback=_read,
    help="TOML file with any of the options; also sweep.json of a results folder, or what run --json printed. "
    "Flags go first.",
)


def _names(option: click.Parameter) -> set[str]:
    """Return what an option is called in a file: as the setting, or as on the command line."""
    return {str(option.name), *(name[2:].replace("-", "_") for name in option.opts if name.startswith("--"))}


def _from_toml(path: Path, known: Collection[str]) -> dict[str, Any]:
    from confu_core.errors import InvalidValue, nearest
    from confu_core.io.config import read_config

    values = {name.replace("-", "_"): value for name, value in read_config(path).items()}
    for name in values:
        if name not in known:
            hint = "those of methods stand in a table [option]" if "option" in known else "see --help"
            raise InvalidValue(f"{path}: there is no option {name!r}: {nearest(name, known)}; {hint}")
    return values


def _from_json(path: Path, known: Collection[str]) -> dict[str, Any]:
    """Return what a sweep or a run was asked for, options of methods that have no flag of their own as one."""
    from confu_core.errors import DatasetError, InvalidValue
    from confu_core.io.atomic import read_small

    try:
        held = json.loads(read_small(path, MOST_BYTES))
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError, DatasetError) as error:
        raise InvalidValue(f"{path} is no JSON: {str(error).splitlines()[0]:.200}") from error
    asked = _asked(held, known) if isinstance(held, dict) else {}
    if not asked:
        raise InvalidValue(f"{path} is neither a sweep.json nor what run --json printed; write settings as TOML")
    values = {name: value for name, value in asked.items() if name in known and value not in (None, "")}
    return {**values, "option": {name: value for name, value in asked.items() if name not in known}}


def _asked(held: dict[str, Any], known: Collection[str]) -> dict[str, Any]:
    if isinstance(held.get("grid"), dict) and isinstance(held.get("settings"), dict):
        return {**held["settings"], **held["grid"]}
    if not isinstance(held.get("method"), str) or "cell" not in held:
        return {}
    from confu_core.methods.registry import load_method, method_options

    has = method_options(load_method(held["method"]))
    # Data are named by their fingerprint there, not by their place.
    return {name: value for name, value in held.items() if name != "data" and (name in known or name in has)}


def _text(path: Path, name: str, value: Any, option: click.Parameter) -> str | list[str]:
    """Write a value as it would stand behind its option, for the same reader."""
    from confu_core.errors import InvalidValue

    if isinstance(value, dict) and option.multiple:
        return [f"{key}={_written(inner)}" for key, inner in value.items()]
    if isinstance(value, dict):
        raise InvalidValue(f"{path}: {name} must be one value, or several in a list; got a table")
    return [_written(value)] if option.multiple else _written(value)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_written, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
