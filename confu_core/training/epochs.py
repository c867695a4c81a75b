"""Batches: of tables of inputs and codes, and of media by epochs, in an order and with changes keyed by the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from confu_core.errors import InvalidValue, nearest
from confu_core.random import generator
from confu_core.training.settings import BALANCES, PAIRINGS

__all__ = ["Augment", "Batch", "Epochs", "MediaEpochs", "Samples", "batches", "to_tensor"]

VIEW_NOISE = 0.3  # Standard deviation of what a view of a vector has added to each entry.
# (rows of every modality, their numbers, epoch) -> the rows, changed.
Augment = Callable[[list[np.ndarray], np.ndarray, int], list[np.ndarray]]


@dataclass(frozen=True)
class Samples:
    """Samples of several modalities, each a row of that modality's table of inputs.

    Attributes
    ----------
    tables : tuple of Tensor, shape (rows, width)
        The inputs that occur, one table per modality.
    codes : Tensor of int64, shape (n, modalities)
        Which row of each table makes up a sample.
    """

    tables: tuple[Tensor, ...]
    codes: Tensor

    @property
    def support(self) -> int:
        """Rows of the largest table."""
        return max(len(table) for table in self.tables)


@dataclass(frozen=True)
class Batch:
    """A batch of one cell or of a stack of cells.

    Attributes
    ----------
    inputs : tuple of Tensor, shape (..., rows, width)
        Per modality: the samples, or the distinct inputs if there are codes; of one whose encoder takes strings a list.
    codes : Tensor of int64, shape (..., n, modalities), or None
        The rows that make up each sample.
    seeds : tuple of int
        One per cell.
    step : int
        Number of the batch, from 0.
    ranks : int
        How many processes share the batch; each has as many rows of it.
    second : tuple of Tensor, shape (rows, width), or None
        The samples again, changed independently, for a method with two views.
    labels : Tensor of int64, shape (rows,), or None
        The class of each sample, where its source knows it.
    present : Tensor of bool, shape (rows, modalities), or None
        Which modalities each sample has; None where none is missing.
    """

    inputs: tuple[Tensor, ...]
    codes: Tensor | None
    seeds: tuple[int, ...]
    step: int
    ranks: int = 1
    second: tuple[Tensor, ...] | None = None
    labels: Tensor | None = None
    present: Tensor | None = None

    def shuffle(self, anchor: int, modality: int) -> Tensor:
        """Return the permutation of a modality's samples for the negatives of an anchor, shape (..., n).

        It is keyed by (seed, step, anchor, modality): a cell draws the same whatever it is stacked with.
        """
        size = self.ranks * len(self.inputs[0]) if self.codes is None else self.codes.shape[-2]
        drawn = [generator(seed, "negatives", self.step, anchor, modality).permutation(size) for seed in self.seeds]
        return torch.from_numpy(drawn[0] if self.codes is None else np.stack(drawn))


def batches(
    samples: Sequence[Samples], seeds: Sequence[int], *, size: int, epochs: int, reduced: bool, views: int = 1
) -> Iterator[Batch]:
    """Yield the batches of a training, epoch by epoch, each in an order of its own.

    Vectors know no flips and crops: two views of them differ by noise, drawn from PyTorch's generator.
    """
    n = len(samples[0].codes)
    codes = torch.stack([cell.codes for cell in samples])
    tables = tuple(torch.stack([cell.tables[m] for cell in samples]) for m in range(len(samples[0].tables)))
    step = 0
    for epoch in range(epochs):
        order = torch.from_numpy(np.stack([generator(s, "order", epoch).permutation(n) for s in seeds]))
        shuffled = codes.gather(1, order.unsqueeze(-1).expand(codes.shape))
        for start in range(0, n - size + 1, size):
            chosen = shuffled[:, start : start + size]
            if reduced:
                yield Batch(tables, chosen, tuple(seeds), step)
            else:
                rows = tuple(table[0][chosen[0, :, m]] for m, table in enumerate(tables))
                seen = [rows] if views == 1 else [tuple(map(_noisy, rows)) for _ in range(views)]
                yield Batch(seen[0], None, tuple(seeds), step, second=seen[1] if views > 1 else None)
            step += 1


def _noisy(rows: Tensor) -> Tensor:
    return rows + VIEW_NOISE * torch.randn_like(rows)


@dataclass
class Epochs:
    """What a training by epochs draws from: whoever inherits says how many rows there are, and which are in a batch."""

    arrays: Any  # Where rows come from.
    seed: int  # Decides the order, and what augmentations do.
    size: int  # Samples per batch, over all processes. An incomplete last batch is left out.
    augment: Augment | None = None  # Changes the rows of every modality, given their numbers and the epoch.
    labels: np.ndarray | None = None  # The class of every row, for methods that learn from it.
    rank: int = 0  # Number of this process, which gets its part of each batch.
    ranks: int = 1  # How many share each batch.
    device: str | torch.device = "cpu"
    views: int = 1  # Of each sample: 2 for a method that compares a sample with itself.
    missing: float = 0.0  # Share of the rows of which one modality is missing, the same in every epoch.

    def __post_init__(self) -> None:
        self.size = min(self.size, self.rows)
        if self.size % self.ranks:
            raise InvalidValue(f"batch_size must be a multiple of the {self.ranks} processes; got {self.size}")
        self.steps, self.share = self.rows // self.size, self.size // self.ranks
        self._absent: np.ndarray | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def drawn(self, number: int) -> Iterator[tuple[list[np.ndarray], np.ndarray]]:
        """Yield the rows of every modality in each batch of an epoch, and their numbers."""
        raise NotImplementedError

    def epoch(self, number: int) -> Iterator[Batch]:
        """Yield the batches of an epoch, the same whenever it is asked for."""
        for at, (inputs, rows) in zip(range(self.steps), self.drawn(number), strict=False):
            first, second = self._seen(inputs, rows, number)
            labels = None
            if self.labels is not None:
                labels = torch.from_numpy(np.asarray(self.labels[rows], np.int64)).to(self.device)
            present = self._present(rows, len(inputs)) if self.missing else None
            yield Batch(first, None, (self.seed,), number * self.steps + at, self.ranks, second, labels, present)

    def _present(self, rows: np.ndarray, modalities: int) -> Tensor:
        if self._absent is None:  # The modality that each row lacks; -1 for none.
            source = generator(self.seed, "missing")
            lacking = source.random(self.rows) < self.missing
            self._absent = np.where(lacking, source.integers(modalities, size=self.rows), -1)
        return torch.from_numpy(self._absent[rows, None] != np.arange(modalities)).to(self.device)

    def _seen(
        self, inputs: list[np.ndarray], rows: np.ndarray, epoch: int
    ) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
        """Return one view of the rows of a batch, or two that are changed independently."""
        if self.views == 1:
            changed = inputs if self.augment is None else self.augment(inputs, rows, epoch)
            return tuple(as_input(one, self.device) for one in changed), None
        if self.augment is None:
            asked = "use --augment with one or more, not none"
            raise InvalidValue(f"a method with two views needs some that differ; {asked}")
        # The draws of the second view are those of epochs that there are not.
        both = [self.augment([one.copy() for one in inputs], rows, number) for number in (epoch, -1 - epoch)]
        first, second = (tuple(as_input(one, self.device) for one in view) for view in both)
        return first, second


@dataclass
class MediaEpochs(Epochs):
    """Batches of rows that lie in arrays, of shape (n, ...), one per modality; they may be memory-mapped.

    `balance` says whether an epoch has each row once, or each species equally often; `pairing` whether a sample is a
    row, or a row of the first modality with rows of its species in the others, which are dealt out anew in every epoch,
    each as often as before. Both need labels where they are not the default.
    """

    balance: str = "instance"
    pairing: str = "sample"

    def __post_init__(self) -> None:
        if self.balance not in BALANCES:
            raise InvalidValue(f"balance must be one of {', '.join(BALANCES)}; {nearest(self.balance, BALANCES)}")
        if self.balance == "species" and self.labels is None:
            raise InvalidValue("balance by species needs data with species; use --balance instance")
        if self.pairing not in PAIRINGS:
            raise InvalidValue(f"pairing must be one of {', '.join(PAIRINGS)}; {nearest(self.pairing, PAIRINGS)}")
        if self.pairing == "class" and self.labels is None:
            raise InvalidValue("pairing within classes needs data with classes; use --pairing sample")
        if self.pairing == "class" and self.missing:
            raise InvalidValue("missing is of samples as the data pair them; use --pairing sample, or --missing 0")
        super().__post_init__()

    @property
    def rows(self) -> int:
        """How many rows each array has."""
        return len(self.arrays[0])

    def drawn(self, number: int) -> Iterator[tuple[list[np.ndarray], np.ndarray]]:
        """Yield the part of this process of each batch."""
        order = self._order(number)
        partners = [self._partners(number, modality) for modality in range(len(self.arrays))]
        for first in range(self.rank * self.share, self.steps * self.size, self.size):
            rows = order[first : first + self.share]
            yield [np.asarray(array[own[rows]]) for array, own in zip(self.arrays, partners, strict=True)], rows

    def _partners(self, number: int, modality: int) -> np.ndarray:
        """Return which row of a modality stands beside each row of the first."""
        partners = np.arange(self.rows)
        if self.labels is not None and self.pairing == "class" and modality:
            source = generator(self.seed, "pairing", number, modality)
            for label in np.unique(self.labels):
                own = np.flatnonzero(self.labels == label)
                partners[own] = source.permutation(own)
        return partners

    def _order(self, number: int) -> np.ndarray:
        source = generator(self.seed, "order", number)
        if self.labels is None or self.balance == "instance":
            return source.permutation(self.rows)
        # Each species in turn hands out its rows in an order of its own; the rarer begin again.
        queues = [source.permutation(np.flatnonzero(self.labels == label)) for label in np.unique(self.labels)]
        rounds = -(-self.rows // len(queues))
        dealt = np.stack([np.resize(queue, rounds) for queue in queues], axis=1)
        return source.permuted(dealt, axis=1).reshape(-1)[: self.rows]


def as_input(rows: np.ndarray, device: str | torch.device) -> Any:
    """Return what an encoder is given of rows: a tensor on a device, or a list of texts."""
    return rows.tolist() if rows.dtype == object else to_tensor(rows).to(device)


def to_tensor(rows: np.ndarray) -> Tensor:
    """Return rows as a tensor that shares their memory where they lie in order and may be written to; else a copy."""
    if rows.dtype == np.uint16:
        return torch.from_numpy(rows.astype(np.int32))
    # PyTorch takes no arrays that run backwards, as after a flip.
    return torch.from_numpy(np.require(rows, requirements=["C", "W"]))
