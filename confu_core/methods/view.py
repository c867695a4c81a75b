"""A view: the rows of a batch seen through some of its modalities.

A query of a score is a view of one or more modalities, and so is a key. Each modality holds a table of
representations, and the layout of the view says which row of each table makes up row r of the view:

- `Aligned`: row r of every table (the tables hold the samples of a batch);
- `Grid`: every combination of rows (the tables hold the distinct inputs of a finite support);
- `Indexed`: rows by number, for supports whose combinations outnumber the samples.

Whatever acts on each modality's rows separately is computed on the tables and laid out afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import reduce

import torch
from torch import Tensor


class Aligned:
    """Row r of the view is row r of every table."""

    def place(self, table: Tensor, position: int) -> Tensor:
        """Lay out the table of the modality at a position so that it broadcasts with the others: here as it is."""
        return table

    def flatten(self, placed: Tensor) -> Tensor:
        """Bring what was placed and combined to the shape (..., rows, width), which it has."""
        return placed


@dataclass(frozen=True)
class Grid:
    """The rows of the view are all combinations of rows, the last modality varying fastest.

    Attributes
    ----------
    sizes : tuple of int
        Rows of each table.
    """

    sizes: tuple[int, ...]

    def place(self, table: Tensor, position: int) -> Tensor:
        """Give every modality an axis of its own: (..., rows_1, ..., rows_k, width), broadcast."""
        ones = [1] * len(self.sizes)
        ones[position] = self.sizes[position]
        return table.reshape(*table.shape[:-2], *ones, table.shape[-1])

    def flatten(self, placed: Tensor) -> Tensor:
        """Merge the axes of the modalities into one axis of rows."""
        lead, width = placed.shape[: -1 - len(self.sizes)], placed.shape[-1]
        return placed.expand(*lead, *self.sizes, width).flatten(-1 - len(self.sizes), -2)


@dataclass(frozen=True)
class Indexed(Aligned):
    """Row r of the view is row ``index[..., r, i]`` of the i-th table.

    Attributes
    ----------
    index : Tensor of int64, shape (..., rows, k)
        Row numbers, one column per modality of the view.
    """

    index: Tensor

    def place(self, table: Tensor, position: int) -> Tensor:
        """Pick the rows."""
        index = self.index[..., position]
        if index.dim() == 1 and table.dim() == 2:
            return table.index_select(0, index)
        return table.expand(*index.shape[:-1], *table.shape[-2:]).gather(
            -2, index.unsqueeze(-1).expand(*index.shape, table.shape[-1])
        )


Layout = Aligned | Grid | Indexed  # Which rows of the tables make up the rows of a view.


@dataclass(frozen=True, eq=False)
class View:
    """Rows of a batch seen through some modalities.

    Attributes
    ----------
    modalities : tuple of int
        Which ones, ascending.
    features : tuple of Tensor, shape (..., table rows, feature width)
        What each modality's encoder yields, before the projection; tables, not yet laid out.
    embeddings : tuple of Tensor, shape (..., table rows, dim)
        Unit-norm projections of the same.
    layout : Layout
        Which table rows make up a row of the view.

    Examples
    --------
    >>> z = torch.eye(2)
    >>> pairs = View((0, 1), (z, z), (z, z), Grid((2, 2)))
    >>> pairs.embedding(0)
    tensor([[1., 0.],
            [1., 0.],
            [0., 1.],
            [0., 1.]])
    """

    modalities: tuple[int, ...]
    features: tuple[Tensor, ...]
    embeddings: tuple[Tensor, ...]
    layout: Layout = field(default_factory=Aligned)
    _memory: dict[Hashable, Tensor] = field(default_factory=dict, repr=False)

    def embedding(self, modality: int) -> Tensor:
        """Return the unit-norm embeddings of one modality.

        Parameters
        ----------
        modality : int
            One of the view's modalities.

        Returns
        -------
        Tensor, shape (..., rows, dim)
            One row per row of the view.
        """
        position = self.modalities.index(modality)
        return self.lay_out(self.embeddings[position], position)

    def feature(self, modality: int) -> Tensor:
        """Return the unprojected features of one modality.

        Parameters
        ----------
        modality : int
            One of the view's modalities.

        Returns
        -------
        Tensor, shape (..., rows, feature width)
            One row per row of the view.
        """
        position = self.modalities.index(modality)
        return self.lay_out(self.features[position], position)

    def lay_out(self, table: Tensor, position: int) -> Tensor:
        """Return the rows of a table that make up the rows of the view.

        Parameters
        ----------
        table : Tensor, shape (..., table rows, width)
            Something computed from the features or embeddings of one modality, row by row.
        position : int
            Which of the view's modalities.

        Returns
        -------
        Tensor, shape (..., rows, width)
            One row per row of the view.
        """
        return self.layout.flatten(self.layout.place(table, position))

    def total(self, tables: Sequence[Tensor], then: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """Add up one table per modality, row by row of the view.

        Parameters
        ----------
        tables : sequence of Tensor, shape (..., table rows, width)
            In the order of the modalities.
        then : callable, optional
            What is done to each entry of the sums of two or more tables; it may work in place.

        Returns
        -------
        Tensor, shape (..., rows, width)
            The sums.
        """
        return self._combine(torch.add, tables, then)

    def product(self, tables: Sequence[Tensor]) -> Tensor:
        """Multiply one table per modality entry by entry, row by row of the view.

        Parameters
        ----------
        tables : sequence of Tensor, shape (..., table rows, width)
            In the order of the modalities.

        Returns
        -------
        Tensor, shape (..., rows, width)
            The products.
        """
        return self._combine(torch.mul, tables)

    def once(self, name: Hashable, compute: Callable[[], Tensor]) -> Tensor:
        """Compute something of this view the first time it is asked for, and remember it.

        Parameters
        ----------
        name : hashable
            What it is remembered under.
        compute : callable
            How to compute it.

        Returns
        -------
        Tensor
            The same object every time.
        """
        if name not in self._memory:
            self._memory[name] = compute()
        return self._memory[name]

    def _combine(
        self,
        operation: Callable[[Tensor, Tensor], Tensor],
        tables: Sequence[Tensor],
        then: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        # Broadcasting does the laying out: a table is never copied to the full number of rows first.
        placed = reduce(operation, [self.layout.place(table, position) for position, table in enumerate(tables)])
        # Before flattening: in place on a view, autograd would copy the whole tensor, twice.
        return self.layout.flatten(placed if then is None else then(placed))
