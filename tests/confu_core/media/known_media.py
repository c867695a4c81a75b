"""A task that lies in memory, and a model whose embeddings are its inputs, so that all numbers are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from confu_core.ceilings import Ceilings
from confu_core.errors import DatasetError
from confu_core.inputs.spec import Text
from confu_core.media.findings import Findings
from confu_core.media.task import Features, Kind, MediaTask
from confu_core.methods import Method, Space
from confu_core.methods.clip import CLIP
from confu_core.model import Model

DIM = 6
CLASSES = ("wren", "robin", "heron", "owl", "crow", "swift", "duck")
GROUPS = ("small", "small", "large", "large", "large", "small", "large")
SIZES = {"train": 35, "validation": 21, "test": 42}
WORDS = 20  # Words that captions and prompts are made of, one each.
BAYES = {"image": 0.5, "audio": 0.625, "image+audio": 1.0}
PAIRWISE = 0.75  # From image and audio.
CEILINGS = {
    **{query: Ceilings(BAYES[query], BAYES[query], BAYES[query]) for query in ("image", "audio")},
    "image+audio": Ceilings(0.625, PAIRWISE, 1.0),
}


class Words:
    """A tokenizer of texts that are numbers."""

    size = WORDS

    def encode(self, texts: Sequence[str], length: int) -> np.ndarray:
        assert length == 1
        return np.array([[int(text)] for text in texts], dtype=np.int16)


@dataclass
class InMemory:
    """Arrays by split and modality."""

    tables: Mapping[tuple[str, str], np.ndarray]
    tokenizer: Any = None

    def array(self, split: str, modality: str) -> np.ndarray:
        if (split, modality) not in self.tables:
            raise DatasetError(f"the dataset has no split {split!r}")
        return self.tables[split, modality]


class Known(nn.Module):
    """Features are the vectors themselves."""

    output_dim = DIM

    def forward(self, x: Tensor) -> Tensor:
        return x.float()


class Spelled(nn.Module):
    """Features are a vector for each word."""

    output_dim = DIM

    def __init__(self, table: np.ndarray) -> None:
        super().__init__()
        self.table = torch.from_numpy(table)

    def forward(self, ids: Tensor) -> Tensor:
        return self.table[ids.long()[:, 0]]


def labels(split: str) -> np.ndarray:
    return np.arange(SIZES[split]) * 3 % len(CLASSES)


def make_task(text: bool = True, **other: Any) -> MediaTask:
    """42 test samples of 7 classes; some pictures and many captions occur more than once."""
    random, centres = np.random.default_rng(5), class_centres()
    tables: dict[tuple[str, str], np.ndarray] = {}
    for split, n in SIZES.items():
        for place, name in enumerate(("image", "audio")):
            vectors = centres[place][labels(split)] + random.normal(size=(n, DIM))
            tables[split, name] = vectors.astype(np.float32)
        tables[split, "image"][7] = tables[split, "image"][0]
        # Two words for every class, which are its prompts, too.
        tables[split, "caption"] = (labels(split) + 7 * random.integers(0, 2, n)).astype(np.int16)[:, None]
    kinds: dict[str, Kind] = {"image": Features(DIM), "audio": Features(DIM)}
    if text:
        kinds["caption"] = Text("caption", length=1)
        described = [(str(label + 7 * k), label) for label in range(len(CLASSES)) for k in range(2)]
        other = {"prompts": described, **other}
    given: dict[str, Any] = {
        "inputs": kinds,
        "arrays": InMemory(tables, Words() if text else None),
        "labels": labels,
        "classes": CLASSES,
        "groups": GROUPS,
        "ceilings": dict.fromkeys(("all", "small", "large"), CEILINGS),
        "columns": {"data": "0123", "p": 0.5},
    }
    return MediaTask(**{**given, **other})


def class_centres() -> np.ndarray:
    """Where the samples of every class lie, in pictures and in sounds."""
    return np.random.default_rng(6).normal(size=(2, len(CLASSES), DIM))


@lru_cache
def word_vectors() -> np.ndarray:
    """Words 0 to 6, and 7 to 13, describe the classes."""
    described = np.resize(class_centres().sum(0), (WORDS, DIM))
    return (described + np.random.default_rng(8).normal(size=(WORDS, DIM))).astype(np.float32)


def known_model(task: MediaTask, method: Callable[[Space], Method] = CLIP) -> Model:
    """Embeddings are the inputs, brought to length 1."""
    encoders = [Spelled(word_vectors()) if isinstance(kind, Text) else Known() for kind in task.inputs.values()]
    model = Model(encoders, DIM, DIM, method)
    with torch.no_grad():
        for projection in model.projections:
            projection.weight.copy_(torch.eye(DIM))
            projection.bias.zero_()
    return model


def findings(task: MediaTask | None = None, method: Callable[[Space], Method] = CLIP) -> Findings:
    task = make_task() if task is None else task
    return Findings(task, known_model(task, method))


def unit(vector: Sequence[float]) -> list[float]:
    length = sum(float(x) ** 2 for x in vector) ** 0.5
    return [float(x) / length for x in vector]


def cosine(one: Sequence[float], two: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(unit(one), unit(two), strict=True))


def vector(task: MediaTask, split: str, row: int, modality: str) -> list[float]:
    """The embedding of one sample, by loops."""
    raw = task.arrays.array(split, modality)[row]
    return [float(x) for x in (word_vectors()[int(raw[0])] if modality == "caption" else raw)]
