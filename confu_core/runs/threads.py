"""How many cores one run computes on."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch
from threadpoolctl import threadpool_limits

from confu_core.errors import InvalidValue

__all__ = ["threads"]


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute on a number of cores for the length of a block.

    On one, sums are formed in one order, and a run gives the same numbers on machines of any size; a sweep fills the
    cores with processes.

    Parameters
    ----------
    count : int
        How many, at least 1 and at most as many as there are.

    Raises
    ------
    InvalidValue
        If it is below 1, or more than the machine has.

    Examples
    --------
    >>> with threads(1):
    ...     torch.get_num_threads()
    1
    """
    most = max(os.cpu_count() or 1, torch.get_num_threads())
    if not 1 <= count <= most:
        raise InvalidValue(f"threads must be in [1, {most}], the cores of this machine; got {count}")
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        # NumPy, SciPy and scikit-learn multiply by libraries with threads of their own.
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)
