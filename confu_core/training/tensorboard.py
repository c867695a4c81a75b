"""Logs of a training for TensorBoard, an optional package."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from confu_core.errors import InvalidValue
from confu_core.training.fit import Progress

__all__ = ["tensorboard"]


@contextlib.contextmanager
def tensorboard(folder: Path) -> Iterator[Callable[[Progress], None]]:
    """Write terms of the loss by step, and what is measured after each epoch, for the length of a block.

    Parameters
    ----------
    folder : Path
        Of the log; made where it is missing.

    Yields
    ------
    callable
        To be told of every step.

    Raises
    ------
    InvalidValue
        If the package is not installed.
    """
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
