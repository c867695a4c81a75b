"""One vector per query of several modalities, for probes that know nothing of scores."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from confu_core.methods.base import Method
from confu_core.methods.symile import Symile
from confu_core.methods.view import View

__all__ = ["QueryEmbedding", "query_embedding"]


@dataclass(frozen=True, eq=False)
class QueryEmbedding:
    """The vectors of a query.

    Attributes
    ----------
    vectors : Tensor, shape (rows, width)
        One per row of the view.
    defined : bool
        Whether the method itself defines such a vector; if False, reports mark it.
    """

    vectors: Tensor
    defined: bool


def query_embedding(method: Method, view: View) -> QueryEmbedding:
    """Return what a method's query amounts to as one vector.

    A single modality is its unit-norm embedding. For several it is

    - what the method's own ``embed(view)`` returns, where it has one and defines the score of this query: the fused
      embedding for ConFu;
    - the elementwise product of the embeddings for Symile, whose score is its inner product with the key;
    - else, and where no modality is left to be a key, the unit-norm embeddings side by side, as wide as all together.
      The method defines no vector of its own; this holds all that its score can depend on, and a probe may use of it
      what the score does not.

    Parameters
    ----------
    method : Method
        Trained.
    view : View
        Rows seen through the modalities of the query.

    Returns
    -------
    QueryEmbedding
        Vectors, not brought to length 1, and whether the method defines them.

    Examples
    --------
    >>> from confu_core.methods.base import Space
    >>> from confu_core.methods.clip import CLIP
    >>> z = torch.eye(2)
    >>> found = query_embedding(CLIP(Space(3, 8, 2)), View((0, 1), (z, z), (z, z)))
    >>> found.vectors.shape, found.defined
    (torch.Size([2, 4]), False)
    """
    members = view.modalities
    if len(members) == 1:
        return QueryEmbedding(view.embedding(members[0]), True)
    # The score of a query is defined for some key or for none; any modality that is not part of it will do.
    key = tuple(m for m in range(method.space.modalities) if m not in members)[:1]
    embed = getattr(method, "embed", None)
    if embed is not None and method.defines(members, key):
        return QueryEmbedding(embed(view), True)
    if isinstance(method, Symile) and key and method.defines(members, key):
        return QueryEmbedding(view.product(view.embeddings), True)
    return QueryEmbedding(torch.cat([view.embedding(m) for m in members], -1), False)
