"""A task on media: inputs per split and modality, labels, what the labels look like in words, and exact ceilings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Protocol

import numpy as np

from confu_core.ceilings import Ceilings
from confu_core.inputs.spec import Picture, Sound, Text
from confu_core.inputs.spec import Sequence as Steps
from confu_core.inputs.text import Tokenizer
from confu_core.runs.measures import Measure


@dataclass(frozen=True)
class Features:
    """Vectors of an encoder that is frozen, in place of raw inputs."""

    width: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return (self.width,)


TRAIN, VALIDATION, TEST = "train", "validation", "test"

Kind = Picture | Sound | Text | Steps | Features


class Arrays(Protocol):
    """Where the raw inputs of a task lie."""

    def array(self, split: str, modality: str, /) -> np.ndarray:
        """Return the inputs of one modality, shape (n, ...)."""
        ...

    @property
    def tokenizer(self) -> Tokenizer | None:
        """What turned texts into token ids, if there are texts."""
        ...


@dataclass(frozen=True)
class ArraysBy:
    """Inputs by a function of split and modality, beside the tokenizer that made ids of texts."""

    array: Callable[[str, str], np.ndarray]
    tokenizer: Tokenizer | None = None


@dataclass(frozen=True)
class MediaTask:
    """A task on media: inputs and classes of rows that agree over modalities, and what is known and said of them."""

    inputs: Mapping[str, Kind]  # Modalities in order, with what their raw inputs are.
    arrays: Arrays
    labels: Callable[[str], np.ndarray]  # Of a split: the class of every row, int64 of shape (n,).
    classes: tuple[str, ...]
    groups: tuple[str, ...] = ()  # The group of each class; empty if there are none.
    prompts: Sequence[tuple[str, int]] = ()  # Texts that describe classes, with the class; empty where none do.
    # By group of classes, and "all", then by query, such as "image+audio"; empty where nothing is known.
    ceilings: Mapping[str, Mapping[str, Ceilings]] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)  # What a row of results says of the data.
    # Of a split: kind of damage, modality, strength and damaged inputs, for tests of robustness.
    degraded: Callable[[str], Iterable[tuple[str, str, float, np.ndarray]]] | None = None
    # Rows of a split with their media, for the report: key, image, audio and caption, as far as there are.
    samples: Callable[[str, Sequence[int]], list[dict[str, Any]]] | None = None
    keys: Callable[[str], list[str]] | None = None  # Of the rows of a split.
    notes: Sequence[Measure] = ()  # What is to be reported of the data themselves.
    label: str = "species"  # What a class is.
    splits: tuple[str, ...] = ("train", "validation", "test")  # All but ``train`` are evaluated on.
    absent: frozenset[str] = frozenset()  # Modalities of a trained model that the data lack; nothing is asked of them.
    describing: str = ""  # The modality whose texts describe classes, where its inputs are vectors of them.
    described: np.ndarray | None = None  # The prompts as the encoder takes them, where it takes no token ids.
    # Of a split: texts as they are, of shape (n,), by modality whose encoder takes them in place of token ids.
    strings: Mapping[str, Callable[[str], np.ndarray]] = field(default_factory=dict)

    def taken(self, split: str, modality: str) -> np.ndarray:
        """Return what the encoder of a modality takes of a split: strings, if it asks for them, else the arrays."""
        return self.strings[modality](split) if modality in self.strings else self.arrays.array(split, modality)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in order."""
        return tuple(self.inputs)

    @property
    def present(self) -> list[int]:
        """Numbers of the modalities that the data have."""
        return [at for at, name in enumerate(self.inputs) if name not in self.absent]

    @property
    def group_names(self) -> list[str]:
        """The groups that there are, in the order of the ceilings where these are known."""
        there = dict.fromkeys(self.groups)
        return list(dict.fromkeys([*(name for name in self.ceilings if name in there), *there]))

    @property
    def text(self) -> int | None:
        """Which modality is a text that describes; None if none is."""
        kinds = enumerate(self.inputs.items())
        return next((at for at, (name, kind) in kinds if isinstance(kind, Text) or name == self.describing), None)

    @property
    def queries(self) -> list[tuple[int, ...]]:
        """What a class is told from: each modality but the text that describes classes, every two, and all."""
        return _queries([at for at in self.present if not (self.prompts and at == self.text)])

    @property
    def probed(self) -> list[tuple[int, ...]]:
        """What probes see: every modality, every two, and all of them where no text describes the classes."""
        return [query for query in _queries(self.present) if len(query) < 3 or not self.prompts]

    @property
    def headline(self) -> tuple[int, ...]:
        """The query whose accuracy stands for the run: the widest."""
        return self.queries[-1]


def _queries(seen: Sequence[int]) -> list[tuple[int, ...]]:
    every = [query for size in (1, 2) for query in combinations(seen, size)]
    return [*every, tuple(seen)] if len(seen) > 2 else every


def query_name(task: MediaTask, query: Sequence[int]) -> str:
    """Write a query as results have it."""
    return "+".join(task.modalities[at] for at in query)
