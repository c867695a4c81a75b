"""EAO: one transformer encodes every modality alone and every subset together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from torch import Tensor
from torch.nn.functional import normalize

from confu_core.errors import InvalidValue
from confu_core.methods.base import Method, Space, Term, every_direction, pairs
from confu_core.methods.clip import summed_cosine
from confu_core.methods.shared_fusion import SharedFusion
from confu_core.methods.view import View

__all__ = ["EAO"]


class EAO(Method):
    r"""EAO, Everything at Once (arXiv 2112.04446): the terms of ConFu, with one fused head for all subsets.

    .. math:: \frac{2}{\sum_t w_t} \Big[ \sum_{i<j} \mathrm{sym}(z_i z_j^\top/\tau)
              + \sum_{(Q, k)} w\, \mathrm{sym}(z_Q z_k^\top/\tau) \Big]

    with :math:`z_Q` what the shared transformer makes of the features of the modalities Q, of one as of several: the
    mean of the directions of its members, of length 1. As published a term is the *sum* of both directions.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    orders : iterable of int
        Sizes of the fused queries, each in [2, M - 1]; ``(2,)`` is published.
    fused_weight : float
        Weight w of every fused term, where a term of a pair has 1; above 0.
    fused_width, fused_depth : int
        Width of the transformer, a multiple of 8, and number of its blocks.
    dropout : float
        Of the hidden layers of its blocks, in [0, 1); published is none.
    temperature : float
        Divides the cosine.
    **options
        Those of `Method`.

    Examples
    --------
    >>> [term.name for term in EAO(Space(3, 64, 16)).terms()]
    ['0->1', '0->2', '1->2', '0+1->2', '0+2->1', '1+2->0']
    """

    broadcasts: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)
    projects: ClassVar[bool] = True

    def __init__(
        self,
        space: Space,
        *,
        orders: Iterable[int] = (2,),
        fused_weight: float = 1.0,
        fused_width: int = 512,
        fused_depth: int = 1,
        dropout: float = 0.0,
        temperature: float = 0.05,
        **options: Any,
    ) -> None:
        super().__init__(space, temperature=temperature, **options)
        if not fused_weight > 0:
            raise InvalidValue(f"fused_weight must be above 0; got {fused_weight}: without fused terms it is clip")
        self.orders, self.fused_weight = tuple(sorted(set(orders))), fused_weight
        for order in self.orders:
            if not 2 <= order < space.modalities:
                raise InvalidValue(f"orders must be in [2, {space.modalities - 1}]; got {order}")
        settings: dict[str, Any] = {"width": fused_width, "depth": fused_depth, "dropout": dropout}
        self.fusion = SharedFusion(space.widths, space.dim, tokens=space.token_counts, **settings)

    def terms(self) -> list[Term]:
        """List a term per pair, and one per fused query and modality outside it."""
        modalities = self.space.modalities
        weights = dict.fromkeys(pairs(modalities), 1.0)
        every = [direction for k in self.orders for direction in every_direction(modalities, k)]
        total = len(weights) + self.fused_weight * len(every)
        return [Term(query, key, 2 / total) for query, key in weights] + [
            Term(query, key, 2 * self.fused_weight / total) for query, key in every
        ]

    def defines(self, query: tuple[int, ...], key: tuple[int, ...]) -> bool:
        """Tell whether each side is a single modality or a subset that training has fused."""
        return all(len(side) in (1, *self.orders) for side in (query, key))

    def project(self, modality: int, features: Tensor) -> Tensor:
        """Return the embeddings that the transformer makes of one modality alone."""
        return normalize(self.fusion(View((modality,), (features,), (features,))), dim=-1)

    def score(self, query: View, key: View) -> Tensor:
        """Return the cosine of the two sides, or the sum of cosines where training has not fused a side."""
        one, other = self.embed(query), self.embed(key)
        return summed_cosine(query, key) if one is None or other is None else one @ other.mT

    def embed(self, query: View) -> Tensor | None:
        """Return the embedding of a single modality, or that of several encoded together, if training has fused them.

        Parameters
        ----------
        query : View
            Rows seen through one or more modalities.

        Returns
        -------
        Tensor, shape (..., query rows, dim), or None
            Unit-norm; None for several modalities that training does not fuse.
        """
        if len(query.modalities) not in self.orders:
            return super().embed(query)
        return query.once(self, lambda: normalize(self.fusion(query), dim=-1))
