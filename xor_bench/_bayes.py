"""What the best possible predictor of a modality reaches, from the distribution alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from xor_bench._noise import log_relative_law, log_weight_law, untouched
from xor_bench.constraints import law, whole_within
from xor_bench.modalities import check_direction, names

__all__ = ["bayes_accuracy", "chance", "pairwise_ceiling"]


def chance(bits: int) -> float:
    """Return the accuracy of a guess among all codes.

    Parameters
    ----------
    bits : int
        Bits per code, at least 1.

    Returns
    -------
    float
        2**-bits.

    Raises
    ------
    InvalidValue
        If bits is no whole number of at least 1.

    Examples
    --------
    >>> chance(5)
    0.03125
    """
    return math.ldexp(1.0, -whole_within("bits", bits, 1))


def bayes_accuracy(
    p: float,
    bits: int,
    query: Sequence[str] = ("a", "c"),
    target: str = "b",
    *,
    modalities: int = 3,
    noise: float = 0.0,
) -> float:
    """Return the accuracy of the best possible predictor of one observed modality from others.

    A query tells of the target only if the two together hold the first and the last modality. With V = 2**bits codes
    and no noise, the accuracy is then p + (1 - p)/V for a modality in the middle from all others,
    max(p, 1 - p)(1 - 1/V) + 1/V for the first or the last from all others, and 1 - p + p/V for the first or the last
    where a middle one is not given.

    Parameters
    ----------
    p : float
        Probability that the last modality is the parity of the others and not a copy of the first, in [0, 1].
    bits : int
        Bits per code, at least 1.
    query : sequence of str
        Modalities given; their order has no meaning.
    target : str
        Modality to predict.
    modalities : int
        Number of modalities, in [3, 26].
    noise : float
        Probability that an observed bit is flipped, in [0, 0.5].

    Returns
    -------
    float
        In [1/V, 1].

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint, or the direction does not exist.

    Examples
    --------
    >>> bayes_accuracy(0.5, 5)
    0.515625
    >>> bayes_accuracy(0.5, 5, query=("a",), target="b")
    0.03125
    """
    p, bits, modalities, noise = law(p, bits, modalities, noise)
    seen = check_direction(query, target, modalities) | {target}
    everyone = names(modalities)
    ends = {everyone[0], everyone[-1]}
    if not ends <= seen or (target not in ends and len(seen) < modalities):
        return chance(bits)
    if len(seen) < modalities:
        return p * chance(bits) + (1 - p) * untouched(bits, noise, 2)
    if target not in ends:
        return p * untouched(bits, noise, modalities) + (1 - p) * chance(bits)
    return _end_from_all(p, bits, modalities, noise)


def pairwise_ceiling(
    p: float,
    bits: int,
    query: Sequence[str] = ("a", "c"),
    target: str = "b",
    *,
    modalities: int = 3,
    noise: float = 0.0,
) -> float:
    """Return the best accuracy from any single modality of a query.

    Parameters
    ----------
    p, bits, query, target, modalities, noise
        As for `bayes_accuracy`.

    Returns
    -------
    float
        In [1/V, 1], and at most the Bayes accuracy of the whole query.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint, or the direction does not exist.

    Examples
    --------
    >>> pairwise_ceiling(0.5, 5), pairwise_ceiling(0.5, 5, ("a", "b"), "c")
    (0.03125, 0.515625)
    """
    single = check_direction(query, target, modalities)
    return max(bayes_accuracy(p, bits, (one,), target, modalities=modalities, noise=noise) for one in single)


def _end_from_all(p: float, bits: int, modalities: int, noise: float) -> float:
    """Return the accuracy for the first or the last modality from all others.

    The candidates are the copy and the parity, which differ by s, the parity of the middle modalities. A candidate
    between them never wins: along the way both weighted laws are exponential in the number of bits changed, so their
    sum is convex.
    """
    if noise == 0:
        return chance(bits) + max(p, 1 - p) * (1 - chance(bits))
    weight = log_weight_law(bits)  # Of s.
    parity = p * np.exp(log_relative_law(bits, noise, modalities) - bits * math.log(2))
    copy = (1 - p) * np.exp(log_relative_law(bits, noise, 2) - bits * math.log(2))
    return float((np.exp(weight) * np.maximum(parity + copy[0], parity[0] + copy)).sum())
