"""Build a dataset: shards in any order, by any number of workers, interrupted or not, with the same bytes."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import sha256_of, write_whole, writing
from confu_core.io.lock import folder_in_use
from confu_core.io.storage import Location, RemotePath, location
from confu_core.parallel.cluster import check_engine, completed_on_cluster, same_versions
from confu_core.parallel.workers import WorkerDied, completed
from confu_core.shards.layout import Job, jobs, shard_path
from confu_core.shards.manifest import MANIFEST, Manifest, Shard, draft_of, legible_sums, load_manifest, write_sums
from confu_core.shards.manifest import library_versions as _versions
from confu_core.shards.recipe import Recipe
from confu_core.shards.write import begin, clean, finish, finished_shards, refuse_other, whole, write_shards

__all__ = ["RecipeWithFiles", "build", "files_beside", "write_beside"]

ARRIVAL_SECONDS = 30

Written = tuple[Shard, ...]
Runner = Callable[[Callable[[Job], Written], Sequence[Job]], Generator[Written, None, None]]


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
    if type(workers) is not int or workers < 1:
        raise InvalidValue(f"workers must be a whole number of at least 1; got {workers!r}")
    check_engine(engine, scheduler)
    _check_reach(root, engine, workers)
    plan = jobs(recipe.splits, shard_rows)
    draft = draft_of(recipe, formats, shard_rows, _versions(recipe.libraries))
    with folder_in_use(root):
        with writing(root):
            refuse_other(root, draft)
            manifest = _complete(root, plan, formats)
            if manifest is None:
                begin(root, draft)
        if manifest is None:
            run = _runner(engine, workers, scheduler, root, draft.versions)
            shards = _all_shards(recipe, root, draft, plan, run, progress)
            manifest = draft.with_shards(shards).with_digest()
            _seal(recipe, root, manifest)
        else:
            write_beside(recipe, root)
        finish(root)
    return manifest


def _runner(engine: str, workers: int, scheduler: str | None, root: Location, versions: Mapping[str, str]) -> Runner:
    if engine == "local":
        return lambda function, todo: completed(function, todo, workers)

    def run(function: Callable[[Job], Written], todo: Sequence[Job]) -> Generator[Written, None, None]:
        checked = functools.partial(same_versions, function, versions)
        with contextlib.closing(completed_on_cluster(checked, todo, workers, scheduler)) as results:
            for shards in results:
                _check_arrived(root, shards)
                yield shards

    return run


def _all_shards(
    recipe: Recipe,
    root: Location,
    draft: Manifest,
    plan: list[Job],
    run: Runner,
    progress: Callable[[int, int], None] | None,
) -> tuple[Shard, ...]:
    known = finished_shards(root, draft)
    todo = [job for job in plan if not known.keys() >= _paths(job, draft.formats)]
    for job in todo:
        for path in _paths(job, draft.formats):
            known.pop(path, None)
    shards = list(known.values())
    report = _reporter(progress, draft.formats[0])
    function = functools.partial(write_shards, recipe, root, draft.formats)
    try:
        with contextlib.closing(run(function, todo)) as results:
            report(shards)
            for written in results:
                shards += written
                report(written)
    except WorkerDied as error:
        names = ", ".join(shard_path(draft.formats[0], job) for job in error.jobs)
        raise DatasetError(
            f"{root}: the worker died {error.attempts} times over {names}; the other shards are kept: "
            "run the same build again, with fewer --workers if memory ran out"
        ) from error
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


def _check_reach(root: Location, engine: str, workers: int) -> None:
    if isinstance(root, RemotePath) and root.protocol == "memory" and (engine, workers) != ("local", 1):
        raise InvalidValue(f"{root} is seen by this process alone, so workers must be 1 on the local engine")


def _complete(root: Location, plan: list[Job], formats: tuple[str, ...]) -> Manifest | None:
    if not (root / MANIFEST).exists():
        return None
    manifest = load_manifest(root / MANIFEST)
    there = {shard.path for shard in whole(root, manifest.shards)}
    return manifest if all(there >= _paths(job, formats) for job in plan) else None


def _seal(recipe: Recipe, root: Location, manifest: Manifest) -> None:
    content = manifest.to_bytes()
    sums = {shard.path: shard.sha256 for shard in manifest.shards}
    write_sums(root, {**sums, MANIFEST: hashlib.sha256(content).hexdigest()})
    write_beside(recipe, root)
    write_whole(root / MANIFEST, content)


def _paths(job: Job, formats: tuple[str, ...]) -> set[str]:
    return {shard_path(format, job) for format in formats}


def _reporter(progress: Callable[[int, int], None] | None, format: str) -> Callable[[Sequence[Shard]], None]:
    rows = size = 0

    def report(shards: Sequence[Shard]) -> None:
        nonlocal rows, size
        rows += sum(shard.rows for shard in shards if shard.format == format)
        size += sum(shard.bytes for shard in shards)
        if progress is not None:
            progress(rows, size)

    return report


@runtime_checkable
class RecipeWithFiles(Protocol):
    """A recipe whose dataset has files besides its shards."""

    def files_beside(self) -> Mapping[str, bytes]:
        """Return name to content: small files, directly in the dataset's folder."""
        ...


def files_beside(recipe: Recipe) -> dict[str, bytes]:
    """Return the files that lie beside the shards of a recipe."""
    return dict(recipe.files_beside()) if isinstance(recipe, RecipeWithFiles) else {}


def write_beside(recipe: Recipe, root: Location) -> list[str]:
    """Write the files beside the shards, and their checksums, unless they are there."""
    files = files_beside(recipe)
    wanted = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    lost = [name for name in files if not (root / name).is_file() or sha256_of(root / name) != wanted[name]]
    for name in lost:
        write_whole(root / name, files[name])
    sums = legible_sums(root) if files else {}
    if not sums.items() >= wanted.items():
        write_sums(root, {**sums, **wanted})
    return lost
