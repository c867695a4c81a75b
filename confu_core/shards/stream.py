"""A dataset read without a cache: decoded as it comes, in an order of its own each epoch, shared out over ranks."""

from __future__ import annotations

import contextlib
import heapq
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.inputs.decode import Change, Corrupt, Decoder
from confu_core.inputs.spec import InputSpec, Text
from confu_core.inputs.text import Tokenizer
from confu_core.random import generator
from confu_core.shards.manifest import Shard
from confu_core.shards.read import Dataset, check_rows
from confu_core.shards.rows import check_columns, part_names, with_lengths
from confu_core.shards.tar import read_tar_rows

_CHUNK_ROWS = 16

Row = tuple[int, dict[str, Any]]
Sample = tuple[int, dict[str, Any], dict[str, np.ndarray]]
Decoded = tuple[list[Sample], list[Corrupt]]


def stream(
    dataset: Dataset,
    split: str,
    spec: InputSpec,
    *,
    tokenizer: Tokenizer | None = None,
    seed: int = 0,
    epoch: int = 0,
    rank: int = 0,
    ranks: int = 1,
    batch_size: int = 256,
    buffer: int = 1000,
    workers: int = 1,
    shuffle: bool = True,
    columns: Sequence[str] = (),
    format: str | None = None,
    change: Change | None = None,
    strings: frozenset[str] = frozenset(),
) -> Stream:
    """Read one epoch of a split in batches, without a cache.

    Row groups (or tars) are shuffled and shared out over the ranks, and their rows pass through a buffer from which
    the next one is drawn (a `buffer` of 1 leaves the rows of a unit together, in order). The order follows from seed,
    epoch, rank, ranks and buffer alone. Every row of the split is in one batch of one rank.

    Texts need the tokenizer of `tokenizer_of`; those of modalities in `strings` are given as they are. Sounds without a
    length have that of the first of the training split, which is looked up each time; `with_lengths` does it once.
    `workers` threads decode, as decoders run outside of Python's lock; `columns` are labels to give along. Wrong
    numbers are an InvalidValue; a shard that is missing, cut or altered is a DatasetError, also while it is read.
    """
    for name, value in (("batch_size", batch_size), ("buffer", buffer), ("workers", workers)):
        if value < 1:
            raise InvalidValue(f"{name} must be at least 1; got {value}")
    if not 0 <= rank < ranks:
        raise InvalidValue(f"rank must be in [0, {ranks - 1}]; got {rank}")
    if spec.vocabulary is not None and tokenizer is None:
        raise InvalidValue("texts need a tokenizer; train one with tokenizer_of(dataset, spec)")
    dataset.shards(split, format)
    check_columns(dataset, spec, columns)
    shares = shared_out(units_of(dataset, split, format), ranks, seed=seed, epoch=epoch, shuffle=shuffle)
    decoder = Decoder(with_lengths(dataset, spec), tokenizer, change, strings)
    random = generator(seed, "stream", epoch, "rows", rank, ranks) if shuffle and buffer > 1 else None
    return Stream(dataset, decoder, shares, rank, batch_size, buffer, workers, tuple(columns), random)


@dataclass
class Stream:
    """One epoch of a split for one rank, to be iterated over once; `corrupt` lists what could not be decoded.

    Yields dictionaries: each modality's samples (uint8 pictures, float16 log-mels, int16 token ids, as in a cache),
    ``"row"``, int64 numbers of the rows within the split, ``"key"``, and the columns asked for, as lists.
    """

    dataset: Dataset
    decoder: Decoder
    shares: list[list[Unit]] = field(repr=False)
    rank: int
    batch_size: int
    buffer: int
    workers: int
    columns: tuple[str, ...]
    random: np.random.Generator | None = field(repr=False)
    corrupt: list[Corrupt] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Rows that this rank reads, the corrupt ones included."""
        return sum(unit.rows for unit in self.shares[self.rank])

    @cached_property
    def least(self) -> int:
        """Rows of the rank that reads the fewest: as many as all of them can use in step."""
        return min(sum(unit.rows for unit in share) for share in self.shares)

    @property
    def _labels(self) -> tuple[str, ...]:
        return ("key", *self.columns)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        waiting: list[Sample] = []
        for samples, corrupt in self._decoded():
            waiting += samples
            self.corrupt += corrupt
            while len(waiting) >= self.batch_size:
                yield self._batch(waiting[: self.batch_size])
                del waiting[: self.batch_size]
        if waiting:
            yield self._batch(waiting)

    def _batch(self, chosen: list[Sample]) -> dict[str, Any]:
        batch: dict[str, Any] = {
            name: np.stack([arrays[name] for _, _, arrays in chosen]) for name in self.decoder.spec.names
        }
        batch["row"] = np.array([number for number, _, _ in chosen], dtype=np.int64)
        return batch | {name: [labels[name] for _, labels, _ in chosen] for name in self._labels}

    def _decoded(self) -> Iterator[Decoded]:
        pool = ThreadPoolExecutor(self.workers, "decode")
        try:
            running: deque[Future[Decoded]] = deque()
            rows = self._drawn()
            while chunk := list(itertools.islice(rows, _CHUNK_ROWS)):
                running.append(pool.submit(self._decode, chunk))
                if len(running) > 4 * self.workers:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _decode(self, chunk: list[Row]) -> Decoded:
        samples, corrupt = [], []
        for number, row in chunk:
            sample = self.decoder.decode(row, number)
            if isinstance(sample, Corrupt):
                corrupt.append(sample)
            else:
                # Of its media, which have done their part, nothing is kept.
                samples.append((number, {name: row[name] for name in self._labels}, sample))
        return samples, corrupt

    def _drawn(self) -> Iterator[Row]:
        if self.random is None:
            yield from self._read()
            return
        held: list[Row] = []
        for row in self._read():
            if len(held) < self.buffer:
                held.append(row)
                continue
            place = int(self.random.integers(len(held)))
            held[place], row = row, held[place]
            yield row
        yield from (held[place] for place in self.random.permutation(len(held)))

    def _read(self) -> Iterator[Row]:
        for unit in self.shares[self.rank]:
            yield from read_unit(self.dataset, unit, self.decoder.spec, self._labels)


class Unit(NamedTuple):
    """Rows of a split that are read at once: a row group of a Parquet shard, or a tar, whose `group` is None."""

    shard: Shard
    group: int | None
    start: int
    rows: int


def units_of(dataset: Dataset, split: str, format: str | None = None) -> list[Unit]:
    """List the units of a split, in order; of Parquet shards the footers are read."""
    units, start = [], 0
    for shard in dataset.shards(split, format):
        groups = dataset.group_sizes(shard) if shard.format == "parquet" else [shard.rows]
        for group, rows in enumerate(groups):
            units.append(Unit(shard, group if shard.format == "parquet" else None, start, rows))
            start += rows
    return units


def shared_out(units: Sequence[Unit], ranks: int, *, seed: int, epoch: int, shuffle: bool = True) -> list[list[Unit]]:
    """Share units out over ranks, each to the one that has the fewest rows so far."""
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


def read_unit(dataset: Dataset, unit: Unit, spec: InputSpec, labels: Sequence[str] = ("key",)) -> Iterator[Row]:
    """Yield the rows of a unit with their numbers within the split; of a tar one at a time is in memory."""
    if unit.group is None:
        yield from _tar_rows(dataset, unit, spec)
        return
    columns = dict.fromkeys([*labels, *(modality.column for modality in spec.inputs.values())])
    for place, row in enumerate(dataset.group(unit.shard, unit.group, list(columns)).to_pylist()):
        yield unit.start + place, row


def _tar_rows(dataset: Dataset, unit: Unit, spec: InputSpec) -> Iterator[Row]:
    path, count = dataset.root / unit.shard.path, 0
    with dataset.opened_tar(unit.shard) as local:
        for count, row in enumerate(read_tar_rows(local), 1):
            names = part_names(spec, list(row), f"{path}")
            renamed = {names.get(name, name): value for name, value in row.items()}
            yield unit.start + count - 1, _with_text(renamed, spec)
    check_rows(path, unit.shard, count)


def _with_text(row: dict[str, Any], spec: InputSpec) -> dict[str, Any]:
    # In a tar captions are bytes. Those that are no text stay so, and are counted when they are decoded.
    for modality in spec.inputs.values():
        if isinstance(modality, Text) and isinstance(row[modality.column], bytes):
            with contextlib.suppress(UnicodeDecodeError):
                row[modality.column] = row[modality.column].decode()
    return row
