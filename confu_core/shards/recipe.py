"""What a generator provides so that its samples can be written into shards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from confu_core.errors import InvalidValue
from confu_core.shards.tar import flat_json

__all__ = ["Recipe", "TableRecipe", "checked_rows"]


class Recipe(Protocol):
    """A dataset that can be generated in any order, one range of rows at a time.

    A recipe is pickled once into each worker process. Its methods are pure functions of `config`, `seed` and
    their arguments: the rows do not depend on how ranges are cut, nor on what was generated before.

    The cost of a row is that of `rows` and, for tars, of `members`; writing adds about 60 microseconds per row of
    a tar and 2 to 5 seconds per gigabyte of pictures and sounds, on one core. A range costs one call of `rows`,
    so whatever is shared by many rows is best prepared there and used for all of them. A worker holds one shard
    in memory: `shard_rows` times the size of a row, up to twice.

    Attributes
    ----------
    name : str
        Of the dataset, such as ``"xor"``.
    description : str
        One sentence for the manifest and the card.
    config : mapping
        Everything that decides the samples but the seed, with all defaults filled in, as JSON values.
    seed : int
        The user's seed.
    splits : mapping of str to int
        Split name to number of rows, at least 1.
    schema : pyarrow.Schema
        Of every table that `rows` returns; a string column ``key`` is required (see also `with_features`).
    libraries : tuple of str
        Distributions, besides numpy and pyarrow, whose version may change the bytes, such as ``("pillow",)``.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def description(self) -> str: ...  # noqa: D102
    @property
    def config(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def splits(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def schema(self) -> pa.Schema: ...  # noqa: D102
    @property
    def libraries(self) -> tuple[str, ...]: ...  # noqa: D102

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return rows ``start`` to ``stop`` of a split, as a table of `schema`."""
        ...

    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        """Return the tar members of one row: extension to bytes, such as ``{"json": ..., "jpg": ...}``."""
        ...

    def information(self) -> dict[str, Any]:
        """Return the exact information structure and ceilings, as JSON values, for the manifest."""
        ...


@dataclass(frozen=True)
class TableRecipe:
    """The smallest recipe: tables that are already in memory, with flat columns.

    Parameters
    ----------
    name : str
        Of the dataset.
    tables : mapping of str to pyarrow.Table
        Split name to its rows; all of one schema, with a string column ``key``.
    description : str
        One sentence.

    Examples
    --------
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b"], "square": [1, 4]})})
    >>> recipe.members({"key": "a", "square": 1})
    {'json': b'{"square": 1}'}
    """

    name: str
    tables: Mapping[str, pa.Table]
    description: str = "A table written into shards."
    seed: int = 0
    libraries: tuple[str, ...] = field(default=())

    @property
    def config(self) -> dict[str, Any]:
        """The content itself, so that other tables are another dataset."""
        return {"sha256": {split: _content(table) for split, table in self.tables.items()}}

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each table."""
        return {split: table.num_rows for split, table in self.tables.items()}

    @property
    def schema(self) -> pa.Schema:
        """That of the first table."""
        return next(iter(self.tables.values())).schema

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a slice of a table."""
        return self.tables[split].slice(start, stop - start)

    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        """Return all columns but the key, as one JSON part."""
        return {"json": flat_json({name: value for name, value in row.items() if name != "key"})}

    def information(self) -> dict[str, Any]:
        """Return nothing: the distribution of a given table is not known."""
        return {}


def checked_rows(recipe: Recipe, split: str, start: int, stop: int) -> pa.Table:
    """Return rows of a recipe, having checked that they are what it promised."""
    table = recipe.rows(split, start, stop)
    where = f"recipe {recipe.name!r}, split {split!r}, rows {start} to {stop}"
    if table.num_rows != stop - start:
        raise InvalidValue(f"{where}: must give {stop - start} rows; got {table.num_rows}")
    if not table.schema.equals(recipe.schema):
        got = ", ".join(f"{column.name}: {column.type}" for column in table.schema)
        raise InvalidValue(f"{where}: columns must be those of its schema; got {got}")
    return table.replace_schema_metadata(recipe.schema.metadata)


def _content(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        # One chunk, so that the same rows have the same bytes however they were put together.
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
