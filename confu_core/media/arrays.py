"""Where the raw inputs of a task lie: a cache, memory or files of features; augmented, and degraded."""

from __future__ import annotations

import glob
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs.alterations import DEGRADATIONS, augment, check_augmentations, degrade
from confu_core.inputs.features import DESCRIPTIONS, description_keys, read_features
from confu_core.inputs.spec import Input, InputSpec, Picture
from confu_core.inputs.text import Tokenizer
from confu_core.io.atomic import write_whole
from confu_core.media.task import Arrays, ArraysBy, Features, Kind
from confu_core.shards.cache import Cached
from confu_core.shards.cache_write import checksum
from confu_core.shards.read import Dataset
from confu_core.shards.stream import Stream
from confu_core.training.epochs import Augment, Epochs

DEGRADED = "degraded"  # The folder beside the cache that keeps damaged splits.
SEED = 0  # Every run is tested on the same damage.


@dataclass
class StreamedArrays:
    """Splits that are decoded into memory, by threads, when they are first asked for; for data without a cache."""

    dataset: Dataset
    spec: InputSpec
    tokenizer: Tokenizer | None
    workers: int = 1
    strings: frozenset[str] = frozenset()  # Modalities of texts that are not made token ids.
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

    def labels(self, split: str, columns: Sequence[str]) -> pa.Table:
        """Return other columns of the rows that could be decoded."""
        return self.dataset.table(split, columns).take(self.rows(split))

    def batches(self, split: str, **options: Any) -> Stream:
        """Read a split once, and keep nothing of it."""
        how: dict[str, Any] = {"tokenizer": self.tokenizer, "workers": self.workers, "strings": self.strings}
        return Stream(self.dataset, split, self.spec, **how, **options)

    def _split(self, split: str) -> dict[str, np.ndarray]:
        if split not in self._splits:
            batches = list(self.batches(split, shuffle=False))
            if not batches:
                raise DatasetError(f"{self.dataset.root}: no sample of the split {split!r} can be decoded")
            self._splits[split] = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
        return self._splits[split]


@dataclass
class StreamedEpochs(Epochs):
    """Batches straight from shards, of `StreamedArrays`, without a cache."""

    @property
    def rows(self) -> int:
        """How many rows the training split has."""
        return int(self.arrays.dataset.manifest.splits["train"])

    def drawn(self, number: int) -> Iterator[tuple[list[np.ndarray], np.ndarray]]:
        """Yield batches without end, so that there are as many in every process: shards may not divide evenly."""
        how = {"seed": self.seed, "epoch": number, "rank": self.rank, "ranks": self.ranks, "batch_size": self.share}
        while True:  # A process whose shards have fewer rows than its share of the steps begins on them again.
            whole = 0
            for batch in self.arrays.batches("train", **how):
                if len(batch["row"]) == self.share:
                    whole += 1
                    yield [batch[name] for name in self.arrays.spec.inputs], batch["row"]
            if not whole:
                root = self.arrays.dataset.root
                raise DatasetError(f"{root}: too few samples for a batch of {self.share}; lower --batch-size")


def with_features(
    arrays: Arrays, kinds: Mapping[str, Kind], files: Mapping[str, str], keys: Mapping[str, list[str]]
) -> tuple[Arrays, dict[str, Kind]]:
    """Replace modalities by features from files."""
    for name in files:
        if name not in kinds:
            raise InvalidValue(f"no modality {name!r} to have features: {nearest(name, [*kinds, DESCRIPTIONS])}")
    if not files:
        return arrays, dict(kinds)
    found = {(split, name): read_features(file, keys[split]) for name, file in files.items() for split in keys}
    widths = {name: found[next(iter(keys)), name].shape[1] for name in files}
    named = {name: Features(widths[name]) if name in widths else kind for name, kind in kinds.items()}

    def array(split: str, modality: str) -> np.ndarray:
        return found[split, modality] if (split, modality) in found else arrays.array(split, modality)

    return ArraysBy(array, arrays.tokenizer), named


def check_described(text: str | None, files: Mapping[str, str], count: int) -> None:
    """Refuse features of the text that descriptions are compared with where these have none, and the reverse."""
    if text is None and DESCRIPTIONS in files:
        raise InvalidValue("descriptions have no features here: no text of the data is described; leave them out")
    if (text in files) != (DESCRIPTIONS in files):
        given, other = (text, DESCRIPTIONS) if text in files else (DESCRIPTIONS, text)
        keys = description_keys(count)
        raise InvalidValue(
            f"{given} cannot have features alone; give --features {other}=FILE, too; keys of descriptions are "
            f"{keys[0]} to {keys[-1]}"
        )


def described_features(text: str, file: str, count: int, width: int) -> np.ndarray:
    """Read the features of the descriptions of classes, which must be as wide as those of a text modality."""
    found = read_features(file, description_keys(count))
    if found.shape[1] != width:
        raise InvalidValue(f"descriptions must be as wide as {text}, {width}; got {found.shape[1]}")
    return found


def augmentations(names: Sequence[str], inputs: Mapping[str, Kind], seed: int) -> Augment | None:
    """Return what changes the batches of a task."""
    check_augmentations(names)
    raw = {name: kind for name, kind in inputs.items() if not isinstance(kind, Features)}
    if not (names and raw):
        return None
    spec = InputSpec(raw)

    def change(rows: list[np.ndarray], numbers: np.ndarray, epoch: int) -> list[np.ndarray]:
        batch = dict(zip(inputs, rows, strict=True))
        # No augmentation changes texts that an encoder takes as they are.
        arrays = {name: batch[name] for name in raw if batch[name].dtype != object}
        changed = augment(arrays, spec, names, seed=seed, epoch=epoch, rows=numbers)
        return [changed.get(name, batch[name]) for name in inputs]

    return change


def degraded_inputs(
    dataset: Dataset, cached: Cached, split: str, *, workers: int = 1
) -> Iterator[tuple[str, str, float, np.ndarray]]:
    """Yield the inputs of a split under every kind and strength of damage, made once and kept beside the cache."""
    for kind, damage in DEGRADATIONS.items():
        for name, one in cached.spec.inputs.items():
            for strength in damage.strengths if type(one).__name__.lower() == damage.modality else ():
                folder, stem = cached.folder / DEGRADED, f"{split}-{name}-{kind}-{strength:g}"
                if (rows := _kept(folder, stem)) is None:
                    _keep(folder, stem, _made(dataset, cached, split, name, one, kind, strength, workers))
                    rows = _kept(folder, stem)
                assert rows is not None
                yield kind, name, strength, rows


def _made(
    dataset: Dataset, cached: Cached, split: str, name: str, one: Input, kind: str, strength: float, workers: int
) -> np.ndarray:
    if isinstance(one, Picture):  # Damage comes after the reduction: the cache has all that it needs.
        rows = cached.array(split, name)
        return np.stack([degrade(kind, np.asarray(x), strength, seed=SEED, row=row) for row, x in enumerate(rows)])
    spoiled = Stream(
        dataset,
        split,
        InputSpec({name: one}),
        tokenizer=cached.tokenizer,
        shuffle=False,
        buffer=1,
        workers=workers,
        change=lambda _, value, row: degrade(kind, value, strength, seed=SEED, row=row),
    )
    found = {key: row for batch in spoiled for key, row in zip(batch["key"], batch[name], strict=True)}
    # Rows that the cache left out for another of their modalities are left out here.
    return np.stack([found[key] for key in cached.keys(split)])


def _keep(folder: Path, stem: str, rows: np.ndarray) -> None:
    content = io.BytesIO()
    np.save(content, rows)
    write_whole(folder / f"{stem}.{zlib.crc32(content.getbuffer()):08x}.npy", content.getvalue())


def _kept(folder: Path, stem: str) -> np.ndarray | None:
    """Return rows that were kept, unless they are no longer what their name says: its end is their CRC-32."""
    for path in sorted(folder.glob(f"{glob.escape(stem)}.????????.npy")):
        if path.name.split(".")[-2] == f"{checksum(path):08x}":
            return np.load(path, mmap_mode="r", allow_pickle=False)
        path.unlink(missing_ok=True)
    return None
