"""Samples over tables of inputs, and the order in which training sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from confu_core.random import generator

__all__ = ["Batch", "Samples", "batches"]

VIEW_NOISE = 0.3  # Standard deviation of what a view of a vector has added to each entry.


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
    """

    inputs: tuple[Tensor, ...]
    codes: Tensor | None
    seeds: tuple[int, ...]
    step: int
    ranks: int = 1
    second: tuple[Tensor, ...] | None = None
    labels: Tensor | None = None

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
