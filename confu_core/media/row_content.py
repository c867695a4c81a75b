"""What stands in the rows of a task: the class of each, and the media of a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from confu_core.datasets.contents import Contents
from confu_core.errors import DatasetError, nearest
from confu_core.inputs.spec import InputSpec, Picture, Sound, Text
from confu_core.media.arrays import StreamedArrays
from confu_core.shards import Dataset
from confu_core.shards.cache import Cached
from confu_core.shards.rows import named

__all__ = ["RowLabels", "class_numbers", "row_samples"]


class RowLabels:
    """The class of every row of a split, as numbers of their names."""

    def __init__(self, dataset: Dataset, source: Cached | StreamedArrays, contents: Contents) -> None:
        self.dataset, self.source, self.contents = dataset, source, contents
        self.known: dict[str, np.ndarray] = {}

    def __call__(self, split: str) -> np.ndarray:
        """Return the classes of a split, int64 of shape (n,)."""
        if split not in self.known:
            self.known[split] = class_numbers(self.dataset, self.contents, split, self._named(split))
        return self.known[split]

    def _named(self, split: str) -> list[Any]:
        label = self.contents.label
        if isinstance(self.source, Cached):
            return self.source.labels(split, [label])[label].to_pylist()
        return self.dataset.table(split, [label])[label].take(self.source.rows(split)).to_pylist()


def class_numbers(dataset: Dataset, contents: Contents, split: str, named: Sequence[Any]) -> np.ndarray:
    """Return the numbers of the classes that rows of a split are of, int64 of shape (n,)."""
    number = {name: row for row, name in enumerate(contents.classes)}
    if strange := sorted({str(name) for name in named} - number.keys()):
        problem = f"{contents.label} {strange[0]!r} in split {split!r} is none of its classes"
        raise DatasetError(f"{dataset.root}: {problem}; {nearest(strange[0], number)}")
    return np.array([number[str(name)] for name in named])


def row_samples(
    dataset: Dataset, source: Cached | StreamedArrays, split: str, rows: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the media of some rows of a split."""
    inputs = source.spec.inputs.items()
    first = {kind: next((one.column for _, one in inputs if isinstance(one, kind)), "") for kind in (Picture, Sound)}
    text = next((one.column for _, one in inputs if isinstance(one, Text)), "")
    numbers = source.rows(split)
    return [
        {
            "key": row["key"],
            "image": _bytes(row.get(first[Picture])),
            "audio": _bytes(row.get(first[Sound])),
            "caption": _words(row.get(text)),
        }
        for row in _rows_at(dataset, source.spec, split, [int(numbers[row]) for row in rows])
    ]


def _rows_at(dataset: Dataset, spec: InputSpec, split: str, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Read rows of a split by their numbers, and no shard that has none of them."""
    found: dict[int, dict[str, Any]] = {}
    start = 0
    for shard in dataset.shards(split):
        inside = sorted({number for number in numbers if start <= number < start + shard.rows})
        if inside:
            table = dataset.take(shard, [number - start for number in inside])
            table = named(table, spec, f"{dataset.root / shard.path}") if shard.format == "webdataset" else table
            found.update(zip(inside, table.to_pylist(), strict=True))
        start += shard.rows
    return [found[number] for number in numbers]


def _bytes(value: Any) -> bytes:
    return (value["bytes"] if isinstance(value, dict) else value) or b""


def _words(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
