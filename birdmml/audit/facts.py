"""What is audited, and what is known of it: every shard is read once, and a row of small numbers kept per sample.

They are the same whatever the number of workers, of which each holds one shard in memory.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from birdmml.audit.measures import measure, shape_of
from birdmml.describe import describe
from confu_core.cells import NOTHING, cleaned
from confu_core.datasets.contents import Contents
from confu_core.datasets.sources import open_place
from confu_core.errors import DatasetError, InvalidValue
from confu_core.evaluation.overlap import LETTERS
from confu_core.inputs import Picture, Sound, Text
from confu_core.inputs import Sequence as Steps
from confu_core.inputs.decode import content
from confu_core.inputs.spec import Input
from confu_core.parallel.workers import Progress, counting, mapped
from confu_core.random import generator
from confu_core.shards import Dataset, Shard
from confu_core.shards.rows import check_columns, read_rows

_BATCH_ROWS = 100

# What items of a kind of modality are called, and the sign of the kind; sequences have none.
UNITS: dict[type, str] = {Picture: "pictures", Sound: "recordings", Text: "captions", Steps: "sequences"}
_SIGNS: dict[type, str] = {Picture: "V", Sound: "A", Text: "T"}


@dataclass(frozen=True)
class Subject:
    """An open dataset, its modalities and classes, and what its cells say, in lower case, where nothing is known."""

    dataset: Dataset
    contents: Contents
    nothing: Collection[str] = NOTHING


class UnreadableCell(NamedTuple):
    """A cell that cannot be decoded: its row of all rows, its modality, and the decoder's complaint."""

    row: int
    modality: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """What was read of a dataset, with one entry per row; rows are those of all splits, one after the other.

    `split` counts into `splits`; `columns` are those of text that are no modality, empty where nothing is known. By
    modality, `measures` are structured arrays of `PICTURE`, `SOUND` or `SEQUENCE`, `texts` are captions, empty where
    they cannot be read, and `readable` tells which cells could be decoded. Of the `sampled` rows, ascending, there are
    `features`, of shape (samples, width), of every modality but texts.
    """

    subject: Subject
    splits: tuple[str, ...]
    split: np.ndarray
    keys: Sequence[str]
    columns: Mapping[str, Sequence[str]]
    measures: Mapping[str, np.ndarray]
    texts: Mapping[str, Sequence[str]]
    readable: Mapping[str, np.ndarray]
    sampled: np.ndarray
    features: Mapping[str, np.ndarray]
    unreadable: Sequence[UnreadableCell]

    @property
    def contents(self) -> Contents:
        """What the columns are."""
        return self.subject.contents

    @property
    def rows(self) -> int:
        """Number of all rows."""
        return len(self.keys)

    def names(self, *kinds: type) -> list[str]:
        """Return the modalities of some kinds."""
        return [name for name, one in self.contents.inputs.inputs.items() if isinstance(one, kinds)]

    def unit(self, name: str) -> str:
        """Return what the items of a modality are called."""
        one = self.contents.inputs.inputs[name]
        return next(unit for kind, unit in UNITS.items() if isinstance(one, kind))

    def where(self, row: int) -> str:
        """Return the split and the key of a row."""
        return f"{self.splits[self.split[row]]}/{self.keys[row]}"

    @property
    def labels(self) -> Sequence[str]:
        """The class of each row; empty where the dataset says none."""
        return self.columns[self.contents.label]

    @property
    def numbers(self) -> np.ndarray:
        """The number of the class of each row, -1 for what is no class."""
        known = {name: number for number, name in enumerate(self.contents.classes)}
        return np.array([known.get(label, -1) for label in self.labels], dtype=np.int64)


def open_subject(path: str | Path | Dataset, na: Sequence[str] | None = None) -> Subject:
    """Open what is to be audited, as `audit` takes it; nothing but its manifest is read yet."""
    dataset = path if isinstance(path, Dataset) else open_place(path)
    built = dataset.manifest.config.get("na", NOTHING)
    said = [str(one) for one in (built if isinstance(built, list | tuple) else NOTHING)] if na is None else na
    return Subject(dataset, describe(dataset).contents, frozenset(cleaned(one).casefold() for one in said))


def letters(contents: Contents) -> dict[str, str]:
    """Return a short sign for each modality, all different: V, A and T where that is plain, else its name.

    >>> from confu_core.inputs import InputSpec
    >>> inputs = InputSpec({"image": Picture("image"), "caption": Text("caption")})
    >>> letters(Contents(inputs, "species", ("a", "b")))
    {'image': 'V', 'caption': 'T'}
    """
    signs = {}
    for name, one in contents.inputs.inputs.items():
        sign = next((letter for kind, letter in _SIGNS.items() if isinstance(one, kind)), name)
        signs[name] = LETTERS.get(name.lower(), sign)
    return signs if len(set(signs.values())) == len(signs) else {name: name for name in signs}


class _Job(NamedTuple):
    """One shard: the number of its split, its first row of all, and the rows that features are kept of."""

    split: int
    start: int
    shard: Shard
    sampled: tuple[int, ...]


class _Column(NamedTuple):
    """What was read of a modality of a shard: texts, or measures and features of sampled rows; complaints by row."""

    texts: list[str]
    measures: np.ndarray
    features: np.ndarray
    readable: np.ndarray
    complaints: dict[int, str]


class _Part(NamedTuple):
    """What was read of a shard: keys, columns of text that are no modality, and modalities."""

    job: _Job
    keys: list[str]
    columns: dict[str, list[str]]
    read: dict[str, _Column]


def gather(subject: Subject, *, rows: int, seed: int = 0, workers: int = 1, progress: Progress | None = None) -> Facts:
    """Read a dataset; features are kept of at most `rows` rows of each split, drawn by the seed."""
    if rows < 1:
        raise InvalidValue(f"rows must be at least 1; got {rows}")
    check_columns(subject.dataset, subject.contents.inputs, [subject.contents.label])
    jobs = _jobs(subject, rows, seed)
    parts = mapped(
        functools.partial(_examine, subject),
        jobs,
        workers,
        each=counting(progress, sum(job.shard.rows for job in jobs), lambda part: len(part.keys)),
        name=lambda job: job.shard.path,
        who="the worker that reads",
    )
    return _joined(subject, sorted(parts, key=lambda part: part.job.start))


def _jobs(subject: Subject, rows: int, seed: int) -> list[_Job]:
    jobs: list[_Job] = []
    before = 0
    for number, (split, count) in enumerate(subject.dataset.manifest.splits.items()):
        chosen = np.sort(generator(seed, "audit", split).permutation(count)[:rows])
        for first, shard in subject.dataset.located(split):
            inside = chosen[(chosen >= first) & (chosen < first + shard.rows)] - first
            jobs.append(_Job(number, before + first, shard, tuple(inside.tolist())))
        before += count
    return jobs


def _examine(subject: Subject, job: _Job) -> _Part:
    """Measure the rows of one shard, on one thread: several processes do so at once."""
    inputs = subject.contents.inputs
    with threadpool_limits(1):
        table = read_rows(subject.dataset, job.shard, inputs)
        read = {name: _read(one, table[one.column], job.sampled) for name, one in inputs.inputs.items()}
    return _Part(job, table["key"].to_pylist(), _text_columns(subject, table), read)


def _read(one: Input, column: pa.ChunkedArray, sampled: tuple[int, ...]) -> _Column:
    texts = [""] * len(column) if isinstance(one, Text) else []
    kind, width = (np.dtype(bool), 0) if isinstance(one, Text) else shape_of(one)
    measures, features = np.zeros(len(column), dtype=kind), np.zeros((len(sampled), width), dtype=np.float32)
    readable, complaints = np.ones(len(column), dtype=bool), {}
    place = {row: number for number, row in enumerate(sampled)}
    starts = ((chunk, at) for chunk in column.chunks for at in range(0, len(chunk), _BATCH_ROWS))
    cells = (cell for chunk, at in starts for cell in chunk.slice(at, _BATCH_ROWS).to_pylist())
    for row, cell in enumerate(cells):
        try:
            if isinstance(one, Text):
                texts[row] = str(content(one, cell))
            else:
                measures[row], vector = measure(one, cell)
                if row in place:
                    features[place[row]] = vector
        except DatasetError as error:
            readable[row], complaints[row] = False, str(error)
    return _Column(texts, measures, features, readable, complaints)


def _text_columns(subject: Subject, table: pa.Table) -> dict[str, list[str]]:
    """Return the columns of text that are no modality; captions would be held twice."""
    modalities = {one.column for one in subject.contents.inputs.inputs.values()}
    label = subject.contents.label
    return {
        name: ["" if value is None else str(value) for value in table[name].to_pylist()]
        for name in table.column_names
        if name not in modalities | {"key"} and (name == label or pa.types.is_string(table.schema.field(name).type))
    }


def _joined(subject: Subject, parts: list[_Part]) -> Facts:
    inputs = subject.contents.inputs.inputs
    read = {name: [part.read[name] for part in parts] for name in inputs}
    texts = {name: read.pop(name) for name, one in inputs.items() if isinstance(one, Text)}
    everywhere = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    unreadable = [
        UnreadableCell(part.job.start + row, name, reason)
        for part in parts
        for name, column in part.read.items()
        for row, reason in column.complaints.items()
    ]
    return Facts(
        subject=subject,
        splits=tuple(subject.dataset.manifest.splits),
        split=np.concatenate([np.full(len(part.keys), part.job.split) for part in parts]),
        keys=[key for part in parts for key in part.keys],
        columns={name: [value for part in parts for value in part.columns[name]] for name in everywhere},
        measures={name: np.concatenate([one.measures for one in columns]) for name, columns in read.items()},
        texts={name: [text for one in columns for text in one.texts] for name, columns in texts.items()},
        readable={name: np.concatenate([part.read[name].readable for part in parts]) for name in inputs},
        sampled=np.concatenate([part.job.start + np.array(part.job.sampled, dtype=np.int64) for part in parts]),
        features={name: np.concatenate([one.features for one in columns]) for name, columns in read.items()},
        unreadable=sorted(unreadable, key=lambda cell: cell.row),
    )
