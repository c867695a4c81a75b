"""Augmentations of a task's batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from confu_core.inputs.augment import augment, check_augmentations
from confu_core.inputs.spec import InputSpec
from confu_core.media.task import Features, Kind
from confu_core.training.epochs import Augment

__all__ = ["augmentations"]


def augmentations(names: Sequence[str], inputs: Mapping[str, Kind], seed: int) -> Augment | None:
    """Return what changes the batches of a task.

    Parameters
    ----------
    names : sequence of str
        Of `confu_core.inputs.augment.AUGMENTATIONS`.
    inputs : mapping of str to Kind
        Modalities in order. Features of a frozen encoder are left as they are.
    seed : int
        Decides what happens to each row in each epoch.

    Returns
    -------
    callable or None
        For `MediaEpochs`; None if nothing changes.

    Raises
    ------
    InvalidValue
        If there is no such augmentation.

    Examples
    --------
    >>> augmentations([], {}, 0) is None
    True
    """
    check_augmentations(names)
    raw = {name: kind for name, kind in inputs.items() if not isinstance(kind, Features)}
    if not (names and raw):
        return None
    spec = InputSpec(raw)

    def change(rows: list[np.ndarray], numbers: np.ndarray, epoch: int) -> list[np.ndarray]:
        batch = dict(zip(inputs, rows, strict=True))
        changed = augment({name: batch[name] for name in raw}, spec, names, seed=seed, epoch=epoch, rows=numbers)
        return [changed.get(name, batch[name]) for name in inputs]

    return change
