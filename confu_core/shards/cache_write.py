"""The files of a cache: arrays whose rows are written at their places, and the index that says what they are."""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError
from confu_core.inputs.decode import Corrupt, Decoder
from confu_core.inputs.spec import InputSpec, Text
from confu_core.inputs.text import Tokenizer
from confu_core.io.atomic import marked, read_small, unmarked, write_whole
from confu_core.io.refusal import without_secrets
from confu_core.parallel.workers import Progress, counting, mapped
from confu_core.shards.manifest import Shard, library_versions
from confu_core.shards.parquet import each_row
from confu_core.shards.read import Dataset
from confu_core.shards.rows import label_columns, read_rows, tokenizer_of, with_lengths

INDEX, TOKENIZER = "index.json", "tokenizer.json"
VERSION = 2  # Goes into the key of a cache: raise it when the same spec means other numbers.

_LIBRARIES = ("librosa", "pillow", "scipy", "soundfile", "soxr", "tokenizers")
_BLOCK_ROWS = 1024
_PIECE = 1 << 22


Left = tuple[int, Corrupt]  # The row of a sample that is left out, and why.


@dataclass(frozen=True)
class Index:
    """What `index.json` says: format, spec with all lengths, and by split the rows kept and those left out, with why.

    Sizes and CRC-32 of the files are by name; versions are those of the libraries that decoded; the dataset is
    the first that the cache was made from, for people to read.
    """

    version: int
    spec: dict[str, Any]
    rows: dict[str, int]
    corrupt: dict[str, list[list[Any]]]
    sizes: dict[str, int]
    sums: dict[str, int]
    versions: dict[str, str]
    dataset: str = ""

    def to_bytes(self) -> bytes:
        """Return the content of the file: on its first line what the CRC-32 of all others is."""
        return marked((json.dumps(asdict(self), indent=1) + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> Index | None:
        """Return the index of a cache, or None where it is missing, damaged, or names files that are not whole."""
        try:
            index = cls(**json.loads(unmarked(read_small(folder / INDEX))))
            whole = all((folder / name).stat().st_size == size for name, size in index.sizes.items())
            return index if whole and index.version == VERSION else None
        except (DatasetError, OSError, ValueError, TypeError, AttributeError, RecursionError):
            return None

    def is_unaltered(self, folder: Path) -> bool:
        """Tell whether every file holds what was written; each is read for it once per process."""
        return all(checksum(folder / name) == value for name, value in self.sums.items())


def checksum(path: Path) -> int:
    """Return the CRC-32 of a file; it is read again only where its size or its time of change is another."""
    state = path.stat()
    return _checksum(path, state.st_size, state.st_mtime_ns, state.st_ino)


@functools.lru_cache(maxsize=1024)
def _checksum(path: Path, *state: int) -> int:
    value = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            value = zlib.crc32(piece, value)
    return value


def array_path(folder: Path, split: str, modality: str) -> Path:
    """Return where the array of a modality lies."""
    return folder / f"{split}-{modality}.npy"


def labels_path(folder: Path, split: str, part: int | None = None) -> Path:
    """Return where the labels of a split lie, or those of one of its shards while they are gathered."""
    return folder / (f"{split}.parquet" if part is None else f"{split}.{part}.parquet")


def allocate(path: Path, shape: Sequence[int], dtype: np.dtype[Any]) -> None:
    """Make an array file of its full size, which holds nothing yet."""
    np.lib.format.open_memmap(path, "w+", dtype, tuple(shape))


def put(path: Path, row: int, values: np.ndarray) -> None:
    """Write rows into an array file of their type and row shape, from a row on.

    Through a memory map a full disk would be a signal that ends the process; here it is an OSError.
    """
    mapped = np.load(path, mmap_mode="r")
    assert mapped.dtype == values.dtype and mapped.shape[1:] == values.shape[1:], "rows must fit their file"
    with path.open("r+b") as file:
        file.seek(mapped.offset + row * mapped[:1].nbytes)
        file.write(np.ascontiguousarray(values).data)


def compact(path: Path, keep: np.ndarray) -> None:
    """Leave only some rows, at least one, of an array file, in order."""
    mapped = np.load(path, mmap_mode="r")
    fresh = path.with_suffix(".kept")
    allocate(fresh, (len(keep), *mapped.shape[1:]), mapped.dtype)
    for start in range(0, len(keep), _BLOCK_ROWS):
        put(fresh, start, mapped[keep[start : start + _BLOCK_ROWS]])
    fresh.replace(path)


def sync(folder: Path) -> list[str]:
    """See that all files of a folder are on the disk, and return their names, sorted."""
    paths = sorted(folder.iterdir())
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    return [path.name for path in paths]


@dataclass(frozen=True)
class _Job:
    split: str
    part: int
    start: int
    shard: Shard


def fill(
    folder: Path,
    dataset: Dataset,
    spec: InputSpec,
    *,
    tokenizer: Tokenizer | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> None:
    """Decode all splits into an empty folder, whose files are on the disk afterwards; see `open_cache`."""
    spec = with_lengths(dataset, spec)
    tokenizer = tokenizer or tokenizer_of(dataset, spec)
    if tokenizer is not None:
        tokenizer.save(folder / TOKENIZER)
    for split, count in dataset.manifest.splits.items():
        for name, modality in spec.inputs.items():
            allocate(array_path(folder, split, name), (count, *modality.shape), modality.dtype)
    decoded = mapped(
        functools.partial(_decode_shard, dataset, Decoder(spec, tokenizer), folder),
        [
            _Job(split, part, start, shard)
            for split in dataset.manifest.splits
            for part, (start, shard) in enumerate(dataset.located(split))
        ],
        workers,
        each=counting(progress, sum(dataset.manifest.splits.values()), lambda done: done[0].shard.rows),
        name=lambda job: job.shard.path,
        who="the worker that decodes",
    )
    rows: dict[str, int] = {}
    corrupt: dict[str, list[list[Any]]] = {}
    for split in dataset.manifest.splits:
        left = sorted((pair for job, part in decoded if job.split == split for pair in part), key=lambda pair: pair[0])
        rows[split] = _gather(folder, dataset, spec, split, left)
        corrupt[split] = [[row, *why] for row, why in left]
    names = sync(folder)
    sizes, sums = {name: (folder / name).stat().st_size for name in names}, {n: checksum(folder / n) for n in names}
    made_from = without_secrets(f"{dataset.manifest.name} in {dataset.root}")
    index = Index(VERSION, spec.as_dict(), rows, corrupt, sizes, sums, library_versions(_LIBRARIES), made_from)
    write_whole(folder / INDEX, index.to_bytes())


def _decode_shard(dataset: Dataset, decoder: Decoder, folder: Path, job: _Job) -> tuple[_Job, list[Left]]:
    table, spec = read_rows(dataset, job.shard, decoder.spec), decoder.spec
    arrays = {
        name: np.zeros((table.num_rows, *modality.shape), dtype=modality.dtype)
        for name, modality in spec.inputs.items()
    }
    corrupt = []
    for place, row in enumerate(each_row(table)):
        sample = decoder.decode(row, job.start + place)
        if isinstance(sample, Corrupt):
            corrupt.append((job.start + place, sample))
        else:
            for name, values in sample.items():
                arrays[name][place] = values
    for name, values in arrays.items():
        put(array_path(folder, job.split, name), job.start, values)
    known = [name for name in label_columns(dataset.manifest) if name in table.column_names]
    pq.write_table(_as_text(table.select(known), spec), labels_path(folder, job.split, job.part))
    return job, corrupt


def _as_text(table: pa.Table, spec: InputSpec) -> pa.Table:
    # Captions are bytes in a tar. Those that are no text were counted as corrupt, and go with their rows.
    for modality in spec.inputs.values():
        if isinstance(modality, Text) and pa.types.is_binary(table.schema.field(modality.column).type):
            values = [data.decode(errors="replace") for data in table[modality.column].to_pylist()]
            place = table.column_names.index(modality.column)
            table = table.set_column(place, modality.column, pa.array(values, pa.string()))
    return table


def _gather(folder: Path, dataset: Dataset, spec: InputSpec, split: str, corrupt: list[Left]) -> int:
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
