"""A dataset that was never written: every shard is made by its recipe when it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from confu_core.errors import DatasetError, nearest
from confu_core.shards.layout import jobs, shard_path
from confu_core.shards.manifest import Shard, draft_of, library_versions
from confu_core.shards.read import Dataset
from confu_core.shards.recipe import Recipe, checked_rows

SHARD_ROWS = 100  # As in a row group of media on disk.
FORMAT = "parquet"  # What its tables are like: typed columns, of which some can be read.


@dataclass(frozen=True)
class Unwritten(Dataset):
    """A dataset whose rows come from a recipe, which is pickled into processes that decode; else like one on disk.

    Its root is the recipe's name, for messages: nothing lies there. Its shards have no bytes.
    """

    recipe: Recipe = field(repr=False)

    @property
    def sealed(self) -> bytes:
        """What its content follows from: the manifest, with the recipe's name, settings, seed and splits."""
        return self.manifest.to_bytes()

    def group_sizes(self, shard: Shard) -> list[int]:
        """Return the rows of the shard, which is not divided."""
        return [shard.rows]

    def group(self, shard: Shard, number: int, columns: Sequence[str]) -> pa.Table:
        """Read columns of a shard, which is its only group."""
        return self.read_shard(shard, columns)

    def take(self, shard: Shard, rows: Sequence[int]) -> pa.Table:
        """Make some rows of one shard, and no others; see `Dataset.take`."""
        if rows and not 0 <= min(rows) <= max(rows) < shard.rows:
            raise DatasetError(f"{self.root / shard.path} has {shard.rows} rows; got rows {min(rows)} to {max(rows)}")
        first = self._first(shard)
        parts = [checked_rows(self.recipe, shard.split, first + row, first + row + 1) for row in rows]
        return pa.concat_tables(parts) if parts else self.recipe.schema.empty_table()

    def read_shard(self, shard: Shard, columns: Sequence[str] | None = None) -> pa.Table:
        """Make one shard, or some of its columns."""
        first = self._first(shard)
        stop = first + shard.rows
        if columns is None:
            return checked_rows(self.recipe, shard.split, first, stop)
        for name in columns:
            if name not in self.manifest.schema:
                raise DatasetError(f"{self.root} has no column {name!r}; {nearest(name, self.manifest.schema)}")
        return self.recipe.columns(shard.split, first, stop, list(columns)).select(list(columns))

    def _first(self, shard: Shard) -> int:
        return self.shards(shard.split).index(shard) * self.manifest.shard_rows


def unwritten(recipe: Recipe, *, shard_rows: int = SHARD_ROWS) -> Unwritten:
    """Open a recipe as a dataset for caches, streams, runs and reports, without building it.

    A process makes, and holds in memory, `shard_rows` rows at once. The cache is named by what the recipe says of
    itself, so that files which change under the same settings need another cache.
    """
    plan = jobs(recipe.splits, shard_rows)
    draft = draft_of(recipe, (FORMAT,), shard_rows, library_versions(recipe.libraries))
    shards = tuple(
        Shard(shard_path(FORMAT, job), job.split, FORMAT, job.stop - job.start, 0, draft.fingerprint) for job in plan
    )
    return Unwritten(Path(recipe.name), draft.with_shards(shards), recipe)
