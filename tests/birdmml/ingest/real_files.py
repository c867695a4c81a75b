"""Small pictures and recordings in real formats, made from seeds, and manifests that list them."""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from birdmml.ingest.files import Files, Unreadable

NAMES = ("Turdus migratorius", "Pica pica", "Corvus corax")
RATE = 16_000


def picture(seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Smooth colours, different for every seed."""
    cells = np.random.default_rng(seed).integers(0, 255, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def tones(seed: int, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    """A few tones that come and go, different for every seed."""
    random, time = np.random.default_rng(seed), np.arange(round(seconds * rate)) / rate
    parts = [
        np.sin(2 * np.pi * random.uniform(300, 6000) * time)
        * (np.sin(2 * np.pi * random.uniform(1, 5) * time + random.uniform(0, 6)) > 0)
        for _ in range(6)
    ]
    return np.asarray(0.1 * sum(parts), dtype=np.float32)


def sound(samples: np.ndarray, format: str = "WAV", rate: int = RATE) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format)
    return file.getvalue()


def rows_of(count: int) -> list[dict[str, str]]:
    return [
        {
            "scientific_name": NAMES[i % len(NAMES)],
            "photo_file": f"photos/{i}.jpg",
            "audio_file": f"audio/{i}.wav",
            "combined_caption": f"a bird, number {i}",
            "individual": f"bird {i // 2}",
            "license": "CC BY 4.0" if i % 2 else "CC0",
            "camera": "old",
        }
        for i in range(count)
    ]


def contents_of(count: int) -> dict[str, bytes]:
    return {f"photos/{i}.jpg": encoded(picture(i)) for i in range(count)} | {
        f"audio/{i}.wav": sound(tones(i)) for i in range(count)
    }


def write_files(root: Path, contents: Mapping[str, bytes]) -> None:
    for name, content in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def write_csv(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    rows = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def make_source(root: Path, count: int = 12) -> Path:
    """A folder of files with its manifest."""
    write_files(root, contents_of(count))
    return write_csv(root / "manifest.csv", rows_of(count))


def tar_of(path: Path, members: dict[str, bytes], format: int = tarfile.GNU_FORMAT) -> Path:
    """A tar of some files."""
    with tarfile.open(path, "w", format=format, encoding="utf-8") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def refused(files: Files, name: str) -> str:
    """The reason why a file cannot be had."""
    with pytest.raises(Unreadable) as found:
        files.read(name)
    return found.value.reason
