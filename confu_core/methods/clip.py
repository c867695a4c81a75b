"""Pairwise CLIP: every pair of modalities aligned on its own."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from confu_core.methods.base import Method, Term, pairs
from confu_core.methods.view import View

__all__ = ["CLIP", "Brought", "summed_cosine"]


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
