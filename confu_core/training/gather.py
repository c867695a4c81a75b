"""Embeddings of all processes in each of them, with gradients, so that every negative of a batch counts everywhere."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from confu_core.methods.batch import EmbeddedBatch

__all__ = ["gathered", "ranks"]


def ranks() -> tuple[int, int]:
    """Return the number of this process among those that train together, and how many there are.

    Returns
    -------
    tuple of (int, int)
        ``(0, 1)`` where there is but one.

    Examples
    --------
    >>> ranks()
    (0, 1)
    """
    if not (dist.is_available() and dist.is_initialized()):
        return 0, 1
    return dist.get_rank(), dist.get_world_size()


def gathered(batch: EmbeddedBatch) -> EmbeddedBatch:
    """Return the batch of all processes: their rows one after the other, in the order of the processes.

    Parameters
    ----------
    batch : EmbeddedBatch
        The rows of this process, as many as every other has; samples, not a finite support.

    Returns
    -------
    EmbeddedBatch
        The same in every process. Where each process takes the same loss of it, and gradients of parameters are
        averaged over processes, as ``DistributedDataParallel`` does, they are those of one process with all rows.
    """
    if ranks()[1] == 1:
        return batch
    features = [_Gather.apply(table) for table in batch.features]
    return EmbeddedBatch(features, [_Gather.apply(table) for table in batch.embeddings], shuffle=batch.shuffle)


class _Gather(torch.autograd.Function):
    """Concatenation over processes, whose gradient is the sum of what every process says of this one's rows."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        rows = rows.contiguous()
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (total,) = gradients
        # A copy: autograd may hand the same gradient to others, as to both sides of a sum.
        total = total.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]
