"""A method of your own: a learned low-rank tensor in place of Symile's fixed one.

Run it beside the built-in methods, with this file as its name:

    xorbench run --method examples/own_method.py:LowRankTensor --p 0.5
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn.functional import normalize

from confu_core.errors import InvalidValue
from confu_core.layers import Linear
from confu_core.methods import Method, Space, View


class LowRankTensor(Method):
    r"""Cosine between the product of the query's factors and the factor of the key.

    .. math:: s(Q, k) = \cos\Big(\prod_{i \in Q} (U_i z_i + u_i),\; U_k z_k + u_k\Big)

    The product is taken entry by entry. Each modality has one map to ``rank`` factors, which all directions share.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    rank : int
        Number of factors.
    **options
        Those of `Method`: temperature, learn_temperature, label_smoothing.
    """

    broadcasts: ClassVar[bool] = True  # Every row is scored by itself, with any leading axes.
    bounds: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)  # It is a cosine.

    def __init__(self, space: Space, *, rank: int = 64, **options: Any) -> None:
        super().__init__(space, **options)
        if rank < 1:
            raise InvalidValue(f"rank must be at least 1; got {rank}")
        self.factors = nn.ModuleList(Linear(space.dim, rank) for _ in range(space.modalities))

    def score(self, query: View, key: View) -> Tensor:
        """Return the cosine of the two sides."""
        return self.embed(query) @ self.embed(key).mT

    def embed(self, view: View) -> Tensor:
        """Return the normalised product of the factors of a view's modalities, shape (..., rows, rank)."""
        factors = [self.factors[m](z) for m, z in zip(view.modalities, view.embeddings, strict=True)]
        return normalize(view.product(factors), dim=-1)
