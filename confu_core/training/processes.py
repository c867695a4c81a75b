"""Several processes, GPUs or nodes that train together, as torchrun starts them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch
import torch.distributed as dist

from confu_core.errors import InvalidValue

__all__ = ["check_device", "processes"]


@contextlib.contextmanager
def processes(device: str) -> Iterator[str]:
    """Join the other processes that torchrun has started, for the length of a block.

    Parameters
    ----------
    device : str
        Where to train, as PyTorch names it; ``"cuda"`` gives each process of a node its own GPU.

    Yields
    ------
    str
        Where this process trains.

    Raises
    ------
    InvalidValue
        If there is no such device.

    Examples
    --------
    >>> with processes("cpu") as device:
    ...     device
    'cpu'
    """
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


def check_device(device: str) -> str:
    """Check that there is such a device.

    Parameters
    ----------
    device : str
        As PyTorch names it.

    Returns
    -------
    str
        Its kind, such as ``"cuda"``.

    Raises
    ------
    InvalidValue
        If PyTorch knows none of that name, this machine has none, or nothing can be computed there.

    Examples
    --------
    >>> check_device("cpu")
    'cpu'
    """
    try:
        kind = torch.device(device).type
    except RuntimeError:
        raise InvalidValue(f"device must be cpu, cuda, cuda:1 or another that PyTorch knows; got {device!r}") from None
    if kind == "cuda" and not torch.cuda.is_available():
        raise InvalidValue("device is cuda, but this machine or this PyTorch has none; use --device cpu")
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, NotImplementedError, AssertionError, ImportError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidValue(f"device {device} cannot be used here ({reason:.100}); use --device cpu") from None
    return kind
