"""A transformer block over few tokens, for one model and for a stack of models alike."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from confu_core.errors import InvalidValue
from confu_core.layers import LayerNorm, Linear


class Block(nn.Module):
    """Attention and a hidden layer, each after a normalisation and added to what came in."""

    def __init__(
        self,
        width: int,
        hidden: int,
        *,
        heads: int,
        activation: Callable[[Tensor], Tensor],
        eps: float = 1e-5,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if width < 1 or width % heads:
            raise InvalidValue(f"fused_width must be a multiple of {heads}, the heads of attention; got {width}")
        self.heads, self.activation = heads, activation
        self.before, self.between = LayerNorm(width, eps), LayerNorm(width, eps)
        self.mix, self.out = Linear(width, 3 * width), Linear(width, width)
        self.widen, self.narrow = Linear(width, hidden), Linear(hidden, width)
        self.drop = nn.Dropout(dropout) if dropout else nn.Identity()

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens of shape (..., rows, tokens, width) to tokens of that shape."""
        count = tokens.shape[-2]
        flat = tokens.flatten(-3, -2)  # Linear maps know one axis of rows.
        mixed = self.mix(self.before(flat)).unflatten(-2, (-1, count)).unflatten(-1, (3, self.heads, -1))
        query, key, value = (part.transpose(-3, -2) for part in mixed.unbind(-3))
        seen = nn.functional.scaled_dot_product_attention(query, key, value).transpose(-3, -2)
        flat = flat + self.out(seen.flatten(-2).flatten(-3, -2))
        flat = flat + self._hidden(flat)
        return flat.unflatten(-2, (-1, count))

    def first(self, first: Tensor, others: Tensor) -> Tensor:
        """Map the first of each row's tokens, which sees itself and the others, alone.

        Where nothing follows that reads the others, what `forward` makes of them is left out.

        Parameters
        ----------
        first : Tensor, shape (rows, width) or (1, width)
            The same for all rows if there is one.
        others : Tensor, shape (rows, tokens, width)
            The rest.

        Returns
        -------
        Tensor, shape (rows, width)
            The first tokens.
        """
        rows, width = len(others), others.shape[-1]
        asks, own = self.mix(self.before(first)).split([width, 2 * width], -1)
        assert self.mix.bias is not None
        rest = linear(self.before(others.flatten(0, 1)), self.mix.weight[width:], self.mix.bias[width:])
        own = own.expand(rows, -1).unsqueeze(1)
        keys, values = torch.cat([own, rest.unflatten(0, (rows, -1))], 1).chunk(2, -1)
        # Heads lie side by side: a product with this matrix sums within each, its transpose spreads them out again.
        heads = torch.eye(self.heads, dtype=others.dtype, device=others.device).repeat_interleave(
            width // self.heads, 0
        )
        weights = ((asks.unsqueeze(1) * keys) @ (heads / math.sqrt(width // self.heads))).softmax(1)
        seen = first + self.out(((weights @ heads.mT) * values).sum(1))
        return seen + self._hidden(seen)

    def _hidden(self, tokens: Tensor) -> Tensor:
        return self.narrow(self.drop(self.activation(self.widen(self.between(tokens)))))


def quick_gelu(x: Tensor) -> Tensor:
    """Return ``x`` times the logistic function of 1.702 ``x``."""
    return x * torch.sigmoid(1.702 * x)
