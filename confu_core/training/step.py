"""One step of training: losses, a watch over them, AdamW at the rate of the schedule, and which part raised."""

from __future__ import annotations

import contextlib
import inspect
import math
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from confu_core.encoders import AveragedFrames, encoder_name
from confu_core.errors import ConfuError, MethodError, TrainingError
from confu_core.methods.batch import EmbeddedBatch
from confu_core.model import Model
from confu_core.training.epochs import Batch
from confu_core.training.processes import gathered, ranks
from confu_core.training.settings import TrainingSettings
from confu_core.user_code import RAISED, describe, is_own, own_place

__all__ = ["Losses", "Stepper"]

_FRAME = re.compile(r'File "(.+)", line (\d+), in')  # As tracebacks are written.


class Losses(nn.Module):
    """The terms of a model's loss, over the rows of all processes."""

    def __init__(self, model: Model, precision: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.model = model
        self.precision = precision

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted terms by name, in nats."""
        with _blamed(self.model, f"at step {batch.step}"):
            found = self._embedded(batch.inputs, batch)
            if batch.second is not None:
                found.second = self._embedded(batch.second, batch)
            found.labels, found.present = batch.labels, batch.present
            found, method = gathered(found), self.model.method
            return method.losses(found if method.takes_partial else found.having(tuple(range(found.modalities))))

    def _embedded(self, inputs: Sequence[Tensor], batch: Batch) -> EmbeddedBatch:
        if self.precision is torch.float32:
            return self.model.embed(inputs, batch.codes, batch.shuffle)
        with torch.autocast(next(self.model.parameters()).device.type, self.precision):
            low = self.model.embed(inputs, batch.codes, batch.shuffle)
        whole = [[table.float() for table in tables] for tables in (low.features, low.embeddings)]
        return EmbeddedBatch(whole[0], whole[1], batch.codes, batch.shuffle)


class AdamW(torch.optim.AdamW):
    """PyTorch's own, less the wrappers that import its compiler, which takes longer than a small training."""

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Optimizer.load_state_dict)
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


class Stepper:
    """Takes the steps of one training.

    Attributes
    ----------
    optimizer : torch.optim.AdamW
        Over all parameters; a method's scales and biases, if any, are a second group, with a rate of their own and
        without weight decay.
    device : torch.device
        Where the parameters are.
    """

    def __init__(self, model: Model, settings: TrainingSettings, steps: int) -> None:
        self.model, self.settings, self.steps = model, settings, steps
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.device = self.parameters[0].device
        apart = {id(scale) for scale in model.method.scales()}
        weights, scales = ([p for p in self.parameters if (id(p) in apart) is own] for own in (False, True))
        groups = [
            (weights, settings.lr, settings.weight_decay),
            (scales, settings.lr if settings.scale_lr is None else settings.scale_lr, 0.0),
        ]
        held = [group for group in groups if group[0]]
        self.optimizer = AdamW(
            [{"params": parameters, "weight_decay": decay} for parameters, _, decay in held], lr=settings.lr, fused=True
        )
        self.highest = [rate for _, rate, _ in held]
        losses = Losses(model, _precision(settings.precision, self.device))
        # Parameters that a method's loss leaves out, as projections in some, get no gradient in any process.
        self.losses = DistributedDataParallel(losses, find_unused_parameters=True) if ranks()[1] > 1 else losses

    def take(self, batch: Batch) -> dict[str, Tensor]:
        """Take one step.

        Parameters
        ----------
        batch : Batch
            Its number is the number of the step.

        Returns
        -------
        dict of str to Tensor, shape (...)
            The weighted terms of the loss before the step, in nats.
        """
        for group, highest in zip(self.optimizer.param_groups, self.highest, strict=True):
            group["lr"] = self.settings.rate(batch.step, self.steps, highest)
        losses = self.losses(batch)
        total = self._total(losses)
        if not total.isfinite().all():
            raise _not_finite(losses, batch.step)
        self.optimizer.zero_grad()
        with _blamed(
            self.model,
            f"in backward at step {batch.step}",
            again=lambda: self._total(self.losses(batch)).sum().backward(),
        ):
            total.sum().backward()
        # A gradient that is not finite shows in the next loss; after the last step there is none.
        if self.settings.clip_norm < math.inf or batch.step + 1 == self.steps:
            length = nn.utils.clip_grad_norm_(self.parameters, self.settings.clip_norm)
            if not length.isfinite():
                raise TrainingError(
                    f"the gradient is not finite at step {batch.step}; try a lower learning rate, "
                    "and check the method's score where embeddings coincide"
                )
        self.optimizer.step()
        with _blamed(self.model, f"at step {batch.step}"):
            self.model.method.after_step(batch.step + 1, self.steps)
        return {name: loss.detach() for name, loss in losses.items()}

    def _total(self, losses: dict[str, Tensor]) -> Tensor:
        return sum(losses.values(), torch.zeros((), device=self.device))


def _precision(asked: str, device: torch.device) -> torch.dtype:
    if asked == "auto":
        return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32
    return torch.bfloat16 if asked == "bfloat16" else torch.float32


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


@contextlib.contextmanager
def _blamed(model: Model, doing: str, again: Callable[[], object] | None = None) -> Iterator[None]:
    """Turn what is raised within a block into a MethodError of one line that names the part of the model, and where.

    A gradient is computed where no code of the user's runs: `again` computes it once more, watched by PyTorch, which
    then knows the line that asked for it.
    """
    try:
        yield
    except ConfuError:
        raise
    except RAISED as error:  # A user's code may raise anything; the user sees what and where.
        place = own_place(error) or (again and _asked_at(again))
        part = _part(model, error, place[0] if place else "")
        raise MethodError(f"{part} raised {doing}: {describe(error, place)}") from error


def _part(model: Model, error: BaseException, file: str) -> str:
    """Name the part in whose call the error was raised, and of a method the own head in it; else that of the file."""
    called = [frame.f_locals.get("self") for frame, _ in traceback.walk_tb(error.__traceback__)]
    parts: list[nn.Module] = [*model.encoders, model.method]
    found = [one for one in parts if any(one is each for each in called)]
    blamed = (found or [one for one in reversed(parts) if _file(one) == file] or [model.method])[0]
    if blamed is not model.method:
        return f"encoder {encoder_name(blamed)}"
    method = f"method {type(blamed).__name__}"
    heads = [each for each in called if isinstance(each, nn.Module) and each is not blamed and _file(each) == file]
    return f"{type(heads[0]).__name__} of {method}" if heads and _file(blamed) != file else method


def _file(part: nn.Module) -> str:
    part = part.encoder if isinstance(part, AveragedFrames) else part
    return getattr(sys.modules[type(part).__module__], "__file__", None) or "-"


def _asked_at(again: Callable[[], object]) -> tuple[str, int] | None:
    """Return file and line of the user's code whose gradient fails; None with several processes, which would wait."""
    if ranks()[1] > 1:
        return None
    with warnings.catch_warnings(record=True) as told, contextlib.suppress(*RAISED):
        warnings.simplefilter("always")
        with torch.autograd.detect_anomaly(check_nan=False):
            again()
    frames = [found for one in told for found in _FRAME.findall(str(one.message)) if is_own(found[0])]
    return (frames[-1][0], int(frames[-1][1])) if frames else None
