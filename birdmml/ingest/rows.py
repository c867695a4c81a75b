"""The rows of a manifest: which column is what, what cells say, and why a row is left out (`rejects.parquet`).

Columns are known by the names of the published Bird-MML, or by a map; the words for rejects are in `rejects.toml`.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from birdmml.ingest.files import Roots, public_name
from birdmml.ingest.inspect import Found
from birdmml.ingest.names import one_spelling
from birdmml.ingest.table import SourceTable
from birdmml.ingest_settings import IngestSettings
from confu_core.cells import NOTHING, is_nothing
from confu_core.data_files import read_data
from confu_core.errors import DatasetError, InvalidValue, nearest

_COLUMNS = read_data("birdmml", "manifest.toml")
REQUIRED, OPTIONAL = tuple(_COLUMNS["required"]), tuple(_COLUMNS["optional"])
ROLES = (*REQUIRED, *OPTIONAL)
FILES = {"picture": "photo_file", "sound": "audio_file"}
LABEL = "label"  # The class of whatever is shown and heard, where it is no species.
# What a sample's columns and the parts of a tar are called.
_TAKEN = {"key", "image", "audio", "caption", "species", "jpg", "flac", "txt", "json", *ROLES}
_SURROGATE = re.compile(r"[\ud800-\udfff]")
SPLIT_WORDS = {word: split for split, words in _COLUMNS["splits"].items() for word in words}
REJECTS = "rejects.parquet"
REASONS = MappingProxyType(read_data("birdmml", "rejects.toml"))
# A declared length may be rounded, and codecs add a little silence.
TOLERANCE_SECONDS, TOLERANCE_SHARE = 0.5, 0.02


@dataclass(frozen=True)
class ManifestRow:
    """One row: its number from 1 below the headings, its cells by role, and other columns by the name they are kept as.

    Cells are text without white space around it, empty where they say that nothing is known. The scientific name is
    that of the class.
    """

    number: int
    values: Mapping[str, str]
    extras: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The key of the row in `rejects.parquet` and in the shards."""
        return f"row-{self.number:07d}"

    def file(self, kind: str) -> str:
        """Return the name of its picture or its sound."""
        return self.values[FILES[kind]]

    @property
    def split(self) -> str | None:
        """The split it names; None where it is none that is known."""
        return SPLIT_WORDS.get(self.values.get("split", "").lower())


@dataclass(frozen=True)
class SourceManifest:
    """A table whose columns have roles, or names under which they are kept as they are.

    `roles` maps roles to headings, `extras` headings to names of columns, `classes` spellings of scientific names to
    classes; `nothing` is what says, in lower case, that nothing is known.
    """

    table: SourceTable
    roles: Mapping[str, str]
    extras: Mapping[str, str]
    nothing: Collection[str] = NOTHING
    classes: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What the column of the class is called in the dataset."""
        return LABEL if self.roles["scientific_name"] == LABEL else "species"

    def row(self, place: int) -> ManifestRow:
        """Return the row at a place from 0."""
        columns = self.table.columns
        values = {role: self._said(str(columns[heading][place])) for role, heading in self.roles.items()}
        name = values["scientific_name"]
        values["scientific_name"] = self.classes.get(name, name)
        return ManifestRow(place + 1, values, {name: columns[heading][place] for heading, name in self.extras.items()})

    def __iter__(self) -> Iterator[ManifestRow]:
        return map(self.row, range(self.table.rows))

    def without_folders(self, roots: Roots) -> SourceManifest:
        """Return the same with names of files from the roots on, so that no folder of this machine is told."""
        columns = dict(self.table.columns)
        texts = {self.roles["scientific_name"], self.roles["combined_caption"]}
        files = {self.roles[role] for role in FILES.values()}
        for heading in columns.keys() - texts:
            # What is no file of a root keeps its name, so that no other file is taken for it; its row is left out.
            shown = roots.inner if heading in files else roots.public
            columns[heading] = [shown(cell) if isinstance(cell, str) and cell else cell for cell in columns[heading]]
        return replace(self, table=replace(self.table, columns=columns))

    def _said(self, cell: str) -> str:
        return "" if is_nothing(cell, self.nothing) else cell.strip()


def manifest_of(table: SourceTable, given: Mapping[str, str], nothing: Collection[str] = NOTHING) -> SourceManifest:
    """Give the columns of a table their roles, and species one spelling; `given` is as `find_columns` takes it."""
    roles = find_columns(list(table.columns), given, table.name)
    manifest = SourceManifest(table, roles, extra_columns(list(table.columns), roles), frozenset(nothing))
    names = (row.values["scientific_name"] for row in manifest if row.number - 1 not in table.malformed)
    return replace(manifest, classes=one_spelling(name for name in names if name and is_text(name)))


def find_columns(headings: Sequence[str], given: Mapping[str, str], name: str) -> dict[str, str]:
    """Return the heading of each role that is there: that of a map, role to heading, or else the name of the role.

    An error names the manifest, `name`, and every required column that is missing, with the nearest heading.
    """
    for role, heading in given.items():
        if role not in ROLES:
            raise InvalidValue(f"--map has no column {role!r}: {nearest(role, ROLES)}")
        if heading not in headings:
            raise InvalidValue(
                f"--map {role}={heading}: {name} has no column {heading!r}; {nearest(heading, headings)}"
            )
    found: dict[str, str] = {}
    for role in ROLES:
        names = (given[role],) if role in given else (role, _COLUMNS["also"].get(role, role))
        for heading in reversed([name for name in names if name in headings]):
            found[role] = heading
    if missing := [role for role in REQUIRED if role not in found]:
        free = [heading for heading in headings if heading not in found.values()]
        said = ", ".join(
            f"{role!r} ({nearest(role, free) if free else 'no other column is there'})" for role in missing
        )
        raise DatasetError(f"{name} has no column {said}; name others by --map {missing[0]}=NAME")
    return found


def extra_columns(headings: Sequence[str], found: Mapping[str, str]) -> dict[str, str]:
    """Return under which names the columns without a role are kept; ``source_`` stands before a name that is taken.

    >>> extra_columns(["caption", "camera", "photo_file"], {"photo_file": "photo_file"})
    {'caption': 'source_caption', 'camera': 'camera'}
    """
    kept: dict[str, str] = {}
    for heading in headings:
        if heading in found.values():
            continue
        name = heading
        while name in _TAKEN or name in kept.values() or (name != heading and name in headings):
            name = f"source_{name}"
        kept[heading] = name
    return kept


def is_text(value: Any) -> bool:
    """Return whether a cell can be written as UTF-8: what was not has lone surrogates for its bytes."""
    return not isinstance(value, str) or _SURROGATE.search(value) is None


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
