"""CoMM: what one modality gives, fused alone, against the fusion of all of another view."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from confu_core.info_nce import nt_xents
from confu_core.layers import LayerNorm, Linear
from confu_core.methods.base import Method, Space, Term
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.fusion import Block, quick_gelu
from confu_core.methods.view import View
from confu_core.settings import Dial

HEADS = 8
FIRST_SPREAD = 0.02  # Of the class token before training.


class ClassTokenFusion(nn.Module):
    """The published fusion (arXiv 2409.07402): a learned token beside those of the members, and transformer blocks.

    Modalities that a view lacks are left out; nothing marks which modality a token is of.
    """

    def __init__(
        self, features: Sequence[int], *, tokens: Sequence[int], width: int, depth: int = 1, heads: int = HEADS
    ) -> None:
        super().__init__()
        Dial(low=1).checked("fused_depth", depth)
        self.counts = tuple(tokens)
        self.adapters = nn.ModuleList(Linear(own // count, width) for own, count in zip(features, tokens, strict=True))
        self.first = nn.Parameter(FIRST_SPREAD * torch.randn(width))
        self.blocks = nn.ModuleList(Block(width, 4 * width, heads=heads, activation=quick_gelu) for _ in range(depth))
        self.norm = LayerNorm(width)

    def forward(self, view: View) -> Tensor:
        """Map a view of any modalities to fused vectors, shape (rows, width)."""
        return self.fuse(self.tokens(view))

    def tokens(self, view: View) -> Tensor:
        """Return the tokens of the members of a view, shape (rows, tokens, width)."""
        each = []
        for position, (m, features) in enumerate(zip(view.modalities, view.features, strict=True)):
            placed = view.lay_out(features, position).unflatten(-1, (self.counts[m], -1))
            each.append(self.adapters[m](placed.flatten(0, 1)).unflatten(0, (-1, self.counts[m])))
        return torch.cat(each, 1)

    def fuse(self, tokens: Tensor) -> Tensor:
        """Map tokens of shape (rows, tokens, width) to fused vectors, shape (rows, width)."""
        first = self.first.unsqueeze(0)
        for block in self.blocks[:-1]:
            seen = block(torch.cat([first.expand(len(tokens), -1).unsqueeze(1), tokens], 1))
            first, tokens = seen[:, 0], seen[:, 1:]
        return self.norm(cast(Block, self.blocks[-1]).first(first, tokens))


class CoMM(Method):
    r"""CoMM (arXiv 2409.07402): each modality alone, and all together, against all together in the other view.

    .. math:: \frac{1}{M+1} \sum_{i \in \{1..M, \mathrm{all}\}}
              \tfrac12 \big[\mathrm{NT}(Z'_i, Z''_{\mathrm{all}}) + \mathrm{NT}(Z''_i, Z'_{\mathrm{all}})\big]

    with Z the fused vectors of two changed views, mapped by a head, and NT the loss of SimCLR. Probes read the fused
    vector before the head. Where there is one view, as in validation, it stands for both.

    Parameters
    ----------
    space : Space
        Number of modalities and widths.
    temperature : float
        Divides the cosine.
    fused_width, fused_depth : int
        Width of the fusion, a multiple of 8, and number of its blocks.
    head_width : int
        Of the hidden layers of the head.

    Examples
    --------
    >>> CoMM(Space(3, 64, 16)).views
    2
    """

    views: ClassVar[int] = 2
    tokens: ClassVar[int] = 4
    projects: ClassVar[bool] = True
    ours: ClassVar[str] = "all scores: cosines of fused vectors after the head; training fuses one modality or all"

    def __init__(
        self,
        space: Space,
        *,
        temperature: float = 0.1,
        fused_width: int = 512,
        fused_depth: int = 1,
        head_width: int = 512,
    ) -> None:
        super().__init__(space, temperature=temperature)
        Dial(low=1).checked("head_width", head_width)
        sizes = (fused_width, head_width, head_width, space.dim)
        self.fusion = ClassTokenFusion(space.widths, tokens=space.token_counts, width=fused_width, depth=fused_depth)
        layers: list[nn.Module] = []
        for own, following in pairwise(sizes):
            layers += [nn.Linear(own, following), nn.BatchNorm1d(following), nn.ReLU()]
        self.head = nn.Sequential(*layers[:-2])

    def terms(self) -> list[Term]:
        """Return nothing: the loss compares two views and not two sides."""
        return []

    def losses(self, batch: EmbeddedBatch) -> dict[str, Tensor]:
        """Return a term per modality, and that of all."""
        views = [self._fused(one) for one in self._views(batch)]
        return self._compared(views, 1 / (self.space.modalities + 1))

    def project(self, modality: int, features: Tensor) -> Tensor:
        """Return the fused vectors of one modality, before the head."""
        return self.fusion(View((modality,), (features,), (features,)))

    def embed(self, query: View) -> Tensor | None:
        """Return the fused vectors of a query, before the head."""
        return super().embed(query) if len(query.modalities) == 1 else query.once(self, lambda: self.fusion(query))

    def score(self, query: View, key: View) -> Tensor:
        """Return the cosine of both sides, fused and mapped by the head."""
        one, other = (normalize(self.head(self.embed(side)), dim=-1) for side in (query, key))
        return one @ other.mT

    def _views(self, batch: EmbeddedBatch) -> tuple[EmbeddedBatch, EmbeddedBatch]:
        return batch, batch if batch.second is None else batch.second

    def _fused(self, batch: EmbeddedBatch) -> list[Tensor]:
        """Return the fused vectors of each modality alone, then of all, after the head."""
        every = tuple(range(self.space.modalities))
        fused = [*batch.embeddings, self.embed(batch.view(every))]
        return [self.head(one) for one in fused]

    def _compared(self, views: Sequence[Sequence[Tensor]], share: float) -> dict[str, Tensor]:
        count = self.space.modalities
        whole, rows = "+".join(map(str, range(count))), [*views[0], *views[1]]
        # That of all is the same either way.
        pairs = [*((m, 2 * count + 1) for m in range(count)), *((count + 1 + m, count) for m in range(count))]
        *each, both = nt_xents(rows, [*pairs, (count, 2 * count + 1)], 1 / self.scale())
        means = [*((one + other) / 2 for one, other in zip(each[:count], each[count:], strict=True)), both]
        names = [*map(str, range(count)), whole]
        return {f"{name}->{whole}": share * mean for name, mean in zip(names, means, strict=True)}
