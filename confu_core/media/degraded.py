"""A split with one modality spoiled, for tests of robustness; made once, and kept beside the cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from confu_core.inputs.degrade import DEGRADATIONS, degrade
from confu_core.inputs.spec import Input, InputSpec, Picture
from confu_core.shards.atomic import replacing
from confu_core.shards.cache import Cached
from confu_core.shards.read import Dataset
from confu_core.shards.stream import stream

__all__ = ["degraded_inputs"]

FOLDER = "degraded"
SEED = 0  # Every run is tested on the same damage.


def degraded_inputs(
    dataset: Dataset, cached: Cached, split: str, *, workers: int = 1
) -> Iterator[tuple[str, str, float, np.ndarray]]:
    """Yield the inputs of a split under every kind and strength of damage.

    Parameters
    ----------
    dataset : Dataset
        The media themselves.
    cached : Cached
        Its cache, whose rows and tokenizer are used.
    split : str
        Which.
    workers : int
        Threads that decode.

    Yields
    ------
    tuple of (str, str, float, ndarray)
        Kind of damage, the modality that has it, its strength, and the inputs, in the rows of `cached`.

    Raises
    ------
    DatasetError
        If a shard is missing or altered, or the cache cannot be written.
    """
    for kind, damage in DEGRADATIONS.items():
        for name, one in cached.spec.inputs.items():
            if type(one).__name__.lower() != damage.modality:
                continue
            for strength in damage.strengths:
                path = cached.folder / FOLDER / f"{split}-{name}-{kind}-{strength:g}.npy"
                if not path.is_file():
                    _keep(path, _made(dataset, cached, split, name, one, kind, strength, workers))
                yield kind, name, strength, np.load(path, mmap_mode="r")


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


def _keep(path: Path, rows: np.ndarray) -> None:
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as file:
        np.save(file, rows)
