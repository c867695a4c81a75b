"""Encoders of the user's own: a class in a Python file or an installed module."""

from __future__ import annotations

from torch import nn

from confu_core.errors import ConfuError, InvalidValue, MethodError
from confu_core.user_code import RAISED, describe, user_attribute

__all__ = ["load_encoder"]


def load_encoder(place: str) -> nn.Module:
    """Make an encoder of the user's.

    Parameters
    ----------
    place : str
        ``path/to/file.py:Class`` or ``package.module:Class``. The class is a ``torch.nn.Module`` that can be made
        without arguments, has the width of its features as ``output_dim``, and maps a batch of raw inputs to
        features of shape (n, output_dim). Raw inputs are pictures, uint8 of shape (n, 3, side, side); log-mel
        spectrograms in dB, float16 of shape (n, bands, frames); token ids of shape (n, length), 0 for padding; or
        vectors, float32 of shape (n, width).

    Returns
    -------
    torch.nn.Module
        With fresh parameters.

    Raises
    ------
    InvalidValue
        If the place names no file or module.
    MethodError
        If the class cannot be loaded or made, or is no such module.

    Examples
    --------
    >>> load_encoder("torch.nn:Identity")
    Traceback (most recent call last):
    confu_core.errors.MethodError: torch.nn:Identity has no output_dim, the width of its features
    """
    if ":" not in place:
        raise InvalidValue(f"an encoder must be path/to/file.py:Class or package.module:Class; got {place!r}")
    found = user_attribute(place, "encoder", _is_module)
    if not _is_module(found):
        raise MethodError(f"{place} is not a subclass of torch.nn.Module")
    try:
        encoder = found()
    except ConfuError:
        raise
    except RAISED as error:  # The user's constructor may raise anything; the user sees what and where.
        raise MethodError(f"encoder {place} cannot be made: {describe(error)}") from error
    width = getattr(encoder, "output_dim", None)
    if not isinstance(width, int) or width < 1:
        raise MethodError(f"{place} has no output_dim, the width of its features")
    return encoder


def _is_module(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, nn.Module) and value is not nn.Module
