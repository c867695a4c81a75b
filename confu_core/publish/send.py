"""Bring a release to a folder or store: what is not there yet, each file proved by its SHA-256, the manifest last."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from confu_core.errors import DatasetError, InvalidValue
from confu_core.io.atomic import read_json, remove_partials, replacing, sha256_of, write_whole, writing
from confu_core.io.lock import LOCK, OWNER, folder_in_use, vacate
from confu_core.io.storage import Location, RemotePath, files_under, remove_tree, sizes
from confu_core.publish.release import Part, Release
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import MANIFEST, SUMS, legible_sums, load_manifest
from confu_core.shards.read import PUBLISHING

# What is on its way to a place, for as long as that has no manifest which says whose the files are.
LEDGER = f"{PUBLISHING}/ledger.json"
CONCURRENT = 4
_ELSEWHERE = "choose another place, or empty this one"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Sent:
    """What became of a release.

    Attributes
    ----------
    sent, kept, removed : tuple of str
        Files that were brought, that were there already, and that an earlier publication had left.
    bytes : int
        Of the files that were brought.
    """

    sent: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    bytes: int


@dataclass(frozen=True)
class Survey:
    """What lies at a place: the sizes of files that a release holds, and the SHA-256 that is written down for any.

    Stale are files of an earlier publication that this one does not hold; whole is a place with a manifest.
    """

    sizes: Mapping[str, int]
    sums: Mapping[str, str]
    stale: tuple[str, ...]
    whole: bool


def survey(root: Location, release: Release) -> Survey:
    """Look at a place, and raise a DatasetError where another dataset or other files are."""
    there = [name for name in files_under(root) if name not in (LEDGER, LOCK, OWNER)]
    sums = {**legible_sums(root), SUMS: sha256_of(root / SUMS)} if SUMS in there else {}
    whole = MANIFEST in there
    if whole:
        found = load_manifest(root / MANIFEST)
        release.check_same(root, found.name, found.fingerprint, _ELSEWHERE)
        sums |= {shard.path: shard.sha256 for shard in found.shards}
    elif (announced := _announced(root)) is not None:
        name, fingerprint, coming = announced
        release.check_same(root, name, fingerprint, _ELSEWHERE)
        sums |= coming
    elif there:
        raise DatasetError(f"{root} holds other files ({there[0]}); {_ELSEWHERE}")
    own = {part.name for part in release.parts}
    others = [name for name in there if name not in own]
    for name in others:
        # Readers take every file in these folders for a part of the dataset.
        hidden = name.rpartition("/")[2].startswith(".")
        if name not in sums and name.partition("/")[0] in FOLDERS.values() and not hidden:
            raise DatasetError(f"{root / name} is not part of the dataset, but readers would take it; remove it first")
    return Survey(sizes(root, own & {*there}), sums, tuple(name for name in others if name in sums), whole)


def _announced(root: Location) -> tuple[object, object, dict[str, str]] | None:
    """Return name and fingerprint of the release that is on its way to a place, and the SHA-256 of its files."""
    with contextlib.suppress(DatasetError, OSError, ValueError):
        said = read_json(root / LEDGER)
        # Older versions wrote down what had arrived, with a state of the store.
        files = said.get("files", said.get("arrived")) if isinstance(said, dict) else None
        if isinstance(files, dict):
            coming = {name: str(one[0] if isinstance(one, list) and one else one) for name, one in files.items()}
            return said.get("name"), said.get("fingerprint"), coming
    return None


def _announce(root: Location, release: Release) -> None:
    files = {part.name: part.sha256 for part in release.parts}
    said = {"name": release.name, "fingerprint": release.fingerprint, "files": files}
    write_whole(root / LEDGER, (json.dumps(said, sort_keys=True) + "\n").encode())


def write_release(release: Release, out: Path, *, progress: Progress | None = None) -> Sent:
    """Write a release into a folder, which appears whole or, where it holds the same dataset, is brought up to date.

    Shards are linked where the file system can, else copied; either way they are not altered.
    """
    if out.exists() and not out.is_dir():
        raise InvalidValue(f"--out must be a folder; got the file {out}")
    with folder_in_use(out), writing(out):
        if not out.name or any(path.name not in (LOCK, OWNER) for path in out.iterdir()):
            return send(release, out, progress=progress)
        # The name is always the same, so that what a killed process left is found and removed.
        beside = out.with_name(f".{out.name}.partial")
        shutil.rmtree(beside, ignore_errors=True)
        try:
            done = send(release, beside, progress=progress)
            vacate(out)
            beside.replace(out)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return done


def send(release: Release, root: Location, *, progress: Progress | None = None) -> Sent:
    """Bring a release to a place; run again after an interruption, it goes on with what is missing.

    Every file appears whole or not at all, and is compared with its SHA-256 before it counts; what went to a store is
    read back for it. The manifest comes last: until it is there, no reader of this project takes the place for a
    dataset. Where a shard has to be replaced, the manifest is withdrawn first.
    """
    found = survey(root, release)
    if isinstance(root, Path):
        for folder in {(root / part.name).parent for part in release.parts}:
            remove_partials(folder)
    with _pool(root) as pool:
        there = [*pool.map(lambda part: _is_there(root, part, found), release.parts)]
    *body, manifest = release.parts
    kept = [part for part, held in zip(body, there, strict=False) if held]
    missing = [part for part, held in zip(body, there, strict=False) if not held]
    if all(there) and not found.stale:
        return Sent((), tuple(part.name for part in release.parts), (), 0)
    _announce(root, release)
    if found.whole and any("/" in part.name and part.name in found.sums for part in missing):
        (root / MANIFEST).unlink()
    before = sum(part.size for part in kept)
    _send_all(missing, root, before, lambda done: progress(done, release.size) if progress else None)
    for name in found.stale:
        (root / name).unlink()
    _place(manifest, root)
    remove_tree(root / PUBLISHING)
    sent = [*missing, manifest]
    names, size = tuple(part.name for part in sent), sum(part.size for part in sent)
    return Sent(names, tuple(part.name for part in kept), found.stale, size)


def _is_there(root: Location, part: Part, found: Survey) -> bool:
    """Return whether a file is there with the right SHA-256, which is read unless it is the shard itself."""
    path = root / part.name
    if found.sizes.get(part.name) != part.size:
        return False
    if isinstance(path, Path):
        if path.is_symlink():  # It would lead nowhere on another machine.
            return False
        if isinstance(part.source, Path) and path.samefile(part.source):
            return True
    return sha256_of(path) == part.sha256


def _pool(root: Location) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(CONCURRENT if isinstance(root, RemotePath) else 1)


def _send_all(parts: list[Part], root: Location, done: int, tell: Callable[[int], None]) -> None:
    """Bring parts to a place, and tell after each how many bytes are there, beginning with those that were."""
    tell(done)
    with _pool(root) as pool:
        jobs = {pool.submit(_place, part, root): part for part in parts}
        try:
            for job in as_completed(jobs):
                job.result()
                done += jobs[job].size
                tell(done)
        finally:
            # What is under way ends; nothing new begins, whether a job failed or the user pressed Ctrl-C.
            pool.shutdown(wait=False, cancel_futures=True)


def _place(part: Part, root: Location) -> None:
    target = root / part.name
    with part.local() as source:
        if isinstance(target, RemotePath):
            target.upload(source)
        elif not (part.name.partition("/")[0] in FOLDERS.values() and _linked(source, target)):
            _copy(source, target, part)
    if isinstance(target, RemotePath) and (arrived := sha256_of(target)) != part.sha256:
        raise DatasetError(
            f"{target} arrived altered: its SHA-256 is {arrived[:12]}, not {part.sha256[:12]}; run it again"
        )


def _copy(source: Path, target: Path, part: Part) -> None:
    digest = hashlib.sha256()
    if target.is_symlink():  # Not followed: what it leads to is somebody's.
        target.unlink()
    with source.open("rb") as content, replacing(target) as file:
        while piece := content.read(1 << 20):
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != part.sha256:
            raise DatasetError(f"{source} changed while it was published; run the same command again")


def _linked(source: Path, target: Path) -> bool:
    """Give a shard, which nothing writes to, a second name without a copy; not every file system can."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.partial")
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            os.link(source.resolve(), temporary)
            temporary.replace(target)
            return True
        temporary.unlink(missing_ok=True)
    return False
