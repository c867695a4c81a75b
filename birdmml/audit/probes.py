"""Linear probes on simple fixed features: what they get from every subset of the modalities."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from threadpoolctl import threadpool_limits

from birdmml.audit.check import NotApplicable
from birdmml.audit.facts import Facts, letters
from birdmml.audit.headroom import Gain, Headroom, Subset
from birdmml.audit.words import words_of
from birdmml.describe import describe
from confu_core.evaluation.complementarity import complementarity
from confu_core.evaluation.probes import Labelled, linear_probe
from confu_core.parallel.workers import completed
from confu_core.random import generator
from confu_core.statistics.bootstrap import bootstrap_mean

__all__ = ["measure_headroom", "probe_rows", "word_counts"]

STRENGTHS = (0.01, 0.1, 1.0)
MOST_MODALITIES = 4
EXACT = {"V": "bayes_image", "A": "bayes_audio", "VA": "bayes_both"}
WORDS = 200
LEAST_TEXTS = 3  # A word of fewer tells these texts apart, and nothing of others.
HELD_OUT = 0.2  # Of the training rows, where a dataset has no split to choose or to test on.
_LEAST_ROWS = 20


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
    correct = dict(completed(functools.partial(_probe, rows), plan, min(workers, len(plan))))
    exact = _ceilings(facts)
    named = {each: _name(each, signs) for each in chosen}
    labels = rows.labels[rows.train]
    return Headroom(
        signs,
        tuple(Subset(named[each], bootstrap_mean(correct[each], seed=seed), exact.get(named[each])) for each in chosen),
        tuple(_gain(each, named, correct, exact, seed) for each in chosen if len(each) > 1),
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


def _probe(rows: ProbeRows, modalities: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray]:
    """Return which test rows a subset classifies correctly."""
    table = np.concatenate([rows.features[name] for name in modalities], axis=1)
    train, validation, test = (
        Labelled(table[part], rows.labels[part]) for part in (rows.train, rows.validation, rows.test)
    )
    with threadpool_limits(1):
        return modalities, linear_probe(train, validation, test, STRENGTHS).correct


def _gain(
    each: tuple[str, ...],
    named: Mapping[tuple[str, ...], str],
    correct: Mapping[tuple[str, ...], np.ndarray],
    exact: Mapping[str, float],
    seed: int,
) -> Gain:
    smaller = list(combinations(each, len(each) - 1))
    best = max(smaller, key=lambda part: correct[part].mean())
    gain = complementarity(correct[each], [correct[part] for part in smaller], seed=seed).gain
    known = [exact[named[part]] for part in smaller if named[part] in exact]
    available = exact[named[each]] - max(known) if named[each] in exact and len(known) == len(smaller) else None
    return Gain(named[each], named[best], gain, available)


def _name(modalities: Sequence[str], signs: Mapping[str, str]) -> str:
    chosen = [signs[name] for name in modalities]
    return "".join(chosen) if all(len(sign) == 1 for sign in chosen) else "+".join(chosen)


def _ceilings(facts: Facts) -> dict[str, float]:
    known = describe(facts.subject.dataset).overall
    return {name: float(known[key]) for name, key in EXACT.items()} if known else {}
