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

from confu_core.datasets.contents import Contents, class_numbers
from confu_core.errors import DatasetError
from confu_core.inputs.decode import decoded
from confu_core.inputs.spec import InputSpec, Picture
from confu_core.shards import Dataset, Shard
from confu_core.shards.parquet import each_row
from confu_core.shards.rows import read_rows

Sample = dict[str, Any]


class _Split:
    """A split, and how its rows become samples."""

    def __init__(self, dataset: Dataset, contents: Contents, split: str, side: int) -> None:
        kinds = {
            name: replace(one, side=side) if isinstance(one, Picture) else one
            for name, one in contents.inputs.inputs.items()
        }
        self.inputs = InputSpec(kinds)  # What its modalities are: sides, sampling rates, columns.
        self.classes, self.descriptions = contents.classes, contents.prompts
        self._dataset, self._contents, self._split = dataset, contents, split
        self._shards: Sequence[Shard] = dataset.shards(split)

    def _sample(self, row: dict[str, Any]) -> Sample:
        """Decode one row; one that cannot be decoded is named."""
        found: Sample = {"key": str(row["key"])}
        for name, one in self.inputs.inputs.items():
            try:
                value = decoded(one, row[one.column])
            except DatasetError as error:
                raise DatasetError(f"{found['key']}: {name} cannot be read: {error}") from None
            found[name] = value if isinstance(value, str) else torch.from_numpy(value)
        label = class_numbers(self._dataset, self._contents, self._split, [row[self._contents.label]])
        return {**found, "label": int(label[0])}


class MediaSamples(_Split, TorchDataset[Sample]):
    """A split for `torch.utils.data.DataLoader`: any sample by its number.

    Shards are read when the first of their samples is asked for, and stay in memory as they are stored: pictures and
    sounds are decoded each time.

    A sample is a dictionary: ``key``; pictures as uint8 tensors of shape (3, side, side), videos (frames, 3, side,
    side), sounds as float32 tensors of shape (samples,) in [-1, 1], texts as str, sequences as float32 (steps, width);
    and ``label``, the number of its class in `classes`.
    """

    def __init__(self, dataset: Dataset, contents: Contents, split: str, side: int) -> None:
        super().__init__(dataset, contents, split, side)
        self._starts = np.cumsum([0, *(shard.rows for shard in self._shards)])
        self._tables: dict[int, pa.Table] = {}

    @cached_property
    def keys(self) -> list[str]:
        """The keys of all samples, in order."""
        return self._dataset.table(self._split, ["key"])["key"].to_pylist()

    @cached_property
    def labels(self) -> np.ndarray:
        """The classes of all samples, int64 of shape (n,)."""
        return class_numbers(self._dataset, self._contents, self._split)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, number: int) -> Sample:
        if not -len(self) <= number < len(self):
            raise IndexError(f"sample {number} of {len(self)}")
        number %= len(self)
        part = int(np.searchsorted(self._starts, number, side="right")) - 1
        if part not in self._tables:
            self._tables[part] = read_rows(self._dataset, self._shards[part], self.inputs)
        row = number - int(self._starts[part])
        return self._sample(self._tables[part].slice(row, 1).to_pylist()[0])


class MediaStream(_Split, IterableDataset[Sample]):
    """A split for `torch.utils.data.DataLoader` that holds one shard per worker, for data that no memory holds.

    Samples as those of `MediaSamples`, shard by shard; workers share the shards out.
    """

    def __iter__(self) -> Iterator[Sample]:
        worker = get_worker_info()
        for shard in self._shards if worker is None else self._shards[worker.id :: worker.num_workers]:
            for row in each_row(read_rows(self._dataset, shard, self.inputs)):
                yield self._sample(row)
