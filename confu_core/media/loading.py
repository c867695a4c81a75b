"""Any dataset as one of PyTorch: samples decoded when they are asked for, with their keys and classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import IterableDataset, get_worker_info

from confu_core.datasets.contents import Contents
from confu_core.errors import DatasetError
from confu_core.inputs.decode import decoded
from confu_core.inputs.spec import InputSpec, Picture
from confu_core.media.row_content import class_numbers
from confu_core.shards import Dataset, Shard
from confu_core.shards.parquet import each_row
from confu_core.shards.rows import read_rows

__all__ = ["MediaSamples", "MediaStream"]

Sample = dict[str, Any]


class _Decoding:
    """How rows of a split become samples."""

    def __init__(self, dataset: Dataset, contents: Contents, split: str, side: int | None = None) -> None:
        inputs = contents.inputs.inputs.items()
        kinds = {
            name: replace(one, side=side) if isinstance(one, Picture) and side is not None else one
            for name, one in inputs
        }
        self.dataset, self.contents, self.split = dataset, contents, split
        self.spec, self.shards = InputSpec(kinds), dataset.shards(split)

    def sample(self, row: dict[str, Any]) -> Sample:
        """Decode one row; one that cannot be decoded is named."""
        found: Sample = {"key": str(row["key"])}
        for name, one in self.spec.inputs.items():
            try:
                value = decoded(one, row[one.column])
            except DatasetError as error:
                raise DatasetError(f"{found['key']}: {name} cannot be read: {error}") from None
            found[name] = value if isinstance(value, str) else torch.from_numpy(value)
        label = class_numbers(self.dataset, self.contents, self.split, [row[self.contents.label]])
        return {**found, "label": int(label[0])}

    def read(self, shard: Shard) -> pa.Table:
        """Read a shard, its media as they are stored."""
        return read_rows(self.dataset, shard, self.spec)


class MediaSamples(TorchDataset[Sample]):
    """A split for `torch.utils.data.DataLoader`: any sample by its number.

    Shards are read when the first of their samples is asked for, and stay in memory as they are stored: pictures and
    sounds are decoded each time.

    A sample is a dictionary: ``key``; pictures as uint8 tensors of shape (3, side, side), videos (frames, 3, side,
    side), sounds as float32 tensors of shape (samples,) in [-1, 1], texts as str, sequences as float32 (steps, width);
    and ``label``, the number of its class in `classes`.
    """

    def __init__(self, dataset: Dataset, contents: Contents, split: str, side: int | None = None) -> None:
        self._decoding = _Decoding(dataset, contents, split, side)
        self.classes = contents.classes
        self.descriptions = contents.prompts
        self._starts = np.cumsum([0, *(shard.rows for shard in self._decoding.shards)])
        self._tables: dict[int, pa.Table] = {}

    @property
    def inputs(self) -> InputSpec:
        """What its modalities are: sides, sampling rates, columns."""
        return self._decoding.spec

    @cached_property
    def keys(self) -> list[str]:
        """The keys of all samples, in order."""
        return self._decoding.dataset.table(self._decoding.split, ["key"])["key"].to_pylist()

    @cached_property
    def labels(self) -> np.ndarray:
        """The classes of all samples, int64 of shape (n,)."""
        at = self._decoding
        named = at.dataset.table(at.split, [at.contents.label])[at.contents.label].to_pylist()
        return class_numbers(at.dataset, at.contents, at.split, named)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, number: int) -> Sample:
        if not -len(self) <= number < len(self):
            raise IndexError(f"sample {number} of {len(self)}")
        number %= len(self)
        part = int(np.searchsorted(self._starts, number, side="right")) - 1
        if part not in self._tables:
            self._tables[part] = self._decoding.read(self._decoding.shards[part])
        row = number - int(self._starts[part])
        return self._decoding.sample(self._tables[part].slice(row, 1).to_pylist()[0])


class MediaStream(IterableDataset[Sample]):
    """A split for `torch.utils.data.DataLoader` that holds one shard per worker, for data that no memory holds.

    MediaSamples as those of `MediaSamples`, shard by shard; workers share the shards out.
    """

    def __init__(self, dataset: Dataset, contents: Contents, split: str, side: int | None = None) -> None:
        self._decoding = _Decoding(dataset, contents, split, side)
        self.classes = contents.classes
        self.descriptions = contents.prompts

    @property
    def inputs(self) -> InputSpec:
        """What its modalities are: sides, sampling rates, columns."""
        return self._decoding.spec

    def __iter__(self) -> Iterator[Sample]:
        worker = get_worker_info()
        shards: Sequence[Shard] = self._decoding.shards
        for shard in shards if worker is None else shards[worker.id :: worker.num_workers]:
            for row in each_row(self._decoding.read(shard)):
                yield self._decoding.sample(row)
