"""The rows of a manifest: which column is what, by the names of the published Bird-MML or a map, and what cells say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from birdmml.ingest.files import Roots
from birdmml.ingest.names import one_spelling
from birdmml.ingest.table import SourceTable
from confu_core.cells import NOTHING, is_nothing
from confu_core.errors import DatasetError, InvalidValue, nearest

REQUIRED = ("scientific_name", "photo_file", "audio_file", "combined_caption")
OPTIONAL = (
    *("common_name", "family", "split", "individual", "recording"),
    *("author", "licence", "source_url", "duration"),
)
ROLES = (*REQUIRED, *OPTIONAL)
FILES = {"picture": "photo_file", "sound": "audio_file"}
LABEL = "label"  # The class of whatever is shown and heard, where it is no species.
# Headings that are understood without a map.
_OTHER_HEADINGS = {
    "scientific_name": LABEL,
    "photo_file": "image",
    "audio_file": "audio",
    "combined_caption": "caption",
    "licence": "license",
}
# What a sample's columns and the parts of a tar are called.
_TAKEN = {"key", "image", "audio", "caption", "species", "jpg", "flac", "txt", "json", *ROLES}
_SURROGATE = re.compile(r"[\ud800-\udfff]")
SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "val", "valid", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}


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
        names = (given[role],) if role in given else (role, _OTHER_HEADINGS.get(role, role))
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
