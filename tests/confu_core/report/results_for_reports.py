"""Settings and rows of small results for the tests of reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from confu_core.runs.results import write_results, write_sidecars

FIXED: dict[str, Any] = {"bits": 2, "epochs": 2, "train_samples": 200, "test_samples": 100, "batch_size": 100}
GRID: dict[str, Any] = {"method": ["symile", "clip"], "p": [0.0, 0.5, 1.0], "seed": [0, 1, 2]}
FRAGILE = """
from confu_core.methods.clip import CLIP

class Fragile(CLIP):
    def __init__(self, space, *, breaks=False, **options):
        super().__init__(space, **options)
        self.breaks = breaks

    def score(self, query, key):
        scores = super().score(query, key)
        return scores / 0 if self.breaks else scores
"""
VIEW = {
    "x": "x",
    "y": "accuracy",
    "x_label": "x̂",
    "y_label": "accuracy",
    "group": "method",
    "ceiling": "bayes_accuracy",
    "floor": "chance",
}


def write_rows(folder: Path, rows: list[dict[str, Any]], benchmark: str = "made", **sweep: Any) -> Path:
    """Results from bare rows; what they leave out is as in a finished cell."""
    finished = {"status": "done", "bayes_accuracy": 0.9, "chance": 0.1}
    full = [{"cell": f"{at:03}", "method": "m", "seed": 0, **finished, **row} for at, row in enumerate(rows)]
    write_results(folder, benchmark, full)
    write_sidecars(folder, sweep={"benchmark": benchmark, "view": VIEW, **sweep}, environment={})
    return folder
