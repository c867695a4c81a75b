"""Under which terms a dataset may be published: who made each item, under which licence, and what fits all of them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.cells import is_nothing
from confu_core.errors import DatasetError
from confu_core.escaping import spreadsheet_cell
from confu_core.publish.licences import LICENCES, LISTS, Licence, common_licence, licence_named, read, read_licence
from confu_core.shards.manifest import Manifest
from confu_core.shards.read import Dataset

ATTRIBUTION = "attribution.csv"
# Data that a program drew: whoever uses it names where it is from, and nothing else is asked.
GENERATED = "CC-BY-4.0"
UNKNOWN = "unknown"

_TERMS = ({"usage", "terms"}, {"terms", "use"})  # In headings of columns of licences.
_MAKERS = ("author", "creator", "rights_holder")
_NAMED = (*_MAKERS, "source_url", "attribution")
_KEPT = 5  # Keys by which the items of a licence are named.
_WANT_TEXT = ("Apache", "BSD", "GPL", "MIT")


@dataclass(frozen=True)
class Items:
    """What the items of a dataset say: how often each text on licences stands there, and the first keys that have it.

    Several columns on one thing are lines of one text. The table is CSV with key, split and all columns of authors,
    licences and sources; empty if there are none.
    """

    counts: dict[str, int]
    keys: dict[str, tuple[str, ...]]
    table: bytes


def attribution_columns(manifest: Manifest) -> list[str]:
    """Return the columns of text that say who made an item, where it is from, and under which licence.

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
    """Read the licences, authors and sources of all items of a dataset."""
    columns = attribution_columns(dataset.manifest)
    if not columns:
        return Items({}, {}, b"")
    licences = _by_subject(columns)
    counts: Counter[str] = Counter()
    keys: dict[str, tuple[str, ...]] = {}
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(map(spreadsheet_cell, ["key", "split", *columns]))
    for split in dataset.manifest.splits:
        for row in dataset.rows(split, ["key", *columns]):
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
    for name in filter(_of_licence, columns):
        found.setdefault(frozenset(_words(name)) - LISTS["headings"] - LISTS["beside"], []).append(name)
    return list(found.values())


def _said(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    texts = (" ".join(str(row[name]).split()) for name in columns if row[name] is not None)
    return "\n".join(dict.fromkeys(text for text in texts if not is_nothing(text)))


def _is_text(kind: str) -> bool:
    return kind != "bool" and not kind.startswith(("binary", "large_binary", "struct", "fixed_size_binary"))


def _of_licence(heading: str) -> bool:
    words = {*_words(heading)}
    return not words & LISTS["holders"] and (bool(words & LISTS["headings"]) or any(terms <= words for terms in _TERMS))


def _is(heading: str, names: tuple[str, ...]) -> bool:
    return f"_{'_'.join(_words(heading))}".endswith(tuple(f"_{name}" for name in names))


def _words(heading: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    letters = unicodedata.normalize("NFKD", apart).encode("ascii", "ignore").decode().lower()
    return re.findall("[a-z0-9]+", letters)


@dataclass(frozen=True)
class Terms:
    """What whoever takes a dataset must keep to: one licence that fits all items, or None where each has its own.

    The counts are of items by the name of their licence, ``"unknown"`` for those that say none, empty for generated
    data; the notes say which items name several licences, of which the stricter counts.
    """

    licence: Licence | None
    counts: dict[str, int]
    notes: tuple[str, ...] = ()

    @property
    def commercial(self) -> bool:
        """Whether no licence that is known forbids commercial use."""
        return all(name == UNKNOWN or LICENCES[name].commercial for name in self._names)

    @property
    def share_alike(self) -> bool:
        """Whether what is made from some of it must come under the same licence."""
        return any(name != UNKNOWN and LICENCES[name].share_alike for name in self._names)

    @property
    def unknown(self) -> bool:
        """Whether the licence of some items is not known."""
        return UNKNOWN in self._names

    @property
    def wants_text(self) -> bool:
        """Whether a licence asks that its text goes along with copies, where others are content with a link."""
        return any(name.startswith(_WANT_TEXT) for name in self._names)

    @property
    def title(self) -> str:
        """What the licence is called."""
        if self.licence is not None:
            return self.licence.title
        if set(self.counts) == {UNKNOWN}:
            return "Not known"
        return "Each item under its own: " + ", ".join(sorted(self.counts))

    @property
    def _names(self) -> list[str]:
        return list(self.counts) or ([self.licence.name] if self.licence else [UNKNOWN])


def terms_of(
    items: Items,
    sources: Sequence[Mapping[str, Any]],
    *,
    real: bool,
    chosen: str | None = None,
    allow_unknown: bool = False,
) -> Terms:
    """Find the licence of a dataset by its items, else by its sources; a DatasetError where it may not be published.

    A licence that is chosen is that of generated data, and of `real` items and sources that name none. Items whose
    licence is not known are published only where that is allowed.

    >>> terms_of(Items({"CC BY-NC 4.0": 9, "cc0": 1}, {}, b""), [], real=True).licence.name
    'CC-BY-NC-4.0'
    """
    own = None if chosen is None else licence_named(chosen)
    told = [
        (str(source.get("licence") or ""), _count(source.get("items")), str(source.get("name", "a source")))
        for source in sources
    ]
    for text, count, name in told:
        _check(text, _which(count, name))
    said = {text: (count, ", ".join(items.keys.get(text, ()))) for text, count in items.counts.items()}
    if not said:
        for text, more, name in told:
            count, names = said.get(text, (0, ""))
            said[text] = (count + more, ", ".join(filter(None, [names, name])))
    if not said:
        if not real:
            return Terms(own or LICENCES[GENERATED], {})
        said = {"": (0, "all of them")}
    return _weighed(said, own, allow_unknown)


def _weighed(said: Mapping[str, tuple[int, str]], own: Licence | None, allow_unknown: bool) -> Terms:
    counts: Counter[str] = Counter()
    notes: list[str] = []
    for text, (count, who) in said.items():
        # What is chosen stands in where nothing is said, and never over what is said.
        found, which = own if is_nothing(text) else read_licence(text), _which(count, who)
        _check(text, which)
        if found is None and not allow_unknown:
            raise DatasetError(_unknown(text, which))
        name = UNKNOWN if found is None else found.name
        counts[name] += count
        if found is not None and len(read(text).names) > 1:
            notes.append(f"{which} name several licences, {_quoted(text)}: {name}, the stricter, counts")
    return Terms(common_licence(list(counts)), dict(counts), tuple(notes))


def _check(text: str, which: str) -> None:
    found = read_licence(text)
    if (found is not None and not found.publishable) or (found is None and read(text).forbids):
        problem = "forbids publishing what was cut and resized; leave these out"
        raise DatasetError(f"the licence {_quoted(text)} of {which} {problem}")


def _unknown(text: str, which: str) -> str:
    never = "or publish nevertheless with --allow-unknown-licence"
    if is_nothing(text):
        return f"no licence is named for {which}; name it with --licence, {never}"
    mend = "write it in the table as SPDX does, such as CC-BY-4.0"
    return f"the licence {_quoted(text)} is not known for {which}; {mend}, {never}"


def _which(count: int, who: str) -> str:
    return f"{f'{count:,} items' if count else 'the dataset'} ({who})"


def _quoted(text: str) -> str:
    return " and ".join(repr(line) for line in text.split("\n"))


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
