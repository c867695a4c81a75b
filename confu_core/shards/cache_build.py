"""Decode a dataset once: every shard is a job, whose rows go to their places in shared array files."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError
from confu_core.inputs.decode import Corrupt, Decoder
from confu_core.inputs.spec import InputSpec, Text
from confu_core.io.atomic import write_whole
from confu_core.parallel.versions import library_versions
from confu_core.parallel.workers import WorkerDied, completed
from confu_core.shards.cache_files import (
    INDEX,
    TOKENIZER,
    VERSION,
    Index,
    allocate,
    array_path,
    compact,
    labels_path,
    put,
    sync,
)
from confu_core.shards.manifest import Shard
from confu_core.shards.prepare import tokenizer_of, with_lengths
from confu_core.shards.read import Dataset
from confu_core.shards.source import label_columns, read_rows

__all__ = ["fill", "tokenizer_of", "with_lengths"]

_BATCH_ROWS = 100
_LIBRARIES = ("librosa", "pillow", "scipy", "soundfile", "tokenizers")


@dataclass(frozen=True)
class _Job:
    split: str
    part: int
    start: int
    shard: Shard


@dataclass(frozen=True)
class _Done:
    job: _Job
    corrupt: list[tuple[int, Corrupt]]


def fill(
    folder: Path,
    dataset: Dataset,
    spec: InputSpec,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Decode all splits into an empty folder.

    Parameters
    ----------
    folder : Path
        Empty; its files are on the disk afterwards.
    dataset : Dataset
        What to decode.
    spec : InputSpec
        Which columns, and how.
    workers : int
        Number of processes; 1 works in this one.
    progress : callable, optional
        Called with the rows decoded and the rows there are.

    Raises
    ------
    DatasetError
        If a shard or a column is missing or altered, no sample of a split can be decoded, or a worker died repeatedly.
    OSError
        If a file cannot be written.
    """
    spec = with_lengths(dataset, spec)
    tokenizer = tokenizer_of(dataset, spec)
    if tokenizer is not None:
        tokenizer.save(folder / TOKENIZER)
    for split, count in dataset.manifest.splits.items():
        for name, one in spec.inputs.items():
            allocate(array_path(folder, split, name), (count, *one.shape), one.dtype)
    function = functools.partial(_decode_shard, dataset, Decoder(spec, tokenizer), folder)
    done = _all_done(function, list(_jobs(dataset)), workers, progress)
    rows: dict[str, int] = {}
    corrupt: dict[str, list[list[Any]]] = {}
    for split in dataset.manifest.splits:
        found = sorted((one for d in done if d.job.split == split for one in d.corrupt), key=lambda one: one[0])
        rows[split] = _gather(folder, dataset, spec, split, found)
        corrupt[split] = [[row, *why] for row, why in found]
    kept = sync(folder)
    sizes, sums = ({name: one[at] for name, one in kept.items()} for at in (0, 1))
    index = Index(VERSION, spec.as_dict(), rows, corrupt, sizes, sums, library_versions(_LIBRARIES))
    write_whole(folder / INDEX, index.to_bytes())


def _jobs(dataset: Dataset) -> Iterator[_Job]:
    for split in dataset.manifest.splits:
        start = 0
        for part, shard in enumerate(dataset.shards(split)):
            yield _Job(split, part, start, shard)
            start += shard.rows


def _all_done(
    function: Callable[[_Job], _Done],
    plan: list[_Job],
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> list[_Done]:
    total, rows, done = sum(job.shard.rows for job in plan), 0, []
    try:
        with contextlib.closing(completed(function, plan, workers)) as results:
            for one in results:
                done.append(one)
                rows += one.job.shard.rows
                if progress is not None:
                    progress(rows, total)
    except WorkerDied as error:
        names = ", ".join(job.shard.path for job in error.jobs)
        raise DatasetError(
            f"the worker that decodes died {error.attempts} times over {names}; use fewer workers if memory ran out"
        ) from error
    return done


def _decode_shard(dataset: Dataset, decoder: Decoder, folder: Path, job: _Job) -> _Done:
    table, spec = read_rows(dataset, job.shard, decoder.spec), decoder.spec
    arrays = {name: np.zeros((table.num_rows, *one.shape), dtype=one.dtype) for name, one in spec.inputs.items()}
    corrupt, place = [], 0
    for batch in table.to_batches(max_chunksize=_BATCH_ROWS):
        for row in batch.to_pylist():
            found = decoder.decode(row, job.start + place)
            if isinstance(found, Corrupt):
                corrupt.append((job.start + place, found))
            else:
                for name, values in found.items():
                    arrays[name][place] = values
            place += 1
    for name, values in arrays.items():
        put(array_path(folder, job.split, name), job.start, values)
    known = [name for name in label_columns(dataset.manifest) if name in table.column_names]
    pq.write_table(_as_text(table.select(known), spec), labels_path(folder, job.split, job.part))
    return _Done(job, corrupt)


def _as_text(table: pa.Table, spec: InputSpec) -> pa.Table:
    # Captions are bytes in a tar. Those that are no text were counted as corrupt, and go with their rows.
    for one in spec.inputs.values():
        if isinstance(one, Text) and pa.types.is_binary(table.schema.field(one.column).type):
            values = [data.decode(errors="replace") for data in table[one.column].to_pylist()]
            place = table.column_names.index(one.column)
            table = table.set_column(place, one.column, pa.array(values, pa.string()))
    return table


def _gather(folder: Path, dataset: Dataset, spec: InputSpec, split: str, corrupt: list[tuple[int, Corrupt]]) -> int:
    """Put the labels of a split together, leave its corrupt rows out, and return how many are left."""
    keep = np.setdiff1d(np.arange(dataset.manifest.splits[split]), [row for row, _ in corrupt])
    if not len(keep):
        _, first = corrupt[0]
        problem = f"the first is {first.key!r}, {first.modality}: {first.reason}"
        raise DatasetError(f"{dataset.root}: no sample of split {split!r} can be decoded; {problem}")
    paths = [labels_path(folder, split, part) for part in range(len(dataset.shards(split)))]
    table = pa.concat_tables([pq.read_table(path) for path in paths])
    for path in paths:
        path.unlink()
    if corrupt:
        table = table.take(pa.array(keep))
        for name in spec.inputs:
            compact(array_path(folder, split, name), keep)
    pq.write_table(table, labels_path(folder, split))
    return len(keep)
