"""Encoders: what turns the raw vectors of one modality into features."""

from __future__ import annotations

from torch import nn

from confu_core.errors import InvalidValue
from confu_core.layers import perceptron

__all__ = ["vector_encoder"]


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
