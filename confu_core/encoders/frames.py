"""Several frames of one video: one encoder for all of them, and the mean of its features."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["AveragedFrames"]


class AveragedFrames(nn.Module):
    """Maps frames, shape (n, frames, ...), to the mean of their features.

    Parameters
    ----------
    encoder : Module
        Maps pictures, shape (n, ...), to features of shape (n, output_dim), which it names as ``output_dim``.

    Examples
    --------
    >>> import torch
    >>> from confu_core.encoders.convolutional import PictureEncoder
    >>> AveragedFrames(PictureEncoder(8, 32))(torch.zeros(2, 8, 3, 64, 64, dtype=torch.uint8)).shape
    torch.Size([2, 32])
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.output_dim = int(encoder.output_dim)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return features, shape (n, output_dim)."""
        return self.encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2]).mean(1)
