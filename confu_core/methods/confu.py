"""ConFu: single and fused embeddings in one space."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Any, ClassVar

from confu_core.methods.base import Space, Term
from confu_core.methods.clip import FusedCosine, checked_orders
from confu_core.methods.fusion import make_heads
from confu_core.settings import Dial


class ConFu(FusedCosine):
    r"""ConFu (arXiv 2511.21331): pairwise and fused contrastive terms together.

    .. math:: T^{-1} \Big[ (1-\lambda) \sum_{i<j} \mathrm{sym}(z_i z_j^\top/\tau)
              + \lambda \sum_{(Q, k)} \mathrm{sym}(z_Q z_k^\top/\tau) \Big]

    with :math:`z_Q` the embedding of the modalities Q fused, and T the number of terms of both kinds (6 for three
    modalities). With ``lam=0`` it is pairwise CLIP, as published: the fused terms and heads are left out and T is
    the number of pairs.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    lam : float
        Weight of the fused terms, in [0, 1].
    orders : iterable of int
        Sizes of the fused queries, each in [2, M - 1]; ``(2,)`` is published, ``(2, 3)`` adds 3->1 terms.
    fusion : {"concat", "hadamard", "gated", "shared"} or str
        Kind of fused head (:mod:`confu_core.methods.fusion`); ``"shared"`` is the one transformer of EAO for all, and
        ``FILE.py:Head`` one of the user's.
    fused_width, fused_depth : int
        Width and number of its hidden layers.
    dropout : float
        Of its hidden layers and its output, in [0, 1).
    **options
        Those of `Method`.

    Examples
    --------
    >>> [term.name for term in ConFu(Space(3, 64, 16)).terms()]
    ['0->1', '0->2', '1->2', '0+1->2', '0+2->1', '1+2->0']
    """

    broadcasts: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)

    def __init__(
        self,
        space: Space,
        *,
        lam: float = 0.5,
        orders: Iterable[int] = (2,),
        fusion: str = "concat",
        fused_width: int = 512,
        fused_depth: int = 1,
        dropout: float = 0.1,
        **options: Any,
    ) -> None:
        super().__init__(space, **options)
        Dial(low=0, high=1).checked("lam", lam)
        self.lam = lam
        self.orders = checked_orders(orders, space, "confu", "clip, or lam=0") if lam else ()
        fused = [members for k in self.orders for members in combinations(range(space.modalities), k)]
        self.heads = make_heads(fusion, space, fused, width=fused_width, depth=fused_depth, dropout=dropout)
        if ":" in fusion:  # A head of the user's may do anything with leading axes, unless its class says otherwise.
            says = (vars(type(head)).get("broadcasts", False) for head in self.heads.values())
            self.broadcasts = all(says)  # type: ignore[misc]

    def terms(self) -> list[Term]:
        """List a term per pair, and one per fused query and modality outside it."""
        single, fused = self.directions()
        share = 1 / (len(single) + len(fused))
        alone = [Term(*direction, (1 - self.lam) * share) for direction in single]
        return [*alone, *(Term(*direction, self.lam * share) for direction in fused)]
