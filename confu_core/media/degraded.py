"""A split with one modality spoiled, for tests of robustness; made once, and kept beside the cache."""

from __future__ import annotations

import glob
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from confu_core.inputs.alterations import DEGRADATIONS, degrade
from confu_core.inputs.spec import Input, InputSpec, Picture
from confu_core.io.atomic import write_whole
from confu_core.shards.cache import Cached
from confu_core.shards.cache_write import checksum
from confu_core.shards.read import Dataset
from confu_core.shards.stream import stream

__all__ = ["degraded_inputs"]

FOLDER = "degraded"
SEED = 0  # Every run is tested on the same damage.


def degraded_inputs(
    dataset: Dataset, cached: Cached, split: str, *, workers: int = 1
) -> Iterator[tuple[str, str, float, np.ndarray]]:
    """Yield the inputs of a split under every kind and strength of damage."""
    for kind, damage in DEGRADATIONS.items():
        for name, one in cached.spec.inputs.items():
            if type(one).__name__.lower() != damage.modality:
                continue
            for strength in damage.strengths:
                stem = f"{split}-{name}-{kind}-{strength:g}"
                if (rows := _kept(cached.folder / FOLDER, stem)) is None:
                    made = _made(dataset, cached, split, name, one, kind, strength, workers)
                    _keep(cached.folder / FOLDER, stem, made)
                    rows = _kept(cached.folder / FOLDER, stem)
                assert rows is not None
                yield kind, name, strength, rows


def _made(
    dataset: Dataset, cached: Cached, split: str, name: str, one: Input, kind: str, strength: float, workers: int
) -> np.ndarray:
    if isinstance(one, Picture):  # Damage comes after the reduction: the cache has all that it needs.
        rows = cached.array(split, name)
        return np.stack([degrade(kind, np.asarray(x), strength, seed=SEED, row=row) for row, x in enumerate(rows)])
    spoiled = stream(
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
