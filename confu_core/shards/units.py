"""What a stream reads at once: a row group of a Parquet shard, or a tar, from a local folder or a URL."""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.spec import InputSpec, Text
from confu_core.io.atomic import sha256_of
from confu_core.io.storage import fetched
from confu_core.random import generator
from confu_core.shards.flat_json import parse_flat_json
from confu_core.shards.manifest import Shard
from confu_core.shards.read import Dataset
from confu_core.shards.source import part_names
from confu_core.shards.tar import read_tar

__all__ = ["Unit", "read_unit", "shared_out", "units_of"]


class Unit(NamedTuple):
    """Some rows of a split.

    Attributes
    ----------
    shard : Shard
        Where they lie.
    group : int or None
        Which row group of a Parquet shard; None for a tar, which is read from its beginning.
    start, rows : int
        The number of the first of them within the split, and how many they are.
    """

    shard: Shard
    group: int | None
    start: int
    rows: int


def units_of(dataset: Dataset, split: str, format: str | None = None) -> list[Unit]:
    """List the units of a split, in order; of Parquet shards the footers are read.

    Parameters
    ----------
    dataset : Dataset
        To be read.
    split : str
        One of its splits.
    format : {"parquet", "webdataset"}, optional
        Which shards; Parquet where there are both.

    Returns
    -------
    list of Unit
        Together they are all rows.

    Raises
    ------
    DatasetError
        If there is no such split or format, or a shard is missing, cut or altered.
    """
    units, start = [], 0
    for shard in dataset.shards(split, format):
        groups = dataset.group_sizes(shard) if shard.format == "parquet" else [shard.rows]
        for group, rows in enumerate(groups):
            units.append(Unit(shard, group if shard.format == "parquet" else None, start, rows))
            start += rows
    return units


def shared_out(units: Sequence[Unit], ranks: int, *, seed: int, epoch: int, shuffle: bool = True) -> list[list[Unit]]:
    """Share units out over ranks, each to the one that has the fewest rows so far.

    Parameters
    ----------
    units : sequence of Unit
        Of a split.
    ranks : int
        At least 1.
    seed, epoch : int
        Decide the order in which they are dealt.
    shuffle : bool
        False deals them in their own order.

    Returns
    -------
    list of list of Unit
        One list per rank; no unit is in two of them.

    Raises
    ------
    InvalidValue
        If there are fewer units than ranks.

    Examples
    --------
    >>> shard = Shard("data/x", "train", "parquet", 30, 1, "0" * 64)
    >>> units = [Unit(shard, group, 10 * group, 10) for group in range(3)]
    >>> sorted(len(share) for share in shared_out(units, 2, seed=0, epoch=0))
    [1, 2]
    """
    if ranks < 1 or len(units) < ranks:
        pieces = f"{len(units)} row groups or tars"
        raise InvalidValue(f"ranks must be in [1, {len(units)}], since there are {pieces}; got {ranks}")
    order = generator(seed, "stream", epoch, "units").permutation(len(units)) if shuffle else range(len(units))
    shares: list[list[Unit]] = [[] for _ in range(ranks)]
    heap = [(0, rank) for rank in range(ranks)]
    for place in order:
        rows, rank = heapq.heappop(heap)
        shares[rank].append(units[place])
        heapq.heappush(heap, (rows + units[place].rows, rank))
    return shares


def read_unit(
    dataset: Dataset, unit: Unit, spec: InputSpec, labels: Sequence[str] = ("key",)
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a unit: numbers within the split, modalities and labels.

    Parameters
    ----------
    dataset : Dataset
        To be read.
    unit : Unit
        Of `units_of`.
    spec : InputSpec
        Which columns are modalities.
    labels : sequence of str
        Further columns.

    Yields
    ------
    tuple of int and dict
        Of a tar one row at a time is in memory, and its SHA-256 is compared first.

    Raises
    ------
    DatasetError
        If the shard is missing, cut or altered.
    """
    if unit.group is None:
        yield from _tar_rows(dataset, unit, spec)
        return
    columns = dict.fromkeys([*labels, *(one.column for one in spec.inputs.values())])
    for place, row in enumerate(dataset.group(unit.shard, unit.group, list(columns)).to_pylist()):
        yield unit.start + place, row


def _tar_rows(dataset: Dataset, unit: Unit, spec: InputSpec) -> Iterator[tuple[int, dict[str, Any]]]:
    path, count = dataset.root / unit.shard.path, 0
    _check_size(dataset, unit.shard)
    with fetched(path) as local:
        if sha256_of(local) != unit.shard.sha256:
            raise _altered(dataset, unit.shard, "its SHA-256 is not that of the manifest")
        for key, parts in read_tar(local):
            fields = parse_flat_json(parts.pop("json")) if "json" in parts else {}
            row = {**fields, **parts, "key": key}
            names = part_names(spec, list(row), f"{path}")
            yield unit.start + count, _with_text({names.get(name, name): value for name, value in row.items()}, spec)
            count += 1
    if count != unit.rows:
        raise _altered(dataset, unit.shard, f"it holds {count} rows, the manifest says {unit.rows}")


def _with_text(row: dict[str, Any], spec: InputSpec) -> dict[str, Any]:
    # In a tar captions are bytes. Those that are no text stay so, and are counted when they are decoded.
    for one in spec.inputs.values():
        if isinstance(one, Text) and isinstance(row[one.column], bytes):
            with contextlib.suppress(UnicodeDecodeError):
                row[one.column] = row[one.column].decode()
    return row


def _check_size(dataset: Dataset, shard: Shard) -> None:
    path = dataset.root / shard.path
    if not path.is_file():
        raise DatasetError(f"{path} is missing; run the same build again to restore it")
    if (size := path.stat().st_size) != shard.bytes:
        raise _altered(dataset, shard, f"it has {size} bytes, the manifest says {shard.bytes}")


def _altered(dataset: Dataset, shard: Shard, problem: str) -> DatasetError:
    path = dataset.root / shard.path
    return DatasetError(f"{path} is cut or altered: {problem}; remove it and run the same build again")
