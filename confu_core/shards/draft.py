"""The manifest of a dataset to be: all that is known of it before a shard is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from confu_core.errors import InvalidValue
from confu_core.shards.layout import check_formats
from confu_core.shards.manifest import SCHEMA_VERSION, Manifest
from confu_core.shards.parquet import stored_types
from confu_core.shards.recipe import Recipe
from confu_core.shards.schema import column_types

__all__ = ["differences", "draft_of"]


def draft_of(recipe: Recipe, formats: tuple[str, ...], shard_rows: int, versions: Mapping[str, str]) -> Manifest:
    """Return the manifest that a build of a recipe will have, without its shards.

    Parameters
    ----------
    recipe : Recipe
        The generator.
    formats : tuple of str
        As for `build`.
    shard_rows : int
        Rows per shard.
    versions : mapping of str to str
        Of the libraries that decide the bytes.

    Returns
    -------
    Manifest
        With its fingerprint.

    Raises
    ------
    InvalidValue
        If a format is unknown, or the recipe breaks its promises.

    Examples
    --------
    >>> from confu_core.shards.recipe import TableRecipe
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b"], "square": [1, 4]})})
    >>> draft_of(recipe, ("parquet",), 100, {}).splits
    {'train': 2}
    """
    check_formats(formats)
    _check_key_column(recipe.schema)
    draft = Manifest(
        schema_version=SCHEMA_VERSION,
        name=recipe.name,
        description=recipe.description,
        config=_as_json("config", recipe.config),
        seed=int(recipe.seed),
        splits=dict(recipe.splits),
        fingerprint="",
        formats=formats,
        shard_rows=shard_rows,
        versions=dict(versions),
        schema=stored_types(recipe.schema),
        information=_as_json("information", recipe.information()),
    )
    return draft.fingerprinted()


def differences(there: Manifest, here: Manifest) -> list[str]:
    """Say in what two manifests describe different datasets; versions and shards do not count.

    Parameters
    ----------
    there, here : Manifest
        Of a dataset on disk, and of the one that is wanted.

    Returns
    -------
    list of str
        One phrase per setting.

    Examples
    --------
    >>> manifest = Manifest(1, "x", "", {"p": 0.5}, 0, {}, "", (), 1, {}, {}, {})
    >>> differences(manifest, Manifest(1, "x", "", {"p": 0.3}, 0, {}, "", (), 1, {}, {}, {}))
    ['p: 0.5 there, 0.3 here']
    """
    old, new = _settings(there), _settings(here)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not names and there.fingerprint != here.fingerprint:
        return [f"fingerprint: {there.fingerprint:.8} there, {here.fingerprint:.8} here"]
    return [f"{name}: {_shown(old, name)} there, {_shown(new, name)} here" for name in names]


def _check_key_column(schema: pa.Schema) -> None:
    if [column.type for column in schema if column.name == "key"] != [pa.string()]:
        columns = ", ".join(f"{name}: {type}" for name, type in column_types(schema).items())
        raise InvalidValue(f"a schema must have one column 'key' of type string; got {columns}")


def _as_json(what: str, value: Any) -> Any:
    # As it will be read back: tuples become lists, keys become text.
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"{what} of a recipe must hold JSON values; {error}") from error


def _settings(manifest: Manifest) -> dict[str, Any]:
    return {
        **manifest.config,
        "name": manifest.name,
        "seed": manifest.seed,
        "splits": manifest.splits,
        "formats": list(manifest.formats),
        "shard_rows": manifest.shard_rows,
    }


def _shown(settings: dict[str, Any], name: str) -> str:
    return f"{json.dumps(settings[name]):.60}" if name in settings else "nothing"
