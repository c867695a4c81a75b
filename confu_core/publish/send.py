"""Bring a release to a folder or store: what is not there yet, each file proved by its SHA-256, the manifest last."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from confu_core.errors import DatasetError
from confu_core.io.atomic import remove_partials, replacing, sha256_of, writing
from confu_core.io.storage import Location, RemotePath
from confu_core.publish.ledger import Ledger
from confu_core.publish.release import Part, Release
from confu_core.publish.survey import Survey, survey
from confu_core.shards.layout import FOLDERS
from confu_core.shards.manifest import MANIFEST

__all__ = ["CONCURRENT", "Sent", "send"]

CONCURRENT = 4

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


def send(release: Release, root: Location, *, progress: Progress | None = None) -> Sent:
    """Bring a release to a place; run again after an interruption, it goes on with what is missing.

    Every file appears whole or not at all, and is compared with its SHA-256 before it counts; what went to a store is
    read back for it. The manifest comes last: until it is there, no reader of this project takes the place for a
    dataset. Where a shard has to be replaced, the manifest is withdrawn first.

    Parameters
    ----------
    release : Release
        What to bring.
    root : Path or RemotePath
        Where to.
    progress : callable, optional
        Called with the bytes that are in place and those of all files.

    Returns
    -------
    Sent
        What was brought and what was there.

    Raises
    ------
    DatasetError
        If something else lies there, the store refuses, or a file does not arrive as it was sent.
    """
    found = survey(root, release)
    if isinstance(root, Path):
        for folder in {(root / part.name).parent for part in release.parts}:
            remove_partials(folder)
    ledger = Ledger(root, release)
    body = release.parts[:-1]
    kept = [part for part in body if _is_there(root, part, found, ledger)]
    missing = [part for part in body if part not in kept]
    if not missing and not found.stale and _is_there(root, release.manifest, found, ledger):
        return Sent((), tuple(part.name for part in release.parts), (), 0)
    if found.whole and any("/" in part.name and part.name in found.sums for part in missing):
        (root / MANIFEST).unlink()
    ledger.open()
    done = _Count(sum(part.size for part in kept), release.size, progress)
    _send_all(missing, root, ledger, done)
    for name in found.stale:
        (root / name).unlink()
    _place(release.manifest, root)
    ledger.close()
    names = tuple(part.name for part in [*missing, release.manifest])
    size = sum(part.size for part in missing) + release.manifest.size
    return Sent(names, tuple(part.name for part in kept), found.stale, size)


def _is_there(root: Location, part: Part, found: Survey, ledger: Ledger) -> bool:
    """Return whether a file is there with the right SHA-256: what was read once and has not changed, or is read now."""
    if found.sizes.get(part.name) != part.size:
        return False
    if ledger.has(part):
        return True
    path = root / part.name
    if isinstance(path, Path):
        if path.is_symlink():  # It would lead nowhere on another machine.
            return False
        if isinstance(part.source, Path) and path.samefile(part.source):
            return True
    return sha256_of(path) == part.sha256


def _send_all(parts: list[Part], root: Location, ledger: Ledger, done: _Count) -> None:
    def one(part: Part) -> None:
        if stop.is_set():
            return
        _place(part, root)
        ledger.note(part)
        done.add(part.size)

    stop = threading.Event()
    with ThreadPoolExecutor(CONCURRENT if isinstance(root, RemotePath) else 1) as pool:
        jobs = [pool.submit(one, part) for part in parts]
        try:
            finished, _ = wait(jobs, return_when=FIRST_EXCEPTION)
        finally:
            # What is under way ends; nothing new begins, whether a job failed or the user pressed Ctrl-C.
            stop.set()
    for job in finished:
        job.result()


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


class _Count:
    """Bytes that are in place, counted by several threads."""

    def __init__(self, done: int, total: int, progress: Progress | None) -> None:
        self._done, self._total, self._progress = done, total, progress
        self._lock = threading.Lock()
        self.add(0)

    def add(self, size: int) -> None:
        """Count a file."""
        with self._lock:
            self._done += size
            if self._progress is not None:
                self._progress(self._done, self._total)
