"""A small transformer for token ids, trained from scratch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from confu_core.errors import InvalidValue

__all__ = ["TextEncoder"]

PADDING = 0
HEADS = 4
FIRST_SPREAD = 0.02  # Of embeddings before training, as is usual for transformers.


class TextEncoder(nn.Module):
    """Embeddings of tokens and places, transformer layers, the mean over all tokens, and one linear layer.

    Parameters
    ----------
    vocabulary : int
        Number of tokens; token 0 is padding.
    length : int
        Most tokens of a text.
    width : int
        Of the embeddings; a multiple of 4.
    layers : int
        How many transformer layers.
    output_dim : int
        Width of the features.

    Examples
    --------
    >>> encoder = TextEncoder(vocabulary=100, length=16, output_dim=32)
    >>> encoder(torch.tensor([[2, 7, 0, 0]])).shape
    torch.Size([1, 32])
    """

    def __init__(
        self, vocabulary: int, length: int, *, width: int = 64, layers: int = 1, output_dim: int = 128
    ) -> None:
        super().__init__()
        if width < HEADS or width % HEADS:
            raise InvalidValue(f"width must be a multiple of {HEADS}; got {width}")
        self.output_dim = output_dim
        self.tokens = nn.Embedding(vocabulary, width, padding_idx=PADDING)
        self.places = nn.Parameter(FIRST_SPREAD * torch.randn(length, width))
        nn.init.normal_(self.tokens.weight, std=FIRST_SPREAD)
        layer = nn.TransformerEncoderLayer(
            width, HEADS, dim_feedforward=2 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, output_dim)

    def forward(self, ids: Tensor) -> Tensor:
        """Map token ids, shape (n, up to `length`), to features, shape (n, output_dim)."""
        ids = ids.long()
        padding = ids == PADDING
        # A text of nothing still needs one place to look at.
        longest = max(1, int((~padding).sum(1).max()))
        ids, padding = ids[:, :longest], padding[:, :longest].clone()
        padding[:, 0] = False
        x = self.layers(self.tokens(ids) + self.places[:longest], src_key_padding_mask=padding)
        kept = (~padding).unsqueeze(-1).to(x.dtype)
        pooled = (self.norm(x) * kept).sum(1) / kept.sum(1)
        return nn.functional.relu(self.out(pooled))
