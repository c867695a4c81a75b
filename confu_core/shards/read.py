"""Read a dataset's rows: shards on disk, each compared with the manifest, or made by a recipe when they are read."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from confu_core.errors import DatasetError, nearest
from confu_core.io.atomic import reading, sha256_of
from confu_core.io.storage import Location, fetched, location
from confu_core.shards.layout import UNFINISHED, jobs, shard_path
from confu_core.shards.manifest import MANIFEST, Manifest, Shard, draft_of, library_versions, load_manifest
from confu_core.shards.parquet import (
    column_types,
    each_row,
    opened_parquet,
    parquet_shape,
    read_parquet,
    read_parquet_rows,
)
from confu_core.shards.recipe import Recipe, checked_rows
from confu_core.shards.tar import read_tar_table
from confu_core.typed import merged

PUBLISHING = ".publish"  # Where what has arrived is noted.
SHARD_ROWS = 100  # As in a row group of media on disk.
FORMAT = "parquet"  # What its tables are like: typed columns, of which some can be read.


def open_dataset(path: str | Location) -> Dataset:
    """Open a dataset that `build` finished.

    Parameters
    ----------
    path : str, Path or RemotePath
        The dataset's folder, or its URL.

    Returns
    -------
    Dataset
        Nothing but its manifest is read yet.

    Raises
    ------
    DatasetError
        If there is no dataset, or its manifest is damaged.

    Examples
    --------
    >>> open_dataset("no-such-folder")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: no-such-folder does not exist; build a dataset there first
    """
    root = location(path)
    if not (root / MANIFEST).exists():
        if not root.is_dir():
            state = "is not a folder" if root.exists() else "does not exist"
            raise DatasetError(f"{root} {state}; build a dataset there first")
        if (root / UNFINISHED).exists():
            raise DatasetError(f"{root} is unfinished; run the same build again to complete it")
        if (root / PUBLISHING).exists():
            raise DatasetError(f"{root} is being published, or that was interrupted; publish it again to complete it")
        raise DatasetError(f"{root} holds no dataset: {MANIFEST} is missing; build one there first")
    return Dataset(root, load_manifest(root / MANIFEST))


@dataclass(frozen=True)
class Dataset:
    """A finished dataset on disk.

    Every shard that is read is compared with the manifest: its size, its number of rows and its columns, the
    checksums of its pages where it is Parquet, and its SHA-256 where it is a tar, which has none of its own.

    Attributes
    ----------
    root : Path or RemotePath
        Its folder.
    manifest : Manifest
        What it holds.

    Examples
    --------
    >>> import tempfile
    >>> from confu_core.shards import TableRecipe, build
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b", "c"], "square": [1, 4, 9]})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = build(recipe, folder, shard_rows=2)
    ...     open_dataset(folder).table("train", ["square"]).to_pydict()
    {'square': [1, 4, 9]}
    """

    root: Location
    manifest: Manifest

    def shards(self, split: str, format: str | None = None) -> list[Shard]:
        """Return the shards of a split in the order of their rows; Parquet ones where there are both."""
        known = self.manifest
        if split not in known.splits:
            raise DatasetError(f"{self.root} has no split {split!r}; {nearest(split, known.splits)}")
        format = format or ("parquet" if "parquet" in known.formats else known.formats[0])
        if format not in known.formats:
            raise DatasetError(f"{self.root} has no {format!r} shards; {nearest(format, known.formats)}")
        shards = [shard for shard in known.shards if (shard.split, shard.format) == (split, format)]
        if (rows := sum(shard.rows for shard in shards)) != known.splits[split]:
            problem = f"split {split!r} has {known.splits[split]} rows, but its {format} shards have {rows}"
            raise DatasetError(f"{self.root / MANIFEST} is damaged: {problem}; restore it")
        return shards

    def located(self, split: str, format: str | None = None) -> list[tuple[int, Shard]]:
        """Return the shards of a split, each with the number of its first row."""
        shards = self.shards(split, format)
        return list(zip(itertools.accumulate((shard.rows for shard in shards), initial=0), shards, strict=False))

    def table(self, split: str, columns: Sequence[str] | None = None, *, format: str | None = None) -> pa.Table:
        """Read a split into memory.

        Parameters
        ----------
        split : str
            One of the manifest's splits.
        columns : sequence of str, optional
            Which to read, all by default. From tars these are ``key``, the fields of the JSON part, and the
            other parts as bytes, named by their extension.
        format : {"parquet", "webdataset"}, optional
            Which shards to read; Parquet where there are both.

        Returns
        -------
        pyarrow.Table
            The rows of the split, in order.

        Raises
        ------
        DatasetError
            If the split, a column or a format is unknown, or a shard is missing, cut or altered.
        """
        tables = [self.read_shard(shard, columns) for shard in self.shards(split, format)]
        try:
            return pa.concat_tables(tables)
        except pa.ArrowException as error:
            raise DatasetError(f"{self.root}: shards of split {split!r} differ in their columns") from error

    def rows(
        self, split: str, columns: Sequence[str] | None = None, *, format: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of a split as dictionaries, with one shard at a time in memory; see `table`."""
        for shard in self.shards(split, format):
            yield from each_row(self.read_shard(shard, columns))

    def read_shard(self, shard: Shard, columns: Sequence[str] | None = None) -> pa.Table:
        """Read one shard, or some of its columns; see `table`."""
        path, types = self.root / shard.path, self.manifest.schema
        if shard.format == "parquet":
            self._check_size(shard)
            _check_columns(path, columns, list(types))
            table = read_parquet(path, columns)
            wanted = types if columns is None else {name: types[name] for name in columns}
            _check_shape(path, shard, table.num_rows, column_types(table.schema), wanted)
            return table
        with self.opened_tar(shard) as local:
            table = read_tar_table(local, types)
        _check_columns(path, columns, table.column_names)
        check_rows(path, shard, table.num_rows)
        return table if columns is None else table.select(list(columns))

    @contextlib.contextmanager
    def opened_tar(self, shard: Shard) -> Iterator[Path]:
        """Give a local file with the content of a tar, of the size and SHA-256 that the manifest says."""
        path = self.root / shard.path
        self._check_size(shard)
        with fetched(path) as local:
            if sha256_of(local) != shard.sha256:
                raise _altered(path, "its SHA-256 is not that of the manifest")
            yield local

    @property
    def sealed(self) -> bytes:
        """What its content follows from: the bytes of its manifest, which hold the SHA-256 of every shard."""
        with reading(self.root / MANIFEST):
            return (self.root / MANIFEST).read_bytes()

    def group_sizes(self, shard: Shard) -> list[int]:
        """Return the rows of each row group of a Parquet shard, from its footer."""
        path = self.root / shard.path
        self._check_size(shard)
        sizes, schema = parquet_shape(path)
        _check_shape(path, shard, sum(sizes), column_types(schema), self.manifest.schema)
        return sizes

    def group(self, shard: Shard, number: int, columns: Sequence[str]) -> pa.Table:
        """Read columns of one row group of a Parquet shard."""
        with opened_parquet(self.root / shard.path) as file:
            return file.read_row_group(number, columns=list(columns))

    def take(self, shard: Shard, rows: Sequence[int]) -> pa.Table:
        """Read some rows of one shard.

        Parameters
        ----------
        shard : Shard
            One of the manifest's.
        rows : sequence of int
            Which, from 0 at its beginning.

        Returns
        -------
        pyarrow.Table
            All columns of these rows, in the order asked for. Of Parquet only the row groups that hold them are read;
            a tar is read whole, since only its SHA-256 tells whether it is unaltered.

        Raises
        ------
        DatasetError
            If the shard is missing, cut or altered, or has no such row.
        """
        path = self.root / shard.path
        _check_range(path, shard, rows)
        if shard.format != "parquet":
            return self.read_shard(shard).take(pa.array(rows, pa.int64()))
        self.group_sizes(shard)  # Which compares the shard with the manifest.
        return read_parquet_rows(path, rows)

    def _check_size(self, shard: Shard) -> None:
        path = self.root / shard.path
        if not path.is_file():
            raise DatasetError(f"{path} is missing; run the same build again to restore it")
        if (size := path.stat().st_size) != shard.bytes:
            raise _altered(path, f"it has {size} bytes, the manifest says {shard.bytes}")


def check_rows(path: Location, shard: Shard, rows: int) -> None:
    """Refuse a shard that holds more or fewer rows than the manifest says."""
    if rows != shard.rows:
        raise _altered(path, f"it holds {rows} rows, the manifest says {shard.rows}")


def with_exact_information(dataset: Dataset, computed: Mapping[str, Any]) -> Dataset:
    """Return a generated dataset with complete information, having compared its manifest with what its settings imply.

    What an older version did not write is added, and what this version does not know is kept; the first key with
    another value is named in a DatasetError.
    """
    try:
        information = merged(_renamed(dataset.manifest.information), computed, "information")
    except ValueError as error:
        where = dataset.root / MANIFEST
        raise DatasetError(f"{where} is damaged: {error}; restore it, or build the dataset anew") from None
    return replace(dataset, manifest=replace(dataset.manifest, information=information))


def _renamed(held: Any) -> Any:
    """Leave out what the first version called the pairwise ceiling: the best of a single modality."""
    if not isinstance(held, Mapping):
        return held
    once = "pairwise_ceiling" if "single_ceiling" not in held else None
    return {key: _renamed(value) for key, value in held.items() if key != once}


def _check_shape(path: Location, shard: Shard, rows: int, types: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    if types != wanted:
        raise _altered(path, "its columns are not those of the manifest")
    check_rows(path, shard, rows)


def _check_columns(path: Location, columns: Sequence[str] | None, known: Sequence[str]) -> None:
    for name in columns or ():
        if name not in known:
            raise DatasetError(f"{path} has no column {name!r}; {nearest(name, known)}")


def _check_range(path: Location, shard: Shard, rows: Sequence[int]) -> None:
    if rows and not 0 <= min(rows) <= max(rows) < shard.rows:
        raise DatasetError(f"{path} has {shard.rows} rows; got rows {min(rows)} to {max(rows)}")


def _altered(path: Location, problem: str) -> DatasetError:
    return DatasetError(f"{path} is cut or altered: {problem}; remove it and run the same build again")


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
        _check_range(self.root / shard.path, shard, rows)
        first = self._first(shard)
        parts = [checked_rows(self.recipe, shard.split, first + row, first + row + 1) for row in rows]
        return pa.concat_tables(parts) if parts else self.recipe.schema.empty_table()

    def read_shard(self, shard: Shard, columns: Sequence[str] | None = None) -> pa.Table:
        """Make one shard, or some of its columns."""
        first = self._first(shard)
        stop = first + shard.rows
        if columns is None:
            return checked_rows(self.recipe, shard.split, first, stop)
        _check_columns(self.root, columns, list(self.manifest.schema))
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
