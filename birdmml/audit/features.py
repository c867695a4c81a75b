"""Fixed features of the sampled rows, and the three sets of rows that a probe needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from birdmml.audit.check import NotApplicable
from birdmml.audit.facts import Facts
from birdmml.audit.words import words_of
from confu_core.random import generator

__all__ = ["ProbeRows", "probe_rows", "word_counts"]

WORDS = 200
LEAST_TEXTS = 3  # A word of fewer tells these texts apart, and nothing of others.
HELD_OUT = 0.2  # Of the training rows, where a dataset has no split to choose or to test on.
_LEAST_ROWS = 20


class ProbeRows:
    """Sampled rows of which every modality can be read, and whose class is trained on.

    Attributes
    ----------
    train, validation, test : ndarray of int
        Places among the sampled rows.
    labels : ndarray of int
        Class of every sampled row.
    features : dict of str to ndarray of float32
        By modality, of every sampled row.
    tested_on : str
        The split that the test rows are of.
    """

    def __init__(self, facts: Facts, seed: int) -> None:
        self.labels = facts.numbers[facts.sampled]
        split = facts.split[facts.sampled]
        usable = self.labels >= 0
        for readable in facts.readable.values():
            usable &= readable[facts.sampled]
        parts = _parts(facts, np.where(usable, split, -1), seed)
        known = np.unique(self.labels[parts[0]])
        self.train = parts[0]
        self.validation, self.test = (part[np.isin(self.labels[part], known)] for part in parts[1:])
        if len(known) < 2 or min(len(self.train), len(self.validation), len(self.test)) < _LEAST_ROWS:
            counts = ", ".join(f"{len(rows):,}" for rows in (self.train, self.validation, self.test))
            raise NotApplicable(
                f"a probe needs two classes and {_LEAST_ROWS} rows to train, choose and test on; got {counts}"
            )
        self.tested_on = facts.splits[split[self.test[0]]]
        texts = {name: [facts.texts[name][row] for row in facts.sampled] for name in facts.texts}
        counted = {name: word_counts(values, self.train) for name, values in texts.items()}
        self.features = {
            name: counted[name] if name in counted else facts.features[name]
            for name in facts.subject.contents.inputs.names
        }


def probe_rows(facts: Facts, seed: int = 0) -> ProbeRows:
    """Return the rows that probes are trained and tested on.

    Parameters
    ----------
    facts : Facts
        With sampled features.
    seed : int
        Decides what is held out where a split is missing.

    Returns
    -------
    ProbeRows
        Training rows of the first split. To choose and to test, ``validation`` and ``test``; where one is missing,
        a fifth of the training rows takes its place.

    Raises
    ------
    NotApplicable
        If there are too few rows or classes.
    """
    return ProbeRows(facts, seed)


def word_counts(texts: Sequence[str], train: np.ndarray, words: int = WORDS) -> np.ndarray:
    """Count the commonest words.

    Parameters
    ----------
    texts : sequence of str
        Captions.
    train : ndarray of int
        The texts that say which words are common.
    words : int
        How many of them to count, at most; those that fewer than three texts hold are not common.

    Returns
    -------
    ndarray of float32, shape (texts, at most words + 1)
        The logarithm of 1 and the count; last, that of the number of all words.

    Examples
    --------
    >>> (word_counts(["a bird", "a bird", "a bird", "b"], np.arange(3)) > 0)[2:].tolist()
    [[True, True, True], [False, False, True]]
    """
    split = [words_of(text) for text in texts]
    # How many texts hold a word; of equals the first in the alphabet.
    common = Counter(word for row in train for word in sorted(set(split[row])))
    chosen = sorted((w for w in common if common[w] >= LEAST_TEXTS), key=lambda word: (-common[word], word))[:words]
    column = {word: place for place, word in enumerate(chosen)}
    counts = np.zeros((len(texts), len(chosen) + 1), dtype=np.float32)
    for row, said in enumerate(split):
        for word in said:
            if word in column:
                counts[row, column[word]] += 1
        counts[row, -1] = len(said)
    return np.log1p(counts)


def _parts(facts: Facts, split: np.ndarray, seed: int) -> list[np.ndarray]:
    """Return the places of train, validation and test rows."""
    named = {name: np.flatnonzero(split == number) for number, name in enumerate(facts.splits)}
    train = named[facts.splits[0]]
    order = generator(seed, "audit", "held out").permutation(len(train))
    share = int(HELD_OUT * len(train))
    parts, taken = [], 0
    for name in ("validation", "test"):
        if name in named and name != facts.splits[0]:
            parts.append(named[name])
        else:
            parts.append(np.sort(train[order[taken : taken + share]]))
            taken += share
    return [np.sort(train[order[taken:]]), *parts]
