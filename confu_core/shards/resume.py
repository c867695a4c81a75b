"""What a folder holds before a build: nothing, this dataset in part or whole, or something else."""

from __future__ import annotations

import contextlib
import json
import shutil
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError
from confu_core.shards.atomic import remove_partials, write_whole
from confu_core.shards.layout import FOLDERS, Job
from confu_core.shards.manifest import MANIFEST, Manifest, Shard, load_manifest

__all__ = ["begin", "clean", "differences", "finish", "finished_shards", "is_whole", "record", "refuse_other"]

# While a build is unfinished: the manifest to be, and one record per finished range of rows.
UNFINISHED = ".build"


def refuse_other(root: Path, draft: Manifest) -> None:
    """Refuse a folder that holds anything but this dataset, whole or in part.

    Parameters
    ----------
    root : Path
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


def differences(there: Manifest, here: Manifest) -> list[str]:
    """Say in what two manifests describe different datasets; versions and shards do not count.

    Parameters
    ----------
    there, here : Manifest
        Of a dataset on disk, and of the one that is wanted.

    Returns
    -------
    list of str
        One phrase per setting.

    Examples
    --------
    >>> manifest = Manifest(1, "x", "", {"p": 0.5}, 0, {}, "", (), 1, {}, {}, {})
    >>> differences(manifest, Manifest(1, "x", "", {"p": 0.3}, 0, {}, "", (), 1, {}, {}, {}))
    ['p: 0.5 there, 0.3 here']
    """
    old, new = _settings(there), _settings(here)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not names and there.fingerprint != here.fingerprint:
        return [f"fingerprint: {there.fingerprint:.8} there, {here.fingerprint:.8} here"]
    return [f"{name}: {_shown(old, name)} there, {_shown(new, name)} here" for name in names]


def begin(root: Path, draft: Manifest) -> None:
    """Mark a folder as holding an unfinished build, and remove what a killed one cannot use any more.

    Parameters
    ----------
    root : Path
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


def record(root: Path, job: Job, shards: tuple[Shard, ...]) -> None:
    """Note that the shards of one range of rows are finished.

    Parameters
    ----------
    root : Path
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


def finished_shards(root: Path, draft: Manifest) -> dict[str, Shard]:
    """Return the shards that need not be written again.

    Parameters
    ----------
    root : Path
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
    return {shard.path: shard for shard in known if is_whole(root, shard)}


def is_whole(root: Path, shard: Shard) -> bool:
    """Return whether a shard is there with the size on record.

    Parameters
    ----------
    root : Path
        The dataset's folder.
    shard : Shard
        As recorded.

    Returns
    -------
    bool
        Its content is not looked at; that is for `verify`.

    Examples
    --------
    >>> is_whole(Path("no-such-folder"), Shard("data/x.parquet", "train", "parquet", 1, 10, ""))
    False
    """
    path = root / shard.path
    return path.is_file() and path.stat().st_size == shard.bytes


def clean(root: Path) -> None:
    """Remove the temporaries of writers that were killed.

    Parameters
    ----------
    root : Path
        The dataset's folder.

    Examples
    --------
    >>> clean(Path("no-such-folder"))
    """
    for folder in (root, root / UNFINISHED, *(root / name for name in FOLDERS.values())):
        remove_partials(folder)


def finish(root: Path) -> None:
    """Remove the marks of an unfinished build, once the manifest is written.

    Parameters
    ----------
    root : Path
        The dataset's folder.

    Examples
    --------
    >>> finish(Path("no-such-folder"))
    """
    shutil.rmtree(root / UNFINISHED, ignore_errors=True)


def _records(folder: Path) -> list[Shard]:
    shards: list[Shard] = []
    for path in _record_paths(folder):
        # A damaged record is no record: its shards are written again.
        with contextlib.suppress(DatasetError, TypeError, ValueError):
            shards += [Shard.parse(shard) for shard in json.loads(path.read_bytes())]
    return shards


def _record_paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*-*.json"))


def _settings(manifest: Manifest) -> dict[str, Any]:
    return {
        **manifest.config,
        "name": manifest.name,
        "seed": manifest.seed,
        "splits": manifest.splits,
        "formats": list(manifest.formats),
        "shard_rows": manifest.shard_rows,
    }


def _shown(settings: dict[str, Any], name: str) -> str:
    return f"{json.dumps(settings[name]):.60}" if name in settings else "nothing"
