"""The rows of a manifest, cell by cell: what can be said of each before a file is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from birdmml.ingest.columns import extra_columns, find_columns
from birdmml.ingest.reasons import Reject
from birdmml.ingest.table import SourceTable

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
        Role to cell: text without white space around it.
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
    """

    table: SourceTable
    roles: Mapping[str, str]
    extras: Mapping[str, str]

    def row(self, place: int) -> Row:
        """Return the row at a place from 0."""
        columns = self.table.columns
        values = {role: str(columns[heading][place]).strip() for role, heading in self.roles.items()}
        extras = {name: columns[heading][place] for heading, name in self.extras.items()}
        return Row(place + 1, values, extras)

    def __iter__(self) -> Iterator[Row]:
        return map(self.row, range(self.table.rows))


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


def manifest_of(table: SourceTable, given: Mapping[str, str]) -> Manifest:
    """Give the columns of a manifest their roles.

    Parameters
    ----------
    table : SourceTable
        As it was read.
    given : mapping of str to str
        Role to heading, where they differ from the published names.

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
    return Manifest(table, roles, extra_columns(list(table.columns), roles))


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
