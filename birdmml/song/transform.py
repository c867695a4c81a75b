"""Lengths for which the fast Fourier transform of real single-precision samples is fast."""

from __future__ import annotations

__all__ = ["fast_length"]


def fast_length(least: int) -> int:
    """Return a power of two times 1, 3, 5 or 9 that is not less than a length.

    Such lengths take two thirds of the time of neighbours with larger odd parts.

    Parameters
    ----------
    least : int
        In samples.

    Returns
    -------
    int
        At least 16 samples.

    Examples
    --------
    >>> fast_length(66_150), fast_length(48_128)
    (73728, 49152)
    """
    return min(factor << max(4, (-(-least // factor) - 1).bit_length()) for factor in (1, 3, 5, 9))
