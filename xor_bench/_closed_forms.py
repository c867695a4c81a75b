"""Closed forms of the XOR task, for parameters that are checked already.

The XOR of ``k`` independent noise vectors flips each bit with probability ``e = (1 - (1 - 2 noise)**k) / 2``, so a
pattern with ``m`` of ``d`` bits set has probability ``e**m * (1 - e)**(d - m)``: it depends on ``m`` alone. Such laws
are in logarithms, since 2**d and its inverse leave the range of doubles at d = 1024.
"""

from __future__ import annotations

import math
from collections.abc import Set
from functools import lru_cache

import numpy as np

__all__ = ["best_accuracy", "copied_and_synergy", "uniform_accuracy", "written_out"]

BLOCK = 2**20  # Terms summed at once: 8 MiB per intermediate array, however many bits.


def copied_and_synergy(p: float, bits: int, modalities: int, noise: float) -> tuple[float, float]:
    """Return I(a; c) and I(b; c | others) in nats, where the last modality is the parity of all the others."""
    return _noisy(p, bits, modalities, noise) if noise > 0 else _noise_free(p, bits)


def uniform_accuracy(bits: int) -> float:
    """Return the accuracy of a guess among all codes."""
    return math.ldexp(1.0, -bits)


def best_accuracy(p: float, bits: int, noise: float, everyone: tuple[str, ...], query: Set[str], target: str) -> float:
    """Return the accuracy of the best predictor of a modality from others, of ``everyone`` that is in the parity.

    A query tells of the target only if the two together hold the first and the last modality.
    """
    seen, ends = query & set(everyone) | {target}, {everyone[0], everyone[-1]}
    uniform, whole = uniform_accuracy(bits), len(seen) == len(everyone)
    if target not in everyone or not ends <= seen or (target not in ends and not whole):
        return uniform
    if not whole:
        return p * uniform + (1 - p) * _untouched(bits, noise, 2)
    if target not in ends:
        return p * _untouched(bits, noise, len(everyone)) + (1 - p) * uniform
    return _end_from_all(p, bits, len(everyone), noise)


def written_out(p: float, bits: int, modalities: int, noise: float) -> np.ndarray:
    """Return the probability of every combination of codes, one axis per modality."""
    codes = np.arange(2**bits)
    free = np.meshgrid(*[codes] * (modalities - 1), indexing="ij")
    parity = np.bitwise_xor.reduce(free)[..., None] == codes
    law = (p * parity + (1 - p) * (free[0][..., None] == codes)) / free[0].size
    flips = np.array([bin(code).count("1") for code in codes])[codes[:, None] ^ codes]
    channel = noise**flips * (1 - noise) ** (bits - flips)
    for axis in range(modalities):
        law = np.moveaxis(np.tensordot(law, channel, (axis, 0)), -1, axis)
    return law


def _end_from_all(p: float, bits: int, modalities: int, noise: float) -> float:
    """Return the accuracy for the first or the last modality from all others.

    The candidates are the copy and the parity, which differ by s, the parity of the middle modalities. A candidate
    between them never wins: along the way both weighted laws are exponential in the number of bits changed, so their
    sum is convex.
    """
    uniform = uniform_accuracy(bits)
    if noise == 0:
        return uniform + max(p, 1 - p) * (1 - uniform)
    weight = _log_weight_law(bits)  # Of s.
    parity = p * np.exp(_log_relative_law(bits, noise, modalities) - bits * math.log(2))
    copy = (1 - p) * np.exp(_log_relative_law(bits, noise, 2) - bits * math.log(2))
    return float((np.exp(weight) * np.maximum(parity + copy[0], parity[0] + copy)).sum())


def _noise_free(p: float, bits: int) -> tuple[float, float]:
    """Return I(a; c) and I(b; c | others) without noise."""
    entropy = bits * math.log(2)
    unequal = -math.expm1(-entropy)
    log_p, log_rest = _log(p), math.log1p(-p) if p < 1 else -math.inf
    # Two forms of ln(1 - p + p/V): the first is exact as p nears 0, the second as p nears 1 while V is huge.
    log_equal = math.log1p(-p * unequal) if p < 0.5 else float(np.logaddexp(log_p - entropy, log_rest))
    equal = math.exp(log_equal)
    parity = p * log_p if p > 0 else 0.0
    copy = (1 - p) * log_rest if p < 1 else 0.0
    copied = equal * (entropy + log_equal) + unequal * parity
    synergy = unequal * (p * entropy + copy) - equal * log_equal
    return max(copied, 0.0), max(synergy, 0.0)  # Both are non-negative; rounding can leave -1e-17.


def _noisy(p: float, bits: int, modalities: int, noise: float) -> tuple[float, float]:
    """Return I(a; c) and I(b; c | others) with noise above 0."""
    weight = _log_weight_law(bits)
    log_p = _log(p)
    copy = (math.log1p(-p) if p < 1 else -math.inf) + _log_relative_law(bits, noise, 2)
    parity = log_p + _log_relative_law(bits, noise, modalities)
    copied = _mean_log(weight, np.logaddexp(copy, log_p))
    rows = max(1, BLOCK // (bits + 1))
    total = sum(
        _mean_log(weight[at : at + rows, None] + weight, np.logaddexp(copy[at : at + rows, None], parity))
        for at in range(0, bits + 1, rows)
    )
    return max(copied, 0.0), max(total - copied, 0.0)


def _mean_log(log_reference: np.ndarray, log_ratio: np.ndarray) -> float:
    """Return the mean of ``log_ratio`` under the law whose ratio to the reference law it is."""
    return float((np.exp(log_reference + log_ratio) * log_ratio).sum())


def _log(value: float) -> float:
    """Return the natural logarithm, continued by its limit at 0."""
    return math.log(value) if value > 0 else -math.inf


@lru_cache(maxsize=32)
def _log_weight_law(bits: int) -> np.ndarray:
    """Return ln of the probability that a uniform code has 0, 1, ..., ``bits`` ones; shape (bits + 1,)."""
    # Exact integers: lgamma would lose three digits at a thousand bits.
    count, logs = 1, []
    for ones in range(bits + 1):
        logs.append(math.log(count))
        count = count * (bits - ones) // (ones + 1)
    law = np.array(logs) - bits * math.log(2)
    law.flags.writeable = False  # The cache hands out one array to everybody.
    return law


def _log_relative_law(bits: int, noise: float, vectors: int) -> np.ndarray:
    """Return ln of the probability of a pattern of 0, 1, ..., ``bits`` flips, relative to the uniform law's.

    The pattern is the sum of so many independent ``vectors`` of noise above 0; shape (bits + 1,).
    """
    # At noise 0.5 the logarithm of what is kept is minus infinity, and expm1 and exp give -1 and 0.
    log_kept = vectors * _log(1 - 2 * noise) if noise > 0.25 else vectors * math.log1p(-2 * noise)
    log_flipped, log_unflipped = math.log(-math.expm1(log_kept)), math.log1p(math.exp(log_kept))
    flips = np.arange(bits + 1)
    return flips * log_flipped + (bits - flips) * log_unflipped


def _untouched(bits: int, noise: float, vectors: int) -> float:
    """Return the probability that the sum of ``vectors`` noise vectors flips no bit."""
    return float(((1 + (1 - 2 * noise) ** vectors) / 2) ** bits)
