"""Datasets whose samples are files that a list names: one recipe for all of them, and what those of birds share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeVar

import pyarrow as pa

from confu_core.datasets.contents import CONTENTS, Contents
from confu_core.datasets.media_root import MediaRoot
from confu_core.datasets.sources import check_one_of
from confu_core.errors import DatasetError
from confu_core.inputs.spec import Input, InputSpec, Sound, Text
from confu_core.random import generator
from confu_core.shards.parquet import MEDIA, with_features
from confu_core.shards.recipe import Recipe

MISSING = ("refuse", "leave_out")
SPLITS = ("theirs", "all")

Row = TypeVar("Row")

_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64()}


@dataclass(frozen=True)
class Item:
    """One sample before its files are opened: its flat columns, and the path below the root of each of its files."""

    fields: Mapping[str, str | int | float]
    files: Mapping[str, str]


class Opener(ABC):
    """Makes the media of a sample from its files: columns, each with the part that it is in a tar."""

    parts: Mapping[str, str]
    libraries: tuple[str, ...] = ()  # Distributions whose version may change the bytes.

    @abstractmethod
    def open(self, root: MediaRoot, item: Item) -> dict[str, dict[str, Any]]:
        """Return the cell of each media column: ``{"bytes": ..., "path": ...}``."""

    def usable(self, root: MediaRoot, item: Item) -> bool:
        """Return whether a sample whose files are there has media to open; all have, unless it is overridden."""
        return True


@dataclass(frozen=True)
class Files(Opener):
    """Media that are files themselves, one for each column, whose bytes are kept as they are."""

    parts: Mapping[str, str]

    def open(self, root: MediaRoot, item: Item) -> dict[str, dict[str, Any]]:
        """Return what the files of each column hold."""
        return {
            column: {"bytes": root.read(item.files[column]), "path": PurePosixPath(item.files[column]).name}
            for column in self.parts
        }


@dataclass(frozen=True)
class ListedRecipe(Recipe):
    """A dataset of listed files; see `confu_core.shards.recipe.Recipe`."""

    name: str
    description: str
    root: MediaRoot  # Where the files lie; not a part of what the dataset is.
    contents: Contents
    items: Mapping[str, Sequence[Item]]  # The samples of each split, in order.
    opener: Opener  # Makes their media.
    options: Mapping[str, Any]  # What the user chose, with a seed.
    annotations: Sequence[str]  # The files that list the samples.
    notes: Mapping[str, Any]  # What else its information says.
    config: Mapping[str, Any] = field(init=False)  # The options, and what tells the files from others.

    def __post_init__(self) -> None:
        for split, items in self.items.items():
            if not items:
                raise DatasetError(f"{self.root.path}: {self.name} has no sample in its split {split!r}")
        media = [file for items in self.items.values() for item in items for file in item.files.values()]
        object.__setattr__(self, "config", {**self.options, **self.root.identity(self.annotations, media)})

    @property
    def seed(self) -> int:
        """The user's seed."""
        return int(self.options["seed"])

    @property
    def libraries(self) -> tuple[str, ...]:
        """Those of what makes the media."""
        return self.opener.libraries

    @property
    def splits(self) -> dict[str, int]:
        """Samples of each split."""
        return {split: len(items) for split, items in self.items.items()}

    @property
    def parts(self) -> dict[str, str]:
        """The media and the caption."""
        return {**self.opener.parts, "caption": "txt"}

    @property
    def schema(self) -> pa.Schema:
        """Key, media, and the flat columns."""
        first = next(iter(self.items.values()))[0]
        flat = [(name, _ARROW[type(value)]) for name, value in first.fields.items()]
        schema = pa.schema([("key", pa.string()), *((column, MEDIA) for column in self.opener.parts), *flat])
        sounds = {one.column for one in self.contents.inputs.inputs.values() if isinstance(one, Sound)}
        sound: dict[str, Any] = {"_type": "Audio", "sampling_rate": None}
        features = {column: sound if column in sounds else {"_type": "Image"} for column in self.opener.parts}
        return with_features(schema, features)

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


def complete(
    root: MediaRoot,
    items: Mapping[str, Sequence[Item]],
    opener: Opener,
    missing: str,
    what: str,
    splits: str = SPLITS[0],
) -> tuple[dict[str, list[Item]], int, int]:
    """Return the samples that can be opened, by split, how many are left out for missing files, and how many others.

    Where `splits` is ``"all"``, all of them are one split to test on.
    """
    check_one_of("splits", splits, SPLITS)
    check_one_of("missing", missing, MISSING)
    if splits == "all":
        items = {"test": [item for split in items.values() for item in split]}
    listed = dict.fromkeys(path for split in items.values() for item in split for path in item.files.values())
    absent = set(gone := sorted(root.missing(listed)))
    if gone and missing == "refuse":
        found = f"{len(gone)} of {len(listed)} files of {what} are missing, first {gone[0]}"
        raise DatasetError(f"{root.path}: {found}; restore them, or read the rest with missing=leave_out")
    there, left_out = _kept(items, lambda item: absent.isdisjoint(item.files.values()))
    usable, others = _kept(there, lambda item: opener.usable(root, item))
    return usable, left_out, others


def _kept(items: Mapping[str, Sequence[Item]], wanted: Callable[[Item], bool]) -> tuple[dict[str, list[Item]], int]:
    found = {split: list(filter(wanted, listed)) for split, listed in items.items()}
    return found, sum(map(len, items.values())) - sum(map(len, found.values()))


def hold_out(
    rows: Sequence[Row], label: Callable[[Row], Hashable], share: float, seed: int, name: str
) -> tuple[list[Row], list[Row]]:
    """Part rows into those that stay and a share of each class that is held out, both in order.

    A class of two or more loses at least one, and keeps at least one. The seed decides which, for each name of a
    dataset independently.

    Examples
    --------
    >>> stay, held = hold_out(range(10), lambda row: 0, 0.2, seed=0, name="doctest")
    >>> len(stay), len(held)
    (8, 2)
    """
    of_class: dict[Hashable, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        of_class[label(row)].append(at)
    held: set[int] = set()
    for number, places in enumerate(of_class.values()):
        count = min(max(1, round(share * len(places))), len(places) - 1)
        held.update(generator(seed, "held-out", name, number).permutation(places)[:count].tolist())
    if not held:
        raise DatasetError(f"{name}: no class has two training samples, one of which validation could have")
    return [row for at, row in enumerate(rows) if at not in held], [row for at, row in enumerate(rows) if at in held]


def photo_caption(name: str) -> str:
    """Return the caption of a picture of which only the class is known; who trains on it trains with labels.

    Examples
    --------
    >>> photo_caption("Blue Jay"), photo_caption("American Robin")
    ('a photo of a Blue Jay', 'a photo of an American Robin')
    """
    return f"a photo of {'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def species_contents(
    media: Mapping[str, Input], names: Sequence[str], families: Sequence[str] = (), *, named: bool = True
) -> Contents:
    """Return what the columns of a dataset of birds are to training: its media, a caption, and the class `species`."""
    prompts = tuple((photo_caption(name), number) for number, name in enumerate(names))
    inputs = InputSpec({**media, "caption": Text("caption")})
    return Contents(inputs, "species", tuple(names), prompts, tuple(families), named)
