"""What encoders of texts and of sequences share: transformer layers over steps, of which some only fill others up."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor, nn

from confu_core.errors import InvalidValue

HEADS = 4
GROUP = 16  # Sequences that are filled up to one length: of more one is longer, fewer take longer by themselves.


class StepsEncoder(nn.Module):
    """Transformer layers without dropout, each normalised first, the mean over the steps, and one linear layer."""

    places: nn.Parameter

    def __init__(self, width: int, output_dim: int, parts: int) -> None:
        super().__init__()
        if width < HEADS or width % HEADS:
            raise InvalidValue(f"width must be a multiple of {HEADS}; got {width}")
        self.output_dim, self.parts = parts * output_dim, parts

    def finish(self, width: int, layers: int) -> None:
        """Make what stands behind the steps and their places."""
        layer = nn.TransformerEncoderLayer(
            width, HEADS, dim_feedforward=2 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, self.output_dim // self.parts)

    def embedded(self, x: Tensor) -> Tensor:
        """Map steps, shape (steps, ...), to vectors, shape (steps, width)."""
        raise NotImplementedError

    def features(self, x: Tensor, there: Tensor) -> Tensor:
        """Map sequences, of whose steps some are there, to features, shape (n, output_dim).

        Sequences of about one length are filled up together, and all their steps lie behind each other: only attention
        and the mean look at a sequence as one.
        """
        lengths = there.sum(1)
        # An accelerator takes longer to begin a product than to finish it.
        alike = len(x) <= GROUP or not x.is_cpu or bool(lengths.min() == lengths.max())
        order = lengths.argsort(stable=True)
        groups = [slice(None)] if alike else order.chunk(math.ceil(len(x) / GROUP))
        parts = [_cut(x[rows], there[rows]) for rows in groups]
        masks = [inside for _, inside in parts]
        steps = self.embedded(_joined([own.flatten(0, 1) for own, _ in parts]))
        steps = _joined([(one + self.places[: one.shape[1]]).flatten(0, 1) for one in _parts(steps, masks)])
        for layer in self.layers.layers:
            steps = _through(layer, steps, masks)
        hidden = zip(_parts(self.norm(steps), masks), masks, strict=True)
        means = _joined([mean_of_parts(one, inside, self.parts) for one, inside in hidden])
        return nn.functional.relu(self.out(means if alike else means[order.argsort()])).flatten(1)


def _parts(steps: Tensor, masks: list[Tensor]) -> list[Tensor]:
    """Return the sequences of each group, shape (sequences, steps, width), of steps behind each other."""
    each = steps.split([inside.numel() for inside in masks])
    return [one.unflatten(0, inside.shape) for one, inside in zip(each, masks, strict=True)]


def _joined(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def _through(layer: Any, steps: Tensor, masks: list[Tensor]) -> Tensor:
    """Return what a layer without dropout, normalised first, makes of the steps of all groups, shape (steps, width).

    PyTorch's own picks query, key and value out of one tensor in a way whose gradient is three tensors of that size.
    """
    own = layer.self_attn
    mixed = nn.functional.linear(layer.norm1(steps), own.in_proj_weight, own.in_proj_bias)
    groups = zip(_parts(mixed, masks), masks, strict=True)
    seen = _joined([_attended(one, inside, own.num_heads) for one, inside in groups])
    steps = steps + own.out_proj(seen)
    hidden = nn.functional.relu(layer.linear1(layer.norm2(steps)), inplace=True)
    return cast(Tensor, steps + layer.linear2(hidden))


def _attended(mixed: Tensor, there: Tensor, heads: int) -> Tensor:
    """Return what each step sees, shape (sequences * steps, width), of queries, keys and values side by side."""
    query, key, value = (part.transpose(1, 2) for part in mixed.unflatten(-1, (3, heads, -1)).unbind(-3))
    seen = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=there[:, None, None])
    return seen.transpose(1, 2).flatten(2).flatten(0, 1)


def _cut(x: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    longest = int(there.sum(1).max())
    return x[:, :longest], there[:, :longest]


def mean_of_parts(hidden: Tensor, there: Tensor, parts: int) -> Tensor:
    """Return the mean over each of some equal parts of the steps that are there, shape (n, parts, width).

    A part without a step, of a sequence that is shorter than that, is the mean over all. One part alone is (n, width).
    """
    if parts == 1:
        return _mean_over(hidden, there)
    place = torch.arange(there.shape[1], device=there.device) * parts // there.sum(1, keepdim=True)
    each = [there & (place == part) for part in range(parts)]
    filled = [torch.where(own.any(1, keepdim=True), own, there) for own in each]
    return torch.stack([_mean_over(hidden, own) for own in filled], 1)


def _mean_over(hidden: Tensor, there: Tensor) -> Tensor:
    kept = there.unsqueeze(-1).to(hidden.dtype)
    return (hidden * kept).sum(1) / kept.sum(1)
