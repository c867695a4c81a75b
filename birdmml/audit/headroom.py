"""Headroom: what linear probes on simple fixed features get from every subset of the modalities."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from birdmml.audit.facts import Facts
from birdmml.audit.features import ProbeRows, probe_rows
from birdmml.audit.subject import letters
from birdmml.data import NAME
from confu_core.evaluation.complementarity import complementarity
from confu_core.evaluation.probes import Labelled, linear_probe
from confu_core.parallel.workers import completed
from confu_core.statistics.bootstrap import Estimate, bootstrap_mean

__all__ = ["Gain", "Headroom", "Subset", "measure_headroom"]

STRENGTHS = (0.01, 0.1, 1.0)
MOST_MODALITIES = 4
EXACT = {"V": "bayes_image", "A": "bayes_audio", "VA": "bayes_both"}


@dataclass(frozen=True)
class Subset:
    """What one subset of the modalities gets.

    Attributes
    ----------
    name : str
        Signs of its modalities, such as ``"VA"``.
    accuracy : Estimate
        Of the probe on test rows, with its interval.
    ceiling : float or None
        Bayes accuracy, where the manifest knows it.
    """

    name: str
    accuracy: Estimate
    ceiling: float | None


@dataclass(frozen=True)
class Gain:
    """What a subset gets beyond the best of those with one modality less.

    Attributes
    ----------
    name, over : str
        The subset, and the best of the others on the test rows.
    gain : Estimate
        Difference of accuracies.
    available : float or None
        The same difference of the ceilings.
    """

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
    """What simple features get.

    Attributes
    ----------
    signs : mapping of str to str
        Modality to its sign.
    subsets : tuple of Subset
        From single modalities to all.
    gains : tuple of Gain
        Of every subset of at least two.
    chance : float
        Accuracy of always naming the most frequent class.
    train, validation, test : int
        Rows.
    classes : int
        Met in training.
    tested_on : str
        Split of the test rows.
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


def measure_headroom(facts: Facts, *, seed: int = 0, workers: int = 1) -> Headroom:
    """Probe every subset of the modalities.

    A probe is multinomial logistic regression on colour histograms, mel statistics, word counts or means of sequences.
    It is no ceiling: what it gets, anything gets; what it misses may still be there.

    Parameters
    ----------
    facts : Facts
        With sampled features.
    seed : int
        Of the bootstrap over test rows, and of what is held out.
    workers : int
        Number of processes.

    Returns
    -------
    Headroom
        The same whatever the number of workers. Of more than four modalities the first four.

    Raises
    ------
    NotApplicable
        If there are too few rows or classes.
    """
    rows = probe_rows(facts, seed)
    signs = dict(list(letters(facts.subject.contents).items())[:MOST_MODALITIES])
    chosen = [each for size in range(1, len(signs) + 1) for each in combinations(signs, size)]
    # The widest first: it takes longest.
    plan = sorted(chosen, key=len, reverse=True)
    found = dict(completed(functools.partial(_probe, rows), plan, min(workers, len(plan))))
    exact = _ceilings(facts)
    named = {_name(each, signs): found[each] for each in chosen}
    subsets = tuple(Subset(name, bootstrap_mean(right, seed=seed), exact.get(name)) for name, right in named.items())
    gains = tuple(_gain(each, signs, found, exact, seed) for each in chosen if len(each) > 1)
    labels = rows.labels[rows.train]
    common = np.bincount(labels).argmax()
    return Headroom(
        signs,
        subsets,
        gains,
        float((rows.labels[rows.test] == common).mean()),
        len(rows.train),
        len(rows.validation),
        len(rows.test),
        len(np.unique(labels)),
        rows.tested_on,
    )


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
    signs: Mapping[str, str],
    found: Mapping[tuple[str, ...], np.ndarray],
    exact: Mapping[str, float],
    seed: int,
) -> Gain:
    smaller = list(combinations(each, len(each) - 1))
    best = max(smaller, key=lambda one: found[one].mean())
    gain = complementarity(found[each], [found[one] for one in smaller], seed=seed).gain
    name, others = _name(each, signs), [exact.get(_name(one, signs)) for one in smaller]
    known = [value for value in others if value is not None]
    available = exact[name] - max(known) if name in exact and len(known) == len(others) else None
    return Gain(name, _name(best, signs), gain, available)


def _name(modalities: Sequence[str], signs: Mapping[str, str]) -> str:
    chosen = [signs[name] for name in modalities]
    return "".join(chosen) if all(len(sign) == 1 for sign in chosen) else "+".join(chosen)


def _ceilings(facts: Facts) -> dict[str, float]:
    manifest = facts.subject.dataset.manifest
    if manifest.name != NAME or "overall" not in manifest.information:
        return {}
    return {name: float(manifest.information["overall"][key]) for name, key in EXACT.items()}
