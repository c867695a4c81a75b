"""Evaluate a trained model on a task: every measure that the task and the method define."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from confu_core.ceilings import Ceilings
from confu_core.errors import InvalidValue
from confu_core.evaluation import classification, complementarity
from confu_core.evaluation.classification import LOG_MEAN_EXP, MEAN, balanced_accuracy
from confu_core.evaluation.complementarity import Complementarity
from confu_core.evaluation.few_shot import FewShot, few_shot, logistic_few_shot
from confu_core.evaluation.norm_probe import norm_probe
from confu_core.evaluation.overlap import letters_of, overlap
from confu_core.evaluation.retrieval import retrieval_summary
from confu_core.inputs.spec import Frames
from confu_core.media.findings import FUSED, LINEAR, PROBES, Findings, equal_rows, headline_probe, plain_correct
from confu_core.media.model import rows_of
from confu_core.media.own import own_measures
from confu_core.media.task import TEST, VALIDATION, MediaTask, query_name
from confu_core.methods.base import every_direction
from confu_core.methods.batch import EmbeddedBatch
from confu_core.runs.measures import Measure
from confu_core.statistics.bootstrap import Estimate, bootstrap_mean

_log = logging.getLogger(__name__)
SHOTS = (1, 2, 5, 10, 20)
ALL = "all"
LEAST = 4  # Samples, of which half are held out.
NORM = "norm"  # The kind of probe of CoMM's comparison, fitted only where it is asked for.
CONFUSED = 10  # Pairs of classes that are listed.
# How the descriptions of a class are read together, by the metric's name; the first is the headline.
READINGS = {"accuracy": MEAN, f"accuracy, {LOG_MEAN_EXP}": LOG_MEAN_EXP}
Measuring = Callable[[Findings], Iterator[Measure]]


@dataclass(frozen=True)
class Family:
    """A kind of measures, declared by `family` where it is defined."""

    measure: Measuring  # Yields the measures of a trained model on a task; none where they are not defined.
    streams: bool  # Whether it can do without the training rows, which a stream does not keep.
    tells_classes: bool  # Whether it has to tell the class of samples: where no text describes classes, by a probe.


FAMILIES: dict[str, Family] = {}  # In the order in which they are declared below.


def family(*, streams: bool, tells_classes: bool = True) -> Callable[[Measuring], Measuring]:
    """Declare a function to be a family of measures, under its own name; see `Family`."""

    def declare(measure: Measuring) -> Measuring:
        FAMILIES[measure.__name__.strip("_")] = Family(measure, streams, tells_classes)
        return measure

    return declare


def families_of(task: MediaTask, *, streamed: bool) -> tuple[str, ...]:
    """Return the names of the families that can be measured."""
    return tuple(
        name
        for name, kind in FAMILIES.items()
        if not streamed or (kind.streams and (bool(task.prompts) or not kind.tells_classes))
    )


def evaluate_media(
    findings: Findings, *, families: tuple[str, ...] | None = None, own: Sequence[str] = ()
) -> list[Measure]:
    """Measure all that is defined, and what `own` places of the user's measure, unless no family is wanted at all."""
    wanted = FAMILIES if families is None else families
    for name in wanted:
        if name not in FAMILIES:
            raise InvalidValue(f"families must be of {', '.join(FAMILIES)}; got {name!r}")
    kinds = {name: kind.measure for name, kind in FAMILIES.items() if name in wanted}
    kinds |= {place: partial(own_measures, place) for place in own if wanted}
    found: list[Measure] = []
    for number, (name, measure) in enumerate(kinds.items(), 1):
        started = time.monotonic()
        found += measure(findings)
        _log.info("measure %d of %d: %s; %.1f s", number, len(kinds), name, time.monotonic() - started)
    return found


@family(streams=True, tells_classes=False)
def _retrieval(findings: Findings) -> Iterator[Measure]:
    yield from _found("retrieval", findings, directions(findings.task))


@family(streams=True, tells_classes=False)
def _pair_retrieval(findings: Findings) -> Iterator[Measure]:
    """Find the two modalities of a sample by a third: 1->2, by the scores of 2->1."""
    back = [(key, query) for query, key in directions(findings.task) if len(query) == 2]
    yield from _found("pair_retrieval", findings, back)


def _found(
    family: str, findings: Findings, wanted: Iterable[tuple[tuple[int, ...], tuple[int, ...]]]
) -> Iterator[Measure]:
    """Measure retrieval in some directions."""
    task, batch = findings.task, findings.embedded(TEST)
    alike = {at: findings.alike(task.modalities[at]) for at in task.present}
    for query, key in wanted:
        equal = torch.from_numpy(equal_rows(np.stack([alike[at] for at in key], axis=1)))
        found = retrieval_summary(scored(findings, batch, query, key), torch.arange(batch.size), equal)
        subject = f"{query_name(task, query)}->{query_name(task, key)}"
        defined = findings.model.method.defines(query, key)
        for reading, measures in found.items():
            for metric, (estimate, chance) in measures.items():
                yield _estimated(family, subject, metric, reading, estimate, chance, defined)


def directions(task: MediaTask) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """List the directions of retrieval among the modalities that the data have, as numbers of queries and keys."""
    modalities = len(task.inputs)
    every = [d for order in range(1, modalities) for d in every_direction(modalities, order)]
    return [(query, key) for query, key in every if {*query, *key} <= {*task.present}]


def scored(
    findings: Findings, batch: EmbeddedBatch, query: tuple[int, ...], key: tuple[int, ...]
) -> Callable[[int, int], Tensor]:
    """Score queries some at a time: all with all may not fit in memory."""
    keys = batch.view(key)
    if len(key) > len(query):  # Methods need not know keys of several: a score is one of the two, whichever is sought.
        return lambda start, stop: findings.scores(keys, rows_of(batch, start, stop).view(query)).mT
    return lambda start, stop: findings.scores(rows_of(batch, start, stop).view(query), keys)


def tells_class(task: MediaTask, one: Measure) -> bool:
    """Return whether a measure is an accuracy of the class that stands for the run, from any query."""
    told = ("zero_shot", TEST) if task.prompts else ("probe", headline_probe(len(one.subject.split("+"))))
    return one.metric == "accuracy" and (one.family, one.condition) == told


def _readings(task: MediaTask) -> dict[str, str]:
    """Return the ways to read descriptions: where each class has one, they are all the same."""
    return READINGS if len(task.prompts) > len(task.classes) else {"accuracy": MEAN}


@family(streams=True)
def _zero_shot(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for split in (each for each in task.splits if each != "train" and task.prompts):
        for query in task.queries:
            yield from _by_descriptions("zero_shot", findings, split, query)
            found, name, defined = findings.told(split, query), query_name(task, query), findings.defines(query)
            yield Measure("zero_shot", name, "top-5", found.top5, split, defined=defined)
            yield Measure("zero_shot", name, "balanced accuracy", found.balanced_accuracy, split, defined=defined)


@family(streams=True)
def _zero_shot_group(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query in task.queries if task.prompts else ():
        for group in task.group_names:
            if _rows(task, group).any():
                yield from _by_descriptions("zero_shot_group", findings, TEST, query, group)


def _by_descriptions(
    family: str, findings: Findings, split: str, query: tuple[int, ...], group: str = ALL
) -> Iterator[Measure]:
    """Measure how often descriptions tell the class of a split, or of a group in the test split."""
    subject, rows = query_name(findings.task, query), _rows(findings.task, group)
    bayes, defined = _bayes(findings, group, subject), findings.defines(query)
    for metric, ensemble in _readings(findings.task).items():
        right = bootstrap_mean(findings.told(split, query, ensemble).correct[rows])
        yield _estimated(family, subject, metric, split if group == ALL else group, right, bayes, defined)


def _rows(task: MediaTask, group: str) -> Any:
    """Return what picks the test samples of a group, or all, from a vector."""
    return slice(None) if group == ALL else np.array(task.groups)[task.labels(TEST)] == group


@family(streams=False)
def _probe(findings: Findings) -> Iterator[Measure]:
    for query in findings.task.probed:
        bayes = _bayes(findings, ALL, query_name(findings.task, query))
        for kind in PROBES:
            if (correct := findings.probed(query, kind)) is not None:
                yield from _by_probe(findings, query, kind, correct, bayes)


def norm_probes(findings: Findings) -> Iterator[Measure]:
    """Yield what the probe of CoMM's comparison reads: a method's own vector, or its embeddings side by side."""
    for query in findings.task.probed:
        seen = [findings.labelled(split, query, FUSED) or findings.labelled(split, query) for split in ("train", TEST)]
        correct = norm_probe(*(one for one in seen if one is not None)).correct
        yield from _by_probe(findings, query, NORM, correct)


def _by_probe(
    findings: Findings, query: tuple[int, ...], kind: str, correct: np.ndarray, bayes: float | None = None
) -> Iterator[Measure]:
    task, subject = findings.task, query_name(findings.task, query)
    yield _estimated("probe", subject, "accuracy", kind, bootstrap_mean(correct), bayes)
    macro = balanced_accuracy(correct, task.labels(TEST), len(task.classes))
    yield Measure("probe", subject, "balanced accuracy", macro, kind)


@family(streams=False)
def _plain(findings: Findings) -> Iterator[Measure]:
    for query, correct in plain_correct(findings.task).items():
        subject = query_name(findings.task, query)
        bayes = _bayes(findings, ALL, subject)
        yield _estimated("plain", subject, "accuracy", LINEAR, bootstrap_mean(correct), bayes)


@family(streams=False)
def _few_shot(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query in task.queries if (shots := _shots(findings)) else ():
        subject = query_name(task, query)
        bayes = _bayes(findings, ALL, subject)
        if task.prompts:
            start, defined = bootstrap_mean(findings.told(TEST, query).correct), findings.defines(query)
            yield _estimated("few_shot", subject, "accuracy", "", start, bayes, defined, 0.0)
        for kind, condition in ((LINEAR, ""), (FUSED, FUSED)):
            for found in _of_few(findings, query, kind, shots):
                metrics = {"accuracy": found.accuracy, "balanced accuracy": found.balanced_accuracy}
                for metric, one in ((name, one) for name, one in metrics.items() if one is not None):
                    x = float(found.shots)
                    yield Measure("few_shot", subject, metric, one.mean, condition, x, one.low, one.high, bayes)


def _shots(findings: Findings) -> tuple[int, ...]:
    """Return the numbers of samples per class that the smallest class has, or all where it may have fewer."""
    if findings.protocol.logistic:
        return SHOTS
    task = findings.task
    least = int(np.bincount(task.labels("train"), minlength=len(task.classes)).min())
    return tuple(shot for shot in SHOTS if shot <= least)


def _of_few(findings: Findings, query: tuple[int, ...], kind: str, shots: tuple[int, ...]) -> list[FewShot]:
    test = findings.labelled(TEST, query, kind)
    if test is None:
        return []
    if findings.protocol.logistic:
        return logistic_few_shot(test, shots)
    train = findings.labelled("train", query, kind)
    assert train is not None, "a split has what another has"
    return few_shot(train, test, shots, names=findings.task.classes)


@family(streams=True)
def _frame(findings: Findings) -> Iterator[Measure]:
    """Zero-shot from one frame of a video alone, and from it with the sound."""
    task, labels = findings.task, findings.task.labels(TEST)
    videos = {at for at, kind in enumerate(task.inputs.values()) if isinstance(kind, Frames)}
    for condition, x, batch in findings.frames(TEST) if task.prompts else ():
        for query in (each for each in task.queries if videos & {*each}):
            right = bootstrap_mean(findings.classified(batch, query, labels).correct)
            defined = findings.defines(query)
            yield _estimated("frame", query_name(task, query), "accuracy", condition, right, None, defined, x)


@family(streams=True)
def _overlap(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query, one, two, both in _pairs(findings):
        letters = letters_of(*(task.modalities[at] for at in reversed(query)))
        for name, share in overlap(two, one, both, *letters).items():
            yield Measure("overlap", query_name(task, query), name, share, defined=_each_defined(findings, query))


@family(streams=True)
def _late_fusion(findings: Findings) -> Iterator[Measure]:
    """Measure what the same modalities tell one by one, added up: the baseline of every fused query."""
    task = findings.task
    for query in (each for each in task.queries if len(each) > 1 and VALIDATION in task.splits):
        subject, late = query_name(task, query), findings.late(query)
        alone, bayes = all(findings.defines((at,)) for at in query), _bayes(findings, ALL, subject)
        yield _estimated("late_fusion", subject, "accuracy", "", bootstrap_mean(late.correct), bayes, alone)
        beyond = bootstrap_mean(findings.right(query) - late.correct)
        yield _estimated("late_fusion", subject, "fused less late", "", beyond, None, _each_defined(findings, query))
        for at, weight in zip(query, late.weights, strict=True):
            yield Measure("late_fusion", subject, "weight", float(weight), task.modalities[at], defined=alone)


@family(streams=True)
def _complementarity(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query, *vectors in _pairs(findings):
        subject = query_name(task, query)
        for group in (ALL, *task.group_names):
            one, two, both = (vector[_rows(task, group)] for vector in vectors)
            if len(both):
                found = complementarity.complementarity(both, [one, two], _known(findings, group, subject))
                yield from _gain(subject, group, found, _each_defined(findings, query))


def _gain(subject: str, group: str, found: Complementarity, defined: bool) -> Iterator[Measure]:
    yield _estimated("complementarity", subject, "gain", group, found.gain, found.available, defined)
    shares = {"fusion gain captured": found.fusion_gain_captured, "higher-order capture": found.higher_order_capture}
    for metric, share in shares.items():
        if share is not None:
            yield _estimated("complementarity", subject, metric, group, share, 1.0, defined)


@family(streams=True)
def _dependence(findings: Findings) -> Iterator[Measure]:
    task, labels = findings.task, findings.task.labels(TEST)
    for query in [each for each in task.queries if len(each) == 2 and task.prompts]:
        subject, fused = query_name(task, query), findings.vectors(TEST, query, FUSED)
        for modality in query:
            name = task.modalities[modality]

            def correct(order: np.ndarray, modality: int = modality, query: tuple[int, ...] = query) -> np.ndarray:
                return findings.classified(findings.shuffled(TEST, modality, order), query, labels).correct

            drop = complementarity.shuffle_drop(correct, len(labels))
            yield _estimated("dependence", subject, "drop", name, drop, defined=findings.defines(query))
            explained = _explained(findings.vectors(TEST, (modality,)), fused)
            yield Measure("dependence", subject, "R²", explained, name, defined=fused is not None)


def _explained(single: Tensor | None, fused: Tensor | None) -> float | None:
    """How much of a method's own vector one embedding predicts; None where it has no such vector, or too few rows."""
    if single is None or fused is None or len(fused) < LEAST:
        return None
    return complementarity.explained_variance(single.numpy(), fused.numpy())


@family(streams=False)
def _robustness(findings: Findings) -> Iterator[Measure]:
    task, labels = findings.task, findings.task.labels(TEST)
    for kind, name, level, rows in task.degraded(TEST) if task.degraded else ():
        modality = task.modalities.index(name)
        batch = findings.replaced(TEST, modality, rows)
        for query in task.queries if task.prompts else ():
            if modality in query:
                found = bootstrap_mean(findings.classified(batch, query, labels).correct)
                defined = findings.defines(query)
                yield _estimated("robustness", query_name(task, query), "accuracy", kind, found, None, defined, level)
        if modality == task.text:
            query = task.queries[-1]
            score = scored(findings, batch, query, (modality,))
            summary = retrieval_summary(score, torch.arange(len(labels)), torch.from_numpy(equal_rows(rows)))
            one = summary["equal"]["R@10"].estimate
            subject, defined = f"{query_name(task, query)}->{name}", findings.model.method.defines(query, (modality,))
            yield _estimated("robustness", subject, "R@10", kind, one, None, defined, level)


@family(streams=True)
def _missing(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query, one, two, both in _pairs(findings):
        for gone, alone, left in ((query[0], query[1], two), (query[1], query[0], one)):
            defined = findings.defines(query) and findings.defines((alone,))
            subject, name = query_name(task, query), task.modalities[gone]
            for share, accuracy in complementarity.missing_accuracy(both, left).items():
                yield _estimated("missing", subject, "accuracy", name, accuracy, None, defined, share)


@family(streams=False)
def _confusion(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query in task.queries if task.prompts else ():
        found, subject = findings.told(TEST, query), query_name(task, query)
        defined = findings.defines(query)
        counts = classification.confusion(task.labels(TEST), found.predicted, len(task.classes))
        if names := task.group_names:
            grouped = classification.group_confusion(counts, [names.index(group) for group in task.groups])
            for (row, true), (column, predicted) in product(enumerate(names), repeat=2):
                yield Measure("confusion", subject, predicted, float(grouped[row, column]), true, defined=defined)
        for pair in classification.most_confused(counts, task.classes, CONFUSED):
            yield Measure("confused_pair", subject, f"{pair.first} ~ {pair.second}", pair.share, defined=defined)


def _pairs(findings: Findings) -> Iterator[tuple[tuple[int, ...], np.ndarray, np.ndarray, np.ndarray]]:
    """Yield the queries of two modalities, with whether each test sample is right by either, and by both."""
    for query in findings.task.queries:
        if len(query) == 2:
            yield query, findings.right(query[:1]), findings.right(query[1:]), findings.right(query)


def _known(findings: Findings, group: str, subject: str) -> Ceilings | None:
    return findings.task.ceilings.get(group, {}).get(subject)


def _each_defined(findings: Findings, query: tuple[int, ...]) -> bool:
    return all(findings.defines(part) for part in (query, *((at,) for at in query)))


def _bayes(findings: Findings, group: str, subject: str) -> float | None:
    ceilings = _known(findings, group, subject)
    return None if ceilings is None else ceilings.bayes


def _estimated(
    family: str,
    subject: str,
    metric: str,
    condition: str,
    found: Estimate,
    reference: float | None = None,
    defined: bool = True,
    x: float | None = None,
) -> Measure:
    return Measure(family, subject, metric, found.value, condition, x, found.low, found.high, reference, defined)
