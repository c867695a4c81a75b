"""Choose samples to look at: some of every class, from every split in turn, drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import NamedTuple

import numpy as np

from confu_core.random import generator
from confu_core.shards import Dataset, Shard

PAGE_BYTES = 20_000_000  # Of a page; spectrograms of long recordings add some.
MOST_CARDS = 160
TEXT_BYTES = 15_000  # Of a card, besides its picture and its recording: spectrogram, caption and facts.


class Row(NamedTuple):
    """Where a sample lies."""

    shard: Shard
    number: int


def fitting_limit(dataset: Dataset) -> int:
    """Return how many cards keep a page at about 22 MB, at most 160."""
    shards = [shard for shard in dataset.manifest.shards if shard.format == dataset.manifest.formats[0]]
    row = sum(shard.bytes for shard in shards) / sum(shard.rows for shard in shards)
    return max(1, min(MOST_CARDS, int(PAGE_BYTES / (row * 4 / 3 + TEXT_BYTES))))  # Base64 takes 4 bytes for 3.


def chosen_rows(
    dataset: Dataset,
    classes: Sequence[str],
    splits: Sequence[str],
    *,
    label: str,
    per_class: int,
    limit: int,
    seed: int,
) -> list[Row]:
    """Draw samples of every class from every split in turn: everyone's first, then everyone's second, and so on.

    The seed decides which. Labels are read until there are enough, and nothing else.
    """
    search = {split: _Search(dataset, split, classes, label, seed) for split in splits}
    # Another class begins with another split, so that a few cards show all of them.
    turns = [
        islice(_in_turn([search[splits[(first + i) % len(splits)]].rows(name) for i in range(len(splits))]), per_class)
        for first, name in enumerate(classes)
    ]
    return list(islice(_in_turn(turns), limit))


class _Search:
    """Rows of a split by class, in an order drawn by the seed; a shard's labels are read when they are needed."""

    def __init__(self, dataset: Dataset, split: str, classes: Sequence[str], label: str, seed: int) -> None:
        self._label = label
        self._found: dict[str, list[Row]] = {name: [] for name in classes}
        self._unread = self._read(dataset, split, generator(seed, "birdmml", "preview", split))

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of a class."""
        found = self._found[name]
        for number in count():
            while len(found) <= number:
                if next(self._unread, None) is None:
                    return
            yield found[number]

    def _read(self, dataset: Dataset, split: str, source: np.random.Generator) -> Iterator[Shard]:
        """Look through one shard after the other."""
        shards = dataset.shards(split)
        for at in source.permutation(len(shards)):
            names = dataset.read_shard(shards[at], [self._label])[self._label].to_pylist()
            for index in source.permutation(len(names)):
                if names[index] in self._found:
                    self._found[names[index]].append(Row(shards[at], int(index)))
            yield shards[at]


def _in_turn(rows: Iterable[Iterator[Row]]) -> Iterator[Row]:
    """Take the first of each, then the second of each, and look for none before it is asked for."""
    left = list(rows)
    while left:
        still = []
        for one in left:
            if (row := next(one, None)) is not None:
                yield row
                still.append(one)
        left = still
