"""A small dataset that is not of birds: pictures of digits and tones, made in memory, with or without captions."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import soundfile
from PIL import Image

from confu_core.datasets import Contents
from confu_core.datasets.contents import CONTENTS
from confu_core.inputs import InputSpec, Picture, Sequence, Sound, Text
from confu_core.inputs.decode import encode_sequence
from confu_core.inputs.spec import Input
from confu_core.random import generator
from confu_core.shards import MEDIA, TableRecipe, flat_json, with_features

DIGITS = ("zero", "one", "two", "three")
ROWS = {"train": 32, "validation": 12, "test": 16}
RATE, SECONDS, STEPS, WIDTH = 22050, 0.2, 6, 5
KINDS: dict[str, Input] = {
    "image": Picture("image", side=8),
    "audio": Sound("audio", RATE, SECONDS),
    "motion": Sequence("motion", STEPS, WIDTH),
    "caption": Text("caption", length=6),
}
FIELDS = {"image": MEDIA, "audio": MEDIA, "motion": pa.list_(pa.list_(pa.float32())), "caption": pa.string()}
PARTS = {"image": "png", "audio": "wav", "motion": "motion.npy", "caption": "txt"}


@dataclass(frozen=True)
class Spoken(TableRecipe):
    """Tables with what their columns are."""

    contents: Contents | None = None

    def information(self) -> dict[str, Any]:
        assert self.contents is not None
        return {CONTENTS: self.contents.as_dict()}

    def members(self, row: dict[str, Any]) -> dict[str, bytes]:
        held = {part: _part(name, row[name]) for name, part in PARTS.items() if name in row}
        return {**held, "json": flat_json({"digit": row["digit"]})}


def spoken_digits(path: str = "", modalities: str = "image,audio", broken: str = "") -> Spoken:
    """Return the dataset; `broken` names a modality of which the second test sample is damaged."""
    names = modalities.split(",")
    schema = pa.schema([("key", pa.string()), ("digit", pa.string()), *((name, FIELDS[name]) for name in names)])
    tables = {
        split: pa.Table.from_pylist([_row(split, number, names, broken) for number in range(rows)], schema=schema)
        for split, rows in ROWS.items()
    }
    prompts = tuple((f"the digit {name}", number) for number, name in enumerate(DIGITS)) if "caption" in names else ()
    spec = InputSpec({name: KINDS[name] for name in names})
    # Features make readers of other projects know the media, too.
    media = {name: {"_type": kind} for name, kind in (("image", "Image"), ("audio", "Audio")) if name in names}
    tables = {
        split: table.replace_schema_metadata(with_features(schema, media).metadata) for split, table in tables.items()
    }
    return Spoken("spoken", tables, "Digits in pictures and tones.", contents=Contents(spec, "digit", DIGITS, prompts))


def _row(split: str, number: int, names: list[str], broken: str) -> dict[str, Any]:
    digit, random = number % len(DIGITS), generator(0, "spoken", split, number)
    made = {
        "image": lambda: _picture(digit, random),
        "audio": lambda: _tone(digit, random),
        "motion": lambda: _motion(digit, number, random),
        "caption": lambda: f"a {('round', 'thin', 'bent', 'wavy')[digit]} {DIGITS[digit]}",
    }
    row = {"key": f"{split}-{number}", "digit": DIGITS[digit], **{name: made[name]() for name in names}}
    if broken and (split, number) == ("test", 1):
        row[broken] = [[1.0, 2.0]] if broken == "motion" else {"bytes": row[broken]["bytes"][:40], "path": "x"}
    return row


def _picture(digit: int, random: np.random.Generator) -> dict[str, Any]:
    pixels = random.integers(0, 60, (8, 8), dtype=np.uint8)
    pixels[:, 2 * digit : 2 * digit + 2] += 180
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return {"bytes": file.getvalue(), "path": "digit.png"}


def _tone(digit: int, random: np.random.Generator) -> dict[str, Any]:
    time = np.arange(int(RATE * SECONDS)) / RATE
    sound = 0.5 * np.sin(2 * np.pi * 900 * 1.5**digit * time) + 0.01 * random.normal(size=len(time))
    file = io.BytesIO()
    soundfile.write(file, sound, RATE, format="wav")
    return {"bytes": file.getvalue(), "path": "digit.wav"}


def _motion(digit: int, number: int, random: np.random.Generator) -> list[list[float]]:
    steps = random.normal(size=(2 + number % (STEPS - 1), WIDTH))
    steps[:, digit] += 3
    return steps.astype(np.float32).tolist()


def _part(name: str, value: Any) -> bytes:
    if name == "motion":
        return encode_sequence(value)
    return value.encode() if name == "caption" else value["bytes"]
