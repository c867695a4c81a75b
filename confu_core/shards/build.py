"""Build a dataset: shards in any order, by any number of workers, interrupted or not, with the same bytes."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards.atomic import write_whole, writing
from confu_core.shards.layout import Job, check_formats, jobs, shard_path
from confu_core.shards.manifest import MANIFEST, SCHEMA_VERSION, Manifest, Shard, load_manifest
from confu_core.shards.parquet import stored_types
from confu_core.shards.recipe import Recipe
from confu_core.shards.resume import begin, clean, finish, finished_shards, is_whole, refuse_other
from confu_core.shards.schema import column_types
from confu_core.shards.sums import write_sums
from confu_core.shards.workers import ATTEMPTS, WorkerDied, completed
from confu_core.shards.write import write_shards

__all__ = ["build"]


def build(
    recipe: Recipe,
    out: str | Path,
    *,
    formats: Sequence[str] = ("parquet",),
    shard_rows: int = 1000,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """Write a dataset into shards, or finish one that was interrupted.

    The bytes depend on the recipe, `formats`, `shard_rows` and the versions of the libraries alone. A dataset
    that is already complete is left as it is.

    Parameters
    ----------
    recipe : Recipe
        What generates the rows; picklable where there are several workers.
    out : str or Path
        The dataset's folder: new, empty, or holding the same dataset in part.
    formats : sequence of {"parquet", "webdataset"}
        Which shards to write; each format holds all rows.
    shard_rows : int
        Rows per shard; the rows of one shard per worker are held in memory.
    workers : int
        Number of processes; 1 works in this one.
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
        If the folder holds something else or cannot be written, or a worker died repeatedly over a shard.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.shards.recipe import TableRecipe
    >>> recipe = TableRecipe("squares", {"train": pa.table({"key": ["a", "b", "c"], "square": [1, 4, 9]})})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [shard.path for shard in build(recipe, folder, shard_rows=2).shards]
    ['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet']
    """
    root, formats = Path(out), tuple(formats)
    if type(workers) is not int or workers < 1:
        raise InvalidValue(f"workers must be a whole number of at least 1; got {workers!r}")
    plan = jobs(recipe.splits, shard_rows)
    draft = _draft(recipe, formats, shard_rows)
    with writing(root):
        refuse_other(root, draft)
        manifest = _complete(root, plan, formats)
        if manifest is None:
            begin(root, draft)
    if manifest is None:
        manifest = draft.with_shards(_all_shards(recipe, root, draft, plan, workers, progress))
        _seal(root, manifest)
    finish(root)
    return manifest


def _all_shards(
    recipe: Recipe,
    root: Path,
    draft: Manifest,
    plan: list[Job],
    workers: int,
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
        with contextlib.closing(completed(function, todo, workers)) as results:
            report(shards)
            for written in results:
                shards += written
                report(written)
    except WorkerDied as error:
        names = ", ".join(shard_path(draft.formats[0], job) for job in error.jobs)
        raise DatasetError(
            f"{root}: the worker died {ATTEMPTS} times over {names}; the other shards are kept: "
            "run the same build again, with fewer --workers if memory ran out"
        ) from error
    finally:
        clean(root)
    return tuple(shards)


def _draft(recipe: Recipe, formats: tuple[str, ...], shard_rows: int) -> Manifest:
    check_formats(formats)
    _check_key_column(recipe.schema)
    draft = Manifest(
        schema_version=SCHEMA_VERSION,
        name=recipe.name,
        description=recipe.description,
        config=_as_json("config", recipe.config),
        seed=int(recipe.seed),
        splits=dict(recipe.splits),
        fingerprint="",
        formats=formats,
        shard_rows=shard_rows,
        versions=_versions(recipe.libraries),
        schema=stored_types(recipe.schema),
        information=_as_json("information", recipe.information()),
    )
    return draft.fingerprinted()


def _check_key_column(schema: pa.Schema) -> None:
    if [column.type for column in schema if column.name == "key"] != [pa.string()]:
        columns = ", ".join(f"{name}: {type}" for name, type in column_types(schema).items())
        raise InvalidValue(f"a schema must have one column 'key' of type string; got {columns}")


def _as_json(what: str, value: Any) -> Any:
    # As it will be read back: tuples become lists, keys become text.
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"{what} of a recipe must hold JSON values; {error}") from error


def _versions(libraries: tuple[str, ...]) -> dict[str, str]:
    names = sorted({"confu-bench", "numpy", "pyarrow", *libraries})
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in names}}


def _complete(root: Path, plan: list[Job], formats: tuple[str, ...]) -> Manifest | None:
    if not (root / MANIFEST).exists():
        return None
    manifest = load_manifest(root / MANIFEST)
    whole = {shard.path for shard in manifest.shards if is_whole(root, shard)}
    return manifest if all(whole >= _paths(job, formats) for job in plan) else None


def _seal(root: Path, manifest: Manifest) -> None:
    content = manifest.to_bytes()
    sums = {shard.path: shard.sha256 for shard in manifest.shards}
    write_sums(root, {**sums, MANIFEST: hashlib.sha256(content).hexdigest()})
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
