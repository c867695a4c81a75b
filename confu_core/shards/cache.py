"""A dataset decoded once: memory-mapped arrays of what training reads; and all that lies in the folder of caches."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.inputs.decode import Corrupt
from confu_core.inputs.spec import InputSpec
from confu_core.inputs.text import Tokenizer
from confu_core.io.atomic import read_small, replacing_folder, unmarked
from confu_core.io.lock import InUse, locked, shared, unshared
from confu_core.parallel.workers import Progress
from confu_core.shards.cache_write import INDEX, TOKENIZER, VERSION, Index, array_path, fill, labels_path
from confu_core.shards.layout import check_count
from confu_core.shards.read import Dataset

__all__ = ["CacheEntry", "caches", "clear_caches"]

_log = logging.getLogger(__name__)

_NAME, _LEFT = re.compile("[0-9a-f]{64}"), re.compile(r"\.([0-9a-f]{64})\.[0-9a-f]{8}\.partial")
_FILE = re.compile(r".+\.(npy|kept|parquet|json|partial)")
_INSIDE = "degraded"  # The one folder within a cache: what is tested with damage.
SHOWN = 12  # Letters of a name that are enough to tell caches apart.


def open_cache(
    dataset: Dataset,
    spec: InputSpec,
    *,
    folder: str | Path | None = None,
    tokenizer: Tokenizer | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Cached:
    """Open the cache of a dataset, and make it first where there is none, or a damaged one.

    Any number of processes may do so at once: one of them decodes, the others wait. The arrays are the same for any
    number of workers, which are processes; `progress` is told of the rows decoded and the rows there are. A dataset
    with another manifest, or another spec, has another cache. Texts need a tokenizer, or a split ``train`` on whose
    captions one is trained. Single samples that cannot be decoded are left out, and listed in `Cached.corrupt`; a shard
    that is missing or altered is a DatasetError.
    """
    check_count("workers", workers)
    root = cache_folder() if folder is None else Path(folder)
    key = cache_key(dataset, spec, tokenizer)
    if (cached := _load(root / key)) is not None:
        _log.info("decoded before: %s", cached.folder)
        return cached
    _log.info("decoding into %s", root / key)
    with _writing(root):
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / f"{key}.lock"):
            # Another process may have made it while this one waited.
            if (cached := _load(root / key)) is None:
                with replacing_folder(root / key) as fresh:
                    fill(fresh, dataset, spec, tokenizer=tokenizer, workers=workers, progress=progress)
                cached = _load(root / key)
    if cached is None:
        raise DatasetError(f"the cache {root / key} was altered while it was made; run the same command again")
    return cached


def cache_folder() -> Path:
    """Return where caches lie by default: ``confu-bench`` in ``$XDG_CACHE_HOME``, or else in ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if Path(base).is_absolute():  # As the specification of these folders has it.
        return Path(base) / "confu-bench"
    try:
        home = Path.home()
    except RuntimeError:
        home = Path()
    if not home.is_absolute():
        raise DatasetError("there is no home folder for a cache; set XDG_CACHE_HOME to an absolute path")
    return home / ".cache" / "confu-bench"


def cache_key(dataset: Dataset, spec: InputSpec, tokenizer: Tokenizer | None = None) -> str:
    """Return the name of a dataset's cache, 64 hexadecimal digits; copies of a dataset share one."""
    # The order of the modalities does not matter to what a cache holds.
    given = [] if tokenizer is None else [tokenizer.to_json()]
    text = json.dumps([hashlib.sha256(dataset.sealed).hexdigest(), spec.as_dict(), VERSION, *given], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _load(folder: Path) -> Cached | None:
    """Return a cache that is whole, held as long as it is looked at; None where it is missing or damaged."""
    number = shared(folder / INDEX)
    cached = _loaded(folder)
    if number is not None:
        if cached is None:
            os.close(number)
        else:
            weakref.finalize(cached, os.close, number)
    return cached


def _loaded(folder: Path) -> Cached | None:
    if (index := Index.load(folder)) is None:
        return None
    cached = Cached(folder, index)
    try:
        # First: over an altered header NumPy raises anything, also what is no error of values.
        if not index.is_unaltered(folder):
            return None
        for split, rows in cached.splits.items():
            for name, modality in cached.spec.inputs.items():
                array = cached.array(split, name)
                if array.shape != (rows, *modality.shape) or array.dtype != modality.dtype:
                    return None
            if cached.labels(split, ["key"]).num_rows != rows:
                return None
        _ = cached.tokenizer
    except (DatasetError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return cached


@contextlib.contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        mend = "free some space, or set XDG_CACHE_HOME to another folder"
        raise DatasetError(f"the cache in {root} cannot be written: {error.strerror or error}; {mend}") from error


@dataclass(frozen=True)
class Cached:
    """A dataset that was decoded into arrays, split by split, with nothing of it in memory until it is asked for."""

    folder: Path
    index: Index = field(repr=False)

    @cached_property
    def spec(self) -> InputSpec:
        """The spec, with the lengths of all sounds."""
        return InputSpec.from_dict(self.index.spec)

    @property
    def splits(self) -> dict[str, int]:
        """Rows of each split, without the corrupt ones."""
        return dict(self.index.rows)

    @cached_property
    def corrupt(self) -> dict[str, list[Corrupt]]:
        """The samples of each split that were left out."""
        return {split: [Corrupt(*why[1:]) for why in left] for split, left in self.index.corrupt.items()}

    @cached_property
    def tokenizer(self) -> Tokenizer | None:
        """The tokenizer of its texts; None where it has none."""
        return Tokenizer.load(self.folder / TOKENIZER) if self.spec.vocabulary else None

    def array(self, split: str, modality: str) -> np.ndarray:
        """Return the samples of a split in one modality, memory-mapped.

        Pictures are uint8 (rows, 3, side, side), sounds float16 (rows, bands, frames) in dB, texts int16 (rows,
        tokens).
        """
        self._check(split)
        if modality not in self.spec.inputs:
            raise DatasetError(f"the cache has no modality {modality!r}; {nearest(modality, self.spec.inputs)}")
        return np.load(array_path(self.folder, split, modality), mmap_mode="r", allow_pickle=False)

    def rows(self, split: str) -> np.ndarray:
        """Return which rows of the dataset's split were kept, int64, in order."""
        self._check(split)
        left_out = [why[0] for why in self.index.corrupt[split]]
        return np.setdiff1d(np.arange(self.index.rows[split] + len(left_out)), left_out)

    def keys(self, split: str) -> list[str]:
        """Return the keys of the rows of `array`."""
        return self.labels(split, ["key"])["key"].to_pylist()

    def labels(self, split: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Return columns that hold no media, row by row as in `array`."""
        self._check(split)
        path = labels_path(self.folder, split)
        try:
            known = pq.read_schema(path).names
            for name in columns or ():
                if name not in known:
                    raise DatasetError(f"the dataset has no label column {name!r}; {nearest(name, known)}")
            table = pq.read_table(path, columns=None if columns is None else list(columns))
        except (pa.ArrowException, OSError) as error:
            raise DatasetError(f"the cache {self.folder} is damaged; remove that folder and run again") from error
        return table if columns is None else table.select(list(columns))

    def _check(self, split: str) -> None:
        if split not in self.index.rows:
            raise DatasetError(f"the dataset has no split {split!r}; {nearest(split, self.index.rows)}")


@dataclass(frozen=True)
class CacheEntry:
    """A cache as it lies on the disk.

    Attributes
    ----------
    path : Path
        Its folder.
    dataset : str
        What it was made from; empty where that is not known, as of one that was never finished.
    bytes : int
        Size of its files.
    days : float
        Since it was made.
    """

    path: Path
    dataset: str
    bytes: int
    days: float

    @property
    def name(self) -> str:
        """The first letters of the name, which tell it from others."""
        return self.path.name.lstrip(".")[:SHOWN]


def caches(root: Path) -> list[CacheEntry]:
    """List the caches of a folder, the largest first, and what killed processes left of some; none if it is missing."""
    try:
        found = sorted(root.iterdir())
    except FileNotFoundError:
        return []
    entries = [_entry(path) for path in found if _is_ours(path)]
    return sorted(entries, key=lambda one: -one.bytes)


def clear_caches(root: Path, names: Sequence[str] = ()) -> tuple[list[CacheEntry], list[CacheEntry]]:
    """Remove caches, all or those of some names, and return them; and apart those in use, which are left alone."""
    known = caches(root)
    for name in names:
        if not any(one.name.startswith(name[:SHOWN]) for one in known) or not name:
            hint = nearest(name, [one.name for one in known]) if known else "there is none"
            raise InvalidValue(f"{root} holds no cache {name!r}: {hint}")
    removed: list[CacheEntry] = []
    used: list[CacheEntry] = []
    for one in known:
        if not names or any(one.name.startswith(name[:SHOWN]) for name in names):
            (removed if _remove(root, one.path) else used).append(one)
    return removed, used


def _remove(root: Path, path: Path) -> bool:
    """Remove a cache, unless a process makes or reads it."""
    left = _LEFT.fullmatch(path.name)
    key = left[1] if left else path.name
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(root / f"{key}.lock", wait=False))
        except InUse:
            return False
        number = unshared(path / INDEX)
        if number is not None:
            stack.callback(os.close, number)
        elif (path / INDEX).exists() and os.name != "nt":
            return False
        # No name is ever that of half a cache.
        doomed = path if left else root / f".{key}.{secrets.token_hex(4)}.partial"
        path.replace(doomed)
        shutil.rmtree(doomed)
    return True


def _entry(path: Path) -> CacheEntry:
    sizes = [file.lstat().st_size for file in _files(path)]
    index = path / INDEX
    days = (time.time() - (index if index.exists() else path).stat().st_mtime) / 86400
    return CacheEntry(path, _dataset(path), sum(sizes), max(0.0, days))


def _dataset(path: Path) -> str:
    """Return what a cache says that it was made from; those of before said nothing but their columns."""
    try:
        said: dict[str, Any] = json.loads(unmarked(read_small(path / INDEX)))
        rows = ", ".join(f"{count:,} of {split}" for split, count in said["rows"].items())
        return f"{said.get('dataset') or '?'}: {rows}"
    except (DatasetError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


def _is_ours(path: Path) -> bool:
    """Tell whether a folder is a cache: by its name, and by holding nothing that caches do not."""
    named = _NAME.fullmatch(path.name) or _LEFT.fullmatch(path.name)
    if not named or path.is_symlink() or not path.is_dir():
        return False
    return all(
        (_FILE.fullmatch(file.name) or file.name.endswith(".lock")) and file.is_file() and not file.is_symlink()
        for file in _files(path)
    )


def _files(path: Path) -> Iterator[Path]:
    for file in path.iterdir():
        inner = file.name == _INSIDE and file.is_dir() and not file.is_symlink()
        yield from file.iterdir() if inner else [file]
