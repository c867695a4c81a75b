"""Other words for the classes of a dataset: their names, or how another dataset describes them."""

from __future__ import annotations

from dataclasses import replace

from birdmml.bench import open_data
from confu_core.errors import InvalidValue
from confu_core.media.opened import MediaData

OWN, NAMES = "own", "names"


def prompted(data: MediaData, prompts: str) -> tuple[MediaData, dict[str, str]]:
    """Return data whose classes are described otherwise, and what results say of it.

    Classes are described by what the data have, by names alone, or by what other data have for the same names, which
    results name by their fingerprint.
    """
    if prompts == OWN:
        return data, {}
    classes, said = data.contents.classes, prompts
    if prompts == NAMES:
        found = tuple((name, number) for number, name in enumerate(classes))
    else:
        other = open_data(prompts)
        found, said = _taken(classes, other, prompts), str(other.columns["data"])
    return replace(data, contents=replace(data.contents, prompts=found)), {"prompts": said}


def _taken(classes: tuple[str, ...], other: MediaData, place: str) -> tuple[tuple[str, int], ...]:
    by_name: dict[str, list[str]] = {}
    for text, number in other.contents.prompts:
        by_name.setdefault(_letters(other.contents.classes[number]), []).append(text)
    lacking = [name for name in classes if _letters(name) not in by_name]
    if lacking:
        what = f"{len(lacking)} of the {len(classes)} classes, first {lacking[0]!r}"
        raise InvalidValue(f"{place} has no description of {what}; give --prompts names, or data that have")
    return tuple((text, number) for number, name in enumerate(classes) for text in by_name[_letters(name)])


def _letters(name: str) -> str:
    """Return a name without case, hyphens and the like, which datasets write differently."""
    return "".join(filter(str.isalnum, name.casefold()))
