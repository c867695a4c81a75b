"""Which column of a manifest is what: the names of the published Bird-MML, or others by a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from confu_core.errors import DatasetError, InvalidValue, nearest

__all__ = ["OPTIONAL", "REQUIRED", "extra_columns", "find_columns"]

REQUIRED = ("scientific_name", "photo_file", "audio_file", "combined_caption")
# Role to other headings that are understood without a map.
OPTIONAL = MappingProxyType(
    {
        "common_name": (),
        "family": (),
        "split": (),
        "individual": (),
        "recording": (),
        "author": (),
        "licence": ("license",),
        "source_url": (),
        "duration": (),
    }
)
# What a sample's columns and the parts of a tar are called.
_TAKEN = frozenset({"key", "image", "audio", "caption", "species", "jpg", "flac", "txt", "json"})


def find_columns(headings: Sequence[str], given: Mapping[str, str], name: str) -> dict[str, str]:
    """Return which heading of a manifest has which role.

    Parameters
    ----------
    headings : sequence of str
        Of the manifest.
    given : mapping of str to str
        Role to heading, where they differ.
    name : str
        Of the manifest, for messages.

    Returns
    -------
    dict of str to str
        Role to heading: all of `REQUIRED`, and those of `OPTIONAL` that are there.

    Raises
    ------
    InvalidValue
        If the map names a role or a heading that there is not.
    DatasetError
        If a required column is missing; it names each, with the nearest heading.

    Examples
    --------
    >>> headings = ["scientific_name", "image_path", "audio_file", "combined_caption", "license"]
    >>> find_columns(headings, {"photo_file": "image_path"}, "m.csv")["licence"]
    'license'
    >>> find_columns(headings, {}, "m.csv")
    Traceback (most recent call last):
    confu_core.errors.DatasetError: m.csv has no column 'photo_file' (known: ...); name others by --map photo_file=NAME
    """
    roles = (*REQUIRED, *OPTIONAL)
    for role, heading in given.items():
        if role not in roles:
            raise InvalidValue(f"--map has no column {role!r}: {nearest(role, roles)}")
        if heading not in headings:
            raise InvalidValue(
                f"--map {role}={heading}: {name} has no column {heading!r}; {nearest(heading, headings)}"
            )
    found: dict[str, str] = {}
    for role in roles:
        names = [given[role]] if role in given else [role, *OPTIONAL.get(role, ())]
        for heading in reversed([name for name in names if name in headings]):
            found[role] = heading
    if missing := [role for role in REQUIRED if role not in found]:
        free = [heading for heading in headings if heading not in found.values()]
        said = ", ".join(
            f"{role!r} ({nearest(role, free) if free else 'no other column is there'})" for role in missing
        )
        raise DatasetError(f"{name} has no column {said}; name others by --map {missing[0]}=NAME")
    return found


def extra_columns(headings: Sequence[str], found: Mapping[str, str]) -> dict[str, str]:
    """Return under which names the columns without a role, and the names of the files, are kept.

    Parameters
    ----------
    headings : sequence of str
        Of the manifest.
    found : mapping of str to str
        As `find_columns` returns it.

    Returns
    -------
    dict of str to str
        Heading to column of a sample; ``source_`` stands before a name that is taken.

    Examples
    --------
    >>> extra_columns(["caption", "camera", "photo_file"], {"photo_file": "photo_file"})
    {'caption': 'source_caption', 'camera': 'camera'}
    """
    roles = (*REQUIRED, *OPTIONAL)
    kept: dict[str, str] = {}
    for heading in headings:
        if heading in found.values():
            continue
        name = heading
        while name in _TAKEN or name in roles or name in kept.values() or (name != heading and name in headings):
            name = f"source_{name}"
        kept[heading] = name
    return kept
