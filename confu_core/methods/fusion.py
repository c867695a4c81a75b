"""Fused heads, which turn the features of several modalities into one embedding, and a block of transformers.

A head sees the unprojected features of its members. It joins them into one hidden layer, and a tail that all
kinds share leads from there to the embedding space. Each member's part of the joining layer is computed once
per distinct row and combined afterwards, so that a grid of V x V pairs costs V rows of it and not V * V.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, linear, normalize

from confu_core.errors import InvalidValue, MethodError
from confu_core.layers import LayerNorm, Linear
from confu_core.methods.base import Space
from confu_core.methods.view import View
from confu_core.settings import Dial
from confu_core.user_code import one_line, user_attribute

SLOPE = 0.2  # Of the LeakyReLU that ends the published head.
EPS = 1e-6  # Of every normalisation in the head that all subsets share.


class Fusion(nn.Module):
    """Base of the heads: joined features, hidden layers, and a linear map into the embedding space."""

    def __init__(self, features: Sequence[int], dim: int, *, width: int, depth: int, dropout: float) -> None:
        super().__init__()
        if width < 1 or depth < 1:
            raise InvalidValue(f"fused_width and fused_depth must be at least 1; got {width} and {depth}")
        Dial(low=0, below=1).checked("dropout", dropout)
        # One bias is enough for a sum of linear maps.
        self.parts = nn.ModuleList(Linear(own, width, bias=i == 0) for i, own in enumerate(features))
        self.drop = nn.Dropout(dropout) if dropout else nn.Identity()
        deeper = [module for _ in range(depth - 1) for module in (Linear(width, width), nn.ReLU(), self.drop)]
        self.deeper = nn.Sequential(*deeper)
        self.project = Linear(width, dim)

    def forward(self, view: View) -> Tensor:
        """Map a view of the members to embeddings, shape (..., rows, dim), of any length."""
        hidden = self.deeper(self.drop(self.join(view)))
        return self.drop(nn.functional.leaky_relu(self.project(hidden), SLOPE))

    def join(self, view: View) -> Tensor:
        """Map a view of the members to the first hidden layer, shape (..., rows, width)."""
        raise NotImplementedError

    def _each(self, layers: nn.ModuleList, view: View) -> list[Tensor]:
        return [layer(features) for layer, features in zip(layers, view.features, strict=True)]


class ConcatFusion(Fusion):
    """The published head (arXiv 2511.21331): concatenation, Linear, ReLU, Linear, LeakyReLU 0.2, with dropout."""

    def join(self, view: View) -> Tensor:
        """Return the first hidden layer; a linear map of a concatenation is a sum of linear maps."""
        return view.total(self._each(self.parts, view), then=torch.relu_)


class HadamardFusion(Fusion):
    """Low-rank bilinear pooling (arXiv 1610.04325): the product of one linear map per member.

    Every factor has a bias, so that the product of the members holds their single contributions too.
    """

    def __init__(self, features: Sequence[int], dim: int, *, width: int, depth: int, dropout: float) -> None:
        super().__init__(features, dim, width=width, depth=depth, dropout=dropout)
        self.parts = nn.ModuleList(Linear(own, width) for own in features)

    def join(self, view: View) -> Tensor:
        """Return the product of the members' maps."""
        return view.product(self._each(self.parts, view))


class GatedFusion(Fusion):
    """Gated multimodal units (arXiv 1702.01992): each member's tanh layer, weighted by a gate that sees all."""

    def __init__(self, features: Sequence[int], dim: int, *, width: int, depth: int, dropout: float) -> None:
        super().__init__(features, dim, width=width, depth=depth, dropout=dropout)
        self.gates = nn.ModuleList(
            nn.ModuleList(Linear(own, width, bias=i == 0) for i, own in enumerate(features)) for _ in features
        )

    def join(self, view: View) -> Tensor:
        """Return the gated sum of the members' layers."""
        values = [torch.tanh(part) for part in self._each(self.parts, view)]
        gated = [
            torch.sigmoid(view.total(self._each(gate, view))) * view.lay_out(value, position)  # type: ignore[arg-type]
            for position, (gate, value) in enumerate(zip(self.gates, values, strict=True))
        ]
        return torch.stack(gated).sum(0)


class GatedUnit(nn.Module):
    """A linear map h, times the logistic function of a linear map of h."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.map, self.gate = Linear(inputs, outputs), Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map rows of shape (..., rows, inputs) to (..., rows, outputs)."""
        hidden = self.map(x)
        return hidden * torch.sigmoid(self.gate(hidden))


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


FUSIONS: dict[str, type[Fusion]] = {
    "concat": ConcatFusion,
    "gated": GatedFusion,
    "hadamard": HadamardFusion,
}


def make_fusion(kind: str, features: Sequence[int], dim: int, *, width: int, depth: int, dropout: float) -> nn.Module:
    """Return a fused head by name, or of a class ``FILE.py:Head`` of the user's, which is made as `Fusion` is."""
    if ":" in kind:
        return _own_fusion(kind, features, dim, width=width, depth=depth, dropout=dropout)
    if kind not in FUSIONS:
        Dial(choices=(*FUSIONS, "shared")).checked("fusion", kind)
    return FUSIONS[kind](features, dim, width=width, depth=depth, dropout=dropout)


def make_heads(kind: str, space: Space, subsets: Sequence[tuple[int, ...]], **settings: Any) -> nn.ModuleDict:
    """Return a fused head for each subset of modalities, by `head_name`; one for all of them if ``kind`` is shared."""
    if kind == "shared" and subsets:
        shared = SharedFusion(space.widths, space.dim, tokens=space.token_counts, **settings)
        return nn.ModuleDict(dict.fromkeys(map(head_name, subsets), shared))
    widths = {head_name(members): [space.widths[m] for m in members] for members in subsets}
    return nn.ModuleDict({name: make_fusion(kind, own, space.dim, **settings) for name, own in widths.items()})


def head_name(members: tuple[int, ...]) -> str:
    """Return what the head of some modalities is called, such as ``"0+2"``."""
    return "+".join(map(str, members))


def _own_fusion(place: str, features: Sequence[int], dim: int, **settings: Any) -> nn.Module:
    found = user_attribute(place, "fused head", _is_head, must="not a subclass of torch.nn.Module")
    with one_line(f"fused head {place} cannot be made"):
        head: nn.Module = found(features, dim, **settings)
    head.register_forward_hook(partial(_check_fused, dim))
    return head


def _is_head(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, nn.Module) and value not in (nn.Module, Fusion)


def _check_fused(dim: int, head: nn.Module, inputs: tuple[Any, ...], fused: object) -> None:
    if not isinstance(fused, Tensor) or fused.shape[-1] != dim:
        got = tuple(fused.shape) if isinstance(fused, Tensor) else type(fused).__name__
        raise MethodError(f"fused head {type(head).__name__} must return (rows, dim), with {dim} for dim; got {got}")
