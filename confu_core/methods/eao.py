"""EAO: one transformer encodes every modality alone and every subset together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import inf
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core.errors import InvalidValue
from confu_core.info_nce import symmetric_info_nce
from confu_core.methods.base import Space, Term
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.clip import FusedCosine, checked_orders
from confu_core.methods.fusion import SharedFusion
from confu_core.methods.view import View
from confu_core.settings import Dial


class EAO(FusedCosine):
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
    margin : float
        Is taken off the score of every positive, at least 0; published for the option MMS, with a temperature of 1:
        0.001.
    sampled : int
        How many subsets of two or more each step of training draws, for five modalities or more; 0 takes all. What is
        drawn weighs more, so that the loss is on average that of all.
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
    own_loss: ClassVar[bool | None] = False

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
        margin: float = 0.0,
        sampled: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(space, temperature=temperature, **options)
        Dial(low=0, below=inf).checked("margin", margin)
        Dial(low=0).checked("sampled", sampled)
        if margin and options.get("loss") == "sigmoid":
            raise InvalidValue(f"margin is for InfoNCE, the sigmoid loss has a bias; got margin {margin}: use 0")
        if not fused_weight > 0:
            raise InvalidValue(f"fused_weight must be above 0; got {fused_weight}: without fused terms it is clip")
        self.orders, self.fused_weight = checked_orders(orders, space, "eao", "clip"), fused_weight
        self.margin, self.sampled = margin, sampled
        if margin or sampled:  # A margin is taken off each sample's own pair, and a draw is of PyTorch's generator.
            self.broadcasts = False  # type: ignore[misc]
        settings: dict[str, Any] = {"width": fused_width, "depth": fused_depth, "dropout": dropout}
        self.fusion = SharedFusion(space.widths, space.dim, tokens=space.token_counts, **settings)

    def terms(self) -> list[Term]:
        """List a term per pair, and one per fused query and modality outside it."""
        single, fused = self.directions()
        total = len(single) + self.fused_weight * len(fused)
        alone = [Term(*direction, 2 / total) for direction in single]
        return [*alone, *(Term(*direction, 2 * self.fused_weight / total) for direction in fused)]

    def step_terms(self) -> list[Term]:
        """List the terms of all pairs, and in training those of the subsets that are drawn."""
        every = self.terms()
        subsets = list(dict.fromkeys(term.query for term in every if len(term.query) > 1))
        if not self.training or not 0 < self.sampled < len(subsets):
            return every
        drawn = {subsets[at] for at in torch.randperm(len(subsets))[: self.sampled].tolist()}
        more = len(subsets) / self.sampled
        alone = [term for term in every if len(term.query) == 1]
        return [*alone, *(replace(term, weight=more * term.weight) for term in every if term.query in drawn)]

    def term_loss(self, term: Term, batch: EmbeddedBatch) -> Tensor:
        """Return one term of the loss, with the margin."""
        if not self.margin:
            return super().term_loss(term, batch)
        scores = self.scores(batch, term.query, term.key)
        scores = scores - self.margin * torch.eye(batch.size, dtype=scores.dtype, device=scores.device)
        return symmetric_info_nce(scores, label_smoothing=self.label_smoothing, scale=self.scale())

    def head(self, members: tuple[int, ...]) -> Callable[[View], Tensor] | None:
        """Return the transformer, if training fuses as many modalities as these."""
        return self.fusion if len(members) in self.orders else None

    def project(self, modality: int, features: Tensor) -> Tensor:
        """Return the embeddings that the transformer makes of one modality alone."""
        return normalize(self.fusion(View((modality,), (features,), (features,))), dim=-1)
