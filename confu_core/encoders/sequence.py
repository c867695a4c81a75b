"""Small transformers, trained from scratch: for sequences of vectors, and for token ids."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from confu_core.errors import InvalidValue

__all__ = ["SequenceEncoder", "TextEncoder", "steps_there"]

HEADS = 4
PADDING = 0
FIRST_SPREAD = 0.02  # Of embeddings and places before training, as is usual for transformers.


class SequenceEncoder(nn.Module):
    """A linear map of each step, places, transformer layers, the mean over the steps, and one linear layer.

    Parameters
    ----------
    inputs : int
        Width of the vector of each step.
    length : int
        Most steps of a sequence.
    width : int
        Of the transformer; a multiple of 4.
    layers : int
        How many transformer layers.
    output_dim : int
        Width of the features, of each part where there are several.
    parts : int
        Of how many equal parts of a sequence there are features, side by side.

    Raises
    ------
    InvalidValue
        If the width is no multiple of 4.

    Examples
    --------
    >>> encoder = SequenceEncoder(inputs=35, length=50, output_dim=32)
    >>> encoder(torch.ones(2, 50, 35)).shape
    torch.Size([2, 32])
    """

    def __init__(
        self, inputs: int, length: int, *, width: int = 64, layers: int = 1, output_dim: int = 128, parts: int = 1
    ) -> None:
        super().__init__()
        check_width(width)
        self.output_dim, self.parts = parts * output_dim, parts
        # Features of others have scales of their own: some are pixels, some are hertz.
        self.scale = nn.LayerNorm(inputs)
        self.steps = nn.Linear(inputs, width)
        self.places = nn.Parameter(FIRST_SPREAD * torch.randn(length, width))
        self.layers = transformer(width, layers)
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, output_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map sequences, shape (n, up to `length`, inputs), to features, shape (n, output_dim)."""
        x = x.float()
        there = steps_there(x)
        longest = int(there.sum(1).max())
        x, there = x[:, :longest], there[:, :longest]
        hidden = self.layers(self.steps(self.scale(x)) + self.places[:longest], src_key_padding_mask=~there)
        return nn.functional.relu(self.out(mean_of_parts(self.norm(hidden), there, self.parts))).flatten(1)


def steps_there(x: Tensor) -> Tensor:
    """Tell the steps of sequences from what they were filled up with: steps of zeros, with nothing after them.

    Parameters
    ----------
    x : Tensor, shape (n, steps, width)
        Sequences that begin at step 0.

    Returns
    -------
    Tensor of bool, shape (n, steps)
        The first step is there in any case.
    """
    filled = (x != 0).any(-1)
    # A step of zeros before another step is one of the sequence: a face that was not found, a pause.
    there = filled.flip(1).cummax(1).values.flip(1) if filled.shape[1] else filled
    there[:, 0] = True
    return there


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
        Width of the features, of each part where there are several.
    parts : int
        Of how many equal parts of a text there are features, side by side.

    Examples
    --------
    >>> encoder = TextEncoder(vocabulary=100, length=16, output_dim=32)
    >>> encoder(torch.tensor([[2, 7, 0, 0]])).shape
    torch.Size([1, 32])
    """

    def __init__(
        self, vocabulary: int, length: int, *, width: int = 64, layers: int = 1, output_dim: int = 128, parts: int = 1
    ) -> None:
        super().__init__()
        check_width(width)
        self.output_dim, self.parts = parts * output_dim, parts
        self.tokens = nn.Embedding(vocabulary, width, padding_idx=PADDING)
        self.places = nn.Parameter(FIRST_SPREAD * torch.randn(length, width))
        nn.init.normal_(self.tokens.weight, std=FIRST_SPREAD)
        self.layers = transformer(width, layers)
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
        hidden = self.layers(self.tokens(ids) + self.places[:longest], src_key_padding_mask=padding)
        return nn.functional.relu(self.out(mean_of_parts(self.norm(hidden), ~padding, self.parts))).flatten(1)


def check_width(width: int) -> None:
    """Raise an error unless the heads of attention can share a width equally."""
    if width < HEADS or width % HEADS:
        raise InvalidValue(f"width must be a multiple of {HEADS}; got {width}")


def transformer(width: int, layers: int) -> nn.TransformerEncoder:
    """Return transformer layers without dropout, each normalised first."""
    layer = nn.TransformerEncoderLayer(
        width, HEADS, dim_feedforward=2 * width, dropout=0.0, batch_first=True, norm_first=True
    )
    return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)


def mean_of_parts(hidden: Tensor, there: Tensor, parts: int) -> Tensor:
    """Return the mean over each of some equal parts of the steps that are there, shape (n, parts, width).

    A part without a step, of a sequence that is shorter than their number, is the mean over all.
    """
    if parts == 1:
        return mean_over(hidden, there)
    place = torch.arange(there.shape[1], device=there.device) * parts // there.sum(1, keepdim=True)
    each = [there & (place == part) for part in range(parts)]
    filled = [torch.where(own.any(1, keepdim=True), own, there) for own in each]
    return torch.stack([mean_over(hidden, own) for own in filled], 1)


def mean_over(hidden: Tensor, there: Tensor) -> Tensor:
    """Return the mean over the steps that are there: (n, steps, width) and (n, steps) give (n, width)."""
    kept = there.unsqueeze(-1).to(hidden.dtype)
    return (hidden * kept).sum(1) / kept.sum(1)
