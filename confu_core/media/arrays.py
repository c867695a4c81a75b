"""Where the raw inputs of a task lie: a cache, memory or files of features; and what augmentations make of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs.augment import augment, check_augmentations
from confu_core.inputs.features import read_features
from confu_core.inputs.spec import InputSpec
from confu_core.inputs.text import Tokenizer
from confu_core.media.task import Arrays, Features, Kind
from confu_core.shards.read import Dataset
from confu_core.shards.stream import stream
from confu_core.training.epochs import Augment, seen
from confu_core.training.samples import Batch

__all__ = ["StreamedArrays", "StreamedEpochs", "Tokenized", "WithFeatures", "augmentations", "with_features"]


@dataclass
class StreamedArrays:
    """Splits that are decoded into memory when they are first asked for; for data without a cache.

    Attributes
    ----------
    dataset : Dataset
        Local or at a URL.
    spec : InputSpec
        What is read of it, with the lengths of all sounds.
    tokenizer : Tokenizer or None
        Of its texts.
    workers : int
        Threads that decode.
    """

    dataset: Dataset
    spec: InputSpec
    tokenizer: Tokenizer | None
    workers: int = 1
    _splits: dict[str, dict[str, np.ndarray]] = field(default_factory=dict, repr=False)

    def array(self, split: str, modality: str) -> np.ndarray:
        """Return the inputs of one modality of a split, in the dataset's order."""
        return self._split(split)[modality]

    def keys(self, split: str) -> list[str]:
        """Return the keys of the rows."""
        return [str(key) for key in self._split(split)["key"]]

    def rows(self, split: str) -> np.ndarray:
        """Return which rows of the dataset's split could be decoded, int64, in order."""
        return self._split(split)["row"]

    def _split(self, split: str) -> dict[str, np.ndarray]:
        if split not in self._splits:
            read = stream(
                self.dataset,
                split,
                self.spec,
                tokenizer=self.tokenizer,
                shuffle=False,
                workers=self.workers,
            )
            batches = list(read)
            if not batches:
                raise DatasetError(f"{self.dataset.root}: no sample of the split {split!r} can be decoded")
            self._splits[split] = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
        return self._splits[split]


@dataclass
class StreamedEpochs:
    """Batches straight from shards, without a cache; see `confu_core.training.epochs.Epochs`."""

    arrays: StreamedArrays
    seed: int
    size: int
    augment: Augment | None = None
    rank: int = 0
    ranks: int = 1
    device: str = "cpu"
    views: int = 1

    def __post_init__(self) -> None:
        rows = self.arrays.dataset.manifest.splits["train"]
        self.size = min(self.size, rows)
        if self.size % self.ranks:
            raise InvalidValue(f"batch_size must be a multiple of the {self.ranks} processes; got {self.size}")
        self.steps = rows // self.size

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch: as many in every process, though shards may not divide evenly."""
        names = list(self.arrays.spec.inputs)
        share = self.size // self.ranks
        for at, batch in zip(range(self.steps), self._batches(number, share), strict=False):
            inputs = [batch[name] for name in names]
            first, second = seen(inputs, batch["row"], number, self.augment, self.views, self.device)
            yield Batch(first, None, (self.seed,), number * self.steps + at, self.ranks, second)

    def _batches(self, number: int, share: int) -> Iterator[dict[str, np.ndarray]]:
        while True:  # A process whose shards have fewer rows than its share of the steps begins on them again.
            whole = 0
            for batch in stream(
                self.arrays.dataset,
                "train",
                self.arrays.spec,
                tokenizer=self.arrays.tokenizer,
                seed=self.seed,
                epoch=number,
                rank=self.rank,
                ranks=self.ranks,
                batch_size=share,
                workers=self.arrays.workers,
            ):
                if len(batch["row"]) == share:
                    whole += 1
                    yield batch
            if not whole:
                raise DatasetError(
                    f"{self.arrays.dataset.root}: too few samples for a batch of {share}; lower --batch-size"
                )


@dataclass(frozen=True)
class WithFeatures:
    """Arrays of a task with some modalities replaced by precomputed features.

    Attributes
    ----------
    inner : Arrays
        The others.
    features : mapping of (str, str) to ndarray
        By split and modality.
    """

    inner: Arrays
    features: Mapping[tuple[str, str], np.ndarray]

    @property
    def tokenizer(self) -> Tokenizer | None:
        """That of the texts which are left."""
        return self.inner.tokenizer

    def array(self, split: str, modality: str) -> np.ndarray:
        """Return the features, or the raw inputs where there are none."""
        found = self.features.get((split, modality))
        return self.inner.array(split, modality) if found is None else found


@dataclass(frozen=True)
class Tokenized:
    """Arrays of a task whose texts were, and whose descriptions are, read by the tokenizer of a trained model."""

    inner: Arrays
    tokenizer: Tokenizer | None

    def array(self, split: str, modality: str) -> np.ndarray:
        """Return the inputs of one modality."""
        return self.inner.array(split, modality)


def with_features(
    arrays: Arrays, kinds: Mapping[str, Kind], files: Mapping[str, str], keys: Mapping[str, list[str]], text: str | None
) -> tuple[Arrays, dict[str, Kind]]:
    """Replace modalities by features from files."""
    for name in files:
        if name not in kinds:
            raise InvalidValue(f"no modality {name!r} to have features: {nearest(name, kinds)}")
        if name == text:
            raise InvalidValue(f"{name} cannot have features: the texts that describe classes would have none")
    found = {(split, name): read_features(file, keys[split]) for name, file in files.items() for split in keys}
    widths = {name: found[next(iter(keys)), name].shape[1] for name in files}
    named = {name: Features(widths[name]) if name in widths else kind for name, kind in kinds.items()}
    return (WithFeatures(arrays, found) if files else arrays), named


def augmentations(names: Sequence[str], inputs: Mapping[str, Kind], seed: int) -> Augment | None:
    """Return what changes the batches of a task."""
    check_augmentations(names)
    raw = {name: kind for name, kind in inputs.items() if not isinstance(kind, Features)}
    if not (names and raw):
        return None
    spec = InputSpec(raw)

    def change(rows: list[np.ndarray], numbers: np.ndarray, epoch: int) -> list[np.ndarray]:
        batch = dict(zip(inputs, rows, strict=True))
        changed = augment({name: batch[name] for name in raw}, spec, names, seed=seed, epoch=epoch, rows=numbers)
        return [changed.get(name, batch[name]) for name in inputs]

    return change
