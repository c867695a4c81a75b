"""One range of rows, generated once and written in every format: the unit of work, here or on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from confu_core.io.atomic import sha256_of
from confu_core.io.storage import Location, workspace
from confu_core.shards.layout import Job, shard_path
from confu_core.shards.manifest import Shard
from confu_core.shards.parquet import write_parquet
from confu_core.shards.recipe import Recipe, checked_rows
from confu_core.shards.resume import record
from confu_core.shards.tar import write_tar

__all__ = ["write_formats", "write_shards"]

_BATCH_ROWS = 100


def write_shards(recipe: Recipe, root: Location, formats: tuple[str, ...], job: Job) -> tuple[Shard, ...]:
    """Generate one range of rows, write it in every format, and note that it is finished.

    Parameters
    ----------
    recipe : Recipe
        What generates the rows.
    root : Path or RemotePath
        The dataset's folder.
    formats : tuple of str
        As for `build`.
    job : Job
        The range.

    Returns
    -------
    tuple of Shard
        One per format, in their order.

    Raises
    ------
    InvalidValue
        If the recipe breaks its promises.
    DatasetError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.shards.recipe import TableRecipe
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b"], "square": [1, 4]})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shards = write_shards(recipe, Path(folder), ("parquet", "webdataset"), Job("train", 0, 1, 0, 2))
    >>> [(shard.format, shard.rows) for shard in shards]
    [('parquet', 2), ('webdataset', 2)]
    """
    with workspace(root) as folder:
        shards = write_formats(recipe, folder, formats, job)
    record(root, job, shards)
    return shards


def write_formats(recipe: Recipe, folder: Path, formats: tuple[str, ...], job: Job) -> tuple[Shard, ...]:
    """Generate one range of rows and write it in some formats, without a note of it.

    Parameters
    ----------
    recipe : Recipe
        What generates the rows.
    folder : Path
        Under which the shards take their places.
    formats : tuple of str
        At least one.
    job : Job
        The range.

    Returns
    -------
    tuple of Shard
        One per format, in their order.

    Raises
    ------
    InvalidValue
        If the recipe breaks its promises.
    DatasetError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.shards.recipe import TableRecipe
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b"], "square": [1, 4]})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (shard,) = write_formats(recipe, Path(folder), ("webdataset",), Job("train", 0, 1, 0, 2))
    >>> shard.path, shard.rows
    ('webdataset/train-000000.tar', 2)
    """
    table = checked_rows(recipe, job.split, job.start, job.stop)
    shards = []
    for format in formats:
        path = folder / shard_path(format, job)
        if format == "parquet":
            write_parquet(table, path)
        else:
            write_tar(_each_row(table), recipe.members, path)
        size, digest = path.stat().st_size, sha256_of(path)
        shards.append(Shard(shard_path(format, job), job.split, format, table.num_rows, size, digest))
    return tuple(shards)


def _each_row(table: pa.Table) -> Iterator[dict[str, Any]]:
    # A batch at a time: as Python objects, the rows of a whole shard would take their memory twice.
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        yield from batch.to_pylist()
