"""Publish into a local folder, which appears whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from confu_core.errors import InvalidValue
from confu_core.io.atomic import writing
from confu_core.io.lock import LOCK, OWNER, folder_in_use, vacate
from confu_core.publish.release import Release
from confu_core.publish.send import Sent, send

__all__ = ["write_release"]


def write_release(release: Release, out: Path, *, progress: Callable[[int, int], None] | None = None) -> Sent:
    """Write a release into a folder.

    Shards are linked where the file system can, else copied; either way they are not altered. A new folder is made
    under another name beside it, and takes its own once all is there. A folder that holds the same dataset is brought
    up to date file by file, the manifest last.

    Parameters
    ----------
    release : Release
        What to write.
    out : Path
        The folder.
    progress : callable, optional
        Called with the bytes that are in place and those of all files.

    Returns
    -------
    Sent
        What was written and what was there.

    Raises
    ------
    DatasetError
        If something else lies there, or it cannot be written.
    InvalidValue
        If it is a file.
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
