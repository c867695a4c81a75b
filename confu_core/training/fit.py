"""Training: stacks on tables of inputs; and epochs with validation, early stopping, checkpoints, TensorBoard."""

from __future__ import annotations

import contextlib
import logging
import reprlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

import torch
import torch.distributed as dist
from torch import Tensor

from confu_core.errors import InvalidValue, TrainingError
from confu_core.model import Model, stack
from confu_core.random import torch_seed
from confu_core.training.checkpoint import load_checkpoint, save_checkpoint
from confu_core.training.epochs import Batch, Epochs, Samples, batches
from confu_core.training.processes import ranks
from confu_core.training.random_state import accelerator_state, forked, set_accelerator_state
from confu_core.training.settings import TrainingSettings
from confu_core.training.step import Stepper
from confu_core.typed import check_keys, check_typed

__all__ = ["Progress", "TrainingSettings", "fit", "tensorboard", "train"]

_HELD = {
    "weights": dict[str, torch.Tensor],
    "optimizer": {"state": dict[int, dict], "param_groups": list[dict]},
    "random": torch.Tensor,
}
_ACCELERATOR = "accelerator_random"  # Not in checkpoints of a CPU, nor in older ones.
_log = logging.getLogger(__name__)
Validate = Callable[[Model], dict[str, float]]
Watch = Callable[[int, int, Tensor], None]  # (steps done, steps in all, the last loss of each model)


@dataclass(frozen=True)
class Progress:
    """Where a training stands, after a step.

    Attributes
    ----------
    step, steps : int
        Steps done, and in all.
    losses : dict of str to float
        The weighted terms of the last loss, in nats.
    seconds_left : float
        At the pace so far.
    epoch : dict or None
        The record of the epoch that this step has finished, if it has.
    """

    step: int
    steps: int
    losses: dict[str, float]
    seconds_left: float
    epoch: dict[str, float] | None = None


@dataclass
class _State:
    """What is saved beside weights and optimiser."""

    epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best: float = float("inf")
    best_epoch: int = -1
    best_weights: dict[str, torch.Tensor] = field(default_factory=dict)


def fit(
    model: Model,
    source: Epochs,
    settings: TrainingSettings,
    seed: int,
    *,
    validate: Validate | None = None,
    checkpoint: Path | None = None,
    config: dict[str, Any] | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> list[dict[str, float]]:
    """Train a model in place, epoch by epoch."""
    if settings.patience and validate is None:
        raise InvalidValue(f"patience must be 0 where nothing is validated; got {settings.patience}")
    stepper = Stepper(model, settings, settings.epochs * source.steps)
    state = _State()
    with forked(stepper.device):
        torch.manual_seed(torch_seed(seed, "training"))
        if checkpoint is not None and checkpoint.exists():
            _restore(checkpoint, config, model, stepper, state)
            _log.info("going on after epoch %d, from %s", state.epoch, checkpoint)
        started, first = time.monotonic(), state.epoch * source.steps
        while state.epoch < settings.epochs and not _stopped(state, settings.patience):
            record = _epoch(model, stepper, source, state.epoch, started, first, watch)
            if validate is not None:
                model.eval()
                # Plain numbers: checkpoints hold no others.
                record |= {f"validation_{name}": float(value) for name, value in validate(model).items()}
            _note(model, state, record, settings.patience)
            if checkpoint is not None and ranks()[0] == 0:
                save_checkpoint(checkpoint, config or {}, _held(model, stepper, state))
            if watch is not None:
                done = state.epoch * source.steps
                left = _left(started, first, done, stepper.steps)
                watch(Progress(done, stepper.steps, _terms(record), left, record))
            if ranks()[1] > 1:
                dist.barrier()  # None goes on before the checkpoint stands.
    if state.best_weights:
        model.load_state_dict(state.best_weights)
    model.eval()
    return state.history


def _epoch(
    model: Model,
    stepper: Stepper,
    source: Epochs,
    number: int,
    started: float,
    first: int,
    watch: Callable[[Progress], None] | None,
) -> dict[str, float]:
    model.train()
    sums: dict[str, torch.Tensor] = {}
    for batch in source.epoch(number):
        losses = stepper.take(batch)
        sums |= {name: loss + sums.get(name, 0.0) for name, loss in losses.items()}  # A step may leave out terms.
        done = batch.step + 1
        # The last step is told of with the epoch's record.
        if watch is not None and done < (number + 1) * source.steps:
            left = _left(started, first, done, stepper.steps)
            watch(Progress(done, stepper.steps, {name: float(loss) for name, loss in losses.items()}, left))
    means = {name: float(total) / source.steps for name, total in sums.items()}
    rate = stepper.optimizer.param_groups[0]["lr"]
    return {"epoch": float(number), "lr": float(rate), "loss": sum(means.values()), **means}


def _note(model: Model, state: _State, record: dict[str, float], patience: int) -> None:
    state.history.append(record)
    if patience and record["validation_loss"] < state.best:
        state.best, state.best_epoch = record["validation_loss"], state.epoch
        state.best_weights = {name: value.detach().clone() for name, value in model.state_dict().items()}
    state.epoch += 1


def _stopped(state: _State, patience: int) -> bool:
    return bool(patience) and state.epoch - state.best_epoch > patience and state.best_epoch >= 0


def _held(model: Model, stepper: Stepper, state: _State) -> dict[str, Any]:
    accelerator = accelerator_state(stepper.device)
    return {
        **vars(state),
        "weights": model.state_dict(),
        "optimizer": stepper.optimizer.state_dict(),
        "random": torch.get_rng_state(),
        **({_ACCELERATOR: accelerator} if accelerator else {}),
    }


def _restore(path: Path, config: dict[str, Any] | None, model: Model, stepper: Stepper, state: _State) -> None:
    held = load_checkpoint(path, config)
    try:
        _check_held(held)
    except ValueError as error:
        raise TrainingError(f"{path} is damaged: {error}; remove it") from None
    try:
        _check_form(held["weights"], model.state_dict())
        _check_form(held["best_weights"] or held["weights"], model.state_dict())
        _check_optimizer(held["optimizer"], stepper.optimizer)
        model.load_state_dict(held["weights"])
        stepper.optimizer.load_state_dict(held["optimizer"])
        torch.set_rng_state(held["random"])
    except (RuntimeError, ValueError, TypeError, KeyError) as error:  # Of several lines, one per parameter.
        raise TrainingError(f"{path} is of another model, with other parameters; remove it") from error
    try:
        set_accelerator_state(stepper.device, held.get(_ACCELERATOR, {}))
    except ValueError as error:
        raise TrainingError(f"{path} is damaged: {_ACCELERATOR}.{error}; remove it") from None
    for name in vars(state):
        setattr(state, name, held[name])


def _check_held(held: dict[str, Any]) -> None:
    """Refuse a state that is not of the types that `_held` gives it."""
    check_keys(held, {**get_type_hints(_State), **_HELD})
    check_typed(held.get(_ACCELERATOR, {}), dict[str, torch.Tensor], _ACCELERATOR)
    for place, record in enumerate(held["history"]):
        check_keys(record, {"epoch": float, "loss": float}, f"history[{place}]")
    if held["epoch"] != len(held["history"]):
        raise ValueError(f"epoch must be {len(held['history'])}, as many as its history has; got {held['epoch']}")


def _check_optimizer(held: dict[str, Any], optimizer: torch.optim.Optimizer) -> None:
    """Refuse averages of other parameters, and settings that the optimizer does not have."""
    own = optimizer.state_dict()
    _check_form(held["param_groups"], own["param_groups"])
    parameters = dict(enumerate(one for group in optimizer.param_groups for one in group["params"]))
    for number, averages in held["state"].items():
        like = {"step": torch.tensor(0.0), "exp_avg": parameters[number], "exp_avg_sq": parameters[number]}
        _check_form(averages, like)


def _check_form(held: Any, own: Any) -> None:
    """Refuse what is not built from the same parts."""
    if isinstance(own, torch.Tensor) and isinstance(held, torch.Tensor):
        if (held.shape, held.dtype) != (own.shape, own.dtype):
            raise ValueError(f"{tuple(held.shape)} stands where {tuple(own.shape)} is meant, or another type")
    elif isinstance(own, dict) and isinstance(held, dict) and held.keys() == own.keys():
        for name in own:
            _check_form(held[name], own[name])
    elif isinstance(own, list | tuple) and isinstance(held, list | tuple) and len(held) == len(own):
        for one, other in zip(held, own, strict=True):
            _check_form(one, other)
    elif type(held) is not type(own) or isinstance(own, dict | list | tuple):
        raise ValueError(f"{reprlib.repr(held)} stands where {reprlib.repr(own)} is meant")


def _terms(record: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in record.items() if "->" in name}


def _left(started: float, first: int, done: int, steps: int) -> float:
    return (time.monotonic() - started) / max(1, done - first) * (steps - done)


@contextlib.contextmanager
def tensorboard(folder: Path) -> Iterator[Callable[[Progress], None]]:
    """Write terms of the loss by step, and what is measured after each epoch, for the length of a block."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise InvalidValue("--tensorboard needs the package tensorboard; pip install tensorboard") from None
    writer = SummaryWriter(folder)

    def watch(progress: Progress) -> None:
        if progress.epoch is None:
            for name, loss in progress.losses.items():
                writer.add_scalar(f"step/{name}", loss, progress.step)
        else:
            for name, value in progress.epoch.items():
                writer.add_scalar(f"epoch/{name}", value, int(progress.epoch["epoch"]) + 1)

    try:
        yield watch
    finally:
        writer.close()


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
