"""The first pass: every file decoded once, in parallel, with what was found kept so that a second run goes on."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from birdmml.ingest.files import Files, Unreadable
from birdmml.ingest.media import listen_to_sound, look_at_picture
from confu_core.errors import DatasetError
from confu_core.inputs.fingerprint import PICTURE_DISTANCE, SOUND_DISTANCE, copy_pairs, groups_of
from confu_core.io.atomic import marked, read_small, unmarked, write_whole
from confu_core.parallel.workers import Progress, counting, mapped
from confu_core.shards.manifest import library_versions

LIBRARIES = ("librosa", "pillow", "scipy", "soundfile", "soxr")
CHUNK_FILES = 32
CHUNKS_PER_PROCESS = 4  # At least: a process takes as long to start as a few chunks to be looked at.
VERSION = 2  # Of what is kept; raised when the inspection itself changes.
_NEAR = {"picture": PICTURE_DISTANCE, "sound": SOUND_DISTANCE}


class Found(NamedTuple):
    """What was found out about a file, by its name in the manifest: its SHA-256, if it could be read, and its measures.

    `reason` and `detail` say why it cannot be used at all; they are empty if it can. `measures` are those of
    `look_at_picture` or `listen_to_sound`.
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
    """Where files are looked at, with the rate in Hz and the length in seconds of the clips to be.

    Findings are kept in the folder, each under a checksum of what it depends on: names and stamps of the files, rate,
    length and the versions of the decoders.
    """

    files: Files
    sample_rate: int
    seconds: float
    folder: Path


def inspect(
    inspection: Inspection,
    names: Mapping[str, Sequence[str]],
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> dict[str, dict[str, Found]]:
    """Look at files, "picture" and "sound", each named once, and return what was found by their kind and name.

    The findings do not depend on the number of processes. A DatasetError says that an archive or the folder of the
    findings fails, or that a process dies over a file again and again.
    """
    chunks = [
        _Chunk(kind, tuple(some[start : start + CHUNK_FILES]))
        for kind, some in names.items()
        for start in range(0, len(some), CHUNK_FILES)
    ]
    results = mapped(
        functools.partial(_kept, inspection),
        chunks,
        max(1, min(workers, len(chunks) // CHUNKS_PER_PROCESS)),
        each=counting(progress, sum(map(len, names.values())), lambda result: len(result[1])),
        name=lambda chunk: f"{chunk.names[0]} to {chunk.names[-1]}",
        over="the files ",
        mend="what was found of the others is kept: take these out of the manifest, or run it with fewer --workers if "
        "memory ran out",
    )
    found: dict[str, dict[str, Found]] = {kind: {} for kind in names}
    for kind, findings in results:
        found[kind] |= {one.name: one for one in findings}
    return found


def forget(folder: Path, name: str) -> None:
    """Remove what was found of a file from the folder of findings, so that the next inspection looks at it anew.

    Some stores do not tell that a file has changed: its stamp is that of before.
    """
    quoted = json.dumps(name)
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError):  # Other processes may forget it too.
            if quoted in path.read_text(encoding="utf-8"):
                path.unlink()


def copies_of(found: Mapping[str, Found], kind: str, *, near: bool) -> dict[str, int]:
    """Return which files that can be used are copies, by name: those of equal bytes have one number.

    So have near ones, if these count. Pictures of one colour and silence have no fingerprint and are compared by bytes,
    and so are collections such as small digits, of which fingerprints cannot tell one from another.
    """
    first: dict[str, Found] = {}
    for one in found.values():
        if not one.reason:
            first.setdefault(one.sha256, one)
    group = range(len(first))
    if near and first:
        words = np.array([one.measures["hash"] for one in first.values()], dtype=np.uint64)
        some = np.flatnonzero(words.any(axis=1))
        group = groups_of(some[copy_pairs(words[some], _NEAR[kind])], len(first)).tolist()
    number = dict(zip(first, group, strict=True))
    return {name: number[one.sha256] for name, one in found.items() if not one.reason}


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
    stamps = "\n".join(f"{name}\t{inspection.files.stamp(name)}" for name in chunk.names)
    digest = hashlib.sha256(stamps.encode("utf-8", "surrogateescape")).hexdigest()
    return hashlib.sha256(json.dumps([how, digest], sort_keys=True).encode()).hexdigest()


def _found(inspection: Inspection, kind: str, name: str) -> Found:
    digest = ""
    try:
        data = inspection.files.read(name)
        digest = hashlib.sha256(data).hexdigest()
        rate, seconds = inspection.sample_rate, inspection.seconds
        measured = look_at_picture(data) if kind == "picture" else listen_to_sound(data, rate, seconds)
        return Found(name, digest, "", "", measured)
    except Unreadable as error:
        return Found(name, digest, error.reason, error.detail, {})
