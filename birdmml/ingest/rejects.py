"""Why a row of real media is left out: the words for it, what is wrong with cells and files, and `rejects.parquet`."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from birdmml.ingest.files import public_name
from birdmml.ingest.inspect import Found
from birdmml.ingest.rows import FILES, ManifestRow, SourceManifest, is_text
from birdmml.ingest_settings import IngestSettings
from confu_core.data_files import read_data

REJECTS = "rejects.parquet"
REASONS = MappingProxyType(read_data("birdmml", "rejects.toml"))
# A declared length may be rounded, and codecs add a little silence.
TOLERANCE_SECONDS, TOLERANCE_SHARE = 0.5, 0.02


class Reject(NamedTuple):
    """Why a row, or a file that it names, is left out: key and number of the row, one of `REASONS`, what was found."""

    key: str
    row: int
    file: str
    reason: str
    detail: str


_SCHEMA = pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in Reject._fields])


def reject_bytes(rejects: Sequence[Reject]) -> bytes:
    """Return the content of `rejects.parquet`: equal findings, none or more, give equal bytes."""
    table = pa.Table.from_pylist([reject._asdict() for reject in rejects], schema=_SCHEMA)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="snappy", write_page_checksum=True)
    return buffer.getvalue()


def counts(rejects: Iterable[Reject]) -> dict[str, int]:
    """Count findings by reason: only those that occur, in the order of `REASONS`."""
    found = Counter(reject.reason for reject in rejects)
    return {reason: found[reason] for reason in REASONS if found[reason]}


def cell_rejects(manifest: SourceManifest, row: ManifestRow, *, split_needed: bool) -> list[Reject]:
    """Return what is wrong with the cells of a row, before a file of it is opened."""
    return [Reject(row.key, row.number, "", *one) for one in _cell_problems(manifest, row, split_needed)]


def file_rejects(row: ManifestRow, settings: IngestSettings, found: Mapping[str, Mapping[str, Found]]) -> list[Reject]:
    """Return what is wrong with the files of a row whose cells are in order: what was found of them, against limits."""
    photo, audio = (found[kind][row.file(kind)] for kind in FILES)
    return [
        *(Reject(row.key, row.number, public_name(photo.name), *one) for one in _picture_problems(photo, settings)),
        *(Reject(row.key, row.number, public_name(audio.name), *one) for one in _sound_problems(row, audio, settings)),
    ]


def _cell_problems(manifest: SourceManifest, row: ManifestRow, split_needed: bool) -> Iterator[tuple[str, str]]:
    if (wrong := manifest.table.malformed.get(row.number - 1)) is not None:
        yield "malformed row", wrong
        return
    if bad := [name for name, value in (*row.values.items(), *row.extras.items()) if not is_text(value)]:
        yield "not UTF-8", f"column {manifest.roles.get(bad[0], bad[0])!r}"
        return
    if not row.values["scientific_name"]:
        yield "no species", ""
    if not row.values["combined_caption"]:
        yield "empty caption", ""
    if split_needed and row.split is None:
        yield "unknown split", repr(row.values.get("split", ""))
    for role in FILES.values():
        if not row.values[role]:
            yield "no file", f"column {manifest.roles[role]!r}"


def _picture_problems(photo: Found, settings: IngestSettings) -> Iterator[tuple[str, str]]:
    if photo.reason:
        yield photo.reason, photo.detail
    elif min(photo.measures["width"], photo.measures["height"]) < settings.min_side:
        size = f"{photo.measures['width']} x {photo.measures['height']} pixels"
        yield "too small", f"{size}; a side must have at least {settings.min_side}"


def _sound_problems(row: ManifestRow, audio: Found, settings: IngestSettings) -> Iterator[tuple[str, str]]:
    if audio.reason:
        yield audio.reason, audio.detail
        return
    seconds, level = audio.measures["seconds"], audio.measures["level"]
    if problem := _length_problem(row.values.get("duration", ""), seconds):
        yield "wrong length", problem
    if seconds > settings.longest:
        yield "too long", f"{seconds:.2f} s; at most {settings.longest:g}"
    elif seconds < settings.shortest:
        yield "too short", f"{seconds:.2f} s; at least {settings.shortest:g}"
    if level < settings.silence:
        yield "silent", f"{level:.1f} dB in its loudest {settings.seconds:g} s; at least {settings.silence:g}"
    elif (movement := audio.measures["movement"]) < settings.silence:
        yield "constant", f"{movement:.1f} dB about its mean; at least {settings.silence:g}"


def _length_problem(declared: str, seconds: float) -> str:
    if not declared:
        return ""
    try:
        wanted = float(declared)
    except ValueError:
        return f"the manifest says {declared!r:.40}, which is no number of seconds"
    if not abs(seconds - wanted) <= max(TOLERANCE_SECONDS, TOLERANCE_SHARE * seconds):
        return f"{seconds:.2f} s; the manifest says {wanted:g}"
    return ""
