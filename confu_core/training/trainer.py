"""Training on samples over tables of inputs: a single model, or a stack of models over a finite support.

Both take the same steps, those of `confu_core.training.step`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from confu_core.errors import TrainingError
from confu_core.model import Model, stack
from confu_core.random import torch_seed
from confu_core.training.samples import Batch, Samples, batches
from confu_core.training.settings import TrainingSettings
from confu_core.training.step import Stepper

__all__ = ["TrainingSettings", "train"]

Watch = Callable[[int, int, Tensor], None]  # (steps done, steps in all, the last loss of each model)


def train(
    models: Sequence[Model],
    samples: Sequence[Samples],
    seeds: Sequence[int],
    settings: TrainingSettings,
    *,
    watch: Watch | None = None,
    reduce: bool = True,
) -> list[float]:
    """Train models in place, together where that gives the same numbers and one by one where not."""
    n = len(samples[0].codes)
    size = min(settings.batch_size, n)
    steps = settings.epochs * (n // size)
    if reduce and models[0].row_by_row and samples[0].support <= size:
        together = stack(models)
        source = batches(samples, seeds, reduced=True, size=size, epochs=settings.epochs)
        last = _last_loss(together, source, settings, steps, watch)
        for cell, model in enumerate(models):
            for name, parameter in model.named_parameters():
                parameter.data.copy_(together.get_parameter(name).data[cell])
            model.eval()  # As the plain path leaves it.
        return [float(loss) for loss in last]
    losses = []
    for cell, model in enumerate(models):
        done = cell * steps
        follow = (
            None if watch is None else (lambda step, _, loss, done=done: watch(done + step, steps * len(models), loss))
        )
        source = batches(
            samples[cell : cell + 1],
            seeds[cell : cell + 1],
            reduced=False,
            size=size,
            epochs=settings.epochs,
            views=model.method.views,
        )
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(torch_seed(seeds[cell], "training"))  # For dropout, and methods that draw.
                losses.append(float(_last_loss(model, source, settings, steps, follow)))
        except TrainingError as error:
            error.cell = cell
            raise
    return losses


def _last_loss(
    model: Model, source: Iterator[Batch], settings: TrainingSettings, steps: int, watch: Watch | None
) -> Tensor:
    stepper = Stepper(model, settings, steps)
    model.train()
    total = torch.zeros(())
    for batch in source:
        total = sum(stepper.take(batch).values(), torch.zeros(()))
        if watch is not None:
            watch(batch.step + 1, steps, total.detach())
    model.eval()
    return total
