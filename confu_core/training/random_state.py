"""Random numbers of the accelerator that a model is on, which PyTorch draws apart from those of the CPU."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor


def forked(device: torch.device) -> AbstractContextManager[None]:
    """Give others, after a block, the random numbers of the CPU and of a device as they were before it."""
    own = [device] if _drawing(device) else []
    return torch.random.fork_rng(devices=own, device_type=device.type)


def accelerator_state(device: torch.device) -> dict[str, Tensor]:
    """Return where an accelerator's random numbers stand, bytes by the type of the device; nothing for a CPU."""
    module = _drawing(device)
    return {device.type: module.get_rng_state(device).cpu()} if module else {}


def set_accelerator_state(device: torch.device, held: dict[str, Tensor]) -> None:
    """Go on from where they stood, if that is known of this type of device; a ValueError names what is no such state.

    A training that went from one type of device to another goes on with numbers of its seed.
    """
    module = _drawing(device)
    if not module or device.type not in held:
        return
    own, other = module.get_rng_state(device), held[device.type]
    if (other.dtype, other.shape, other.layout) != (own.dtype, own.shape, own.layout):
        raise ValueError(f"{device.type} must be {_form(own)}, as in this PyTorch; got {_form(other)}")
    try:
        module.set_rng_state(other, device)
    except (RuntimeError, ValueError, TypeError) as error:  # What stands in its bytes only the generator knows.
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{device.type} must be a state of its random numbers ({reason})") from None


def _drawing(device: torch.device) -> Any:
    """Return PyTorch's module for an accelerator with random numbers of its own; None for a CPU."""
    module = torch.get_device_module(device)
    return module if hasattr(module, "get_rng_state") else None


def _form(state: Tensor) -> str:
    sparse = "" if state.layout is torch.strided else "sparse "
    return f"{sparse}{str(state.dtype).removeprefix('torch.')} of shape {tuple(state.shape)}"
