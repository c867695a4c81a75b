"""What probes see of a query: its embeddings side by side, or with their products; the same for every method."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from confu_core.methods.view import View

__all__ = ["side_by_side", "with_products"]


def side_by_side(view: View) -> Tensor:
    """Return the embeddings of a query one beside the other.

    Parameters
    ----------
    view : View
        Rows seen through the modalities of the query.

    Returns
    -------
    Tensor, shape (rows, modalities * dim)
        All that a method's score can depend on, where it is made of embeddings. A linear probe of it adds up what each
        modality says by itself.
    """
    return torch.cat([view.embedding(m) for m in view.modalities], -1)


def with_products(view: View) -> Tensor:
    """Return the embeddings of a query one beside the other, and after them the products of every two of them.

    Parameters
    ----------
    view : View
        Rows seen through the modalities of the query.

    Returns
    -------
    Tensor, shape (rows, (modalities + pairs of modalities) * dim)
        Products are entry by entry. A linear probe of it can tell what only two modalities together say, such as
        their XOR.

    Examples
    --------
    >>> one, two = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.6, 0.8]])
    >>> with_products(View((0, 1), (one, two), (one, two)))
    tensor([[1.0000, 0.0000, 0.6000, 0.8000, 0.6000, 0.0000]])
    """
    pairs = combinations(view.modalities, 2)
    products = [view.embedding(one) * view.embedding(two) for one, two in pairs]
    return torch.cat([side_by_side(view), *products], -1)
