"""What lies in the folder of caches: decoded data by dataset and size, and how they are removed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confu_core.errors import DatasetError, InvalidValue, nearest
from confu_core.io.atomic import read_small, unmarked
from confu_core.io.lock import InUse, locked, unshared
from confu_core.shards.cache_write import INDEX

__all__ = ["CacheEntry", "caches", "clear_caches"]

_NAME, _LEFT = re.compile("[0-9a-f]{64}"), re.compile(r"\.([0-9a-f]{64})\.[0-9a-f]{8}\.partial")
_FILE = re.compile(r".+\.(npy|kept|parquet|json|partial)")
_INSIDE = "degraded"  # The one folder within a cache: what is tested with damage.
SHOWN = 12  # Letters of a name that are enough to tell caches apart.


@dataclass(frozen=True)
class CacheEntry:
    """A cache as it lies on the disk.

    Attributes
    ----------
    path : Path
        Its folder.
    dataset : str
        What it was made from; empty where that is not known, as of one that was never finished.
    bytes : int
        Size of its files.
    days : float
        Since it was made.
    """

    path: Path
    dataset: str
    bytes: int
    days: float

    @property
    def name(self) -> str:
        """The first letters of the name, which tell it from others."""
        return self.path.name.lstrip(".")[:SHOWN]


def caches(root: Path) -> list[CacheEntry]:
    """List the caches of a folder, the largest first, and what killed processes left of some; none if it is missing."""
    try:
        found = sorted(root.iterdir())
    except FileNotFoundError:
        return []
    entries = [_entry(path) for path in found if _is_ours(path)]
    return sorted(entries, key=lambda one: -one.bytes)


def clear_caches(root: Path, names: Sequence[str] = ()) -> tuple[list[CacheEntry], list[CacheEntry]]:
    """Remove caches, all or those of some names, and return them; and apart those in use, which are left alone."""
    known = caches(root)
    for name in names:
        if not any(one.name.startswith(name[:SHOWN]) for one in known) or not name:
            hint = nearest(name, [one.name for one in known]) if known else "there is none"
            raise InvalidValue(f"{root} holds no cache {name!r}: {hint}")
    removed: list[CacheEntry] = []
    used: list[CacheEntry] = []
    for one in known:
        if not names or any(one.name.startswith(name[:SHOWN]) for name in names):
            (removed if _remove(root, one.path) else used).append(one)
    return removed, used


def _remove(root: Path, path: Path) -> bool:
    """Remove a cache, unless a process makes or reads it."""
    left = _LEFT.fullmatch(path.name)
    key = left[1] if left else path.name
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(root / f"{key}.lock", wait=False))
        except InUse:
            return False
        number = unshared(path / INDEX)
        if number is not None:
            stack.callback(os.close, number)
        elif (path / INDEX).exists() and os.name != "nt":
            return False
        # No name is ever that of half a cache.
        doomed = path if left else root / f".{key}.{secrets.token_hex(4)}.partial"
        path.replace(doomed)
        shutil.rmtree(doomed)
    return True


def _entry(path: Path) -> CacheEntry:
    sizes = [file.lstat().st_size for file in _files(path)]
    index = path / INDEX
    days = (time.time() - (index if index.exists() else path).stat().st_mtime) / 86400
    return CacheEntry(path, _dataset(path), sum(sizes), max(0.0, days))


def _dataset(path: Path) -> str:
    """Return what a cache says that it was made from; those of before said nothing but their columns."""
    try:
        said: dict[str, Any] = json.loads(unmarked(read_small(path / INDEX)))
        rows = ", ".join(f"{count:,} of {split}" for split, count in said["rows"].items())
        return f"{said.get('dataset') or '?'}: {rows}"
    except (DatasetError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


def _is_ours(path: Path) -> bool:
    """Tell whether a folder is a cache: by its name, and by holding nothing that caches do not."""
    named = _NAME.fullmatch(path.name) or _LEFT.fullmatch(path.name)
    if not named or path.is_symlink() or not path.is_dir():
        return False
    return all(
        (_FILE.fullmatch(file.name) or file.name.endswith(".lock")) and file.is_file() and not file.is_symlink()
        for file in _files(path)
    )


def _files(path: Path) -> Iterator[Path]:
    for file in path.iterdir():
        inner = file.name == _INSIDE and file.is_dir() and not file.is_symlink()
        yield from file.iterdir() if inner else [file]
