"""Under which licence a dataset may be published, given those of its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.cells import is_nothing
from confu_core.errors import DatasetError
from confu_core.publish.attribution import Items
from confu_core.publish.licence_grammar import read
from confu_core.publish.licences import LICENCES, Licence, common_licence, licence_named, read_licence

__all__ = ["GENERATED", "Terms", "terms_of"]

# Data that a program drew: whoever uses it names where it is from, and nothing else is asked.
GENERATED = "CC-BY-4.0"
UNKNOWN = "unknown"

_WANT_TEXT = ("Apache", "BSD", "GPL", "MIT")


@dataclass(frozen=True)
class Terms:
    """What whoever takes a dataset must keep to.

    Attributes
    ----------
    licence : Licence or None
        One that fits all items; None where each has its own.
    counts : dict of str to int
        Name of a licence to its number of items; ``"unknown"`` for those that say none. Empty for generated data.
    notes : tuple of str
        Which items name several licences, of which the stricter counts.
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
    """Find the licence of a dataset, or stop where it may not be published.

    Parameters
    ----------
    items : Items
        What its items say.
    sources : sequence of mapping
        Where it is from: each with ``name``, ``licence`` and, if known, ``items``.
    real : bool
        Whether its media were made by others.
    chosen : str, optional
        Licence of generated data, and of items and sources that name none.
    allow_unknown : bool
        Whether to publish items that name none nevertheless.

    Returns
    -------
    Terms
        Those of the items; of generated data `chosen`, or CC BY 4.0.

    Raises
    ------
    DatasetError
        If a licence forbids it, or is not known.
    InvalidValue
        If `chosen` is no licence that allows it.

    Examples
    --------
    >>> terms_of(Items({"CC BY-NC 4.0": 9, "cc0": 1}, {}, b""), [], real=True).licence.name
    'CC-BY-NC-4.0'
    """
    own = None if chosen is None else licence_named(chosen)
    for source in sources:
        _check(str(source.get("licence") or ""), _count(source.get("items")), str(source.get("name", "a source")))
    said = {text: (count, ", ".join(items.keys.get(text, ()))) for text, count in items.counts.items()}
    if not said:
        for source in sources:
            text, name = str(source.get("licence") or ""), str(source.get("name", "a source"))
            count, names = said.get(text, (0, ""))
            said[text] = (count + _count(source.get("items")), ", ".join(filter(None, [names, name])))
    if not said:
        if not real:
            return Terms(own or LICENCES[GENERATED], {})
        said = {"": (0, "all of them")}
    return _weighed(said, own, allow_unknown)


def _weighed(said: Mapping[str, tuple[int, str]], own: Licence | None, allow_unknown: bool) -> Terms:
    counts: dict[str, int] = {}
    notes: list[str] = []
    for text, (count, who) in said.items():
        # What is chosen stands in where nothing is said, and never over what is said.
        found = own if is_nothing(text) else read_licence(text)
        _check(text, count, who)
        if found is None and not allow_unknown:
            raise DatasetError(_unknown(text, count, who))
        name = UNKNOWN if found is None else found.name
        counts[name] = counts.get(name, 0) + count
        if found is not None and len(read(text).names) > 1:
            notes.append(
                f"{_which(count)} ({who}) name several licences, {_quoted(text)}: {name}, the stricter, counts"
            )
    return Terms(common_licence(list(counts)), counts, tuple(notes))


def _check(text: str, count: int, who: str) -> None:
    found = read_licence(text)
    if (found is not None and not found.publishable) or (found is None and read(text).forbids):
        raise DatasetError(
            f"the licence {_quoted(text)} of {_which(count)} ({who}) forbids publishing what was cut and resized; "
            "leave these out"
        )


def _unknown(text: str, count: int, who: str) -> str:
    never = "or publish nevertheless with --allow-unknown-licence"
    if is_nothing(text):
        return f"no licence is named for {_which(count)} ({who}); name it with --licence, {never}"
    mend = "write it in the table as SPDX does, such as CC-BY-4.0"
    return f"the licence {_quoted(text)} is not known for {_which(count)} ({who}); {mend}, {never}"


def _which(count: int) -> str:
    return f"{count:,} items" if count else "the dataset"


def _quoted(text: str) -> str:
    return " and ".join(repr(line) for line in text.split("\n"))


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
