"""Measure what an epoch of every method takes on Bird-MML, and count what it trains.

    python docs/figures/costs.py data/birds

writes ``study_costs.csv``: the processor time of an epoch on one core, as many times the median step as it has, the
methods taking turns; and how many numbers are trained. `study.py` puts them on the page of results.
"""

from __future__ import annotations

import statistics
import sys
import time

import pandas as pd
from study import BASELINES, METHODS
from tables import HERE

from birdmml.bench import open_task
from confu_core.media.model import make_model
from confu_core.media.run import media_epochs
from confu_core.media.settings import MediaSettings
from confu_core.media.task import MediaTask
from confu_core.runs.environment import threads
from confu_core.training.settings import TrainingSettings
from confu_core.training.step import Stepper

KEPT = HERE / "study_costs.csv"
ROUNDS, EACH = 4, 5  # Steps that are measured: in rounds over all methods, so that what else runs is shared by all.


class Training:
    """The steps of one method, as a run takes them."""

    def __init__(self, task: MediaTask, settings: MediaSettings) -> None:
        vocabulary = task.arrays.tokenizer.size if task.arrays.tokenizer else None
        self.model = make_model(settings, task.inputs, vocabulary, len(task.classes))
        self.source = media_epochs(task, settings)
        self.source.views = self.model.method.views
        self.stepper = Stepper(self.model, TrainingSettings.of(settings), settings.epochs * self.source.steps)
        self.batches = self.source.epoch(0)

    def taken(self, steps: int) -> list[float]:
        """Return the processor time of some steps, in seconds, drawing their batches included."""
        found = []
        for _ in range(steps):
            started = time.process_time()
            self.stepper.take(next(self.batches))
            found.append(time.process_time() - started)
        return found


def main() -> None:
    """Measure, and keep."""
    with threads(1):
        task = open_task(MediaSettings(data=sys.argv[1]))
        trainings = {m: Training(task, MediaSettings(data=sys.argv[1], method=m)) for m in METHODS + BASELINES}
        for training in trainings.values():
            training.taken(EACH)  # The first steps are slower.
        seconds: dict[str, list[float]] = {method: [] for method in trainings}
        for _ in range(ROUNDS):
            for method, training in trainings.items():
                seconds[method] += training.taken(EACH)
    rows = [
        {
            "method": method,
            "seconds": round(training.source.steps * statistics.median(seconds[method]), 2),
            "parameters": sum(parameter.numel() for parameter in training.model.parameters()),
        }
        for method, training in trainings.items()
    ]
    pd.DataFrame(rows).to_csv(KEPT, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
