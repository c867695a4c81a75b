"""Read every shard once, in parallel, and keep a row of small numbers per sample."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from birdmml.audit.facts import Facts, Subject, UnreadableCell
from birdmml.audit.measures import measure, shape_of
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import Text
from confu_core.inputs.decode import content
from confu_core.inputs.spec import Input
from confu_core.parallel.workers import counting, mapped
from confu_core.random import generator
from confu_core.shards import Shard
from confu_core.shards.rows import check_columns, read_rows

Progress = Callable[[int, int], None]
_BATCH_ROWS = 100


@dataclass(frozen=True)
class _Job:
    """One shard: its place, the number of its split, its first row of all, and the rows that features are kept of."""

    order: int
    split: int
    start: int
    shard: Shard
    sampled: tuple[int, ...]

    def __hash__(self) -> int:
        return self.order


class _Column(NamedTuple):
    """What was read of a modality of a shard: texts, or measures and features of sampled rows; complaints by row."""

    texts: list[str]
    measures: np.ndarray
    features: np.ndarray
    complaints: dict[int, str]


class _Part(NamedTuple):
    """What was read of a shard: keys, columns of text that are no modality, and modalities."""

    job: _Job
    keys: list[str]
    columns: dict[str, list[str]]
    read: dict[str, _Column]


def gather(subject: Subject, *, rows: int, seed: int = 0, workers: int = 1, progress: Progress | None = None) -> Facts:
    """Read a dataset; features are kept of at most `rows` rows of each split, drawn by the seed.

    The facts are the same whatever the number of workers, of which each holds one shard in memory.
    """
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
        died=lambda times, names: (
            f"the worker that reads died {times} times over {names}; use fewer workers if memory ran out"
        ),
    )
    return _joined(subject, sorted(parts, key=lambda part: part.job.order))


def _jobs(subject: Subject, rows: int, seed: int) -> list[_Job]:
    jobs: list[_Job] = []
    start = 0
    for number, (split, count) in enumerate(subject.dataset.manifest.splits.items()):
        chosen = np.sort(generator(seed, "audit", split).permutation(count)[:rows])
        first = 0
        for shard in subject.dataset.shards(split):
            inside = chosen[(chosen >= first) & (chosen < first + shard.rows)] - first
            jobs.append(_Job(len(jobs), number, start, shard, tuple(inside.tolist())))
            first, start = first + shard.rows, start + shard.rows
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
    complaints, place = {}, {row: number for number, row in enumerate(sampled)}
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
            complaints[row] = str(error)
    return _Column(texts, measures, features, complaints)


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
    def joined(kept: list[str], values: Callable[[_Part, str], np.ndarray]) -> dict[str, np.ndarray]:
        return {name: np.concatenate([values(part, name) for part in parts]) for name in kept}

    inputs = subject.contents.inputs.inputs
    media = [name for name, one in inputs.items() if not isinstance(one, Text)]
    texts = [name for name, one in inputs.items() if isinstance(one, Text)]
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
        measures=joined(media, lambda part, name: part.read[name].measures),
        texts={name: [text for part in parts for text in part.read[name].texts] for name in texts},
        readable=joined(list(inputs), _readable),
        sampled=np.concatenate([part.job.start + np.array(part.job.sampled, dtype=np.int64) for part in parts]),
        features=joined(media, lambda part, name: part.read[name].features),
        unreadable=sorted(unreadable, key=lambda cell: cell.row),
    )


def _readable(part: _Part, name: str) -> np.ndarray:
    readable = np.ones(len(part.keys), dtype=bool)
    readable[list(part.read[name].complaints)] = False
    return readable
