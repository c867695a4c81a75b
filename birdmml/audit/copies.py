"""Copies: rows whose picture, recording, sequence or caption is that of another row, exactly or nearly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from birdmml.audit.check import MOST_EXAMPLES, Example, Finding, worded
from birdmml.audit.facts import Facts
from birdmml.audit.words import words_of
from confu_core.inputs.fingerprint import copy_pairs, distance, groups_of, near_pairs

JACCARD = 0.8  # Of the runs of three words that two alike texts have, this share is common.
RUN = 3
_BANDS, _ROWS = 20, 5  # Texts at 0.8 meet in a band with probability 0.9996; at 0.3, with 0.05.
_SLACK = 0.15  # By which the share of equal minima may fall short of the truth.
_BLOCK = 1 << 18


@dataclass(frozen=True)
class Copies:
    """Rows of one modality in groups of copies: the first row of each row's group, itself where it has no copy.

    Of `exact`, contents are equal; `looked_at` counts the rows that could be read and hold something to compare.
    """

    facts: Facts
    name: str
    looked_at: int
    group: np.ndarray
    exact: np.ndarray

    def across(self) -> np.ndarray:
        """Return the rows that have a copy in another split."""
        split = self.facts.split
        low, high = (np.full(len(split), start) for start in (len(self.facts.splits), -1))
        np.minimum.at(low, self.group, split)
        np.maximum.at(high, self.group, split)
        return np.flatnonzero((low < high)[self.group])

    def inside(self, group: np.ndarray) -> np.ndarray:
        """Return one of the two groupings, cut where it crosses splits."""
        key = group * len(self.facts.splits) + self.facts.split
        _, first, place = np.unique(key, return_index=True, return_inverse=True)
        return first[place.reshape(-1)]

    def findings(self, key: str, rows: np.ndarray, group: np.ndarray) -> Iterator[Finding]:
        """Yield one finding on rows, with groups that they belong to as examples; none if there are no rows."""
        if len(rows):
            unit = self.facts.unit(self.name)
            examples = self.examples(rows, group)
            yield worded(key, self.name, len(rows), self.looked_at, examples, unit=unit, one=unit[:-1])

    def examples(self, rows: np.ndarray, group: np.ndarray) -> Iterator[Example]:
        """Yield groups that rows belong to: the first member, and one of the rows, of another split if any is."""
        for first in np.unique(group[rows])[:MOST_EXAMPLES]:
            members = rows[(group[rows] == first) & (rows != first)]
            other = max(members, key=lambda row: (self.facts.split[row] != self.facts.split[first], -row))
            keys = (self.facts.where(first), self.facts.where(other))
            yield Example(keys, f"{int((group == first).sum())} copies, {self._likeness(first, other)}")

    def _likeness(self, one: int, other: int) -> str:
        table = self.facts.measures[self.name]
        if (table["content"][one] == table["content"][other]).all():
            return "equal byte for byte"
        first, second = table["print"][one], table["print"][other]
        return f"{int(distance(first, second))} of {64 * len(first)} bits of the fingerprint differ"


def find_copies(facts: Facts, name: str, within: int | None = None) -> Copies:
    """Group the rows of a modality whose fingerprints differ in at most so many bits; by default, equal contents.

    So it is as well where fingerprints do not tell the items apart (see `copy_pairs`). Blank pictures and silence
    take no part: they are findings of their own.
    """
    table = facts.measures[name]
    valid = facts.readable[name]
    if "print" in (table.dtype.names or ()):
        valid = valid & table["print"].any(axis=1)
    rows = np.flatnonzero(valid)
    equal = near_pairs(table["content"][rows], 0)
    near = [equal] if within is None else [equal, copy_pairs(table["print"][rows], within)]
    group, exact = np.arange(facts.rows), np.arange(facts.rows)
    group[rows], exact[rows] = (rows[groups_of(np.concatenate(pairs), len(rows))] for pairs in (near, [equal]))
    return Copies(facts, name, len(rows), group, exact)


def like_groups(texts: Sequence[str]) -> np.ndarray:
    """Group texts that share runs of three words: the first of each one's group, of shape (texts,).

    Case, punctuation and a few words make no difference; texts without words are alone. MinHash (Broder, 1997) finds
    candidates, their words decide.

    >>> like_groups(["A red bird.", "a red  bird", "A blue bird."]).tolist()
    [0, 0, 2]
    """
    first: dict[tuple[str, ...], int] = {}
    worded = [tuple(words_of(text)) for text in texts]
    equal = [(first.setdefault(words, row), row) for row, words in enumerate(worded) if words]
    unique = list(first.values())
    hashed = _run_hashes([worded[row] for row in unique])
    near = [(unique[one], unique[other]) for one, other in _near(hashed)]
    return groups_of(np.array([*equal, *near], dtype=np.int64).reshape(-1, 2), len(texts))


def _run_hashes(worded: Sequence[tuple[str, ...]]) -> list[np.ndarray]:
    """Return the hashes of each text's runs of words, ascending; of short texts, of all words together."""
    hashed = []
    for words in worded:
        codes = np.array([_code(word) for word in words], dtype=np.uint64)
        length = min(RUN, len(codes))
        runs = np.zeros(len(codes) - length + 1, dtype=np.uint64)
        for offset in range(length):
            runs = (runs ^ codes[offset : offset + len(runs)]) * np.uint64(0x9E3779B97F4A7C15)
        hashed.append(np.unique(runs))
    return hashed


@lru_cache(maxsize=100_000)
def _code(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")


def _near(hashed: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    if len(hashed) < 2:
        return []
    minima = _minima(hashed)
    found: set[tuple[int, int]] = set()
    for band in np.split(minima, _BANDS, axis=1):
        order = np.lexsort(band.T)
        ordered = band[order]
        again = np.flatnonzero((ordered[1:] == ordered[:-1]).all(axis=1)) + 1
        start = np.ones(len(order), dtype=bool)
        start[again] = False
        head = np.maximum.accumulate(np.where(start, np.arange(len(order)), 0))
        # With the first and with the one before: as many pairs as texts, however many share a band.
        pairs = np.concatenate([np.stack([before, again], axis=1) for before in (head[again], again - 1)])
        found.update(map(tuple, np.sort(order[pairs], axis=1)[_likely(minima, order[pairs])].tolist()))
    return [(one, other) for one, other in sorted(found) if _jaccard(hashed[one], hashed[other]) >= JACCARD]


def _likely(minima: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    blocks = [pairs[at : at + _BLOCK] for at in range(0, len(pairs), _BLOCK)] or [pairs]
    shares = [(minima[block[:, 0]] == minima[block[:, 1]]).mean(axis=1) for block in blocks]
    return np.concatenate(shares) >= JACCARD - _SLACK


def _minima(hashed: Sequence[np.ndarray]) -> np.ndarray:
    """Return the least hash of every text under each of many permutations."""
    flat = np.concatenate(hashed)
    starts = np.cumsum([0, *(len(one) for one in hashed[:-1])])
    random = np.random.default_rng(0).integers(1, 2**63, (2, _BANDS * _ROWS)).astype(np.uint64)
    columns = [np.minimum.reduceat(_mixed(flat, *keys), starts) for keys in random.T]
    return np.stack(columns, axis=1)


def _mixed(values: np.ndarray, factor: np.uint64, shift: np.uint64) -> np.ndarray:
    """Permute the 64-bit numbers: odd factors and shifted sums are bijections."""
    mixed = values ^ shift
    mixed = (mixed ^ (mixed >> np.uint64(29))) * (factor | np.uint64(1))
    return mixed ^ (mixed >> np.uint64(32))


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
