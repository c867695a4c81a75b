"""Linear layers that work for one model and for a stack of models alike.

A stacked model holds the parameters of many equal-shaped models along a leading axis. Everything here keeps to
leading axes (``...``), so that the same module computes one model or all of a stack in one batched product.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Linear(nn.Module):
    """Affine map of rows; ``torch.nn.Linear`` with room for a leading stack axis in its parameters.

    Parameters
    ----------
    inputs, outputs : int
        Widths.
    bias : bool
        Whether to add a bias.

    Attributes
    ----------
    weight : Parameter, shape (..., outputs, inputs)
        Drawn as in ``torch.nn.Linear``: uniform within 1/sqrt(inputs).
    bias : Parameter, shape (..., outputs), or None
        Drawn alike.

    Examples
    --------
    >>> Linear(3, 2)(torch.ones(5, 3)).shape
    torch.Size([5, 2])
    """

    def __init__(self, inputs: int, outputs: int, *, bias: bool = True) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(outputs).uniform_(-bound, bound)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """Map rows of shape (..., rows, inputs) to (..., rows, outputs)."""
        if self.bias is None:
            return x @ self.weight.mT
        if self.weight.dim() == 2:
            return nn.functional.linear(x, self.weight, self.bias)
        return torch.baddbmm(self.bias.unsqueeze(-2), x.expand(len(self.weight), -1, -1), self.weight.mT)


class LayerNorm(nn.Module):
    """Rows at mean zero and spread one, scaled and shifted; ``torch.nn.LayerNorm`` with room for a stack axis.

    Parameters
    ----------
    width : int
        Of the rows.
    eps : float
        Added to the variance.

    Examples
    --------
    >>> LayerNorm(2)(torch.tensor([[1.0, 3.0]])).round().tolist()
    [[-1.0, 1.0]]
    """

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Map rows of shape (..., rows, width) to rows of that shape."""
        plain = nn.functional.layer_norm(x, x.shape[-1:], eps=self.eps)
        return plain * self.weight.unsqueeze(-2) + self.bias.unsqueeze(-2)


def perceptron(inputs: int, width: int, depth: int) -> nn.Sequential:
    """Return ``depth`` linear layers with ReLU between them; the identity for depth 0.

    Parameters
    ----------
    inputs : int
        Width of the input.
    width : int
        Width of every layer.
    depth : int
        Number of layers.

    Returns
    -------
    torch.nn.Sequential
        Maps (..., rows, inputs) to (..., rows, width), or to (..., rows, inputs) for depth 0.

    Examples
    --------
    >>> perceptron(3, 8, 2)
    Sequential(
      (0): Linear()
      (1): ReLU()
      (2): Linear()
    )
    """
    layers: list[nn.Module] = []
    for layer in range(depth):
        layers += [nn.ReLU(), Linear(width, width)] if layer else [Linear(inputs, width)]
    return nn.Sequential(*layers)
