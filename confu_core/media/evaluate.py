"""Evaluate a trained model on a task: every measure that the task and the method define."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from confu_core.ceilings import Ceilings
from confu_core.errors import InvalidValue
from confu_core.evaluation.bootstrap import Estimate, bootstrap_mean
from confu_core.evaluation.complementarity import Complementarity, complementarity, complementarity_by_group
from confu_core.evaluation.confusion import confusion, group_confusion, most_confused
from confu_core.evaluation.dependence import explained_variance, shuffle_drop
from confu_core.evaluation.few_shot import few_shot
from confu_core.evaluation.missing import missing_accuracy
from confu_core.evaluation.overlap import letters_of, overlap
from confu_core.evaluation.recall import RankMeasure, retrieval_summary
from confu_core.media.embed import rows_of
from confu_core.media.findings import Findings
from confu_core.media.task import query_name
from confu_core.methods.base import every_direction
from confu_core.methods.batch import EmbeddedBatch
from confu_core.runs.measures import Measure

__all__ = ["FAMILIES", "SHOTS", "evaluate_media"]

SHOTS = (1, 2, 5, 10, 20)
ALL = "all"
TEST = "test"
LEAST = 4  # Samples, of which half are held out.
CONFUSED = 10  # Pairs of classes that are listed.


def evaluate_media(findings: Findings, *, families: tuple[str, ...] | None = None) -> list[Measure]:
    """Measure all that is defined.

    Parameters
    ----------
    findings : Findings
        Task and trained model.
    families : tuple of str, optional
        Which kinds of measures; all of `FAMILIES` by default.

    Returns
    -------
    list of Measure
        In the order of `FAMILIES`.

    Raises
    ------
    MethodError
        If the method or an encoder raises an error of its own, or a score is not finite.
    InvalidValue
        If there is no such family, or a class has too few samples for a probe.
    """
    wanted = FAMILIES if families is None else families
    for name in wanted:
        if name not in FAMILIES:
            raise InvalidValue(f"families must be of {', '.join(FAMILIES)}; got {name!r}")
    return [measure for name in FAMILIES if name in wanted for measure in FAMILIES[name](findings)]


def _retrieval(findings: Findings) -> Iterator[Measure]:
    task, batch = findings.task, findings.embedded(TEST)
    modalities = len(task.inputs)
    directions = [d for order in range(1, modalities) for d in every_direction(modalities, order)]
    n = batch.size
    for query, key in directions:
        score = _blocks(findings, batch, query, key)
        equal = torch.from_numpy(_equal_rows(findings.inputs(TEST)[key[0]]))
        found = retrieval_summary(score, torch.arange(n), equal)
        subject = f"{query_name(task, query)}->{task.modalities[key[0]]}"
        defined = findings.model.method.defines(query, key)
        for reading, summary in (("equal", found.equal), ("paired", found.paired)):
            named = {**{f"R@{k}": measure for k, measure in summary.recall.items()}}
            named |= {"median rank": summary.median_rank, "mean rank": summary.mean_rank}
            for metric, measure in named.items():
                yield _ranked(subject, metric, reading, measure, defined)


def _blocks(
    findings: Findings, batch: EmbeddedBatch, query: tuple[int, ...], key: tuple[int, ...]
) -> Callable[[int, int], Tensor]:
    """Score queries some at a time: all with all may not fit in memory."""
    keys = batch.view(key)
    return lambda start, stop: findings.scores(rows_of(batch, start, stop).view(query), keys)


def _ranked(subject: str, metric: str, reading: str, found: RankMeasure, defined: bool) -> Measure:
    one = found.estimate
    return Measure("retrieval", subject, metric, one.value, reading, None, one.low, one.high, found.chance, defined)


def _equal_rows(rows: np.ndarray) -> np.ndarray:
    """Give rows with equal bytes equal numbers."""
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(np.ascontiguousarray(row).tobytes(), len(first)) for row in rows])


def _zero_shot(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    if not task.prompts:
        return
    for split in task.splits[1:]:
        for query in task.queries:
            found, subject = findings.told(split, query), query_name(task, query)
            defined = findings.model.method.defines(query, (task.text or 0,))
            bayes = _bayes(findings, ALL, subject)
            yield _estimated("zero_shot", subject, "accuracy", split, bootstrap_mean(found.correct), bayes, defined)
            yield Measure("zero_shot", subject, "top-5", found.top5, split, defined=defined)
            yield Measure("zero_shot", subject, "balanced accuracy", found.balanced_accuracy, split, defined=defined)


def _zero_shot_group(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    if not (task.prompts and task.groups):
        return
    groups = np.array(task.groups)[task.labels(TEST)]
    for query in task.queries:
        correct, subject = findings.told(TEST, query).correct, query_name(task, query)
        for group in task.group_names:
            if (mine := correct[groups == group]).size:
                bayes = _bayes(findings, group, subject)
                yield _estimated("zero_shot_group", subject, "accuracy", group, bootstrap_mean(mine), bayes)


def _probe(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query in task.probed:
        subject, defined = query_name(task, query), findings.vectors(TEST, query).defined
        bayes = _bayes(findings, ALL, subject)
        yield _estimated("probe", subject, "accuracy", TEST, bootstrap_mean(findings.probed(query)), bayes, defined)


def _few_shot(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    least = int(np.bincount(task.labels("train"), minlength=len(task.classes)).min())
    shots = tuple(shot for shot in SHOTS if shot <= least)
    for query in task.queries if shots else ():
        subject, bayes = query_name(task, query), _bayes(findings, ALL, query_name(task, query))
        if task.prompts:
            start = bootstrap_mean(findings.told(TEST, query).correct)
            yield Measure("few_shot", subject, "accuracy", start.value, "", 0.0, start.low, start.high, bayes)
        train, test = findings.labelled("train", query), findings.labelled(TEST, query)
        for found in few_shot(train, test, shots, names=task.classes):
            low, high = found.accuracy.low, found.accuracy.high
            x, value = float(found.shots), found.accuracy.mean
            yield Measure("few_shot", subject, "accuracy", value, "", x, low, high, bayes)


def _overlap(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query in _fused(findings):
        one, two, both = _correct(findings, query)
        letters = letters_of(*(task.modalities[at] for at in reversed(query)))
        for name, share in overlap(two, one, both).named(letters).items():
            yield Measure("overlap", query_name(task, query), name, share)


def _complementarity(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query in _fused(findings):
        one, two, both = _correct(findings, query)
        subject = query_name(task, query)
        yield from _gain(subject, ALL, complementarity(both, [one, two], _known(findings, ALL, subject)))
        if task.groups:
            groups = np.array(task.groups)[task.labels(TEST)]
            known = {group: _known(findings, group, subject) for group in task.group_names}
            given = {group: ceilings for group, ceilings in known.items() if ceilings is not None}
            by_group = complementarity_by_group(both, [one, two], groups, given or None)
            for group in task.group_names:
                if group in by_group:
                    yield from _gain(subject, group, by_group[group])


def _gain(subject: str, group: str, found: Complementarity) -> Iterator[Measure]:
    yield _estimated("complementarity", subject, "gain", group, found.gain, found.available)
    shares = {"fusion gain captured": found.fusion_gain_captured, "higher-order capture": found.higher_order_capture}
    for metric, share in shares.items():
        if share is not None:
            yield _estimated("complementarity", subject, metric, group, share, 1.0)


def _dependence(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    labels = task.labels(TEST)
    for query in _fused(findings) if task.prompts else ():
        subject, fused = query_name(task, query), findings.vectors(TEST, query)
        for modality in query:
            name = task.modalities[modality]

            def correct(order: np.ndarray, modality: int = modality, query: tuple[int, ...] = query) -> np.ndarray:
                return findings.classified(findings.shuffled(TEST, modality, order), query, labels).correct

            drop = shuffle_drop(correct, len(labels)).drop
            yield _estimated("dependence", subject, "drop", name, drop)
            single = findings.vectors(TEST, (modality,)).vectors
            # Undefined where there are no two samples to learn from and two to be tested on.
            explained = explained_variance(single.numpy(), fused.vectors.numpy()) if len(labels) >= LEAST else None
            yield Measure("dependence", subject, "R²", explained, name, defined=fused.defined)


def _robustness(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    if task.degraded is None:
        return
    labels = task.labels(TEST)
    for kind, name, level, rows in task.degraded(TEST):
        modality = task.modalities.index(name)
        batch = findings.replaced(TEST, modality, rows)
        for query in task.queries if task.prompts else ():
            if modality in query:
                found = bootstrap_mean(findings.classified(batch, query, labels).correct)
                yield _estimated("robustness", query_name(task, query), "accuracy", kind, found, x=level)
        if modality == task.text:
            query = task.queries[-1]
            score = _blocks(findings, batch, query, (modality,))
            found_ranks = retrieval_summary(score, torch.arange(len(labels)), torch.from_numpy(_equal_rows(rows)))
            one = found_ranks.equal.recall[10].estimate
            yield _estimated("robustness", f"{query_name(task, query)}->{name}", "R@10", kind, one, x=level)


def _missing(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query in _fused(findings):
        one, two, both = _correct(findings, query)
        for gone, left in ((query[0], two), (query[1], one)):
            for found in missing_accuracy(both, left):
                name, x = task.modalities[gone], found.share
                yield _estimated("missing", query_name(task, query), "accuracy", name, found.accuracy, x=x)


def _confusion(findings: Findings) -> Iterator[Measure]:
    task = findings.task
    for query in task.queries if task.prompts else ():
        found, subject = findings.told(TEST, query), query_name(task, query)
        counts = confusion(task.labels(TEST), found.predicted, len(task.classes))
        if task.groups:
            names = task.group_names
            grouped = group_confusion(counts, [names.index(group) for group in task.groups])
            for row, true in enumerate(names):
                for column, predicted in enumerate(names):
                    yield Measure("confusion", subject, predicted, float(grouped[row, column]), true)
        for pair in most_confused(counts, task.classes, CONFUSED):
            yield Measure("confused_pair", subject, f"{pair.first} ~ {pair.second}", pair.share)


FAMILIES: dict[str, Callable[[Findings], Iterator[Measure]]] = {
    "retrieval": _retrieval,
    "zero_shot": _zero_shot,
    "zero_shot_group": _zero_shot_group,
    "probe": _probe,
    "few_shot": _few_shot,
    "overlap": _overlap,
    "complementarity": _complementarity,
    "dependence": _dependence,
    "robustness": _robustness,
    "missing": _missing,
    "confusion": _confusion,
}


def _fused(findings: Findings) -> list[tuple[int, ...]]:
    """Return the queries of two modalities."""
    return [query for query in findings.task.queries if len(query) == 2]


def _correct(findings: Findings, query: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each test sample is right by either modality of a query, and by both."""
    one, two = query
    return findings.right((one,)), findings.right((two,)), findings.right(query)


def _known(findings: Findings, group: str, subject: str) -> Ceilings | None:
    return findings.task.ceilings.get(group, {}).get(subject)


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
