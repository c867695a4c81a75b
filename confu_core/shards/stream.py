"""A dataset read without a cache: decoded as it comes, in an order of its own each epoch, shared out over ranks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.inputs.decode import Change, Corrupt, Decoder
from confu_core.inputs.spec import InputSpec
from confu_core.inputs.text import Tokenizer
from confu_core.random import generator
from confu_core.shards.prepare import with_lengths
from confu_core.shards.read import Dataset
from confu_core.shards.source import check_columns
from confu_core.shards.units import Unit, read_unit, shared_out, units_of

__all__ = ["Stream", "stream"]

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
) -> Stream:
    """Read one epoch of a split in batches, without a cache.

    Row groups (or tars) are shuffled and shared out over the ranks, and their rows pass through a buffer from which
    the next one is drawn. The order follows from seed, epoch, rank, ranks and buffer alone. Every row of the split
    is in one batch of one rank.

    Parameters
    ----------
    dataset : Dataset
        Of a local folder or a URL.
    split : str
        One of its splits.
    spec : InputSpec
        Which columns are modalities. Sounds without a length have that of the first of the
        training split, which is looked up each time; `with_lengths` does it once.
    tokenizer : Tokenizer, optional
        For texts; see `tokenizer_of`.
    seed, epoch : int
        Decide the order.
    rank, ranks : int
        Which of how many processes this one is.
    batch_size : int
        Samples per batch; the last may have fewer.
    buffer : int
        Rows that wait to be drawn, encoded as they are on disk; 1 leaves the rows of a unit together, in order.
    workers : int
        Threads that decode. Decoders run outside of Python's lock, so that several help.
    shuffle : bool
        False reads in the dataset's order.
    columns : sequence of str
        Labels to give along with each batch.
    format : {"parquet", "webdataset"}, optional
        Which shards; Parquet where there are both.
    change : callable, optional
        See `Decoder`.

    Returns
    -------
    Stream
        To be iterated over once; its `corrupt` lists what could not be decoded.

    Raises
    ------
    DatasetError
        If the split or a column is missing, or a shard is missing, cut or altered, also while it is read.
    InvalidValue
        If a number is out of its range, or there are fewer row groups or tars than ranks.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.inputs import Text
    >>> from confu_core.shards import TableRecipe, build, open_dataset
    >>> table = pa.table({"key": ["a", "b", "c"], "caption": ["a bird", "a tail", "two"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = build(TableRecipe("words", {"train": table}), folder)
    ...     spec, words = InputSpec({"text": Text("caption", length=3)}), Tokenizer.train(["a bird"])
    ...     reading = stream(open_dataset(folder), "train", spec, tokenizer=words, batch_size=2)
    ...     [batch["text"].shape for batch in reading], reading.rows, reading.corrupt
    ([(2, 3), (1, 3)], 3, [])
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
    decoder = Decoder(with_lengths(dataset, spec), tokenizer, change)
    random = generator(seed, "stream", epoch, "rows", rank, ranks) if shuffle and buffer > 1 else None
    return Stream(dataset, decoder, shares, rank, batch_size, buffer, workers, tuple(columns), random)


@dataclass
class Stream:
    """One epoch of one rank.

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
            for chunk in self._chunks():
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
            found = self.decoder.decode(row, number)
            if isinstance(found, Corrupt):
                corrupt.append(found)
            else:
                # Of its media, which have done their part, nothing is kept.
                samples.append((number, {name: row[name] for name in self._labels}, found))
        return samples, corrupt

    def _chunks(self) -> Iterator[list[Row]]:
        chunk: list[Row] = []
        for row in self._drawn():
            chunk.append(row)
            if len(chunk) == _CHUNK_ROWS:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

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
