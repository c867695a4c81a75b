"""One range of rows, written in every format, and the record of it that a later build goes on from."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from confu_core.errors import DatasetError
from confu_core.io.atomic import remove_partials, sha256_of, workspace, write_whole
from confu_core.io.storage import Location, RemotePath, files_under, sizes
from confu_core.shards.layout import FOLDERS, UNFINISHED, Job, shard_path
from confu_core.shards.manifest import MANIFEST, Manifest, Shard, differences, load_manifest
from confu_core.shards.parquet import each_row, write_parquet
from confu_core.shards.recipe import Recipe, checked_rows
from confu_core.shards.tar import write_tar


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


def refuse_other(root: Location, draft: Manifest) -> None:
    """Refuse a folder that holds anything but this dataset, whole or in part, in a line that says what."""
    if root.exists() and not root.is_dir():
        raise DatasetError(f"{root} is a file; choose another --out")
    manifests = [path for path in (root / MANIFEST, root / UNFINISHED / MANIFEST) if path.exists()]
    for path in manifests:
        if different := differences(load_manifest(path), draft):
            raise DatasetError(
                f"{root} holds another dataset ({'; '.join(different)}); choose another --out or remove it"
            )
    if not manifests and root.is_dir():
        foreign = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
        if foreign:
            raise DatasetError(f"{root} holds other files ({', '.join(foreign[:3])}); choose another --out")


def begin(root: Location, draft: Manifest) -> None:
    """Mark a folder as holding an unfinished build, and remove what a killed one cannot use any more."""
    clean(root)
    # Other library versions may write other bytes: what they left must not be taken for part of this build.
    path = root / UNFINISHED / MANIFEST
    if path.exists() and load_manifest(path).versions != draft.versions:
        for old in _record_paths(root / UNFINISHED):
            old.unlink()
    write_whole(path, draft.to_bytes())
    if (root / MANIFEST).exists() and load_manifest(root / MANIFEST).versions != draft.versions:
        (root / MANIFEST).unlink()


def finished_shards(root: Location, draft: Manifest) -> dict[str, Shard]:
    """Return the shards of these library versions that need not be written again, by path."""
    known: list[Shard] = []
    for folder in (root, root / UNFINISHED):
        if (folder / MANIFEST).exists() and load_manifest(folder / MANIFEST).versions == draft.versions:
            # A finished manifest lists its shards; that of an unfinished build has records beside it.
            known += load_manifest(folder / MANIFEST).shards or _records(folder)
    return {shard.path: shard for shard in whole(root, known)}


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


def _records(folder: Location) -> list[Shard]:
    shards: list[Shard] = []
    for path in _record_paths(folder):
        # A damaged record is no record: its shards are written again.
        with contextlib.suppress(DatasetError, TypeError, ValueError):
            shards += [Shard.parse(shard) for shard in json.loads(path.read_bytes())]
    return shards


def _record_paths(folder: Location) -> list[Location]:
    return [folder / name for name in files_under(folder) if fnmatch(name, "*-*.json")]
