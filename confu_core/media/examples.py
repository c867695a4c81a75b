"""A few test samples to look at and listen to: what only the modalities together tell, and what they do not."""

from __future__ import annotations

from typing import Any

import numpy as np

from confu_core.media.findings import Findings
from confu_core.media.task import query_name

__all__ = ["examples_of"]

PER_KIND = 3
TEST = "test"


def examples_of(findings: Findings) -> list[dict[str, Any]]:
    """Choose samples that a fused query alone gets right, and samples that it gets wrong.

    Parameters
    ----------
    findings : Findings
        Task and trained model.

    Returns
    -------
    list of dict
        ``kind``, ``key``, ``image``, ``audio``, ``caption``, ``label``, its ``group`` if there are any, and
        ``predicted`` by query; the first few of each kind in the order of the split. Empty where the task gives no
        media, or tells no classes.
    """
    task = findings.task
    if task.samples is None or not task.prompts or len(task.queries) < 3:
        return []
    told = {query_name(task, query): findings.told(TEST, query) for query in task.queries}
    *singles, fused = (one.correct > 0.5 for one in told.values())
    kinds = {"only together": fused & ~np.any(singles, axis=0), "failure": ~fused}
    chosen = [(kind, int(row)) for kind, hit in kinds.items() for row in np.flatnonzero(hit)[:PER_KIND]]
    media = task.samples(TEST, [row for _, row in chosen])
    labels = task.labels(TEST)
    return [
        {
            "kind": kind,
            **sample,
            "label": task.classes[labels[row]],
            "group": task.groups[labels[row]] if task.groups else None,
            "predicted": {name: task.classes[one.predicted[row]] for name, one in told.items()},
        }
        for (kind, row), sample in zip(chosen, media, strict=True)
    ]
