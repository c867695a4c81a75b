"""Pairwise CLIP: every pair of modalities aligned on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import normalize

from confu_core.errors import InvalidValue
from confu_core.methods.base import Method, Space, Term, every_direction, pairs
from confu_core.methods.fusion import head_name
from confu_core.methods.view import View
from confu_core.settings import Dial

Direction = tuple[tuple[int, ...], tuple[int]]


def summed_cosine(query: View, key: View) -> Tensor:
    """Add up the cosines between every modality of a query and every one of a key.

    Parameters
    ----------
    query, key : View
        Rows with unit-norm embeddings.

    Returns
    -------
    Tensor, shape (..., query rows, key rows)
        For one modality on either side, the cosine.

    Examples
    --------
    >>> import torch
    >>> z = torch.eye(2)
    >>> summed_cosine(View((0, 1), (z, z), (z, z)), View((2,), (z,), (z,)))
    tensor([[2., 0.],
            [0., 2.]])
    """
    return query.total(query.embeddings) @ key.total(key.embeddings).mT


class CLIP(Method):
    r"""Pairwise CLIP, the mean over all pairs of modalities of the symmetric InfoNCE.

    .. math:: \binom{M}{2}^{-1} \sum_{i<j} \mathrm{sym}(z_i z_j^\top / \tau)

    A query of several modalities scores by the sum of its cosines. Defaults are those of the pairwise baseline
    in ConFu's comparison (arXiv 2511.21331): a fixed temperature of 0.07.

    Examples
    --------
    >>> from confu_core.methods.base import Space
    >>> [term.name for term in CLIP(Space(3, 64, 16)).terms()]
    ['0->1', '0->2', '1->2']
    """

    broadcasts: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)

    def terms(self) -> list[Term]:
        """List one term per pair."""
        every = pairs(self.space.modalities)
        return [Term(query, key, 1 / len(every)) for query, key in every]

    def score(self, query: View, key: View) -> Tensor:
        """Return the sum of cosines."""
        return summed_cosine(query, key)


class FusedCosine(Method):
    """Scores by cosines of one vector a side, where a head makes one of several modalities; or else by their sums.

    Heads lie in `heads` by `head_name`, unless a subclass has another `head`; `orders` are sizes of fused queries.
    """

    heads: nn.ModuleDict
    orders: tuple[int, ...]

    def head(self, members: tuple[int, ...]) -> Callable[[View], Tensor] | None:
        """Return what makes one vector of these modalities, of any length; None where nothing does."""
        if (name := head_name(members)) not in self.heads:
            return None
        return self.heads[name]

    def directions(self) -> tuple[list[Direction], list[Direction]]:
        """List the pairs of single modalities, and every fused query with every modality outside it."""
        modalities = self.space.modalities
        fused = [direction for k in self.orders for direction in every_direction(modalities, k)]
        return [*pairs(modalities)], fused

    def defines(self, query: tuple[int, ...], key: tuple[int, ...]) -> bool:
        """Tell whether each side is a single modality or has a head."""
        return all(len(side) == 1 or self.head(side) is not None for side in (query, key))

    def score(self, query: View, key: View) -> Tensor:
        """Return the cosine of the two sides, or the sum of cosines where a side has no head."""
        one, other = self.embed(query), self.embed(key)
        return summed_cosine(query, key) if one is None or other is None else one @ other.mT

    def embed(self, query: View) -> Tensor | None:
        """Return the embedding of a single modality, or the fused embedding of several that have a head.

        Parameters
        ----------
        query : View
            Rows seen through one or more modalities.

        Returns
        -------
        Tensor, shape (..., query rows, dim), or None
            Unit-norm; None for several modalities without a head.
        """
        head = None if len(query.modalities) == 1 else self.head(query.modalities)
        return super().embed(query) if head is None else query.once(self, lambda: normalize(head(query), dim=-1))


def checked_orders(orders: Iterable[int], space: Space, method: str, instead: str) -> tuple[int, ...]:
    """Return sizes of fused queries, each once; raises InvalidValue for one that leaves no modality to find."""
    if space.modalities < 3:
        asked = f"{method} fuses two modalities to find a third; got {space.modalities} in all"
        raise InvalidValue(f"{asked}: use {instead}")
    order = Dial(low=2, high=space.modalities - 1)
    return tuple(order.checked("orders", one) for one in sorted(set(orders)))


class Brought(Method):
    """Scores embeddings that come without a method, by cosines with a query's own vector, or else the sum of its parts.

    What has a vector of its own, a subclass says by `embed`.
    """

    def score(self, query: View, key: View) -> Tensor:
        """Return cosines; for several modalities without a vector of their own, the sum of theirs."""
        return self._vector(query) @ self._vector(key).mT

    def _vector(self, view: View) -> Tensor:
        own = self.embed(view)
        return view.total(view.embeddings) if own is None else own
