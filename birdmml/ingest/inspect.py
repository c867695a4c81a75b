"""The first pass: every file decoded once, in parallel, with what was found kept so that a second run goes on."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from birdmml.ingest.files import Files, Unreadable, stamps_digest
from birdmml.ingest.media import listen_to_sound, look_at_picture
from confu_core.errors import DatasetError
from confu_core.io.atomic import marked, read_small, unmarked, write_whole
from confu_core.parallel.workers import counting, mapped
from confu_core.shards.manifest import library_versions

__all__ = ["LIBRARIES", "Found", "Inspection", "forget", "inspect"]

LIBRARIES = ("librosa", "pillow", "scipy", "soundfile", "soxr")
CHUNK_FILES = 32
CHUNKS_PER_PROCESS = 4  # At least.
VERSION = 2  # Of what is kept; raised when the inspection itself changes.


class Found(NamedTuple):
    """What was found out about one file.

    Attributes
    ----------
    name : str
        As the manifest has it.
    sha256 : str
        Of its bytes; empty if it could not be read.
    reason, detail : str
        Why it cannot be used at all; empty if it can.
    measures : dict
        ``width``, ``height`` and ``hash`` of a picture; ``seconds``, ``level``, ``movement`` and ``hash`` of a
        sound.
    """

    name: str
    sha256: str
    reason: str
    detail: str
    measures: dict[str, Any]


class _Chunk(NamedTuple):
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """How files are looked at.

    Attributes
    ----------
    files : Files
        Where they are.
    sample_rate : int
        In Hz.
    seconds : float
        Of the clips to be.
    folder : Path
        Where findings are kept, each under a checksum of what it depends on: names and stamps of the files, rate,
        length and the versions of the decoders.
    """

    files: Files
    sample_rate: int
    seconds: float
    folder: Path


def inspect(
    inspection: Inspection,
    pictures: Sequence[str],
    sounds: Sequence[str],
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[dict[str, Found], dict[str, Found]]:
    """Look at all files of a manifest.

    Parameters
    ----------
    inspection : Inspection
        How.
    pictures, sounds : sequence of str
        Names of files, each once.
    workers : int
        Number of processes; the findings do not depend on it.
    progress : callable, optional
        Called with the files done and all of them.

    Returns
    -------
    tuple of dict of str to Found
        Of pictures and of sounds, by name.

    Raises
    ------
    DatasetError
        If an archive or the folder of the findings fails, or a process dies over a file again and again.

    Examples
    --------
    >>> import tempfile
    >>> from birdmml.ingest.files import FolderFiles
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = Path(folder).resolve()
    ...     looked, _ = inspect(Inspection(FolderFiles(root), 16000, 1.0, root / "found"), ["a.jpg"], [])
    >>> looked["a.jpg"].reason
    'missing'
    """
    chunks = [
        _Chunk(kind, tuple(names[start : start + CHUNK_FILES]))
        for kind, names in (("picture", pictures), ("sound", sounds))
        for start in range(0, len(names), CHUNK_FILES)
    ]
    found: dict[str, dict[str, Found]] = {"picture": {}, "sound": {}}
    results = mapped(
        functools.partial(_kept, inspection),
        chunks,
        # A process takes as long to start as a few chunks to be looked at.
        max(1, min(workers, len(chunks) // CHUNKS_PER_PROCESS)),
        each=counting(progress, len(pictures) + len(sounds), lambda result: len(result[1])),
        name=lambda chunk: f"{chunk.names[0]} to {chunk.names[-1]}",
        died=lambda times, names: (
            f"the worker died {times} times over the files {names}; what was found of the "
            "others is kept: take these out of the manifest, or run it with fewer --workers if memory ran out"
        ),
    )
    for kind, findings in results:
        found[kind] |= {one.name: one for one in findings}
    return found["picture"], found["sound"]


def forget(folder: Path, name: str) -> None:
    """Remove what was found of a file, so that the next inspection looks at it anew.

    Some stores do not tell that a file has changed: its stamp is that of before.

    Parameters
    ----------
    folder : Path
        That of the `Inspection`.
    name : str
        Of the file, as the manifest has it.
    """
    quoted = json.dumps(name)
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError):  # Other processes may forget it too.
            if quoted in path.read_text(encoding="utf-8"):
                path.unlink()


def _kept(inspection: Inspection, chunk: _Chunk) -> tuple[str, list[Found]]:
    path = inspection.folder / f"{_key(inspection, chunk)}.json"
    with contextlib.suppress(DatasetError, OSError, ValueError, TypeError):  # What is damaged is found out again.
        known = [Found(*one) for one in json.loads(unmarked(read_small(path)))]
        if [one.name for one in known] == list(chunk.names):
            return chunk.kind, known
    findings = [_found(inspection, chunk.kind, name) for name in chunk.names]
    write_whole(path, marked(json.dumps(findings).encode()))
    return chunk.kind, findings


def _key(inspection: Inspection, chunk: _Chunk) -> str:
    how = [VERSION, chunk.kind, inspection.sample_rate, inspection.seconds, library_versions(LIBRARIES)]
    text = json.dumps([how, stamps_digest(inspection.files, chunk.names)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _found(inspection: Inspection, kind: str, name: str) -> Found:
    digest = ""
    try:
        data = inspection.files.read(name)
        digest = hashlib.sha256(data).hexdigest()
        measures: Any = look_at_picture(data) if kind == "picture" else _listened(inspection, data)
    except Unreadable as error:
        return Found(name, digest, error.reason, error.detail, {})
    return Found(name, digest, "", "", vars(measures))


def _listened(inspection: Inspection, data: bytes) -> Any:
    return listen_to_sound(data, inspection.sample_rate, inspection.seconds)
