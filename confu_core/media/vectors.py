"""Embeddings that somebody brings along: their file, and what is measured of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor, nn

from confu_core.datasets.contents import class_numbers
from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs.features import DESCRIPTION, DESCRIPTIONS, chosen_rows, description_keys, read_vectors
from confu_core.inputs.spec import Text
from confu_core.io.atomic import replacing
from confu_core.media.findings import FUSED, Findings, once
from confu_core.media.opened import MediaData, described_by
from confu_core.media.task import TEST, ArraysBy, Features, query_name
from confu_core.methods import Space, View
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.clip import Brought
from confu_core.model import Model
from confu_core.shards import Dataset

ROUNDING = 1e-5


@dataclass(frozen=True)
class Embeddings:
    """Vectors of the samples of some splits, and of the descriptions of classes, in the orders of the dataset."""

    # By split, then by query, such as "image" or "image+audio": float32 of shape (n, dim).
    splits: Mapping[str, Mapping[str, np.ndarray]]
    descriptions: np.ndarray | None = None  # Of shape (descriptions, dim).

    def array(self, split: str, query: str) -> np.ndarray:
        """Return the vectors of a query in a split."""
        if split not in self.splits:
            raise DatasetError(f"there are no embeddings of split {split!r}; {nearest(split, self.splits)}")
        return self.splits[split][query]


def read_embeddings(path: str | Path, data: MediaData) -> Embeddings:
    """Read the embeddings of a dataset from a file; see `sorted_by_split`."""
    columns = read_vectors(path, _queries(data.contents.inputs.names))
    text = described_by(data.contents)
    if DESCRIPTIONS not in columns and text in columns:
        keys, values = columns[text]
        described = np.array([key.startswith(DESCRIPTION) for key in keys], dtype=bool)
        parts = {
            name: ([keys[row] for row in np.flatnonzero(those)], values[those])
            for name, those in ((text, ~described), (DESCRIPTIONS, described))
        }
        columns |= {name: part for name, part in parts.items() if part[0]}
        if not parts[text][0]:
            del columns[text]
    return sorted_by_split(str(path), columns, data)


def sorted_by_split(where: str, columns: dict[str, tuple[list[str], np.ndarray]], data: MediaData) -> Embeddings:
    """Sort rows as the dataset has them: those of the test split, and of others of which there is any, whole."""
    contents, known = data.contents, _queries(data.contents.inputs.names)
    described = columns.pop(DESCRIPTIONS, None)
    for name in columns:
        if name not in known:
            raise DatasetError(f"{where} has vectors of {name!r}, which the dataset has not; {nearest(name, known)}")
    if not columns:
        raise DatasetError(f"{where} holds no vectors of samples; it must have some of {', '.join(known)}")
    by_split = {split: data.dataset.table(split, ["key"])["key"].to_pylist() for split in data.dataset.manifest.splits}
    there = {key for keys, _ in columns.values() for key in keys}
    if strange := sorted(there - {key for keys in by_split.values() for key in keys}):
        raise DatasetError(f"{where} holds {len(strange)} keys that the dataset lacks, first {strange[0]!r}")
    splits = {
        split: {name: chosen_rows(f"{where}, {name}:", of, values, keys) for name, (of, values) in columns.items()}
        for split, keys in by_split.items()
        if split == TEST or not there.isdisjoint(keys)
    }
    if described is None or not contents.prompts:
        return Embeddings(splits)
    keys, values = described
    if len(keys) != len(contents.prompts):
        wanted = f"must be the {len(contents.prompts)} of the dataset, in their order"
        raise DatasetError(f"{where}: descriptions {wanted}; got {len(keys)}")
    return Embeddings(splits, chosen_rows(where, keys, values, description_keys(len(contents.prompts))))


def write_embeddings(path: Path, embeddings: Embeddings, keys: Mapping[str, Sequence[str]], text: str | None) -> None:
    """Write embeddings by key as Parquet, those of descriptions in the column of the text that describes."""
    parts = []
    for split, vectors in embeddings.splits.items():
        columns = {name: _lists(rows) for name, rows in vectors.items()}
        parts.append(pa.table({"key": pa.array(keys[split], pa.string()), **columns}))
    if embeddings.descriptions is not None and text is not None:
        numbered = pa.array(description_keys(len(embeddings.descriptions)), pa.string())
        parts.append(pa.table({"key": numbered, text: _lists(embeddings.descriptions)}))
    with replacing(path) as file:
        pq.write_table(pa.concat_tables(parts, promote_options="default"), file)


def _lists(rows: np.ndarray) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(rows, dtype=np.float32).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, rows.shape[1])


def embeddings_of(findings: Findings, splits: Sequence[str]) -> Embeddings:
    """Return what a trained model makes of splits: each modality, and the vectors that its method makes of several."""
    task, found = findings.task, {}
    for split in splits:
        batch = findings.embedded(split)
        vectors = {task.modalities[at]: batch.embeddings[at].numpy() for at in task.present}
        for query in (each for size in range(2, len(task.present)) for each in combinations(task.present, size)):
            fused = findings.vectors(split, query, FUSED)
            if fused is not None:
                vectors[query_name(task, query)] = fused.numpy()
        found[split] = vectors
    described = None
    if task.prompts and task.text is not None:
        described = findings.prompts.embedding(task.text).numpy()
    return Embeddings(found, described)


class FusedInFeatures(Brought):
    """Embeddings whose fused vectors travel as features of the first modality of their query, side by side in order."""

    def __init__(self, space: Space, fused: Iterable[tuple[int, ...]], temperature: float) -> None:
        super().__init__(space, temperature=temperature)
        self.fused = sorted(fused)

    def embed(self, query: View) -> Tensor | None:
        """Return the embedding of one modality, or the vector of several that was brought along."""
        if query.modalities not in self.fused:
            return super().embed(query)
        beside = [each for each in self.fused if each[0] == query.modalities[0]]
        return query.feature(query.modalities[0]).split(self.space.dim, -1)[beside.index(query.modalities)]


@dataclass(frozen=True)
class VectorFindings(Findings):
    """Findings whose embeddings are given."""

    given: Embeddings
    dataset: Dataset
    texts: Mapping[str, str]

    def alike(self, modality: str) -> np.ndarray:
        """Return numbers of the test samples by what they are, not by vectors: one for equal texts, else one each."""
        if modality not in self.texts:
            return np.arange(self.dataset.manifest.splits[TEST])
        column, first = self.texts[modality], dict[Any, int]()
        rows = self.dataset.table(TEST, [column])[column].to_pylist()
        return np.array([first.setdefault(row, len(first)) for row in rows])

    @once
    def embedded(self, split: str) -> EmbeddedBatch:
        """Return the embeddings of a split, of length 1, with fused vectors for features."""
        names, method, vectors = self.task.modalities, self.model.method, self.given.splits[split]
        assert isinstance(method, FusedInFeatures)
        n = len(next(iter(vectors.values())))
        absent = torch.full((n, method.space.dim), torch.nan)
        tables = [_unit(vectors[name]) if name in vectors else absent for name in names]
        features = []
        for at in range(len(names)):
            own = [_unit(vectors[query_name(self.task, query)]) for query in method.fused if query[0] == at]
            features.append(torch.cat([torch.zeros(n, 0), *own], dim=1))
        return EmbeddedBatch(features, tables)

    @cached_property
    def prompts(self) -> View:
        """The embedded texts that describe classes."""
        text = self.task.text
        assert text is not None and self.given.descriptions is not None
        vectors = _unit(self.given.descriptions)
        return View((text,), (torch.zeros(len(vectors), 0),), (vectors,))


def findings_of(data: MediaData, embeddings: Embeddings, temperature: float = 0.07) -> VectorFindings:
    """Return what is to be measured of embeddings of a dataset; scores over the temperature are what they mean."""
    contents, test = data.contents, embeddings.splits[TEST]
    text = described_by(contents) if embeddings.descriptions is not None else None
    names = [name for name in contents.inputs.names if name in test or name == text]
    widths = {name: rows.shape[1] for name, rows in test.items()}
    if embeddings.descriptions is not None:
        widths[DESCRIPTIONS] = embeddings.descriptions.shape[1]
    first, dim = next(iter(widths.items()))
    for name, width in widths.items():
        if width != dim:
            raise InvalidValue(
                f"all embeddings must be of one width, to be compared; {first} has {dim}, {name} {width}"
            )
    fused = [tuple(names.index(part) for part in name.split("+")) for name in test if "+" in name]
    splits = tuple(sorted(embeddings.splits, key=list(data.dataset.manifest.splits).index))
    task = data.task(
        text,
        inputs=dict.fromkeys(names, Features(dim)),
        arrays=ArraysBy(embeddings.array),
        labels=partial(class_numbers, data.dataset, contents),
        notes=data.facts,
        splits=splits,
        absent=frozenset(names) - test.keys(),
        describing=text or "",
    )
    model = Model([nn.Identity()] * len(names), dim, dim, lambda space: FusedInFeatures(space, fused, temperature))
    texts = {name: one.column for name, one in contents.inputs.inputs.items() if isinstance(one, Text)}
    return VectorFindings(task, model.eval(), embeddings, data.dataset, texts)


def _queries(names: Sequence[str]) -> list[str]:
    return ["+".join(query) for size in range(1, len(names)) for query in combinations(names, size)]


def _unit(rows: np.ndarray) -> Tensor:
    """Bring rows to length 1; those that have it already stay as they are, to the last bit."""
    found = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
    there = (found.norm(dim=-1, keepdim=True) - 1).abs() < ROUNDING
    return torch.where(there, found, nn.functional.normalize(found, dim=-1))
