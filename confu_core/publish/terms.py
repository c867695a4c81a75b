"""Under which licence a dataset may be published, given those of its items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confu_core.errors import DatasetError
from confu_core.publish.attribution import Items
from confu_core.publish.licences import LICENCES, Licence, licence_named, read_licence

__all__ = ["GENERATED", "Terms", "common_licence", "terms_of"]

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
    """

    licence: Licence | None
    counts: dict[str, int]

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


def common_licence(names: Sequence[str]) -> Licence | None:
    """Return one licence that fits items of several.

    Parameters
    ----------
    names : sequence of str
        Of the licences.

    Returns
    -------
    Licence or None
        None where they do not go together.

    Examples
    --------
    >>> [getattr(common_licence(names), "name", None) for names in (
    ...     ["CC0-1.0", "CC-BY-3.0", "CC-BY-4.0"], ["CC-BY-4.0", "CC-BY-SA-4.0"], ["CC-BY-SA-4.0", "CC-BY-NC-4.0"])]
    ['CC-BY-4.0', 'CC-BY-SA-4.0', None]
    """
    different = sorted(set(names))
    if UNKNOWN in different or not different:
        return None
    if len(different) == 1:
        return LICENCES[different[0]]
    found = [LICENCES[name] for name in different]
    if any(not one.name.startswith(("CC", "PDM")) for one in found):
        return None
    alike = [one for one in found if one.share_alike]
    commercial = all(one.commercial for one in found)
    if not alike:
        newest = max(one.name[-3:] for one in found if one.name.startswith("CC-"))
        return LICENCES[f"CC-BY{'' if commercial else '-NC'}-{newest}"]
    # What is to be shared alike can only be joined by what allows exactly that licence.
    kinds = {one.name[:-4] for one in alike}
    fits = len(kinds) == 1 and all(one.commercial >= alike[0].commercial for one in found)
    return LICENCES[f"{kinds.pop()}-{max(one.name[-3:] for one in alike)}"] if fits else None


def _weighed(said: Mapping[str, tuple[int, str]], own: Licence | None, allow_unknown: bool) -> Terms:
    counts: dict[str, int] = {}
    for text, (count, who) in said.items():
        found = read_licence(text) or own
        if found is None and not allow_unknown:
            raise DatasetError(_unknown(text, count, who))
        _check(text, count, who)
        name = UNKNOWN if found is None else found.name
        counts[name] = counts.get(name, 0) + count
    return Terms(common_licence(list(counts)), counts)


def _check(text: str, count: int, who: str) -> None:
    found = read_licence(text)
    if found is not None and not found.publishable:
        which = f"{count:,} items" if count else "the dataset"
        raise DatasetError(
            f"the licence {text!r} of {which} ({who}) forbids publishing what was cut and resized; leave these out"
        )


def _unknown(text: str, count: int, who: str) -> str:
    which = f"{count:,} items" if count else "the dataset"
    what = f"the licence {text!r} is not known" if text.strip() else "no licence is named"
    return f"{what} for {which} ({who}); name it with --licence, or publish nevertheless with --allow-unknown-licence"


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
