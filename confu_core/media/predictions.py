"""What a trained model takes each test sample for: its class, and its counterpart by retrieval."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import torch

from confu_core.errors import InvalidValue
from confu_core.evaluation.classification import zero_shot
from confu_core.evaluation.retrieval import rank_queries
from confu_core.media.evaluate import directions, scored
from confu_core.media.findings import Findings
from confu_core.media.task import TEST, TRAIN, query_name
from confu_core.runs.predictions import predictions_table


def predictions(findings: Findings, *, probed: bool) -> Iterator[pa.Table]:
    """Yield a table for each query that tells the class, then one for each direction of retrieval.

    Where no text describes the classes they are told by probes, if there are any.
    """
    task = findings.task
    if task.keys is None:
        raise InvalidValue("predictions are by key, which these data have none of")
    keys = task.keys(TEST)
    truth = [task.classes[label] for label in task.labels(TEST)]
    for query in task.queries if task.prompts or probed else ():
        rank, predicted = _told(findings, query)
        named = [task.classes[label] for label in predicted]
        yield predictions_table(keys, query_name(task, query), task.label, truth, rank, named)
    for query, key in directions(task):
        score = scored(findings, findings.embedded(TEST), query, key)
        best: list[int] = []

        def noted(start: int, stop: int, score=score, best=best) -> torch.Tensor:  # type: ignore[no-untyped-def]
            block = score(start, stop)
            best.extend(block.argmax(-1).tolist())
            return block

        alike = torch.from_numpy(findings.alike(task.modalities[key[0]]))
        equal, _ = rank_queries(noted, torch.arange(len(keys)), alike)
        found = np.array(keys)[best].tolist()
        target = task.modalities[key[0]]
        yield predictions_table(keys, query_name(task, query), target, keys, equal.expected().numpy(), found)


def _told(findings: Findings, query: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rank of each test sample's class, NaN where a probe has not met it, and what class it is taken for."""
    task = findings.task
    if task.prompts:
        told = findings.told(TEST, query)
        return told.rank, told.predicted
    known, labels = np.unique(task.labels(TRAIN)), task.labels(TEST)
    met, logits = np.isin(labels, known), torch.from_numpy(findings.probe_logits(query)[TEST])
    told = zero_shot(logits, range(len(known)), np.searchsorted(known, np.where(met, labels, known[0])), len(known))
    return np.where(met, told.rank, np.nan), known[told.predicted]
