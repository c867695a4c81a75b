"""Convolutional encoders, trained from scratch: pictures, spectrograms of sounds, frames of videos."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from confu_core.errors import InvalidValue

__all__ = ["AveragedFrames", "ConvolutionalEncoder", "PictureEncoder", "SoundEncoder"]

CHANNELS_PER_GROUP = 8
STRIDES = (2, 2, 2, 1)
FEWEST = 32  # Bands and frames that are left of a spectrogram; more cost time and told no more.
QUIETEST_SPREAD = 1.0  # dB: a clip of silence must not be blown up to noise.


class ConvolutionalEncoder(nn.Module):
    """Four convolutions, the mean and the maximum over all places, and one linear layer.

    Normalisation is by groups of channels and not by batch, so that a row's features depend on nothing but the row:
    several processes that share a batch then compute what one alone would.

    Parameters
    ----------
    width : int
        Channels of the first convolution; the others have two and four times as many.
    output_dim : int
        Width of the features, of each part where there are several.
    parts : int
        A square number: of how many equal parts of what is seen there are features, side by side.

    Examples
    --------
    >>> PictureEncoder(8, 32)(torch.zeros(2, 3, 64, 64, dtype=torch.uint8)).shape
    torch.Size([2, 32])
    """

    inputs: ClassVar[int] = 1

    def __init__(self, width: int = 16, output_dim: int = 128, parts: int = 1) -> None:
        super().__init__()
        if width < CHANNELS_PER_GROUP or width % CHANNELS_PER_GROUP:
            raise InvalidValue(f"width must be a multiple of {CHANNELS_PER_GROUP}; got {width}")
        self.side = math.isqrt(parts)
        if self.side**2 != parts:
            raise InvalidValue(f"parts must be a square number; got {parts}")
        self.output_dim, self.parts = parts * output_dim, parts
        sizes = (self.inputs, width, 2 * width, 4 * width, 4 * width)
        steps = zip(pairwise(sizes), STRIDES, strict=True)
        self.blocks = nn.Sequential(*(_block(*pair, stride) for pair, stride in steps))
        self.out = nn.Linear(2 * sizes[-1], output_dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map raw inputs to features, shape (n, output_dim)."""
        # Channels last is the layout that the convolutions of a CPU are fastest in.
        maps = self.blocks(self.prepared(x).contiguous(memory_format=torch.channels_last))
        if self.parts == 1:
            pooled = torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1)
            return nn.functional.relu(self.out(pooled))
        mean, largest = nn.functional.adaptive_avg_pool2d, nn.functional.adaptive_max_pool2d
        pooled = torch.cat([mean(maps, self.side), largest(maps, self.side)], dim=1).flatten(2).mT
        return nn.functional.relu(self.out(pooled)).flatten(1)

    def prepared(self, x: Tensor) -> Tensor:
        """Bring raw inputs to zero mean and a spread of about one, shape (n, channels, height, width)."""
        raise NotImplementedError


class PictureEncoder(ConvolutionalEncoder):
    """Maps pictures, uint8 of shape (n, 3, side, side), or floats on the same scale, to features."""

    inputs: ClassVar[int] = 3

    def prepared(self, x: Tensor) -> Tensor:
        """Return the pictures as floats of about -2 to 2."""
        return (x.float() - 127.5) / 64


class SoundEncoder(ConvolutionalEncoder):
    """Maps log-mel spectrograms in dB, float16 or float32 of shape (n, bands, frames), to features.

    Each clip is brought to a mean of zero and a spread of one, since its loudness says how far the microphone was.
    """

    def prepared(self, x: Tensor) -> Tensor:
        """Return the spectrograms at 32 to 63 bands and as many frames, where they have more; each standardised."""
        x = nn.functional.avg_pool2d(x.float().unsqueeze(1), [_pooled(size) for size in x.shape[1:]])
        spread, mean = torch.std_mean(x, dim=(1, 2, 3), keepdim=True)
        return (x - mean) / spread.clamp(min=QUIETEST_SPREAD)


def _pooled(size: int) -> int:
    """Return the largest power of two that leaves an axis `FEWEST` places."""
    return 1 << max(0, (size // FEWEST).bit_length() - 1)


def _block(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(outputs // CHANNELS_PER_GROUP, outputs),
        nn.ReLU(inplace=True),
    )


class AveragedFrames(nn.Module):
    """Maps frames, shape (n, frames, ...), to the mean of their features.

    Parameters
    ----------
    encoder : Module
        Maps pictures, shape (n, ...), to features of shape (n, output_dim), which it names as ``output_dim``.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.output_dim = int(encoder.output_dim)  # type: ignore[arg-type]
        self.parts = getattr(encoder, "parts", 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return features, shape (n, output_dim)."""
        return self.encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2]).mean(1)
