"""Perceptrons: encoders of vectors."""

from __future__ import annotations

from torch import Tensor, nn

from confu_core.errors import InvalidValue
from confu_core.layers import perceptron

__all__ = ["VectorEncoder", "vector_encoder"]


def vector_encoder(inputs: int, width: int, depth: int) -> tuple[nn.Module, int]:
    """Return a multilayer perceptron for vectors, and the width of its features.

    Parameters
    ----------
    inputs : int
        Width of the input vectors.
    width : int
        Width of its layers.
    depth : int
        Number of linear layers, with ReLU between them; 0 leaves the vectors as they are.

    Returns
    -------
    tuple of (Module, int)
        Maps (..., rows, inputs) to (..., rows, features), and the number of features.

    Raises
    ------
    InvalidValue
        If the width is below 1 or the depth below 0.

    Examples
    --------
    >>> vector_encoder(5, 64, 2)[1]
    64
    """
    if width < 1 or depth < 0:
        raise InvalidValue(f"width must be at least 1 and depth at least 0; got {width} and {depth}")
    return perceptron(inputs, width, depth), width if depth else inputs


class VectorEncoder(nn.Module):
    """Standardised vectors and a perceptron: what trains on features of an encoder that is frozen.

    Parameters
    ----------
    inputs : int
        Width of the vectors.
    width : int
        Width of its layers.
    depth : int
        Number of linear layers, at least 1, with ReLU between them and at the end.

    Examples
    --------
    >>> import torch
    >>> VectorEncoder(5, 64, 1)(torch.ones(2, 5)).shape
    torch.Size([2, 64])
    """

    def __init__(self, inputs: int, width: int = 128, depth: int = 1) -> None:
        super().__init__()
        if depth < 1:
            raise InvalidValue(f"depth must be at least 1; got {depth}")
        self.layers, self.output_dim = vector_encoder(inputs, width, depth)
        self.norm = nn.LayerNorm(inputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map vectors of shape (n, inputs) to features of shape (n, output_dim)."""
        return nn.functional.relu(self.layers(self.norm(x.float())))
