"""Headroom: what linear probes on simple features get from subsets of the modalities, and what that says."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from birdmml.audit.check import Example, Finding, NotApplicable, worded
from birdmml.audit.facts import Facts, letters
from birdmml.audit.words import words_of
from birdmml.describe import describe
from confu_core.evaluation.complementarity import complementarity
from confu_core.evaluation.probes import Labelled, linear_probe
from confu_core.parallel.workers import mapped
from confu_core.random import generator
from confu_core.statistics.bootstrap import Estimate, bootstrap_mean

HEADROOM = "headroom"
# What one modality gets beyond, no fused query can improve by more than a test of a thousand rows would show.
SATURATED = 0.97
STRENGTHS = (0.01, 0.1, 1.0)
MOST_MODALITIES = 4
WORDS = 200
LEAST_TEXTS = 3  # A word of fewer tells these texts apart, and nothing of others.
HELD_OUT = 0.2  # Of the training rows, where a dataset has no split to choose or to test on.
_LEAST_ROWS = 20

Query = tuple[str, ...]  # The modalities of a subset.


@dataclass(frozen=True)
class Subset:
    """What a subset of the modalities, named by signs such as ``"VA"``, gets; and its Bayes accuracy where known."""

    name: str
    accuracy: Estimate
    ceiling: float | None


@dataclass(frozen=True)
class Gain:
    """What a subset gets beyond the best of those with one modality less; `available` is the same of the ceilings."""

    name: str
    over: str
    gain: Estimate
    available: float | None

    @property
    def verdict(self) -> str:
        """``"yes"`` where the interval lies above 0, ``"no"`` where it does not reach 0.02, else ``"unclear"``."""
        if self.gain.low > 0:
            return "yes"
        return "no" if self.gain.high < 0.02 else "unclear"


@dataclass(frozen=True)
class Headroom:
    """What simple features get from every subset of the modalities, and what subsets of several gain over their parts.

    `signs` are short names of the modalities, `chance` is the accuracy of always naming the most frequent class;
    `train`, `validation` and `test` count rows, the last those of the split `tested_on`, and `classes` those met in
    training.
    """

    signs: Mapping[str, str]
    subsets: tuple[Subset, ...]
    gains: tuple[Gain, ...]
    chance: float
    train: int
    validation: int
    test: int
    classes: int
    tested_on: str

    def as_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        gains = [{**asdict(one), "verdict": one.verdict} for one in self.gains]
        return {**asdict(self), "signs": dict(self.signs), "subsets": [asdict(s) for s in self.subsets], "gains": gains}

    def findings(self) -> Iterator[Finding]:
        """Yield a warning where a modality alone leaves nothing to be gained, and one line on the gains of subsets."""
        singles = [one for one in self.subsets if one.name in self.signs.values()]
        full = [one for one in singles if one.accuracy.low >= SATURATED]
        if full and len(singles) > 1:
            examples = [Example((), f"{one.name}: accuracy {one.accuracy.value:.3f}") for one in full]
            yield worded("saturated", "", len(full), len(singles), examples, names=", ".join(one.name for one in full))
        if self.gains:
            gaining = [f"{one.name} {one.gain.value:+.3f}" for one in self.gains if one.verdict == "yes"]
            examples = [Example((), _as_text(one)) for one in self.gains[:5]]
            key = "gaining" if gaining else "no-gain"
            yield worded(key, "", len(gaining), len(self.gains), examples, gaining=", ".join(gaining))


@dataclass(frozen=True)
class ProbeRows:
    """Sampled rows of which every modality can be read, and whose class is trained on.

    `train`, `validation` and `test` are places among the sampled rows, `labels` the class of each of those, and
    `features` are of shape (samples, width).
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    labels: np.ndarray
    features: Mapping[str, np.ndarray]
    tested_on: str


def measure_headroom(facts: Facts, *, seed: int = 0, workers: int = 1) -> Headroom:
    """Probe every subset of the modalities, of more than four the first four, with intervals drawn by the seed.

    A probe is multinomial logistic regression on colour histograms, mel statistics, word counts or means of sequences.
    It is no ceiling: what it gets, anything gets; what it misses may still be there. Raises `NotApplicable` if there
    are too few rows or classes.
    """
    rows = probe_rows(facts, seed)
    signs = dict(list(letters(facts.contents).items())[:MOST_MODALITIES])
    chosen = [each for size in range(1, len(signs) + 1) for each in combinations(signs, size)]
    # The widest first: it takes longest.
    plan = sorted(chosen, key=len, reverse=True)
    probe = functools.partial(_probe, rows)
    correct = dict(mapped(probe, plan, min(workers, len(plan)), name="+".join, who="the worker that probes"))
    bayes = {tuple(query.split("+")): value for query, value in describe(facts.subject.dataset).bayes.items()}
    subsets = {
        each: Subset(_name(each, signs), bootstrap_mean(correct[each], seed=seed), bayes.get(each)) for each in chosen
    }
    labels = rows.labels[rows.train]
    return Headroom(
        signs,
        tuple(subsets.values()),
        tuple(_gain(each, subsets, correct, seed) for each in chosen if len(each) > 1),
        float((rows.labels[rows.test] == np.bincount(labels).argmax()).mean()),
        len(rows.train),
        len(rows.validation),
        len(rows.test),
        len(np.unique(labels)),
        rows.tested_on,
    )


def probe_rows(facts: Facts, seed: int = 0) -> ProbeRows:
    """Return the rows that probes are trained, chosen and tested on.

    They are trained on the first split. To choose and to test there are ``validation`` and ``test``; where one is
    missing, a fifth of the training rows, drawn by the seed, takes its place. Raises `NotApplicable` if there are too
    few rows or classes.
    """
    labels, split = facts.numbers[facts.sampled], facts.split[facts.sampled]
    usable = labels >= 0
    for readable in facts.readable.values():
        usable &= readable[facts.sampled]
    train, *others = _parts(facts, np.where(usable, split, -1), seed)
    known = np.unique(labels[train])
    validation, test = (part[np.isin(labels[part], known)] for part in others)
    if len(known) < 2 or min(len(train), len(validation), len(test)) < _LEAST_ROWS:
        counts = ", ".join(f"{len(rows):,}" for rows in (train, validation, test))
        raise NotApplicable(
            f"a probe needs two classes and {_LEAST_ROWS} rows to train, choose and test on; got {counts}"
        )
    texts = {name: [facts.texts[name][row] for row in facts.sampled] for name in facts.texts}
    features = {
        name: word_counts(texts[name], train) if name in texts else facts.features[name]
        for name in facts.contents.inputs.names
    }
    return ProbeRows(train, validation, test, labels, features, facts.splits[split[test[0]]])


def word_counts(texts: Sequence[str], train: np.ndarray, words: int = WORDS) -> np.ndarray:
    """Count the words that most training texts hold, of those that at least three hold, and last all words.

    Returns the logarithm of 1 and the count, of float32, shape (texts, at most words + 1).

    >>> (word_counts(["a bird", "a bird", "a bird", "b"], np.arange(3)) > 0)[2:].tolist()
    [[True, True, True], [False, False, True]]
    """
    from sklearn.feature_extraction.text import CountVectorizer

    split = [words_of(text) for text in texts]
    length = np.array([[len(said)] for said in split], dtype=np.float32)
    if not length.any():
        return length
    counts = CountVectorizer(analyzer=list, dtype=np.float32).fit_transform(split)
    # Its own max_features counts occurrences, in all texts, and leaves open which of equals is taken.
    holding = np.asarray((counts[train] > 0).sum(axis=0)).reshape(-1)
    common = np.argsort(-holding, kind="stable")[:words]  # Of equals, the first in the alphabet.
    chosen = counts[:, common[holding[common] >= LEAST_TEXTS]].toarray()
    return np.log1p(np.concatenate([chosen, length], axis=1))


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


def _probe(rows: ProbeRows, modalities: Query) -> tuple[Query, np.ndarray]:
    """Return which test rows a subset classifies correctly."""
    table = np.concatenate([rows.features[name] for name in modalities], axis=1)
    parts = (rows.train, rows.validation, rows.test)
    train, validation, test = (Labelled(table[part], rows.labels[part]) for part in parts)
    with threadpool_limits(1):
        return modalities, linear_probe(train, validation, test, STRENGTHS).correct


def _gain(each: Query, subsets: Mapping[Query, Subset], correct: Mapping[Query, np.ndarray], seed: int) -> Gain:
    smaller = list(combinations(each, len(each) - 1))
    best = max(smaller, key=lambda part: correct[part].mean())
    gain = complementarity(correct[each], [correct[part] for part in smaller], seed=seed).gain
    ceiling, known = subsets[each].ceiling, [subsets[part].ceiling for part in smaller]
    parts = [one for one in known if one is not None]
    available = ceiling - max(parts) if ceiling is not None and len(parts) == len(known) else None
    return Gain(subsets[each].name, subsets[best].name, gain, available)


def _name(modalities: Sequence[str], signs: Mapping[str, str]) -> str:
    chosen = [signs[name] for name in modalities]
    return "".join(chosen) if all(len(sign) == 1 for sign in chosen) else "+".join(chosen)


def _as_text(one: Gain) -> str:
    known = "" if one.available is None else f"; of {one.available:.3f} that there is"
    interval = f"{one.gain.value:+.3f} [{one.gain.low:+.3f}, {one.gain.high:+.3f}]"
    return f"{one.name} over {one.over}: {interval}{known}, headroom {one.verdict}"
