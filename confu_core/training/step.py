"""One step of training: losses of a batch, a watch over them, and AdamW at the rate of the schedule."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from confu_core.errors import TrainingError
from confu_core.methods.batch import EmbeddedBatch
from confu_core.model import Model
from confu_core.training.blame import blamed
from confu_core.training.processes import gathered, ranks
from confu_core.training.samples import Batch
from confu_core.training.settings import TrainingSettings

__all__ = ["Losses", "Stepper"]


class Losses(nn.Module):
    """The terms of a model's loss, over the rows of all processes."""

    def __init__(self, model: Model, precision: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.model = model
        self.precision = precision

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Return the weighted terms by name, in nats."""
        with blamed(self.model, f"at step {batch.step}"):
            found = self._embedded(batch.inputs, batch)
            if batch.second is not None:
                found.second = self._embedded(batch.second, batch)
            found.labels = batch.labels
            return self.model.method.losses(gathered(found))

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
        with blamed(
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
        with blamed(self.model, f"at step {batch.step}"):
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
