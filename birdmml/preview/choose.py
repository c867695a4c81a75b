"""Choose samples to look at: some of every species, from every split in turn, drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, islice
from typing import Any, NamedTuple

import numpy as np

from confu_core.random import generator
from confu_core.shards import Dataset, Shard

__all__ = ["Card", "Place", "choose", "chosen_rows", "fitting_limit"]

PAGE_BYTES = 20_000_000  # Of a page; spectrograms of long recordings add some.
MOST_CARDS = 160
TEXT_BYTES = 15_000  # Of a card, besides its picture and its recording: spectrogram, caption and facts.


@dataclass(frozen=True)
class Card:
    """One sample to look at.

    Attributes
    ----------
    key, split : str
        Which one.
    image, audio : bytes
        JPEG and FLAC.
    caption : str
        Its text.
    values : dict
        All other columns by name.
    """

    key: str
    split: str
    image: bytes
    audio: bytes
    caption: str
    values: Mapping[str, Any]

    @property
    def species(self) -> str:
        """Common name."""
        return str(self.values["species"])


class Place(NamedTuple):
    """Where a sample lies."""

    shard: Shard
    place: int


def fitting_limit(dataset: Dataset) -> int:
    """Return how many cards keep a page at about 22 MB.

    Parameters
    ----------
    dataset : Dataset
        Pictures and recordings of a certain size.

    Returns
    -------
    int
        At most 160.
    """
    shards = [shard for shard in dataset.manifest.shards if shard.format == dataset.manifest.formats[0]]
    row = sum(shard.bytes for shard in shards) / sum(shard.rows for shard in shards)
    return max(1, min(MOST_CARDS, int(PAGE_BYTES / (row * 4 / 3 + TEXT_BYTES))))  # Base64 takes 4 bytes for 3.


def choose(
    dataset: Dataset, species: Sequence[str], splits: Sequence[str], *, per_species: int, limit: int, seed: int
) -> list[Card]:
    """Draw samples of every species from every split in turn.

    Parameters
    ----------
    dataset : Dataset
        A Bird-MML dataset.
    species : sequence of str
        Common names of those wanted; cards come in this order, and by split within a species.
    splits : sequence of str
        Where to look.
    per_species : int
        Samples of each species, if there are as many.
    limit : int
        Of all together; everyone's first goes before anyone's second.
    seed : int
        Decides which.

    Returns
    -------
    list of Card
        Labels are read until there are enough, and then just the rows chosen (see `Dataset.take`).
    """
    rows = chosen_rows(dataset, species, splits, label="species", per_class=per_species, limit=limit, seed=seed)
    cards = chain.from_iterable(_read(dataset, shard, rows) for shard in dict.fromkeys(row.shard for row in rows))
    return sorted(cards, key=lambda card: (species.index(card.species), splits.index(card.split), card.key))


def chosen_rows(
    dataset: Dataset,
    classes: Sequence[str],
    splits: Sequence[str],
    *,
    label: str,
    per_class: int,
    limit: int,
    seed: int,
) -> list[Place]:
    """Draw samples of every class from every split in turn, and say where they lie.

    Parameters
    ----------
    dataset : Dataset
        Any that has classes.
    classes, splits : sequence of str
        Those wanted.
    label : str
        Column of class names.
    per_class : int
        Samples of each class, if there are as many.
    limit : int
        Of all together; everyone's first goes before anyone's second.
    seed : int
        Decides which.

    Returns
    -------
    list of Place
        Everyone's first, then everyone's second, and so on.
    """
    found = {split: _Search(dataset, split, classes, label, seed) for split in splits}
    # Another species begins with another split, so that a few cards show all of them.
    turns = [
        islice(_in_turn([found[splits[(place + i) % len(splits)]].rows(name) for i in range(len(splits))]), per_class)
        for place, name in enumerate(classes)
    ]
    return list(islice(_in_turn(turns), limit))


class _Search:
    """Rows of a split by species, in an order drawn by the seed; a shard's labels are read when they are needed."""

    def __init__(self, dataset: Dataset, split: str, species: Sequence[str], label: str, seed: int) -> None:
        self._label = label
        self._found: dict[str, list[Place]] = {name: [] for name in species}
        self._unread = self._read(dataset, split, generator(seed, "birdmml", "preview", split))

    def rows(self, name: str) -> Iterator[Place]:
        """Yield the rows of a species."""
        found = self._found[name]
        for place in count():
            while len(found) <= place:
                if next(self._unread, None) is None:
                    return
            yield found[place]

    def _read(self, dataset: Dataset, split: str, source: np.random.Generator) -> Iterator[Shard]:
        """Look through one shard after the other."""
        shards = dataset.shards(split)
        for at in source.permutation(len(shards)):
            names = _alone(dataset, shards[at]).table(split, [self._label])[self._label].to_pylist()
            for index in source.permutation(len(names)):
                if names[index] in self._found:
                    self._found[names[index]].append(Place(shards[at], int(index)))
            yield shards[at]


def _in_turn(rows: Iterable[Iterator[Place]]) -> Iterator[Place]:
    """Take the first of each, then the second of each, and look for none before it is asked for."""
    left = list(rows)
    while left:
        still = []
        for one in left:
            if (row := next(one, None)) is not None:
                yield row
                still.append(one)
        left = still


def _read(dataset: Dataset, shard: Shard, rows: Sequence[Place]) -> Iterator[Card]:
    for row in dataset.take(shard, [row.place for row in rows if row.shard == shard]).to_pylist():
        # In a tar, media are parts of their own.
        image = row.pop("image")["bytes"] if "image" in row else row.pop("jpg")
        audio = row.pop("audio")["bytes"] if "audio" in row else row.pop("flac")
        caption = row.pop("caption") if "caption" in row else row.pop("txt").decode()
        yield Card(row.pop("key"), shard.split, image, audio, caption, row)


def _alone(dataset: Dataset, shard: Shard) -> Dataset:
    """Return the dataset as if it had one shard."""
    splits = {shard.split: shard.rows}
    manifest = replace(dataset.manifest, shards=(shard,), splits=splits, formats=(shard.format,))
    return replace(dataset, manifest=manifest)
