"""Read every shard once, in parallel, and keep a row of small numbers per sample."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from birdmml.audit.facts import Facts, Unreadable
from birdmml.audit.picture import PICTURE, PICTURE_FEATURES, measure_picture
from birdmml.audit.sequence import SEQUENCE, measure_sequence
from birdmml.audit.sound import SOUND, SOUND_FEATURES, measure_sound
from birdmml.audit.subject import Subject
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs import Sequence, Sound, Text
from confu_core.inputs.decode import content
from confu_core.inputs.spec import Input
from confu_core.parallel.workers import WorkerDied, completed
from confu_core.random import generator
from confu_core.shards import Shard
from confu_core.shards.rows import check_columns, read_rows

__all__ = ["Progress", "gather"]

Progress = Callable[[int, int], None]
_BATCH_ROWS = 100


@dataclass(frozen=True)
class _Job:
    """One shard; which of its rows features are kept of."""

    order: int
    split: int
    start: int
    shard: Shard
    sampled: tuple[int, ...]

    def __hash__(self) -> int:
        return self.order


@dataclass
class _Part:
    """What was read of one shard."""

    job: _Job
    keys: list[str] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    measures: dict[str, np.ndarray] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    readable: dict[str, np.ndarray] = field(default_factory=dict)
    features: dict[str, np.ndarray] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


def gather(subject: Subject, *, rows: int, seed: int = 0, workers: int = 1, progress: Progress | None = None) -> Facts:
    """Read a dataset.

    Parameters
    ----------
    subject : Subject
        What to read.
    rows : int
        Features are kept of at most as many rows of each split.
    seed : int
        Decides which.
    workers : int
        Number of processes, each with one shard in memory.
    progress : callable, optional
        Called with the rows read and the rows there are.

    Returns
    -------
    Facts
        The same whatever the number of workers.

    Raises
    ------
    InvalidValue
        If `rows` is below 1.
    DatasetError
        If a column or a shard is missing, cut or altered, or a worker died repeatedly.
    """
    if rows < 1:
        raise InvalidValue(f"rows must be at least 1; got {rows}")
    contents = subject.contents
    check_columns(subject.dataset, contents.inputs, [contents.label])
    plan = list(_jobs(subject, rows, seed))
    parts = sorted(_parts(subject, plan, workers, progress), key=lambda part: part.job.order)
    return _joined(subject, parts)


def _jobs(subject: Subject, rows: int, seed: int) -> Iterator[_Job]:
    order = start = 0
    for number, (split, count) in enumerate(subject.dataset.manifest.splits.items()):
        chosen = np.sort(generator(seed, "audit", split).permutation(count)[:rows])
        first = 0
        for shard in subject.dataset.shards(split):
            inside = chosen[(chosen >= first) & (chosen < first + shard.rows)] - first
            yield _Job(order, number, start, shard, tuple(inside.tolist()))
            order, first, start = order + 1, first + shard.rows, start + shard.rows


def _parts(subject: Subject, plan: list[_Job], workers: int, progress: Progress | None) -> list[_Part]:
    total, done = sum(job.shard.rows for job in plan), []
    count = 0
    try:
        with contextlib.closing(completed(functools.partial(_examine, subject), plan, workers)) as results:
            for part in results:
                done.append(part)
                count += len(part.keys)
                if progress is not None:
                    progress(count, total)
    except WorkerDied as error:
        names = ", ".join(job.shard.path for job in error.jobs)
        raise DatasetError(
            f"the worker that reads died {error.attempts} times over {names}; use fewer workers if memory ran out"
        ) from error
    return done


def _examine(subject: Subject, job: _Job) -> _Part:
    """Measure the rows of one shard, on one thread: several processes do so at once."""
    with threadpool_limits(1):
        table = read_rows(subject.dataset, job.shard, subject.contents.inputs)
        part = _Part(job, keys=table["key"].to_pylist(), columns=_text_columns(subject, table))
        for name, one in subject.contents.inputs.inputs.items():
            part.readable[name] = np.zeros(len(part.keys), dtype=bool)
            if isinstance(one, Text):
                part.texts[name] = [""] * len(part.keys)
            _measure(part, name, one, table[one.column])
    return part


def _measure(part: _Part, name: str, one: Input, column: pa.ChunkedArray) -> None:
    kept = {row: place for place, row in enumerate(part.job.sampled)}
    measures, features = _empty(one, len(part.keys), len(kept))
    cells = (cell for chunk in column.chunks for at in range(0, len(chunk), _BATCH_ROWS) for cell in _cells(chunk, at))
    for row, cell in enumerate(cells):
        try:
            if isinstance(one, Text):
                part.texts[name][row] = str(content(one, cell))
            else:
                measures[row], vector = _measured(one, cell)
                if row in kept:
                    features[kept[row]] = vector
            part.readable[name][row] = True
        except DatasetError as error:
            part.unreadable.append(Unreadable(part.job.start + row, name, str(error)))
    if not isinstance(one, Text):
        part.measures[name], part.features[name] = measures, features


def _cells(chunk: pa.Array, at: int) -> list[Any]:
    return chunk.slice(at, _BATCH_ROWS).to_pylist()


def _empty(one: Input, rows: int, samples: int) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(one, Sequence):
        kind, width = SEQUENCE, one.width
    else:
        kind, width = (SOUND, SOUND_FEATURES) if isinstance(one, Sound) else (PICTURE, PICTURE_FEATURES)
    return np.zeros(rows, dtype=kind), np.zeros((samples, width), dtype=np.float32)


def _measured(one: Input, cell: Any) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(one, Sequence):
        return measure_sequence(cell, one)
    data = content(one, cell)
    assert isinstance(data, bytes)
    return measure_sound(data, one.sample_rate) if isinstance(one, Sound) else measure_picture(data)


def _text_columns(subject: Subject, table: pa.Table) -> dict[str, list[str]]:
    """Return the columns of text that are no modality; captions would be held twice."""
    modalities = {one.column for one in subject.contents.inputs.inputs.values()}
    label = subject.contents.label
    names = [name for name in table.column_names if name not in modalities | {"key"}]
    return {
        name: ["" if value is None else str(value) for value in table[name].to_pylist()]
        for name in names
        if name == label or pa.types.is_string(table.schema.field(name).type)
    }


def _joined(subject: Subject, parts: list[_Part]) -> Facts:
    sampled = [part.job.start + np.array(part.job.sampled, dtype=np.int64) for part in parts]
    columns = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    return Facts(
        subject=subject,
        splits=tuple(subject.dataset.manifest.splits),
        split=np.concatenate([np.full(len(part.keys), part.job.split) for part in parts]),
        keys=[key for part in parts for key in part.keys],
        columns={name: [value for part in parts for value in part.columns[name]] for name in columns},
        measures={name: np.concatenate([part.measures[name] for part in parts]) for name in parts[0].measures},
        texts={name: [text for part in parts for text in part.texts[name]] for name in parts[0].texts},
        readable={name: np.concatenate([part.readable[name] for part in parts]) for name in parts[0].readable},
        sampled=np.concatenate(sampled),
        features={name: np.concatenate([part.features[name] for part in parts]) for name in parts[0].features},
        unreadable=sorted((one for part in parts for one in part.unreadable), key=lambda one: one.row),
    )
