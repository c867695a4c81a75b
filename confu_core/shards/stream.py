"""A dataset read without a cache: decoded as it comes, in an order of its own each epoch, shared out over ranks."""

from __future__ import annotations

import contextlib
import heapq
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
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


class Unit(NamedTuple):
    """Rows of a split that are read at once: a row group of a Parquet shard, or a tar, whose `group` is None."""

    shard: Shard
    group: int | None
    start: int
    rows: int


@dataclass
class Stream:
    """One epoch of a split, read in batches without a cache, to be iterated over once.

    Row groups (or tars) are shuffled and shared out over the ranks, and their rows pass through a buffer from which
    the next one is drawn (a `buffer` of 1 leaves the rows of a unit together, in order). The order follows from seed,
    epoch, rank, ranks and buffer alone. Every row of the split is in one batch of one rank.

    Texts need the tokenizer of `tokenizer_of`; those of modalities in `strings` are given as they are. Sounds without a
    length have that of the first of the training split, which is looked up each time; `with_lengths` does it once.
    `workers` threads decode, as decoders run outside of Python's lock; `columns` are labels to give along. Wrong
    numbers are an InvalidValue; a shard that is missing, cut or altered is a DatasetError, also while it is read.

    Yields dictionaries: each modality's samples (uint8 pictures, float16 log-mels, int16 token ids, as in a cache),
    ``"row"``, int64 numbers of the rows within the split, ``"key"``, and the columns asked for, as lists; `corrupt`
    lists what could not be decoded.
    """

    dataset: Dataset
    split: str
    spec: InputSpec
    _: KW_ONLY
    tokenizer: Tokenizer | None = None
    seed: int = 0
    epoch: int = 0
    rank: int = 0
    ranks: int = 1
    batch_size: int = 256
    buffer: int = 1000
    workers: int = 1
    shuffle: bool = True
    columns: Sequence[str] = ()
    format: str | None = None
    change: Change | None = None
    strings: frozenset[str] = frozenset()
    corrupt: list[Corrupt] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        for name in ("batch_size", "buffer", "workers"):
            if (value := getattr(self, name)) < 1:
                raise InvalidValue(f"{name} must be at least 1; got {value}")
        if not 0 <= self.rank < self.ranks:
            raise InvalidValue(f"rank must be in [0, {self.ranks - 1}]; got {self.rank}")
        if self.spec.vocabulary is not None and self.tokenizer is None:
            raise InvalidValue("texts need a tokenizer; train one with tokenizer_of(dataset, spec)")
        self.dataset.shards(self.split, self.format)
        check_columns(self.dataset, self.spec, self.columns)
        self.shares = self._shared_out(self._units())
        self.decoder = Decoder(with_lengths(self.dataset, self.spec), self.tokenizer, self.change, self.strings)

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
        if not self.shuffle or self.buffer == 1:
            yield from self._read()
            return
        random = generator(self.seed, "stream", self.epoch, "rows", self.rank, self.ranks)
        held: list[Row] = []
        for row in self._read():
            if len(held) < self.buffer:
                held.append(row)
                continue
            place = int(random.integers(len(held)))
            held[place], row = row, held[place]
            yield row
        yield from (held[place] for place in random.permutation(len(held)))

    def _read(self) -> Iterator[Row]:
        """Yield the rows of this rank's units with their numbers in the split; of a tar one at a time is in memory."""
        columns = list(dict.fromkeys([*self._labels, *(one.column for one in self.spec.inputs.values())]))
        for unit in self.shares[self.rank]:
            if unit.group is None:
                yield from self._tar_rows(unit)
            else:
                table = self.dataset.group(unit.shard, unit.group, columns)
                yield from enumerate(table.to_pylist(), unit.start)

    def _tar_rows(self, unit: Unit) -> Iterator[Row]:
        path, count = self.dataset.root / unit.shard.path, 0
        with self.dataset.opened_tar(unit.shard) as local:
            for count, row in enumerate(read_tar_rows(local), 1):
                names = part_names(self.spec, list(row), f"{path}")
                renamed = {names.get(name, name): value for name, value in row.items()}
                yield unit.start + count - 1, _with_text(renamed, self.spec)
        check_rows(path, unit.shard, count)

    def _units(self) -> list[Unit]:
        """List the units of the split, in order; of Parquet shards the footers are read."""
        units, start = [], 0
        for shard in self.dataset.shards(self.split, self.format):
            groups = self.dataset.group_sizes(shard) if shard.format == "parquet" else [shard.rows]
            for group, rows in enumerate(groups):
                units.append(Unit(shard, group if shard.format == "parquet" else None, start, rows))
                start += rows
        return units

    def _shared_out(self, units: Sequence[Unit]) -> list[list[Unit]]:
        """Share units out over ranks, each to the one that has the fewest rows so far."""
        if len(units) < self.ranks:
            pieces = f"{len(units)} row groups or tars"
            raise InvalidValue(f"ranks must be in [1, {len(units)}], since there are {pieces}; got {self.ranks}")
        random = generator(self.seed, "stream", self.epoch, "units")
        order = random.permutation(len(units)) if self.shuffle else range(len(units))
        shares: list[list[Unit]] = [[] for _ in range(self.ranks)]
        heap = [(0, rank) for rank in range(self.ranks)]
        for place in order:
            rows, rank = heapq.heappop(heap)
            shares[rank].append(units[place])
            heapq.heappush(heap, (rows + units[place].rows, rank))
        return shares


def _with_text(row: dict[str, Any], spec: InputSpec) -> dict[str, Any]:
    # In a tar captions are bytes. Those that are no text stay so, and are counted when they are decoded.
    for modality in spec.inputs.values():
        if isinstance(modality, Text) and isinstance(row[modality.column], bytes):
            with contextlib.suppress(UnicodeDecodeError):
                row[modality.column] = row[modality.column].decode()
    return row
