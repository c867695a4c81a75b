"""Datasets whose samples are files that a list names: one recipe for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

import pyarrow as pa

from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.datasets.media_root import MediaRoot
from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.spec import Sound, Text
from confu_core.shards.parquet import MEDIA, with_features
from confu_core.shards.recipe import Recipe

__all__ = ["Files", "Item", "ListedRecipe", "Opener", "complete"]

MISSING = ("refuse", "leave_out")

Cell = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """One sample, before its files are opened.

    Attributes
    ----------
    fields : mapping of str to str or int or float
        Its flat columns: caption, class, and whatever else is known.
    files : mapping of str to str
        What its media are made of: the path of each below the root.
    """

    fields: Mapping[str, str | int | float]
    files: Mapping[str, str]


class Opener(Protocol):
    """Makes the media of a sample from its files."""

    @property
    def parts(self) -> Mapping[str, str]:
        """The media columns, each with the part that it is in a tar."""
        ...

    def open(self, root: MediaRoot, item: Item) -> dict[str, Cell]:
        """Return the cell of each media column: ``{"bytes": ..., "path": ...}``."""
        ...


@dataclass(frozen=True)
class Files:
    """Media that are files themselves, whose bytes are kept as they are.

    Attributes
    ----------
    parts : mapping of str to str
        The columns, each with the part that it is in a tar.
    """

    parts: Mapping[str, str]

    def open(self, root: MediaRoot, item: Item) -> dict[str, Cell]:
        """Return what the files of each column hold."""
        return {
            column: {"bytes": root.read(item.files[column]), "path": PurePosixPath(item.files[column]).name}
            for column in self.parts
        }


@dataclass(frozen=True)
class ListedRecipe(Recipe):
    """A dataset of listed files; see `confu_core.shards.recipe.Recipe`.

    Attributes
    ----------
    name, description, config, seed, libraries
        As for any recipe.
    root : MediaRoot
        Where the files lie; not a part of what the dataset is.
    contents : Contents
        What the columns are to training.
    items : mapping of str to sequence of Item
        The samples of each split, in order.
    opener : Opener
        Makes their media.
    notes : mapping
        What else its `information` says.
    """

    name: str
    description: str
    root: MediaRoot
    contents: Contents
    config: Mapping[str, Any]
    items: Mapping[str, Sequence[Item]]
    opener: Opener
    notes: Mapping[str, Any]
    seed: int = 0
    libraries: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for split, items in self.items.items():
            if not items:
                raise DatasetError(f"{self.root.path}: {self.name} has no sample in its split {split!r}")

    @property
    def splits(self) -> dict[str, int]:
        """Samples of each split."""
        return {split: len(items) for split, items in self.items.items()}

    @property
    def parts(self) -> dict[str, str]:
        """The media, and the caption where there is one."""
        return {**self.opener.parts, **({"caption": "txt"} if "caption" in self.schema.names else {})}

    @property
    def schema(self) -> pa.Schema:
        """Key, media, and the flat columns."""
        first = next(iter(self.items.values()))[0]
        kinds = {str: pa.string(), int: pa.int64(), float: pa.float64()}
        flat = [(name, kinds[type(value)]) for name, value in first.fields.items()]
        schema = pa.schema([("key", pa.string()), *((column, MEDIA) for column in self.opener.parts), *flat])
        return with_features(schema, {column: self._feature(column) for column in self.opener.parts})

    def rows(self, split: str, start: int, stop: int) -> pa.Table:
        """Return a range of rows, opening the files of these alone."""
        return self.columns(split, start, stop, self.schema.names)

    def columns(self, split: str, start: int, stop: int, names: Sequence[str]) -> pa.Table:
        """Return some columns of a range of rows; no file is opened for those that need none."""
        media = not set(names).isdisjoint(self.opener.parts)
        rows = [
            {"key": f"{split}-{at:06d}", **(self.opener.open(self.root, item) if media else {}), **item.fields}
            for at, item in enumerate(self.items[split][start:stop], start)
        ]
        schema = pa.schema([self.schema.field(name) for name in names], self.schema.metadata)
        return pa.Table.from_pylist(rows, schema=schema)

    def information(self) -> dict[str, Any]:
        """Return what the columns are to training, and what was found of the files."""
        return {CONTENTS: self.contents.as_dict(), **self.notes}

    def _feature(self, column: str) -> dict[str, Any]:
        kinds = {one.column: one for one in self.contents.inputs.inputs.values() if not isinstance(one, Text)}
        sound = kinds[column]
        return {"_type": "Audio", "sampling_rate": None} if isinstance(sound, Sound) else {"_type": "Image"}


def complete(
    root: MediaRoot, items: Mapping[str, Sequence[Item]], missing: str, what: str
) -> tuple[dict[str, list[Item]], int]:
    """Make sure that the files of all samples are there.

    Parameters
    ----------
    root : MediaRoot
        Where they lie.
    items : mapping of str to sequence of Item
        By split.
    missing : {"refuse", "leave_out"}
        What to do with samples of which a file is missing.
    what : str
        The dataset, for the message.

    Returns
    -------
    tuple of (dict, int)
        The samples that are complete, and how many were left out.

    Raises
    ------
    InvalidValue
        If `missing` is neither.
    DatasetError
        If files are missing and are not to be left out; the line has their number and the first.
    """
    if missing not in MISSING:
        raise InvalidValue(f"missing must be one of {', '.join(MISSING)}; got {missing!r}")
    listed = dict.fromkeys(path for split in items.values() for item in split for path in item.files.values())
    absent = set(gone := sorted(root.missing(listed)))
    if gone and missing == "refuse":
        found = f"{len(gone)} of {len(listed)} files of {what} are missing, first {gone[0]}"
        raise DatasetError(f"{root.path}: {found}; restore them, or read the rest with missing=leave_out")
    kept = {
        split: [item for item in listed if absent.isdisjoint(item.files.values())] for split, listed in items.items()
    }
    return kept, sum(map(len, items.values())) - sum(map(len, kept.values()))
