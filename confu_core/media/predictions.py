"""What a trained model takes each test sample for: its class by descriptions, and its counterpart by retrieval."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import torch

from confu_core.errors import InvalidValue
from confu_core.evaluation.retrieval import rank_queries
from confu_core.media.evaluate import directions, scored
from confu_core.media.findings import Findings
from confu_core.media.task import TEST, query_name
from confu_core.runs.predictions import predictions_table


def predictions(findings: Findings) -> Iterator[pa.Table]:
    """Yield a table for each query that tells the class, then one for each direction of retrieval."""
    task = findings.task
    if task.keys is None:
        raise InvalidValue("predictions are by key, which these data have none of")
    keys = task.keys(TEST)
    truth = [task.classes[label] for label in task.labels(TEST)]
    for query in task.queries if task.prompts else ():
        told = findings.told(TEST, query)
        named = [task.classes[label] for label in told.predicted]
        yield predictions_table(keys, query_name(task, query), task.label, truth, told.rank, named)
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
