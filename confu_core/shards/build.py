"""Build a dataset: shards in any order, by any number of workers, interrupted or not, with the same bytes."""

from __future__ import annotations

import functools
import hashlib
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import sha256_of, write_whole, writing
from confu_core.io.lock import folder_in_use
from confu_core.io.storage import Location, RemotePath, location, remove_tree
from confu_core.parallel.cluster import check_engine, engine_in_use
from confu_core.parallel.workers import mapped
from confu_core.shards.layout import UNFINISHED, Job, check_count, jobs, shard_path
from confu_core.shards.manifest import (
    MANIFEST,
    Manifest,
    Shard,
    draft_of,
    legible_sums,
    library_versions,
    load_manifest,
    version_differences,
    write_sums,
)
from confu_core.shards.recipe import Recipe
from confu_core.shards.write import begin, clean, finished_shards, refuse_other, whole, write_shards

ARRIVAL_SECONDS = 30


def build(
    recipe: Recipe,
    out: str | Location,
    *,
    formats: Sequence[str] = ("parquet",),
    shard_rows: int = 1000,
    workers: int = 1,
    engine: str = "local",
    scheduler: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """Write a dataset into shards, or finish one that was interrupted.

    The bytes depend on the recipe, `formats`, `shard_rows` and the versions of the libraries alone. A dataset
    that is already complete is left as it is.

    Parameters
    ----------
    recipe : Recipe
        What generates the rows; picklable where there are several workers.
    out : str, Path or RemotePath
        The dataset's folder, or its URL in any store that fsspec reaches: new, empty, or holding the same dataset
        in part.
    formats : sequence of {"parquet", "webdataset"}
        Which shards to write; each format holds all rows.
    shard_rows : int
        Rows per shard; the rows of one shard per worker are held in memory.
    workers : int
        Number of processes on this machine; for the engine ``"local"``, 1 works in this one.
    engine : {"local", "dask"}
        What runs the jobs: a pool of processes, or dask.distributed, which writes the same bytes.
    scheduler : str, optional
        Address of a running dask scheduler, such as ``"tcp://10.0.0.1:8786"``. Its workers need the same library
        versions, and `out` where they see it too. Without one, dask has processes on this machine.
    progress : callable, optional
        Called with the rows and the bytes on disk so far, first with those of an earlier build.

    Returns
    -------
    Manifest
        What was written to ``manifest.json``, which comes last: where it is, the dataset is complete.

    Raises
    ------
    InvalidValue
        If a parameter is outside its constraint, or the recipe breaks its promises.
    DatasetError
        If the folder holds something else, is in use by another process or cannot be written, or a worker died
        repeatedly over a shard.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.shards.recipe import TableRecipe
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b", "c"], "square": [1, 4, 9]})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [shard.path for shard in build(recipe, folder, shard_rows=2).shards]
    ['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet']
    """
    root, formats = location(out), tuple(formats)
    if isinstance(root, Path) and engine != "local":
        root = root.absolute()  # Workers elsewhere have other working folders.
    check_count("workers", workers)
    check_engine(engine, scheduler)
    if isinstance(root, RemotePath) and root.protocol == "memory" and (engine, workers) != ("local", 1):
        raise InvalidValue(f"{root} is seen by this process alone, so workers must be 1 on the local engine")
    plan = jobs(recipe.splits, shard_rows)
    draft = draft_of(recipe, formats, shard_rows, library_versions(recipe.libraries))
    with folder_in_use(root):
        with writing(root):
            refuse_other(root, draft)
            manifest = _complete(root, plan, formats)
            if manifest is None:
                begin(root, draft)
        if manifest is None:
            shards = _all_shards(recipe, root, draft, plan, workers, engine, scheduler, progress)
            manifest = draft.with_shards(shards).with_digest()
            write_sums(root, manifest.sums())
            write_beside(recipe, root)
            write_whole(root / MANIFEST, manifest.to_bytes())
        else:
            write_beside(recipe, root)
        remove_tree(root / UNFINISHED)
    return manifest


def write_beside(recipe: Recipe, root: Location) -> list[str]:
    """Write the files beside the shards, and their checksums, where they are not there; return the names written."""
    files = recipe.files_beside()
    wanted = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    lost = [name for name in files if not (root / name).is_file() or sha256_of(root / name) != wanted[name]]
    for name in lost:
        write_whole(root / name, files[name])
    sums = legible_sums(root) if files else {}
    if not sums.items() >= wanted.items():
        write_sums(root, {**sums, **wanted})
    return lost


def same_versions(function: Callable[[Any], Any], versions: Mapping[str, str], job: Any) -> Any:
    """Do a job only where the libraries are those that the manifest will name."""
    here = library_versions([name for name in versions if name != "python"])
    if different := version_differences(versions, here):
        raise DatasetError(
            f"the worker on {socket.gethostname()} has other versions than this process ({'; '.join(different)}), "
            "which may write other bytes; install the same everywhere"
        )
    return function(job)


def _all_shards(
    recipe: Recipe,
    root: Location,
    draft: Manifest,
    plan: list[Job],
    workers: int,
    engine: str,
    scheduler: str | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[Shard, ...]:
    known = finished_shards(root, draft)
    todo = [job for job in plan if not known.keys() >= _paths(job, draft.formats)]
    for path in {path for job in todo for path in _paths(job, draft.formats)}:
        known.pop(path, None)
    shards: list[Shard] = []
    rows = size = 0

    def arrived(written: Sequence[Shard]) -> None:
        nonlocal rows, size
        if engine != "local":
            _check_arrived(root, written)
        shards.extend(written)
        rows += sum(shard.rows for shard in written if shard.format == draft.formats[0])
        size += sum(shard.bytes for shard in written)
        if progress is not None:
            progress(rows, size)

    function = functools.partial(write_shards, recipe, root, draft.formats)
    if engine != "local":
        function = functools.partial(same_versions, function, draft.versions)
    try:
        arrived(tuple(known.values()))
        with engine_in_use(engine, scheduler):
            mapped(
                function,
                todo,
                workers,
                each=arrived,
                name=lambda job: shard_path(draft.formats[0], job),
                died=lambda times, names: (
                    f"{root}: the worker died {times} times over {names}; the other shards are kept: "
                    "run the same build again, with fewer --workers if memory ran out"
                ),
            )
    finally:
        clean(root)
    return tuple(shards)


def _check_arrived(root: Location, shards: Sequence[Shard]) -> None:
    # A network file system may show a new file late; a folder that is not shared never shows it.
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while isinstance(root, Path) and len(whole(root, shards)) < len(shards):
        if time.monotonic() > deadline:
            raise DatasetError(
                f"{root / shards[0].path} was written by a worker and is not seen here; "
                "--out must be a folder that all workers share, or a URL"
            )
        time.sleep(0.1)


def _complete(root: Location, plan: list[Job], formats: tuple[str, ...]) -> Manifest | None:
    if not (root / MANIFEST).exists():
        return None
    manifest = load_manifest(root / MANIFEST)
    there = {shard.path for shard in whole(root, manifest.shards)}
    return manifest if all(there >= _paths(job, formats) for job in plan) else None


def _paths(job: Job, formats: tuple[str, ...]) -> set[str]:
    return {shard_path(format, job) for format in formats}
