"""A batch as methods see it: views of its embedded rows, and how often each pair of rows occurs.

Two kinds of batch have the same face. In a batch of samples, row r of every table belongs to sample r. In a
batch over a finite support the tables hold the distinct inputs and ``codes`` says which of them make up each
sample: whatever is computed per row is computed once per distinct row, and losses weigh rows by their counts
(:mod:`confu_core.info_nce`). Both give the same losses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import torch
from torch import Tensor

from confu_core.methods.view import Aligned, Grid, Indexed, Layout, View

Shuffle = Callable[[int, int], Tensor]  # (anchor, modality) -> a permutation of the samples, (..., n)

# A grid may hold this many rows per sample: rows of a grid cost less than gathered ones.
GRID_ROWS_PER_SAMPLE = 2


class EmbeddedBatch:
    """The embedded rows of a batch.

    Parameters
    ----------
    features : sequence of Tensor, shape (..., rows, feature width)
        One table per modality: what its encoder yields.
    embeddings : sequence of Tensor, shape (..., rows, dim)
        The same rows, projected and unit-norm.
    codes : Tensor of int64, shape (..., n, modalities), optional
        The table rows that make up each sample. Without it the tables hold the samples themselves.
    shuffle : callable, optional
        Gives the permutation of a modality's samples for the negatives of an anchor; by default PyTorch's
        global generator draws it.
    second : EmbeddedBatch, optional
        The same samples, changed independently, in training of a method with two `Method.views`.
    labels : Tensor of int64, shape (n,), optional
        The class of each sample, where it is known: in training and validation of media.
    present : Tensor of bool, shape (n, modalities), optional
        Which modalities each sample has, in a batch of samples; without it all.

    Examples
    --------
    >>> z = [torch.eye(2)] * 3
    >>> batch = EmbeddedBatch(z, z, codes=torch.tensor([[0, 0, 0], [0, 1, 1], [0, 1, 1]]))
    >>> batch.counts((0, 1), (2,))
    tensor([[1., 0.],
            [0., 2.],
            [0., 0.],
            [0., 0.]])
    """

    def __init__(
        self,
        features: Sequence[Tensor],
        embeddings: Sequence[Tensor],
        codes: Tensor | None = None,
        shuffle: Shuffle | None = None,
        second: EmbeddedBatch | None = None,
        labels: Tensor | None = None,
        present: Tensor | None = None,
    ) -> None:
        self.features = tuple(features)
        self.embeddings = tuple(embeddings)
        self.codes = codes
        self.shuffle = shuffle
        self.second = second
        self.labels = labels
        self.present = present
        self._views: dict[tuple[int, ...], View] = {}
        self._rows: dict[tuple[int, ...], Tensor] = {}

    @property
    def size(self) -> int:
        """Number of samples."""
        return self.embeddings[0].shape[-2] if self.codes is None else self.codes.shape[-2]

    @property
    def modalities(self) -> int:
        """Number of modalities."""
        return len(self.embeddings)

    def view(self, modalities: tuple[int, ...]) -> View:
        """Return the batch seen through some modalities.

        Parameters
        ----------
        modalities : tuple of int
            Ascending.

        Returns
        -------
        View
            The same object every time, so that what it remembers is shared by the terms of a loss.
        """
        if modalities not in self._views:
            self._views[modalities] = self.view_with(modalities, self._layout(modalities))
        return self._views[modalities]

    def view_with(self, modalities: tuple[int, ...], layout: Layout) -> View:
        """Return the batch seen through some modalities, laid out in a way of the caller's.

        Parameters
        ----------
        modalities : tuple of int
            Ascending.
        layout : Layout
            Which table rows make up a row.

        Returns
        -------
        View
            A new one.
        """
        pick = [self.features[m] for m in modalities], [self.embeddings[m] for m in modalities]
        return View(modalities, tuple(pick[0]), tuple(pick[1]), layout)

    def each(self, change: Callable[[Tensor], Tensor], labels: Tensor | None = None) -> EmbeddedBatch:
        """Return a batch of samples whose tables are changed one by one.

        Parameters
        ----------
        change : callable
            What is done to a table.
        labels : Tensor of int64, shape (n,), optional
            The class of each sample.

        Returns
        -------
        EmbeddedBatch
            A new one.
        """
        return EmbeddedBatch([*map(change, self.features)], [*map(change, self.embeddings)], labels=labels)

    def having(self, modalities: tuple[int, ...]) -> EmbeddedBatch:
        """Return the samples that have some modalities: a term of a loss compares no others.

        Parameters
        ----------
        modalities : tuple of int
            Which.

        Returns
        -------
        EmbeddedBatch
            The batch itself where all have them; else a new one, whose permutations keep the order of the batch's.
        """
        if self.present is None or (kept := self.present[:, list(modalities)].all(1)).all():
            return self
        place = kept.cumsum(0) - 1

        def shuffle(anchor: int, modality: int) -> Tensor:
            order = self.shuffled(anchor, (modality,))[:, 0]
            return place[order[kept[order]]]

        found = self.each(lambda table: table[kept], None if self.labels is None else self.labels[kept])
        found.shuffle, found.present = shuffle, self.present[kept]
        if self.second is not None:
            found.second = self.second.each(lambda table: table[kept], found.labels)
        return found

    def counts(self, query: tuple[int, ...], key: tuple[int, ...]) -> Tensor | None:
        """Return how many samples pair each row of one view with each row of another.

        Parameters
        ----------
        query, key : tuple of int
            Modalities of the views.

        Returns
        -------
        Tensor, shape (..., query rows, key rows), or None
            None where rows are samples on both sides: the pairs then lie on the diagonal.
        """
        if self.codes is None:
            return None
        layouts = self.view(query).layout, self.view(key).layout
        if all(isinstance(layout, Indexed) for layout in layouts):
            return None
        (rows, n_rows), (columns, n_columns) = self.rows(query), self.rows(key)
        flat = self.occurrences(rows * n_columns + columns, n_rows * n_columns)
        return flat.unflatten(-1, (n_rows, n_columns))

    def occurrences(self, numbers: Tensor, size: int) -> Tensor:
        """Count how often each of the numbers 0 to ``size - 1`` occurs.

        Parameters
        ----------
        numbers : Tensor of int64, shape (..., n)
            What to count, along the last axis.
        size : int
            How many numbers there are.

        Returns
        -------
        Tensor, shape (..., size)
            Counts, in the type of the embeddings.
        """
        counts = self.embeddings[0].new_zeros(*numbers.shape[:-1], size)
        return counts.scatter_add_(-1, numbers, counts.new_ones(()).expand(numbers.shape))

    def rows(self, modalities: tuple[int, ...], codes: Tensor | None = None) -> tuple[Tensor, int]:
        """Return the row of a view that each sample is, and the number of rows.

        Parameters
        ----------
        modalities : tuple of int
            Of the view.
        codes : Tensor of int64, shape (..., n, modalities of the view), optional
            Table rows of each sample; by default the batch's own.

        Returns
        -------
        tuple of (Tensor of int64 with shape (..., n), int)
            Row numbers, and how many rows there are.
        """
        if self.codes is None:
            return torch.arange(self.size, device=self.embeddings[0].device), self.size
        if isinstance(self.view(modalities).layout, Indexed):
            return torch.arange(self.size, device=self.codes.device).expand(self.codes.shape[:-1]), self.size
        sizes = self._sizes(modalities)
        if codes is not None:
            return number_of(codes.unbind(-1), sizes), prod(sizes)
        if modalities not in self._rows:  # Every term asks for both of its sides.
            self._rows[modalities] = number_of([self.codes[..., m] for m in modalities], sizes)
        return self._rows[modalities], prod(sizes)

    def row_count(self, modalities: tuple[int, ...]) -> int:
        """Return the number of rows of a view."""
        if self.codes is None or isinstance(self.view(modalities).layout, Indexed):
            return self.size
        return prod(self._sizes(modalities))

    def shuffled(self, anchor: int, modalities: tuple[int, ...]) -> Tensor:
        """Return permutations of the samples, one per modality, for the negatives of an anchor.

        Parameters
        ----------
        anchor : int
            The modality that the negatives are for.
        modalities : tuple of int
            The modalities to permute independently.

        Returns
        -------
        Tensor of int64, shape (..., n, len(modalities))
            Column i permutes the i-th modality.
        """
        if self.shuffle is None:
            drawn = [torch.randperm(self.size) for _ in modalities]
        else:
            drawn = [self.shuffle(anchor, m) for m in modalities]
        return torch.stack(drawn, -1).to(self.embeddings[0].device)

    def _sizes(self, modalities: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(self.embeddings[m].shape[-2] for m in modalities)

    def _layout(self, modalities: tuple[int, ...]) -> Layout:
        if self.codes is None:
            return Aligned()
        sizes = self._sizes(modalities)
        # One modality's table is its own grid, however large.
        if len(sizes) == 1 or prod(sizes) <= GRID_ROWS_PER_SAMPLE * self.size:
            return Grid(sizes)
        return Indexed(self.codes[..., list(modalities)])


def number_of(columns: Sequence[Tensor], sizes: Sequence[int]) -> Tensor:
    """Return the numbers of combinations of rows of tables, the last varying fastest."""
    number = columns[0]
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        number = column.add(number, alpha=size)
    return number
