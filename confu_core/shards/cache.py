"""A dataset decoded once: memory-mapped arrays of what training reads, so that epochs cost no decoding."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.spec import InputSpec, Picture, Sound, Text
from confu_core.io.lock import locked
from confu_core.shards.cache_build import fill
from confu_core.shards.cache_files import VERSION, Index
from confu_core.shards.cached import Cached
from confu_core.shards.read import Dataset

__all__ = ["Cached", "InputSpec", "Picture", "Sound", "Text", "cache_folder", "cache_key", "open_cache"]

_PARTIAL = ".partial"


def open_cache(
    dataset: Dataset,
    spec: InputSpec,
    *,
    folder: str | Path | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Cached:
    """Open the cache of a dataset, and make it first where there is none, or a damaged one.

    Any number of processes may do so at once: one of them decodes, the others wait. The arrays are the same for any
    number of workers. A dataset with another manifest, or another spec, has another cache.

    Parameters
    ----------
    dataset : Dataset
        What `open_dataset` returned. Text needs a split ``train``, on whose captions the tokenizer is trained.
    spec : InputSpec
        Which columns are modalities, and in which form they are read.
    folder : str or Path, optional
        Of all caches; `cache_folder` by default.
    workers : int
        Number of processes that decode; 1 works in this one.
    progress : callable, optional
        Called with the rows decoded so far and the rows there are.

    Returns
    -------
    Cached
        With nothing of it in memory yet.

    Raises
    ------
    DatasetError
        If a shard or a column is missing or altered, no sample of a split can be decoded, or the cache cannot be
        written. Single samples that cannot be decoded are left out, and listed in `Cached.corrupt`.
    InvalidValue
        If `workers` is below 1.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.shards import TableRecipe, build, open_dataset
    >>> table = pa.table({"key": ["a", "b"], "caption": ["a red bird", "a tail"], "label": [3, 4]})
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = build(TableRecipe("words", {"train": table}), f"{place}/words")
    ...     spec = InputSpec({"text": Text("caption", length=5)})
    ...     cached = open_cache(open_dataset(f"{place}/words"), spec, folder=f"{place}/cache")
    ...     cached.array("train", "text").shape, cached.labels("train", ["label"])["label"].to_pylist()
    ((2, 5), [3, 4])
    """
    if type(workers) is not int or workers < 1:
        raise InvalidValue(f"workers must be a whole number of at least 1; got {workers!r}")
    root = cache_folder() if folder is None else Path(folder)
    key = cache_key(dataset, spec)
    if (cached := _load(root / key)) is not None:
        return cached
    with _writing(root):
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / f"{key}.lock"):
            # Another process may have made it while this one waited.
            if (cached := _load(root / key)) is None:
                _clean(root, key)
                with _replacing(root / key) as fresh:
                    fill(fresh, dataset, spec, workers=workers, progress=progress)
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


def cache_key(dataset: Dataset, spec: InputSpec) -> str:
    """Return the name of a dataset's cache.

    Parameters
    ----------
    dataset : Dataset
        Its manifest holds the SHA-256 of every shard, or says how it is made.
    spec : InputSpec
        What is read of it.

    Returns
    -------
    str
        64 hexadecimal digits. Copies of a dataset share a cache.
    """
    # The order of the modalities does not matter to what a cache holds.
    text = json.dumps([hashlib.sha256(dataset.sealed).hexdigest(), spec.as_dict(), VERSION], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _load(folder: Path) -> Cached | None:
    """Return a cache that is whole; None where it is missing or damaged."""
    if (index := Index.load(folder)) is None:
        return None
    cached = Cached(folder, index)
    try:
        for split, rows in cached.splits.items():
            for name, one in cached.spec.inputs.items():
                array = cached.array(split, name)
                if array.shape != (rows, *one.shape) or array.dtype != one.dtype:
                    return None
            if cached.labels(split, ["key"]).num_rows != rows:
                return None
        _ = cached.tokenizer
        if not index.is_unaltered(folder):
            return None
    except (DatasetError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return cached


def _clean(root: Path, key: str) -> None:
    # Under the lock nobody is writing: what has these names was left by a process that was killed.
    for path in root.glob(f".{key}.*{_PARTIAL}"):
        shutil.rmtree(path)
    if (root / key).exists():
        doomed = _temporary(root / key)
        (root / key).replace(doomed)
        shutil.rmtree(doomed)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a folder to write into that takes its final name if the block succeeds, and vanishes otherwise."""
    temporary = _temporary(path)
    temporary.mkdir()
    try:
        yield temporary
        temporary.replace(path)
        if os.name != "nt":  # Windows has no such thing.
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # The name, too, is to survive a power cut.
            finally:
                os.close(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{_PARTIAL}")


@contextlib.contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        mend = "free some space, or set XDG_CACHE_HOME to another folder"
        raise DatasetError(f"the cache in {root} cannot be written: {error.strerror or error}; {mend}") from error
