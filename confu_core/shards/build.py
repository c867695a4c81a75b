"""Build a dataset: shards in any order, by any number of workers, interrupted or not, with the same bytes."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import remove_partials, sha256_of, workspace, write_whole, writing
from confu_core.io.lock import folder_in_use
from confu_core.io.storage import Location, RemotePath, files_under, location, remove_tree, sizes
from confu_core.parallel.cluster import engine_in_use
from confu_core.parallel.workers import Progress, mapped
from confu_core.shards.layout import FOLDERS, UNFINISHED, Job, check_count, jobs, shard_path
from confu_core.shards.manifest import (
    MANIFEST,
    Manifest,
    Shard,
    differences,
    draft_of,
    legible_sums,
    library_versions,
    load_manifest,
    version_differences,
    write_sums,
)
from confu_core.shards.parquet import each_row, write_parquet
from confu_core.shards.recipe import Recipe, checked_rows
from confu_core.shards.tar import write_tar

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
    progress: Progress | None = None,
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
    root = location(out)
    if isinstance(root, Path) and engine != "local":
        root = root.absolute()  # Workers elsewhere have other working folders.
    check_count("workers", workers)
    with engine_in_use(engine, scheduler):
        if isinstance(root, RemotePath) and root.protocol == "memory" and (engine, workers) != ("local", 1):
            raise InvalidValue(f"{root} is seen by this process alone, so workers must be 1 on the local engine")
        plan = jobs(recipe.splits, shard_rows)
        draft = draft_of(recipe, tuple(formats), shard_rows, library_versions(recipe.libraries))
        task = _Build(recipe, root, draft, elsewhere=engine != "local")
        with folder_in_use(root):
            with writing(root):
                task.refuse_other()
                manifest = task.complete(plan)
                if manifest is None:
                    task.begin()
            if manifest is not None:
                write_beside(recipe, root)
            else:
                manifest = draft.with_shards(task.all_shards(plan, workers, progress)).with_digest()
                write_sums(root, manifest.sums())
                write_beside(recipe, root)
                write_whole(root / MANIFEST, manifest.to_bytes())
            remove_tree(root / UNFINISHED)
    return manifest


@dataclass(frozen=True)
class _Build:
    """A dataset being written: by which recipe and where, its manifest to be, and whether workers are elsewhere."""

    recipe: Recipe
    root: Location
    draft: Manifest
    elsewhere: bool

    @cached_property
    def there(self) -> dict[Location, Manifest]:
        """The manifests that a folder holds when it is found: of a finished dataset, and of an unfinished build."""
        folders = (self.root, self.root / UNFINISHED)
        return {folder: load_manifest(folder / MANIFEST) for folder in folders if (folder / MANIFEST).exists()}

    def refuse_other(self) -> None:
        """Refuse a folder that holds anything but this dataset, whole or in part, in a line that says what."""
        root = self.root
        if root.exists() and not root.is_dir():
            raise DatasetError(f"{root} is a file; choose another --out")
        for manifest in self.there.values():
            if different := differences(manifest, self.draft):
                raise DatasetError(
                    f"{root} holds another dataset ({'; '.join(different)}); choose another --out or remove it"
                )
        if not self.there and root.is_dir():
            foreign = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
            if foreign:
                raise DatasetError(f"{root} holds other files ({', '.join(foreign[:3])}); choose another --out")

    def complete(self, plan: list[Job]) -> Manifest | None:
        """Return the manifest of a folder that holds every shard, of whatever library versions."""
        manifest = self.there.get(self.root)
        known = {shard.path for shard in whole(self.root, manifest.shards)} if manifest else set()
        return manifest if all(known >= self.paths(job) for job in plan) else None

    def begin(self) -> None:
        """Mark a folder as holding an unfinished build, and remove what a killed one cannot use any more."""
        root, unfinished = self.root, self.root / UNFINISHED
        for manifest in self.there.values():
            # The first generators did not say which they were.
            old, new = (one.information.get("version", 1) for one in (manifest, self.draft))
            if old != new:
                raise DatasetError(
                    f"{root} holds part of what version {old!r:.20} of the generator makes, and this is version {new}; "
                    "choose another --out or remove it"
                )
        clean(root)
        # Other library versions may write other bytes: what they left must not be taken for part of this build.
        outdated = [folder for folder, manifest in self.there.items() if manifest.versions != self.draft.versions]
        for record in _record_paths(unfinished) if unfinished in outdated else ():
            record.unlink()
        write_whole(unfinished / MANIFEST, self.draft.to_bytes())
        if root in outdated:
            (root / MANIFEST).unlink()

    def all_shards(self, plan: list[Job], workers: int, progress: Progress | None) -> tuple[Shard, ...]:
        """Write every shard that is not there, and return all of them."""
        known = {shard.path: shard for shard in whole(self.root, self._recorded())}
        todo = [job for job in plan if not known.keys() >= self.paths(job)]
        for path in {path for job in todo for path in self.paths(job)}:
            known.pop(path, None)
        shards: list[Shard] = []
        rows = size = 0

        def arrived(written: Sequence[Shard]) -> None:
            """Take note of finished shards."""
            nonlocal rows, size
            if self.elsewhere:
                _check_arrived(self.root, written)
            shards.extend(written)
            rows += sum(shard.rows for shard in written if shard.format == self.draft.formats[0])
            size += sum(shard.bytes for shard in written)
            if progress is not None:
                progress(rows, size)

        function = functools.partial(write_shards, self.recipe, self.root, self.draft.formats)
        if self.elsewhere:
            function = functools.partial(same_versions, function, self.draft.versions)
        try:
            arrived(tuple(known.values()))
            mapped(
                function,
                todo,
                workers,
                each=arrived,
                name=lambda job: shard_path(self.draft.formats[0], job),
                who=f"{self.root}: the worker",
                mend="the other shards are kept: run the same build again, with fewer --workers if memory ran out",
            )
        finally:
            clean(self.root)
        return tuple(shards)

    def paths(self, job: Job) -> set[str]:
        """Return where the shards of a range of rows lie."""
        return {shard_path(format, job) for format in self.draft.formats}

    def _recorded(self) -> Iterator[Shard]:
        """Yield the shards that were written by these library versions."""
        for folder, manifest in self.there.items():
            if manifest.versions == self.draft.versions:
                # A finished manifest lists its shards; that of an unfinished build has records beside it.
                yield from manifest.shards or _records(folder)


def write_shards(recipe: Recipe, root: Location, formats: tuple[str, ...], job: Job) -> tuple[Shard, ...]:
    """Generate one range of rows, write it in every format, and note that it is finished: a build's unit of work."""
    with workspace(root) as folder:
        shards = write_formats(recipe, folder, formats, job)
    path = root / UNFINISHED / f"{job.split}-{job.index:05d}.json"
    write_whole(path, json.dumps([vars(shard) for shard in shards]).encode())
    return shards


def write_formats(recipe: Recipe, folder: Path, formats: tuple[str, ...], job: Job) -> tuple[Shard, ...]:
    """Generate one range of rows and write a shard of it in each format, without a note of it."""
    table = checked_rows(recipe, job.split, job.start, job.stop)
    shards = []
    for format in formats:
        path = folder / shard_path(format, job)
        if format == "parquet":
            write_parquet(table, path)
        else:
            write_tar(each_row(table), recipe.members, path)
        size, digest = path.stat().st_size, sha256_of(path)
        shards.append(Shard(shard_path(format, job), job.split, format, table.num_rows, size, digest))
    return tuple(shards)


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


def whole(root: Location, shards: Iterable[Shard]) -> list[Shard]:
    """Return those shards that are there with the size on record; their content is for `verify` to look at."""
    shards = list(shards)
    there = sizes(root, [shard.path for shard in shards])
    return [shard for shard in shards if there.get(shard.path) == shard.bytes]


def clean(root: Location) -> None:
    """Remove the temporaries of writers that were killed."""
    if isinstance(root, RemotePath):
        return  # Nothing is written there before it is whole.
    for folder in (root, root / UNFINISHED, *(root / name for name in FOLDERS.values())):
        remove_partials(folder)


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


def _records(folder: Location) -> list[Shard]:
    shards: list[Shard] = []
    for path in _record_paths(folder):
        # A damaged record is no record: its shards are written again.
        with contextlib.suppress(DatasetError, TypeError, ValueError):
            shards += [Shard.parse(shard) for shard in json.loads(path.read_bytes())]
    return shards


def _record_paths(folder: Location) -> list[Location]:
    return [folder / name for name in files_under(folder) if fnmatch(name, "*-*.json")]
