"""AV-MNIST in the layout of MultiBench: written digits, and spectrograms of spoken ones, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.datasets.media_root import MediaRoot, open_root
from confu_core.datasets.sources import check_one_of
from confu_core.errors import DatasetError
from confu_core.inputs.complaint import brief, refusing
from confu_core.inputs.picture import encode_image
from confu_core.inputs.spec import InputSpec, Picture, Text
from confu_core.shards.parquet import MEDIA, with_features
from confu_core.shards.recipe import Recipe

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIDES = {"image": 28, "audio": 112}
VALIDATION_PARTS = 12  # The last twelfth of the training split, 5000 of 60000, as MultiBench has it.
RANGES = {"auto": None, "255": 255.0, "1": 1.0}

_SAMPLED = 1000


@dataclass(frozen=True)
class AvMnistRecipe(Recipe):
    """The arrays as a dataset: pictures of one channel in PNG; see `confu_core.shards.recipe.Recipe`."""

    root: MediaRoot  # Where the arrays lie.
    config: dict[str, Any]  # What tells them from others.
    ranges: dict[str, tuple[str, int, int]]  # Of each split: train or test, and the range of its rows in their arrays.
    tops: dict[str, float]  # The value of white, by modality.

    name = "avmnist"
    libraries = ("pillow",)
    parts: ClassVar = {**{name: f"{name}.png" for name in SIDES}, "caption": "txt"}
    description = (
        "AV-MNIST as MultiBench distributes it: pictures of written digits, and spectrograms of spoken ones as "
        "pictures of one channel; the caption is the word of the digit."
    )

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split."""
        return {split: stop - start for split, (_, start, stop) in self.ranges.items()}

    @property
    def schema(self) -> pa.Schema:
        """Key, two pictures, caption and digit."""
        columns = [("key", pa.string()), *((name, MEDIA) for name in SIDES)]
        schema = pa.schema([*columns, ("caption", pa.string()), ("digit", pa.string())])
        return with_features(schema, {name: {"_type": "Image"} for name in SIDES})

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a range of rows."""
        return self.columns(split, start, stop, self.schema.names)

    def columns(self, split: str, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return some columns of a range of rows, encoding no pictures that are not asked for."""
        part, first, _ = self.ranges[split]
        rows = slice(first + start, first + stop)
        keys = [f"{split}-{row:06d}" for row in range(start, stop)]
        words = [WORDS[int(label)] for label in _labels(self.root, part)[rows]]
        made = {
            name: keys if name == "key" else words if name not in SIDES else self._pictures(name, part, rows, keys)
            for name in names
        }
        return pa.table(made, schema=pa.schema([self.schema.field(name) for name in names], self.schema.metadata))

    def information(self) -> dict[str, Any]:
        """Return what the columns are to training."""
        inputs = {name: Picture(name, side) for name, side in SIDES.items()}
        spec = InputSpec({**inputs, "caption": Text("caption", length=4)})
        words = tuple((word, number) for number, word in enumerate(WORDS))
        return {CONTENTS: Contents(spec, "digit", WORDS, words, named=True, spoiled_by=("flip",)).as_dict()}

    def _pictures(self, name: str, part: str, rows: slice, keys: list[str]) -> list[dict[str, Any]]:
        values = _array(self.root, _file(name, part))[rows].reshape(len(keys), SIDES[name], SIDES[name])
        if not np.isfinite(values).all():
            raise DatasetError(f"{self.root.file(_file(name, part))} holds values that are not finite")
        if values.dtype != np.uint8:
            values = np.rint(np.clip(values / self.tops[name], 0, 1) * 255).astype(np.uint8)
        return [{"bytes": encode_png(one), "path": f"{key}.png"} for one, key in zip(values, keys, strict=True)]


def open_avmnist(path: str, range: str = "auto") -> AvMnistRecipe:
    """Open AV-MNIST as MultiBench distributes it; the last twelfth of the training split is the validation split.

    Parameters
    ----------
    path : str
        The folder with ``image/`` and ``audio/``, each with ``train_data.npy`` and ``test_data.npy``: pictures of
        28 x 28 or 784 and spectrograms of 112 x 112 or 12544; and with ``train_labels.npy`` and ``test_labels.npy``.
    range : {"auto", "255", "1"}
        What is white in arrays of fractions; what lies outside is cut off. By default 255, unless no value of the
        first thousand is above 1. Whole numbers of 8 bits are read as they are.
    """
    check_one_of("range", range, RANGES)
    parts = ("train", "test")
    arrays, labels = [_file(name, part) for name in SIDES for part in parts], [f"{part}_labels.npy" for part in parts]
    root = open_root(path, [*arrays, *labels], "AV-MNIST")
    rows, tested = (_checked(root, part) for part in parts)
    tops = {name: RANGES[range] or _top(_array(root, _file(name, "train"))) for name in SIDES}
    trained = rows - max(1, round(rows / VALIDATION_PARTS))
    ranges = {"train": ("train", 0, trained), "validation": ("train", trained, rows), "test": ("test", 0, tested)}
    return AvMnistRecipe(root, {"tops": tops, **root.identity(labels, arrays)}, ranges, tops)


def encode_png(pixels: np.ndarray, effort: int = -1) -> bytes:
    """Write a picture, uint8 of shape (height, width) or (height, width, 3), as a PNG file, compressed by 1 to 9."""
    from PIL import Image

    return encode_image(Image.fromarray(pixels), "png", compress_level=effort)


def _checked(root: MediaRoot, part: str) -> int:
    """Return how many samples a part has, having looked at its shapes and labels."""
    labels = _labels(root, part)
    least = 2 if part == "train" else 1
    whole = labels.dtype.kind in "iuf" and labels.size >= least and bool(np.isin(labels, np.arange(len(WORDS))).all())
    if not whole:
        raise DatasetError(f"{root.file(f'{part}_labels.npy')} must hold at least {least} digits of 0 to 9")
    for name, side in SIDES.items():
        array, where = _array(root, _file(name, part)), root.file(_file(name, part))
        if array.dtype.kind not in "iuf" or array.shape[1:] not in ((side, side), (side * side,), (1, side, side)):
            wanted = f"numbers of shape (n, {side}, {side}) or (n, {side * side})"
            raise DatasetError(f"{where} must hold {wanted}; got {array.dtype} of {array.shape}")
        if len(array) != len(labels):
            raise DatasetError(f"{where} has {len(array)} samples, and {len(labels)} have labels")
    return len(labels)


def _file(name: str, part: str) -> str:
    return f"{name}/{part}_data.npy"


def _labels(root: MediaRoot, part: str) -> np.ndarray:
    return _array(root, f"{part}_labels.npy").reshape(-1)


@lru_cache(maxsize=16)
def _array(root: MediaRoot, name: str) -> np.ndarray:
    """Return an array of the dataset, of which nothing is read before it is looked at."""
    path = root.path / name
    with refusing(f"{path} is no array of NumPy", brief):
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(found, np.ndarray) or not found.ndim:
        raise DatasetError(f"{path} must hold one array")
    return np.asarray(found)


def _top(array: np.ndarray) -> float:
    first = array[:_SAMPLED]
    return 1.0 if array.dtype.kind == "f" and first.size and first.max() <= 1 else 255.0
