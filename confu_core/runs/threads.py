"""How many cores one run computes on."""

from __future__ import annotations

import contextlib
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
        How many, at least 1.

    Raises
    ------
    InvalidValue
        If there are fewer.

    Examples
    --------
    >>> with threads(1):
    ...     torch.get_num_threads()
    1
    """
    if count < 1:
        raise InvalidValue(f"threads must be at least 1; got {count}")
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        # NumPy, SciPy and scikit-learn multiply by libraries with threads of their own.
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)
