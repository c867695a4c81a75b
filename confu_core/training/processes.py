"""Several processes, GPUs or nodes that train together, as torchrun starts them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.methods.batch import EmbeddedBatch
from confu_core.parallel.workers import worker_number

__all__ = ["AUTO", "check_device", "chosen_device", "gathered", "processes", "ranks"]

AUTO = "auto"


@contextlib.contextmanager
def processes(device: str) -> Iterator[str]:
    """Join the other processes that torchrun has started, for the length of a block."""
    device = chosen_device(device)
    kind = check_device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    own = device
    if kind == "cuda" and ":" not in device:
        own = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(own)
    dist.init_process_group("nccl" if kind == "cuda" else "gloo")
    try:
        yield own
    finally:
        dist.destroy_process_group()


def chosen_device(asked: str) -> str:
    """Return the device to compute on: for ``auto`` the accelerator, if there is one.

    Where there are several accelerators, worker processes of a sweep take turns.
    """
    if asked == AUTO:
        asked = "cuda" if torch.cuda.is_available() else "cpu"
    count, number = torch.cuda.device_count() if asked == "cuda" else 0, worker_number()
    return asked if number is None or count < 2 else f"cuda:{number % count}"


def check_device(device: str) -> str:
    """Check that there is such a device."""
    try:
        kind = torch.device(device).type
    except RuntimeError:
        raise InvalidValue(f"device must be cpu, cuda, cuda:1 or another that PyTorch knows; got {device!r}") from None
    if kind == "cuda" and not torch.cuda.is_available():
        raise InvalidValue("device is cuda, but this machine or this PyTorch has none; use --device cpu")
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, NotImplementedError, AssertionError, ImportError) as error:
        reason = str(error).partition("\n")[0].partition(". ")[0] or type(error).__name__
        raise InvalidValue(f"device {device} cannot be used here ({reason}); use --device cpu") from None
    return kind


def ranks() -> tuple[int, int]:
    """Return the number of this process among those that train together, and how many there are."""
    if not (dist.is_available() and dist.is_initialized()):
        return 0, 1
    return dist.get_rank(), dist.get_world_size()


def gathered(batch: EmbeddedBatch) -> EmbeddedBatch:
    """Return the batch of all processes: their rows one after the other, in the order of the processes."""
    if ranks()[1] == 1:
        return batch
    features = [_Gather.apply(table) for table in batch.features]
    embeddings = [_Gather.apply(table) for table in batch.embeddings]
    second = None if batch.second is None else gathered(batch.second)
    labels, present = (None if one is None else _Gather.apply(one) for one in (batch.labels, batch.present))
    return EmbeddedBatch(features, embeddings, None, batch.shuffle, second, labels, present)


class _Gather(torch.autograd.Function):
    """Concatenation over processes, whose gradient is the sum of what every process says of this one's rows."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        """Return the rows of all processes, by rank."""
        rows = rows.contiguous()
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Return the sum of all gradients of this process's rows."""
        (total,) = gradients
        # A copy: autograd may hand the same gradient to others, as to both sides of a sum.
        total = total.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]
