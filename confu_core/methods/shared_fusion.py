"""The fused head of EAO: one transformer over the tokens of any of the modalities, shared by all subsets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize

from confu_core.layers import LayerNorm, Linear
from confu_core.methods.transformer import Block
from confu_core.settings import Dial

if TYPE_CHECKING:
    from confu_core.methods.view import View

EPS = 1e-6  # Of every normalisation in the published head.


class GatedUnit(nn.Module):
    """A linear map h, times the logistic function of a linear map of h."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.map, self.gate = Linear(inputs, outputs), Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map rows of shape (..., rows, inputs) to (..., rows, outputs)."""
        hidden = self.map(x)
        return hidden * torch.sigmoid(self.gate(hidden))


class SharedFusion(nn.Module):
    """The published head (arXiv 2112.04446): gated units, shared blocks, and the mean of the members' directions.

    Tokens of the members lie side by side, without places and without a mark of their modality; of what the blocks
    yield, each member's own tokens are averaged and projected by a gated unit of that modality.
    """

    def __init__(
        self,
        features: Sequence[int],
        dim: int,
        *,
        tokens: Sequence[int] | None = None,
        width: int,
        depth: int = 1,
        dropout: float = 0.0,
        heads: int = 8,
    ) -> None:
        super().__init__()
        Dial(low=1).checked("fused_depth", depth)
        Dial(low=0, below=1).checked("dropout", dropout)
        self.tokens = [1] * len(features) if tokens is None else list(tokens)
        self.units = nn.ModuleList(
            GatedUnit(own // count, width) for own, count in zip(features, self.tokens, strict=True)
        )
        self.norms = nn.ModuleList(LayerNorm(width, EPS) for _ in features)
        self.blocks = nn.Sequential(
            *(Block(width, width, heads=heads, activation=gelu, eps=EPS, dropout=dropout) for _ in range(depth))
        )
        self.projections = nn.ModuleList(GatedUnit(width, dim) for _ in features)

    def forward(self, view: View) -> Tensor:
        """Map a view of any modalities to embeddings, shape (..., rows, dim), of length 1 or less."""
        counts = [self.tokens[m] for m in view.modalities]
        placed = [
            view.lay_out(self._own(m, features), position).unflatten(-1, (count, -1))
            for position, (m, features, count) in enumerate(zip(view.modalities, view.features, counts, strict=True))
        ]
        seen = self.blocks(torch.cat(placed, -2)).split(counts, -2)
        projected = [self.projections[m](own.mean(-2)) for m, own in zip(view.modalities, seen, strict=True)]
        return torch.stack([normalize(own, dim=-1) for own in projected]).mean(0)

    def _own(self, modality: int, features: Tensor) -> Tensor:
        """Return the tokens of one modality before they meet others, side by side."""
        count = self.tokens[modality]
        each = features.unflatten(-1, (count, -1)).flatten(-3, -2)
        return self.norms[modality](self.units[modality](each)).unflatten(-2, (-1, count)).flatten(-2)
