"""Batches of media, epoch by epoch: rows of memory-mapped arrays, in an order and with changes keyed by the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from confu_core.errors import InvalidValue, nearest
from confu_core.random import generator
from confu_core.training.samples import Batch
from confu_core.training.settings import BALANCES, PAIRINGS

__all__ = ["Augment", "Epochs", "MediaEpochs", "labels_of", "seen", "to_tensor"]

# (rows of every modality, their numbers, epoch) -> the rows, changed.
Augment = Callable[[list[np.ndarray], np.ndarray, int], list[np.ndarray]]


class Epochs(Protocol):
    """What a training by epochs draws from.

    Attributes
    ----------
    steps : int
        Batches per epoch.
    views : int
        Of each sample: 2 for a method that compares a sample with itself.
    """

    steps: int
    views: int

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch, the same whenever it is asked for."""
        ...


class MediaEpochs:
    """Batches of rows that lie in arrays, one array per modality.

    Parameters
    ----------
    arrays : sequence of ndarray, shape (n, ...)
        Raw inputs per modality; may be memory-mapped.
    seed : int
        Decides the order, and what augmentations do.
    size : int
        Samples per batch, over all processes; at most n. An incomplete last batch is left out.
    augment : callable, optional
        Changes the rows of every modality, given their numbers and the epoch.
    labels : ndarray, shape (n,), optional
        The class of each row, for methods that learn from it; needed to balance species, and to pair within them.
    balance : {"instance", "species"}
        Whether an epoch has each row once, or each species equally often.
    pairing : {"sample", "class"}
        Whether a sample is a row; or a row of the first modality with rows of its species in the others, which are
        dealt out anew in every epoch, each as often as before.
    rank, ranks : int
        Number of this process, and how many share each batch; a process gets its part of it.
    device : str or torch.device
        Where batches go.
    """

    def __init__(
        self,
        arrays: Sequence[np.ndarray],
        seed: int,
        *,
        size: int,
        augment: Augment | None = None,
        labels: np.ndarray | None = None,
        balance: str = "instance",
        pairing: str = "sample",
        rank: int = 0,
        ranks: int = 1,
        device: str | torch.device = "cpu",
    ) -> None:
        if balance not in BALANCES:
            raise InvalidValue(f"balance must be one of {', '.join(BALANCES)}; {nearest(balance, BALANCES)}")
        if balance == "species" and labels is None:
            raise InvalidValue("balance by species needs data with species; use --balance instance")
        if pairing not in PAIRINGS:
            raise InvalidValue(f"pairing must be one of {', '.join(PAIRINGS)}; {nearest(pairing, PAIRINGS)}")
        if pairing == "class" and labels is None:
            raise InvalidValue("pairing within classes needs data with classes; use --pairing sample")
        self.size = min(size, len(arrays[0]))
        if self.size % ranks:
            raise InvalidValue(f"batch_size must be a multiple of the {ranks} processes; got {self.size}")
        self.arrays, self.seed, self.device = list(arrays), seed, torch.device(device)
        self.augment = augment
        self.labels, self.balanced = labels, balance == "species"
        self.paired = labels if pairing == "class" else None
        self.rank, self.ranks = rank, ranks
        self.views = 1
        self.steps = len(arrays[0]) // self.size

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch."""
        order, share = self._order(number), self.size // self.ranks
        partners = [self._partners(number, modality) for modality in range(len(self.arrays))]
        for at in range(self.steps):
            first = at * self.size + self.rank * share
            rows = order[first : first + share]
            inputs = [np.asarray(array[own[rows]]) for array, own in zip(self.arrays, partners, strict=True)]
            one, other = seen(inputs, rows, number, self.augment, self.views, self.device)
            labels = labels_of(self.labels, rows, self.device)
            yield Batch(one, None, (self.seed,), number * self.steps + at, self.ranks, other, labels)

    def _partners(self, number: int, modality: int) -> np.ndarray:
        """Return which row of a modality stands beside each row of the first."""
        partners = np.arange(len(self.arrays[0]))
        if self.paired is not None and modality:
            source = generator(self.seed, "pairing", number, modality)
            for label in np.unique(self.paired):
                own = np.flatnonzero(self.paired == label)
                partners[own] = source.permutation(own)
        return partners

    def _order(self, number: int) -> np.ndarray:
        n = len(self.arrays[0])
        source = generator(self.seed, "order", number)
        if self.labels is None or not self.balanced:
            return source.permutation(n)
        # Each species in turn hands out its rows in an order of its own; the rarer begin again.
        queues = [source.permutation(np.flatnonzero(self.labels == label)) for label in np.unique(self.labels)]
        rounds = -(-n // len(queues))
        dealt = np.stack([np.resize(queue, rounds) for queue in queues], axis=1)
        return source.permuted(dealt, axis=1).reshape(-1)[:n]


def labels_of(labels: np.ndarray | None, rows: np.ndarray, device: str | torch.device) -> Tensor | None:
    """Return the classes of the rows of a batch, where they are known."""
    return None if labels is None else torch.from_numpy(np.asarray(labels[rows], np.int64)).to(device)


def seen(
    inputs: list[np.ndarray],
    rows: np.ndarray,
    epoch: int,
    augment: Augment | None,
    views: int,
    device: str | torch.device,
) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """Return one view of the rows of a batch, or two that are changed independently."""
    if views == 1:
        changed = inputs if augment is None else augment(inputs, rows, epoch)
        return tuple(as_input(one, device) for one in changed), None
    if augment is None:
        raise InvalidValue("a method with two views needs some that differ; use --augment with one or more, not none")
    # The draws of the second view are those of epochs that there are not.
    both = [augment([one.copy() for one in inputs], rows, number) for number in (epoch, -1 - epoch)]
    first, second = (tuple(as_input(one, device) for one in view) for view in both)
    return first, second


def as_input(rows: np.ndarray, device: str | torch.device) -> Any:
    """Return what an encoder is given of rows: a tensor on a device, or a list of texts."""
    return rows.tolist() if rows.dtype == object else to_tensor(rows).to(device)


def to_tensor(rows: np.ndarray) -> Tensor:
    """Return rows as a tensor that shares their memory where they lie in order and may be written to; else a copy."""
    if rows.dtype == np.uint16:
        return torch.from_numpy(rows.astype(np.int32))
    # PyTorch takes no arrays that run backwards, as after a flip.
    return torch.from_numpy(np.require(rows, requirements=["C", "W"]))
