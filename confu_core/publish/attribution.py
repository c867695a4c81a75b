"""Who made each item of a dataset, where it is from, and under which licence: what real media must carry along."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.cells import is_nothing
from confu_core.escaping import spreadsheet_cell
from confu_core.shards.manifest import Manifest
from confu_core.shards.read import Dataset

__all__ = ["ATTRIBUTION", "Items", "attribution_columns", "items_of"]

ATTRIBUTION = "attribution.csv"

# Words in headings, in any case: a picture and a recording may each have their own columns.
_WORDS = {
    "licence": "licence license licences licenses lic rights lizenz licencia licenca licenza licentie",
    "no licence": "holder holders owner owners author authors creator creators by",
    "beside": "url uri link code name type title text short full id spdx usage access terms use"
    " statement of the version",
}
_LICENCE, _NO_LICENCE = frozenset(_WORDS["licence"].split()), frozenset(_WORDS["no licence"].split())
_TERMS = ({"usage", "terms"}, {"terms", "use"})
# What stands beside these words and does not say of what it is the licence.
_BESIDE = frozenset(_WORDS["beside"].split())
_MAKERS = ("author", "creator", "rights_holder")
_NAMED = (*_MAKERS, "source_url", "attribution")
_KEPT = 5  # Keys by which the items of a licence are named.


@dataclass(frozen=True)
class Items:
    """The licences that the items of a dataset say they have.

    Attributes
    ----------
    counts : dict of str to int
        What stands in the columns of licences, to how often. Several columns on one thing are lines of one text.
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
        Columns named licence, author, source_url and the like, or ending so: ``image_licence``, ``Licence URL``.

    Examples
    --------
    >>> import tempfile, pyarrow as pa
    >>> from confu_core.shards import TableRecipe, build
    >>> rows = pa.table({"key": ["a"], "Rights": ["CC0"], "audio_author": ["me"], "note": ["x"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     attribution_columns(build(TableRecipe("words", {"train": rows}), folder))
    ['Rights', 'audio_author']
    """
    return [
        name for name, kind in manifest.schema.items() if _is_text(kind) and (_of_licence(name) or _is(name, _NAMED))
    ]


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
    licences = _by_subject(columns)
    counts: Counter[str] = Counter()
    keys: dict[str, tuple[str, ...]] = {}
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(map(spreadsheet_cell, ["key", "split", *columns]))
    for split, row in _rows(dataset, columns):
        table.writerow(map(spreadsheet_cell, [row["key"], split, *(_cell(name, row[name]) for name in columns)]))
        for said in {_said(row, names) for names in licences}:
            counts[said] += 1
            if len(keys.setdefault(said, ())) < _KEPT:
                keys[said] += (row["key"],)
    return Items(dict(counts), keys, written.getvalue().encode())


def _cell(column: str, value: Any) -> str:
    text = "" if value is None else str(value)
    return "" if _is(column, _MAKERS) and is_nothing(text) else text


def _by_subject(columns: Sequence[str]) -> list[list[str]]:
    """Return the columns of licences, those together that speak of one thing: of the picture, say, or of all."""
    found: dict[frozenset[str], list[str]] = {}
    for name in columns:
        if _of_licence(name):
            found.setdefault(frozenset(_words(name)) - _LICENCE - _BESIDE, []).append(name)
    return list(found.values())


def _said(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    texts = (" ".join(str(row[name]).split()) for name in columns if row[name] is not None)
    return "\n".join(dict.fromkeys(text for text in texts if not is_nothing(text)))


def _rows(dataset: Dataset, columns: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for split in dataset.manifest.splits:
        yield from ((split, row) for row in dataset.rows(split, ["key", *columns]))


def _is_text(kind: str) -> bool:
    return kind != "bool" and not kind.startswith(("binary", "large_binary", "struct", "fixed_size_binary"))


def _of_licence(heading: str) -> bool:
    words = {*_words(heading)}
    return not words & _NO_LICENCE and (bool(words & _LICENCE) or any(terms <= words for terms in _TERMS))


def _is(heading: str, names: tuple[str, ...]) -> bool:
    said = f"_{'_'.join(_words(heading))}"
    return said.endswith(tuple(f"_{name}" for name in names))


def _words(heading: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    letters = unicodedata.normalize("NFKD", apart).encode("ascii", "ignore").decode().lower()
    return re.findall("[a-z0-9]+", letters)
