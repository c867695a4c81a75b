"""What a generator provides so that its samples can be written into shards."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from confu_core.errors import InvalidValue
from confu_core.shards.tar import flat_json


class Recipe(ABC):
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
    splits : mapping of str to int
        Split name to number of rows, at least 1.
    schema : pyarrow.Schema
        Of every table that `rows` returns; a string column ``key`` is required (see also `with_features`).
    seed : int
        The user's seed; 0 unless a recipe has one.
    libraries : tuple of str
        Distributions, besides numpy and pyarrow, whose version may change the bytes, such as ``("pillow",)``; none
        by default.
    parts : mapping of str to str
        Columns of text or of type `MEDIA` that are parts of their own in a tar, to their extensions, such as
        ``{"image": "jpg"}``; none by default.
    """

    # Declared for type checkers alone: a dataclass would take a property of its base for the default of its field.
    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...
        @property
        def description(self) -> str: ...
        @property
        def config(self) -> Mapping[str, Any]: ...
        @property
        def splits(self) -> Mapping[str, int]: ...
        @property
        def schema(self) -> pa.Schema: ...
        @property
        def seed(self) -> int: ...
        @property
        def libraries(self) -> tuple[str, ...]: ...
        @property
        def parts(self) -> Mapping[str, str]: ...
    else:
        seed, libraries, parts = 0, (), {}

    @abstractmethod
    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return rows ``start`` to ``stop`` of a split, as a table of `schema`."""

    def columns(self, split: str, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return some columns of a range of rows; overridden where captions cost less without their videos."""
        return checked_rows(self, split, start, stop).select(list(names))

    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        """Return the tar members of one row, extension to bytes: its `parts`, and all else but the key as flat JSON."""
        rest = {name: value for name, value in row.items() if name != "key" and name not in self.parts}
        return {**{part: _content(row[name]) for name, part in self.parts.items()}, "json": flat_json(rest)}

    def information(self) -> dict[str, Any]:
        """Return the exact information structure and ceilings, as JSON values, for the manifest; empty by default."""
        return {}

    def files_beside(self) -> Mapping[str, bytes]:
        """Return small files that lie directly in the dataset's folder, name to content; none by default."""
        return {}


@dataclass(frozen=True)
class TableRecipe(Recipe):
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
        return {"sha256": {split: _digest(table) for split, table in self.tables.items()}}

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


def checked_rows(recipe: Recipe, split: str, start: int, stop: int) -> pa.Table:
    """Return a range of a recipe's rows, or raise InvalidValue if their number or columns are not what it promised."""
    table = recipe.rows(split, start, stop)
    where = f"recipe {recipe.name!r}, split {split!r}, rows {start} to {stop}"
    if table.num_rows != stop - start:
        raise InvalidValue(f"{where}: must give {stop - start} rows; got {table.num_rows}")
    if not table.schema.equals(recipe.schema):
        got = ", ".join(f"{column.name}: {column.type}" for column in table.schema)
        raise InvalidValue(f"{where}: columns must be those of its schema; got {got}")
    return table.replace_schema_metadata(recipe.schema.metadata)


def _content(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else value["bytes"]


def _digest(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        # One chunk, so that the same rows have the same bytes however they were put together.
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
