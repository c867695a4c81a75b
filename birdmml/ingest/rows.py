"""The rows of a manifest, cell by cell: what can be said of each before a file is opened."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from birdmml.ingest.columns import extra_columns, find_columns
from birdmml.ingest.files import Roots
from birdmml.ingest.reasons import Reject
from birdmml.ingest.spellings import one_spelling
from birdmml.ingest.table import SourceTable
from confu_core.cells import NOTHING, is_nothing

__all__ = ["Manifest", "Row", "cell_rejects", "key_of", "manifest_of"]

SPLIT_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "val", "valid", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
FILES = ("photo_file", "audio_file")


@dataclass(frozen=True)
class Row:
    """One row, by role.

    Attributes
    ----------
    number : int
        From 1 below the headings.
    values : mapping of str to object
        Role to cell: text without white space around it; empty where it says that nothing is known. The scientific
        name is that of the class.
    extras : mapping of str to object
        Other columns by the name under which they are kept.
    """

    number: int
    values: Mapping[str, str]
    extras: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Of the sample."""
        return key_of(self.number)

    @property
    def split(self) -> str | None:
        """The split it names; None where it is none that is known."""
        return SPLIT_WORDS.get(self.values.get("split", "").lower())


@dataclass(frozen=True)
class Manifest:
    """A manifest whose columns have roles.

    Attributes
    ----------
    table : SourceTable
        As it was read.
    roles : mapping of str to str
        Role to heading.
    extras : mapping of str to str
        Heading to the name under which the column is kept.
    nothing : collection of str
        What says that nothing is known, in lower case.
    classes : mapping of str to str
        Spelling of a scientific name to that of its class.
    """

    table: SourceTable
    roles: Mapping[str, str]
    extras: Mapping[str, str]
    nothing: Collection[str] = NOTHING
    classes: Mapping[str, str] = field(default_factory=dict)

    def row(self, place: int) -> Row:
        """Return the row at a place from 0."""
        columns = self.table.columns
        values = {role: self._said(str(columns[heading][place])) for role, heading in self.roles.items()}
        name = values["scientific_name"]
        values["scientific_name"] = self.classes.get(name, name)
        extras = {name: columns[heading][place] for heading, name in self.extras.items()}
        return Row(place + 1, values, extras)

    def __iter__(self) -> Iterator[Row]:
        return map(self.row, range(self.table.rows))

    def without_folders(self, roots: Roots) -> Manifest:
        """Return the same with names of files from the roots on, so that no folder of this machine is told."""
        columns = dict(self.table.columns)
        texts = {self.roles["scientific_name"], self.roles["combined_caption"]}
        files = {self.roles[role] for role in FILES}
        for heading, cells in columns.items():
            if heading not in texts:
                # What is no file of a root keeps its name, so that no other file is taken for it; its row is left out.
                shown = roots.inner if heading in files else roots.public
                columns[heading] = [shown(cell) if isinstance(cell, str) and cell else cell for cell in cells]
        return replace(self, table=replace(self.table, columns=columns))

    def _said(self, cell: str) -> str:
        return "" if is_nothing(cell, self.nothing) else cell.strip()


def key_of(number: int) -> str:
    """Return the key of a row.

    Parameters
    ----------
    number : int
        From 1 below the headings.

    Returns
    -------
    str
        The same in `rejects.parquet` and in the shards.

    Examples
    --------
    >>> key_of(12)
    'row-0000012'
    """
    return f"row-{number:07d}"


def manifest_of(table: SourceTable, given: Mapping[str, str], nothing: Collection[str] = NOTHING) -> Manifest:
    """Give the columns of a manifest their roles.

    Parameters
    ----------
    table : SourceTable
        As it was read.
    given : mapping of str to str
        Role to heading, where they differ from the published names.
    nothing : collection of str
        What says that nothing is known, in lower case.

    Returns
    -------
    Manifest
        To be gone through.

    Raises
    ------
    ConfuError
        As `find_columns` does.

    Examples
    --------
    >>> names = ("scientific_name", "image", "audio_file", "combined_caption")
    >>> cells = dict(zip(names, (["Pica pica "], ["a.jpg"], ["a.wav"], ["chatters"])))
    >>> table = SourceTable("m.csv", cells, {}, (), "0" * 64)
    >>> next(iter(manifest_of(table, {"photo_file": "image"}))).values["scientific_name"]
    'Pica pica'
    """
    roles = find_columns(list(table.columns), given, table.name)
    manifest = Manifest(table, roles, extra_columns(list(table.columns), roles), frozenset(nothing))
    names = (row.values["scientific_name"] for row in manifest if row.number - 1 not in table.malformed)
    return replace(manifest, classes=one_spelling(name for name in names if name and _is_text(name)))


def cell_rejects(manifest: Manifest, row: Row, *, split_needed: bool) -> list[Reject]:
    """Return what is wrong with the cells of a row.

    Parameters
    ----------
    manifest : Manifest
        Which it belongs to.
    row : Row
        Of it.
    split_needed : bool
        Whether the manifest's own splits are used.

    Returns
    -------
    list of Reject
        Empty where nothing is.
    """
    if (wrong := manifest.table.malformed.get(row.number - 1)) is not None:
        return [Reject(row.key, row.number, "", "malformed row", wrong)]
    if bad := [name for name, value in (*row.values.items(), *row.extras.items()) if not _is_text(value)]:
        return [Reject(row.key, row.number, "", "not UTF-8", f"column {manifest.roles.get(bad[0], bad[0])!r}")]
    found = []
    if not row.values["scientific_name"]:
        found.append(("", "no species", ""))
    if not row.values["combined_caption"]:
        found.append(("", "empty caption", ""))
    if split_needed and row.split is None:
        found.append(("", "unknown split", repr(row.values.get("split", ""))))
    found += [("", "no file", f"column {manifest.roles[role]!r}") for role in FILES if not row.values[role]]
    return [Reject(row.key, row.number, *one) for one in found]


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
