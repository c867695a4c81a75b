"""The law of summed observation noise, by the number of flipped bits.

The XOR of ``k`` independent noise vectors flips each bit with probability ``e = (1 - (1 - 2 noise)**k) / 2``, so a
pattern with ``m`` of ``d`` bits set has probability ``e**m * (1 - e)**(d - m)``: it depends on ``m`` alone. Everything
here is in logarithms, since 2**d and its inverse leave the range of doubles at d = 1024.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

__all__ = ["log_or_minus_infinity", "log_relative_law", "log_weight_law", "untouched"]


def log_or_minus_infinity(value: float) -> float:
    """Return the natural logarithm, continued by its limit at 0."""
    return math.log(value) if value > 0 else -math.inf


@lru_cache(maxsize=32)
def log_weight_law(bits: int) -> np.ndarray:
    """Return ln of the probability that a uniform code has 0, 1, ..., ``bits`` ones; shape (bits + 1,)."""
    # Exact integers: lgamma would lose three digits at a thousand bits.
    count, logs = 1, []
    for ones in range(bits + 1):
        logs.append(math.log(count))
        count = count * (bits - ones) // (ones + 1)
    law = np.array(logs) - bits * math.log(2)
    law.flags.writeable = False  # The cache hands out one array to everybody.
    return law


def log_relative_law(bits: int, noise: float, vectors: int) -> np.ndarray:
    """Return ln of the probability of a pattern of 0, 1, ..., ``bits`` flips, relative to the uniform law's.

    Parameters
    ----------
    bits : int
        Bits per code.
    noise : float
        Probability that one vector flips a bit, in (0, 0.5].
    vectors : int
        How many independent noise vectors are summed.

    Returns
    -------
    ndarray of float64, shape (bits + 1,)
        Zero everywhere if the noise is 0.5; finite for every noise above 0.
    """
    # At noise 0.5 the logarithm of what is kept is minus infinity, and expm1 and exp give -1 and 0.
    log_kept = vectors * log_or_minus_infinity(1 - 2 * noise) if noise > 0.25 else vectors * math.log1p(-2 * noise)
    log_flipped, log_unflipped = math.log(-math.expm1(log_kept)), math.log1p(math.exp(log_kept))
    flips = np.arange(bits + 1)
    return flips * log_flipped + (bits - flips) * log_unflipped


def untouched(bits: int, noise: float, vectors: int) -> float:
    """Return the probability that the sum of ``vectors`` noise vectors flips no bit."""
    return float(((1 + (1 - 2 * noise) ** vectors) / 2) ** bits)
