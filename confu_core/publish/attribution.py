"""Who made each item of a dataset, where it is from, and under which licence: what real media must carry along."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from confu_core.shards.manifest import Manifest
from confu_core.shards.read import Dataset

__all__ = ["ATTRIBUTION", "Items", "attribution_columns", "items_of"]

ATTRIBUTION = "attribution.csv"

# The ends of the names of columns: a picture and a recording may each have their own.
_LICENCE = ("licence", "license")
_NAMED = (*_LICENCE, "author", "creator", "rights_holder", "source_url", "attribution")
_KEPT = 5  # Keys by which the items of a licence are named.


@dataclass(frozen=True)
class Items:
    """The licences that the items of a dataset say they have.

    Attributes
    ----------
    counts : dict of str to int
        What stands in the columns of licences, to how often.
    keys : dict of str to tuple of str
        The first keys of the items of each.
    table : bytes
        Key, split and all columns of authors, licences and sources of every item, as CSV; empty if there are none.
    """

    counts: dict[str, int]
    keys: dict[str, tuple[str, ...]]
    table: bytes


def attribution_columns(manifest: Manifest) -> list[str]:
    """Return the columns that say who made an item, where it is from, and under which licence.

    Parameters
    ----------
    manifest : Manifest
        Of the dataset.

    Returns
    -------
    list of str
        Columns of text named licence, author, source_url and the like, or ending so: ``image_licence``.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.shards import TableRecipe, build
    >>> rows = pa.table({"key": ["a"], "licence": ["CC0"], "audio_author": ["me"], "note": ["x"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     attribution_columns(build(TableRecipe("words", {"train": rows}), folder))
    ['licence', 'audio_author']
    """
    return [name for name, kind in manifest.schema.items() if kind.endswith("string") and _is(name, _NAMED)]


def items_of(dataset: Dataset) -> Items:
    """Read the licences, authors and sources of all items.

    Parameters
    ----------
    dataset : Dataset
        To be published.

    Returns
    -------
    Items
        With nothing in it where no column says anything.

    Raises
    ------
    DatasetError
        If a shard is missing, cut or altered.
    """
    columns = attribution_columns(dataset.manifest)
    if not columns:
        return Items({}, {}, b"")
    licences = [name for name in columns if _is(name, _LICENCE)]
    counts: Counter[str] = Counter()
    keys: dict[str, tuple[str, ...]] = {}
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(["key", "split", *columns])
    for split, row in _rows(dataset, columns):
        table.writerow([row["key"], split, *(row[name] or "" for name in columns)])
        for said in {row[name] or "" for name in licences}:
            counts[said] += 1
            if len(keys.setdefault(said, ())) < _KEPT:
                keys[said] += (row["key"],)
    return Items(dict(counts), keys, written.getvalue().encode())


def _rows(dataset: Dataset, columns: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for split in dataset.manifest.splits:
        yield from ((split, row) for row in dataset.rows(split, ["key", *columns]))


def _is(column: str, names: tuple[str, ...]) -> bool:
    return column in names or column.endswith(tuple(f"_{name}" for name in names))
