"""The training loop: AdamW, a cosine schedule, and a watch over the loss.

One loop trains a single model on samples, or a stack of models over a finite support. Both take the same steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from confu_core.errors import ConfuError, InvalidValue, MethodError, TrainingError
from confu_core.methods.registry import describe
from confu_core.model import Model, stack
from confu_core.random import torch_seed
from confu_core.training.samples import Batch, Samples, batches

__all__ = ["TrainingSettings", "train"]

Watch = Callable[[int, int], None]  # (steps done, steps in all)


@dataclass(frozen=True)
class TrainingSettings:
    """How to train.

    Parameters
    ----------
    epochs : int
        How often each sample is seen, at least 1.
    batch_size : int
        Samples per step, at least 2.
    lr : float
        Highest learning rate, above 0.
    min_lr : float
        Learning rate at the end of the cosine.
    warmup : float
        Share of the steps over which the rate rises to `lr`, in [0, 1).
    weight_decay : float
        Of AdamW, at least 0.

    Raises
    ------
    InvalidValue
        If one breaks its constraint.
    """

    epochs: int = 50
    batch_size: int = 1000
    lr: float = 3e-3
    min_lr: float = 1e-6
    warmup: float = 0.0
    weight_decay: float = 1e-4

    def __post_init__(self) -> None:
        for name, low in (("epochs", 1), ("batch_size", 2)):
            value = getattr(self, name)
            if value < low:
                raise InvalidValue(f"{name} must be at least {low}; got {value}")
        if not 0 < self.lr < math.inf:
            raise InvalidValue(f"lr must be above 0 and finite; got {self.lr}")
        for name in ("min_lr", "weight_decay"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise InvalidValue(f"{name} must be at least 0 and finite; got {value}")
        if not 0 <= self.warmup < 1:
            raise InvalidValue(f"warmup must be in [0, 1); got {self.warmup}")

    def rate(self, step: int, steps: int) -> float:
        """Return the learning rate of a step: a linear rise to `lr`, then a cosine down to `min_lr`.

        Parameters
        ----------
        step : int
            From 0.
        steps : int
            How many there are.

        Returns
        -------
        float
            Between the two.

        Examples
        --------
        >>> settings = TrainingSettings(lr=0.1, warmup=0.1)
        >>> settings.rate(0, 500), settings.rate(50, 500)
        (0.002, 0.1)
        """
        rising = int(self.warmup * steps)
        if step < rising:
            return self.lr * (step + 1) / rising
        floor = min(self.min_lr, self.lr)
        done = (step - rising) / (steps - rising)
        return floor + (self.lr - floor) * (1 + math.cos(math.pi * done)) / 2


def train(
    models: Sequence[Model],
    samples: Sequence[Samples],
    seeds: Sequence[int],
    settings: TrainingSettings,
    *,
    watch: Watch | None = None,
    reduce: bool = True,
) -> list[float]:
    """Train models in place, together where that gives the same numbers and one by one where not.

    Parameters
    ----------
    models : sequence of Model
        Equal but for the values of their parameters.
    samples : sequence of Samples
        One set per model, all of one shape.
    seeds : sequence of int
        One per model: the order of its samples and its shuffled negatives.
    settings : TrainingSettings
        How to train.
    watch : callable, optional
        Called after every step with the steps done and the steps in all.
    reduce : bool
        Whether distinct inputs may stand for the samples that share them. False takes the plain path.

    Returns
    -------
    list of float
        The loss of each model in the last step, in nats.

    Raises
    ------
    TrainingError
        If a loss is not finite; it names the step and the term, and has the number of the model in `cell`.
    MethodError
        If a method raises an error of its own.
    """
    n = len(samples[0].codes)
    size = min(settings.batch_size, n)
    steps = settings.epochs * (n // size)
    if reduce and models[0].row_by_row and samples[0].support <= size:
        together = stack(models)
        source = batches(samples, seeds, reduced=True, size=size, epochs=settings.epochs)
        last = _loop(together, source, settings, steps, watch)
        for cell, model in enumerate(models):
            for name, parameter in model.named_parameters():
                parameter.data.copy_(together.get_parameter(name).data[cell])
            model.eval()  # As the plain path leaves it.
        return [float(loss) for loss in last]
    losses = []
    for cell, model in enumerate(models):
        done = cell * steps
        follow = None if watch is None else (lambda step, _, done=done: watch(done + step, steps * len(models)))
        source = batches(
            samples[cell : cell + 1], seeds[cell : cell + 1], reduced=False, size=size, epochs=settings.epochs
        )
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(torch_seed(seeds[cell], "training"))  # For dropout, and methods that draw.
                losses.append(float(_loop(model, source, settings, steps, follow)))
        except TrainingError as error:
            error.cell = cell
            raise
    return losses


def _loop(model: Model, source: Iterator[Batch], settings: TrainingSettings, steps: int, watch: Watch | None) -> Tensor:
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay, fused=True)
    model.train()
    total = torch.zeros(())
    for batch in source:
        for group in optimizer.param_groups:
            group["lr"] = settings.rate(batch.step, steps)
        losses = _losses(model, batch)
        total = sum(losses.values(), torch.zeros(()))
        if not total.isfinite().all():
            raise _not_finite(losses, batch.step)
        optimizer.zero_grad()
        total.sum().backward()
        optimizer.step()
        if watch is not None:
            watch(batch.step + 1, steps)
    model.eval()
    return total.detach()


def _losses(model: Model, batch: Batch) -> dict[str, Tensor]:
    try:
        return model.method.losses(model.embed(batch.inputs, batch.codes, batch.shuffle))
    except ConfuError:
        raise
    except Exception as error:  # A user's method may raise anything; the user sees what and where.
        name = type(model.method).__name__
        raise MethodError(f"method {name} raised at step {batch.step}: {describe(error)}") from error


def _not_finite(losses: dict[str, Tensor], step: int) -> TrainingError:
    for name, loss in losses.items():
        bad = loss.isfinite().logical_not().reshape(-1).nonzero()
        if len(bad):
            cell = int(bad[0])
            value = loss.reshape(-1)[cell].item()
            error = TrainingError(
                f"the loss is {value} at step {step}, in the term {name}; try a lower learning rate, "
                "and check the method's score where embeddings coincide"
            )
            error.cell = cell
            return error
    return TrainingError(f"the sum of the losses is not finite at step {step}; try a lower learning rate")
