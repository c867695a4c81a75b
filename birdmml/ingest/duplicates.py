"""Copies among files: equal bytes, and near ones by their fingerprints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from birdmml.ingest.inspect import Found
from confu_core.inputs.fingerprint import PICTURE_DISTANCE, SOUND_DISTANCE, groups_of, near_pairs, tells_apart

__all__ = ["Copies", "copies_of"]

_NEAR = {"picture": PICTURE_DISTANCE, "sound": SOUND_DISTANCE}


@dataclass(frozen=True)
class Copies:
    """Which files of a kind are copies of which.

    Attributes
    ----------
    group : mapping of str to int
        File to the number of its group: those of equal bytes or near fingerprints. Files that cannot be used have none.
    content : mapping of str to str
        File to SHA-256.
    """

    group: Mapping[str, int]
    content: Mapping[str, str]


def copies_of(found: Mapping[str, Found], kind: str, *, near: bool) -> Copies:
    """Find the copies among files.

    Parameters
    ----------
    found : mapping of str to Found
        What the inspection found, by name.
    kind : {"picture", "sound"}
        What they are.
    near : bool
        Whether near copies count. Pictures of one colour and silence have no fingerprint and are compared by bytes,
        and so are collections such as small digits, of which fingerprints cannot tell one from another.

    Returns
    -------
    Copies
        Their groups.

    Examples
    --------
    >>> files = {name: Found(name, sha, "", "", {"hash": [bits]}) for name, sha, bits in [("a", "1", 7), ("b", "2", 6)]}
    >>> copies_of(files, "picture", near=True).group
    {'a': 0, 'b': 0}
    >>> copies_of(files, "picture", near=False).group
    {'a': 0, 'b': 1}
    """
    content = {name: one.sha256 for name, one in found.items() if not one.reason}
    first: dict[str, str] = {}
    for name, sha in content.items():
        first.setdefault(sha, name)
    label = dict(zip(first, range(len(first)), strict=True))
    if near:
        label = _joined(list(first), [found[name] for name in first.values()], _NEAR[kind])
    return Copies({name: label[sha] for name, sha in content.items()}, content)


def _joined(contents: Sequence[str], found: Sequence[Found], within: int) -> dict[str, int]:
    words = np.array([one.measures["hash"] for one in found], dtype=np.uint64)
    some = np.flatnonzero(words.any(axis=1)) if len(words) else np.array([], dtype=np.int64)
    if not len(some) or not tells_apart(words[some], within):
        return {name: place for place, name in enumerate(contents)}
    pairs = some[near_pairs(words[some], within)]
    return dict(zip(contents, map(int, groups_of(pairs, len(contents))), strict=True))
