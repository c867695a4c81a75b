"""A small dataset with pictures and sounds, variants of it that go wrong on purpose, and ways to damage it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import soundfile
from PIL import Image

from confu_core.random import generator
from confu_core.shards import MEDIA, Recipe, with_features

SAMPLE_RATE = 22050
BOTH = ("parquet", "webdataset")
# Of the dataset in shards of 2 rows.
PARQUET = "data/train-00001-of-00004.parquet"
TAR = "webdataset/train-000001.tar"


@dataclass(frozen=True)
class MediaRecipe(Recipe):
    """Noise pictures and sounds with labels."""

    seed: int = 0
    p: float = 0.5
    splits: dict[str, int] = field(default_factory=lambda: {"train": 7, "test": 2})
    name: str = "noise"
    description: str = "Noise pictures and sounds."
    libraries: tuple[str, ...] = ("pillow", "soundfile")

    parts: ClassVar = {"image": "png", "audio": "flac"}

    @property
    def config(self) -> dict[str, Any]:
        return {"p": self.p}

    @property
    def schema(self) -> pa.Schema:
        columns = {"key": pa.string(), "label": pa.int32(), "p": pa.float64(), "bits": pa.list_(pa.int8())}
        schema = pa.schema(list({**columns, "image": MEDIA, "audio": MEDIA}.items()))
        audio = {"_type": "Audio", "sampling_rate": SAMPLE_RATE}
        return with_features(schema, {"image": {"_type": "Image"}, "audio": audio})

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        return pa.Table.from_pylist([self._row(split, i) for i in range(start, stop)], schema=self.schema)

    def information(self) -> dict[str, Any]:
        return {"entropy": 1.5, "undefined": None}

    def _row(self, split: str, index: int) -> dict[str, Any]:
        random = generator(self.seed, "noise", split, index)
        key = f"{split}-{index:05d}"
        picture, sound = io.BytesIO(), io.BytesIO()
        Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(picture, "png")
        soundfile.write(sound, random.uniform(-0.5, 0.5, 300), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
        return {
            "key": key,
            "label": int(random.integers(10)),
            "p": self.p,
            "bits": random.integers(0, 2, 3).tolist(),
            "image": {"bytes": picture.getvalue(), "path": f"{key}.png"},
            "audio": {"bytes": sound.getvalue(), "path": f"{key}.flac"},
        }


@dataclass(frozen=True)
class FatalRecipe(MediaRecipe):
    """Ends its own process before row 4 of the training split, as often as it is told to."""

    marks: Path = Path()
    times: int = 1
    killed: bool = False

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        if split == "train" and start == 4 and len(list(self.marks.iterdir())) < self.times:
            (self.marks / str(os.getpid())).touch()
            if self.killed:
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(1)
        return super().rows(split, start, stop)


@dataclass(frozen=True)
class SlowRecipe(MediaRecipe):
    """Takes its time, so that something can happen in the meantime."""

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        time.sleep(0.3)
        return super().rows(split, start, stop)


def tree(root: Path) -> dict[str, bytes]:
    """Return every file under a folder, hidden ones too."""
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def altered(root: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Change the manifest of a dataset, as of a version that wrote no digest of it."""
    path = root / "manifest.json"
    data = json.loads(path.read_bytes())
    data.pop("digest", None)
    change(data)
    path.write_text(json.dumps(data))
    return path


@contextlib.contextmanager
def flipped(path: Path, bit: int) -> Iterator[None]:
    """Flip one bit of a file, for a while."""
    content = path.read_bytes()
    broken = bytearray(content)
    broken[bit // 8] ^= 1 << bit % 8
    path.write_bytes(broken)
    try:
        yield
    finally:
        path.write_bytes(content)
