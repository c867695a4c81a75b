"""What a folder holds before a build: nothing, this dataset in part or whole, or something else."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from confu_core.errors import DatasetError
from confu_core.io.atomic import remove_partials, write_whole
from confu_core.io.remote import RemotePath
from confu_core.io.storage import Location, sizes
from confu_core.shards.draft import differences
from confu_core.shards.layout import FOLDERS, Job
from confu_core.shards.manifest import MANIFEST, Manifest, Shard, load_manifest

__all__ = ["begin", "clean", "finish", "finished_shards", "record", "refuse_other", "whole"]

# While a build is unfinished: the manifest to be, and one record per finished range of rows.
UNFINISHED = ".build"


def refuse_other(root: Location, draft: Manifest) -> None:
    """Refuse a folder that holds anything but this dataset, whole or in part.

    Parameters
    ----------
    root : Path or RemotePath
        Where to build; need not exist.
    draft : Manifest
        Of the dataset to build, without shards.

    Raises
    ------
    DatasetError
        Naming what differs, or what lies there.

    Examples
    --------
    >>> refuse_other(Path("no-such-folder"), draft=None)
    """
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
    """Mark a folder as holding an unfinished build, and remove what a killed one cannot use any more.

    Parameters
    ----------
    root : Path or RemotePath
        Where to build.
    draft : Manifest
        Of the dataset to build, without shards.

    Raises
    ------
    DatasetError
        If the folder cannot be written.

    Examples
    --------
    >>> begin(Path("/dev/null/folder"), draft=Manifest(1, "x", "", {}, 0, {}, "", (), 1, {}, {}, {}))
    Traceback (most recent call last):
    confu_core.errors.DatasetError: cannot write /dev/null/folder/.build/manifest.json: Not a directory
    """
    clean(root)
    # Other library versions may write other bytes: what they left must not be taken for part of this build.
    path = root / UNFINISHED / MANIFEST
    if path.exists() and load_manifest(path).versions != draft.versions:
        for old in _record_paths(root / UNFINISHED):
            old.unlink()
    write_whole(path, draft.to_bytes())
    if (root / MANIFEST).exists() and load_manifest(root / MANIFEST).versions != draft.versions:
        (root / MANIFEST).unlink()


def record(root: Location, job: Job, shards: tuple[Shard, ...]) -> None:
    """Note that the shards of one range of rows are finished.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.
    job : Job
        The range.
    shards : tuple of Shard
        One per format.

    Raises
    ------
    DatasetError
        If the record cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record(Path(folder), Job("train", 0, 1, 0, 10), ())
    ...     [path.name for path in (Path(folder) / ".build").iterdir()]
    ['train-00000.json']
    """
    path = root / UNFINISHED / f"{job.split}-{job.index:05d}.json"
    write_whole(path, json.dumps([vars(shard) for shard in shards]).encode())


def finished_shards(root: Location, draft: Manifest) -> dict[str, Shard]:
    """Return the shards that need not be written again.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.
    draft : Manifest
        Of the dataset to build; shards of other library versions do not count.

    Returns
    -------
    dict of str to Shard
        By path: those on record that are there with the size on record.

    Examples
    --------
    >>> finished_shards(Path("no-such-folder"), draft=None)
    {}
    """
    known: list[Shard] = []
    for folder in (root, root / UNFINISHED):
        if (folder / MANIFEST).exists() and load_manifest(folder / MANIFEST).versions == draft.versions:
            # A finished manifest lists its shards; that of an unfinished build has records beside it.
            known += load_manifest(folder / MANIFEST).shards or _records(folder)
    return {shard.path: shard for shard in whole(root, known)}


def whole(root: Location, shards: Iterable[Shard]) -> list[Shard]:
    """Return those shards that are there with the size on record.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.
    shards : iterable of Shard
        As recorded.

    Returns
    -------
    list of Shard
        Their content is not looked at; that is for `verify`.

    Examples
    --------
    >>> whole(Path("no-such-folder"), [Shard("data/x.parquet", "train", "parquet", 1, 10, "")])
    []
    """
    shards = list(shards)
    found = sizes(root, [shard.path for shard in shards])
    return [shard for shard in shards if found.get(shard.path) == shard.bytes]


def clean(root: Location) -> None:
    """Remove the temporaries of writers that were killed.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.

    Examples
    --------
    >>> clean(Path("no-such-folder"))
    """
    if isinstance(root, RemotePath):
        return  # Nothing is written there before it is whole.
    for folder in (root, root / UNFINISHED, *(root / name for name in FOLDERS.values())):
        remove_partials(folder)


def finish(root: Location) -> None:
    """Remove the marks of an unfinished build, once the manifest is written.

    Parameters
    ----------
    root : Path or RemotePath
        The dataset's folder.

    Examples
    --------
    >>> finish(Path("no-such-folder"))
    """
    marks = root / UNFINISHED
    if isinstance(marks, RemotePath):
        marks.remove_tree()
    else:
        shutil.rmtree(marks, ignore_errors=True)


def _records(folder: Location) -> list[Shard]:
    shards: list[Shard] = []
    for path in _record_paths(folder):
        # A damaged record is no record: its shards are written again.
        with contextlib.suppress(DatasetError, TypeError, ValueError):
            shards += [Shard.parse(shard) for shard in json.loads(path.read_bytes())]
    return shards


def _record_paths(folder: Location) -> list[Path] | list[RemotePath]:
    if isinstance(folder, Path):
        return sorted(folder.glob("*-*.json"))
    return [folder / name for name in folder.files() if fnmatch(name, "*-*.json")]
