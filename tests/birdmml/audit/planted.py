"""A small dataset of real media without a fault, and rows of it to plant faults into."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from PIL import Image

from birdmml.data import BirdRecipe
from birdmml.design import Shares
from birdmml.settings import Settings
from confu_core.datasets.contents import Contents
from confu_core.inputs import InputSpec, Picture, Sound, Text
from confu_core.shards import MEDIA, TableRecipe
from confu_core.shards.read import Unwritten, unwritten

RATE, SECONDS = 22050, 0.6
NAMES = ("Mallard", "Blue Jay", "Snowy Owl", "Red-winged Blackbird")
COLUMNS = ("key", "image", "audio", "caption", "species", "individual", "recording")
INPUTS = {"image": Picture("image"), "audio": Sound("audio", RATE, SECONDS), "caption": Text("caption")}

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class RealMedia(TableRecipe):
    """Tables that say what their columns are."""

    contents: Contents | None = None

    def information(self) -> dict[str, Any]:
        return {} if self.contents is None else {"contents": self.contents.as_dict()}


@lru_cache(maxsize=1)
def _drawn() -> dict[str, list[dict[str, Any]]]:
    split_shares, shares = (0.6, 0.15, 0.2, 0.05), Shares(redundant=1)
    settings = Settings(NAMES, 16, size=48, seconds=SECONDS, split_shares=split_shares, shares=shares)
    recipe = BirdRecipe(settings)
    splits = {name: recipe.rows(name, 0, count) for name, count in recipe.splits.items() if name != "shift"}
    return {name: table.select(list(COLUMNS)).to_pylist() for name, table in splits.items()}


def clean() -> Rows:
    """Return copies of all rows, by split."""
    return {split: [dict(row) for row in rows] for split, rows in _drawn().items()}


def dataset(rows: Rows, inputs: dict[str, Any] | None = None, label: str = "species") -> Unwritten:
    """Return rows as a dataset that says what its columns are."""
    inputs = INPUTS if inputs is None else inputs
    first = next(iter(rows.values()))[0]
    kinds = {"image": MEDIA, "audio": MEDIA}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in first])
    tables = {split: pa.Table.from_pylist(some, schema=schema) for split, some in rows.items()}
    classes = tuple(sorted({row[label] for some in rows.values() for row in some}))
    return unwritten(RealMedia("planted", tables, contents=Contents(InputSpec(inputs), label, classes)))


def media(data: bytes) -> dict[str, Any]:
    return {"bytes": data, "path": "planted"}


def sound(samples: np.ndarray, rate: int = RATE) -> dict[str, Any]:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="flac")
    return media(file.getvalue())


def samples(cell: dict[str, Any]) -> np.ndarray:
    return soundfile.read(io.BytesIO(cell["bytes"]))[0]


def picture(image: Image.Image, quality: int = 90) -> dict[str, Any]:
    file = io.BytesIO()
    image.save(file, "jpeg", quality=quality)
    return media(file.getvalue())


def animation(frames: list[Image.Image]) -> bytes:
    file = io.BytesIO()
    frames[0].save(file, "webp", save_all=True, append_images=frames[1:], duration=100, lossless=True)
    return file.getvalue()


def image_of(cell: dict[str, Any]) -> Image.Image:
    return Image.open(io.BytesIO(cell["bytes"])).convert("RGB")
