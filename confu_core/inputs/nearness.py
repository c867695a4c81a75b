"""What lies near each other: fingerprints that differ in few bits, found without comparing all with all."""

from __future__ import annotations

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.random import generator

__all__ = ["distance", "groups_of", "near_pairs", "tells_apart"]

_WORD = 64
_FEW = 50  # Items, below which copies may be most of them.
_PAIRS, _ODD = 4000, 0.01


def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return in how many bits fingerprints differ.

    Returns ndarray of int, shape (...).
    """
    return _ones(np.bitwise_xor(first, second)).sum(axis=-1)


def near_pairs(fingerprints: np.ndarray, within: int) -> np.ndarray:
    """Find the pairs of fingerprints that differ in few bits, without comparing all with all.

    The bits are cut into ``within + 1`` bands: who differs in at most `within` bits agrees in at least one band whole,
    so that just those with an equal band are compared, and no pair is missed.

    Returns ndarray of int64, shape (pairs, 2).
    """
    bits = _WORD * fingerprints.shape[1]
    if not 0 <= within < bits:
        raise InvalidValue(f"within must be in [0, {bits - 1}] bits; got {within}")
    if len(fingerprints) < 2:
        return np.empty((0, 2), dtype=np.int64)
    unique, first, inverse = np.unique(fingerprints, axis=0, return_index=True, return_inverse=True)
    inverse = inverse.reshape(-1)
    again = np.flatnonzero(first[inverse] != np.arange(len(fingerprints)))
    found = [np.stack([first[inverse[again]], again], axis=1)]
    found += [np.sort(first[pairs], axis=1) for pairs in _band_pairs(unique, within)]
    return np.unique(np.concatenate(found), axis=0).astype(np.int64)


def tells_apart(fingerprints: np.ndarray, within: int) -> bool:
    """Return whether fingerprints tell the items of a collection apart at all.

    Pictures of one pattern, such as digits rebuilt from a few components, have nearly one fingerprint. There a small
    distance is no sign of a copy.
    """
    if len(fingerprints) < _FEW:
        return True
    one, other = generator(0, "nearness").integers(0, len(fingerprints), (2, _PAIRS))
    apart = distance(fingerprints[one[one != other]], fingerprints[other[one != other]])
    return bool(np.quantile(apart, _ODD) > 2 * within)


def groups_of(pairs: np.ndarray, count: int) -> np.ndarray:
    """Return which items hang together by pairs.

    Returns ndarray of int64, shape (count,).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    return first[label].astype(np.int64)


def _band_pairs(unique: np.ndarray, within: int) -> list[np.ndarray]:
    """Return pairs of near ones among rows that all differ, some of them more than once."""
    bits = np.unpackbits(unique.astype(">u8").view(np.uint8), axis=1)
    found = []
    for columns in np.array_split(np.arange(bits.shape[1]), within + 1):
        packed = np.packbits(bits[:, columns], axis=1)
        key = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
        order = np.argsort(key, kind="stable")
        rows, ordered = np.asfortranarray(unique[order]), key[order]
        run = np.cumsum(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        # The neighbour at every offset within a run of equal bands; short runs end before long ones.
        here = np.arange(len(order))
        for offset in range(1, len(order)):
            here = here[: np.searchsorted(here, len(order) - offset)]
            here = here[run[here] == run[here + offset]]
            if not len(here):
                break
            close = here[_near(rows, here, here + offset, within)]
            found.append(np.stack([order[close], order[close + offset]], axis=1))
    return found


def _near(rows: np.ndarray, one: np.ndarray, other: np.ndarray, within: int) -> np.ndarray:
    """Return which pairs are near, word by word: most pairs are told apart by the first."""
    left, bits = np.arange(len(one)), np.zeros(len(one), dtype=np.int64)
    for word in rows.T:
        bits = bits + _ones(word[one[left]] ^ word[other[left]])
        left, bits = left[bits <= within], bits[bits <= within]
    return left


def _ones(words: np.ndarray) -> np.ndarray:
    """Count the bits of 64-bit words; NumPy has this of its own from version 2 on."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(words).astype(np.int64)
    return np.unpackbits(words[..., None].view(np.uint8), axis=-1).sum(axis=-1, dtype=np.int64)
