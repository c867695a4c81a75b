"""Closed forms of the XOR task, for parameters that are checked already.

The XOR of ``k`` independent noise vectors flips each bit with probability ``e = (1 - (1 - 2 noise)**k) / 2``, so a
pattern with ``m`` of ``d`` bits set has probability ``e**m * (1 - e)**(d - m)``: it depends on ``m`` alone. Such laws
are in logarithms, since 2**d and its inverse leave the range of doubles at d = 1024.

Of ``lost``, the first is the share of samples in which a modality of the parity is noise, the second that in which the
first or the last is. A parity without one of its members is uniform, and so is a copy without one of its two: the law
is that of the parity with the weight p (1 - lost[0]), that of the copy with (1 - p) (1 - lost[1]), and uniform for the
rest.
"""

from __future__ import annotations

import math
from collections.abc import Set
from functools import lru_cache

import numpy as np

Lost = tuple[float, float]
NONE: Lost = (0.0, 0.0)
BLOCK = 2**20  # Terms summed at once: 8 MiB per intermediate array, however many bits.


def copied_and_synergy(p: float, bits: int, modalities: int, noise: float, lost: Lost = NONE) -> tuple[float, float]:
    """Return I(a; c) and I(b; c | others) in nats, where the last modality is the parity of all the others."""
    if noise > 0:
        return _noisy(p, bits, modalities, noise, lost)
    return _unreliable(p, bits, lost) if any(lost) else _noise_free(p, bits)


def uniform_accuracy(bits: int) -> float:
    """Return the accuracy of a guess among all codes."""
    return math.ldexp(1.0, -bits)


def best_accuracy(
    p: float,
    bits: int,
    noise: float,
    everyone: tuple[str, ...],
    query: Set[str],
    target: str,
    lost: Lost = NONE,
) -> float:
    """Return the accuracy of the best predictor of a modality from others, of ``everyone`` that is in the parity.

    A query tells of the target only if the two together hold the first and the last modality.
    """
    seen, ends = query & set(everyone) | {target}, {everyone[0], everyone[-1]}
    uniform, whole = uniform_accuracy(bits), len(seen) == len(everyone)
    if target not in everyone or not ends <= seen or (target not in ends and not whole):
        return uniform
    if not whole:
        copy = (1 - p) * (1 - lost[1])
        return (p + (1 - p) * lost[1]) * uniform + copy * _untouched(bits, noise, 2)
    if target not in ends:
        parity = p * (1 - lost[0])
        return parity * _untouched(bits, noise, len(everyone)) + (1 - p + p * lost[0]) * uniform
    return _end_from_all(p, bits, len(everyone), noise, lost)


def written_out(p: float, bits: int, modalities: int, noise: float, lost: Lost = NONE) -> np.ndarray:
    """Return the probability of every combination of codes, one axis per modality."""
    codes = np.arange(2**bits)
    free = np.meshgrid(*[codes] * (modalities - 1), indexing="ij")
    parity = np.bitwise_xor.reduce(free)[..., None] == codes
    whole, copied, rest = _weights(p, lost)
    law = (whole * parity + copied * (free[0][..., None] == codes) + rest / 2**bits) / free[0].size
    flips = np.array([bin(code).count("1") for code in codes])[codes[:, None] ^ codes]
    channel = noise**flips * (1 - noise) ** (bits - flips)
    for axis in range(modalities):
        law = np.moveaxis(np.tensordot(law, channel, (axis, 0)), -1, axis)
    return law


def _weights(p: float, lost: Lost) -> tuple[float, float, float]:
    """Return the weights of the laws of the parity and of the copy, and that of the uniform one."""
    return p * (1 - lost[0]), (1 - p) * (1 - lost[1]), p * lost[0] + (1 - p) * lost[1]


def _end_from_all(p: float, bits: int, modalities: int, noise: float, lost: Lost) -> float:
    """Return the accuracy for the first or the last modality from all others.

    The candidates are the copy and the parity, which differ by s, the parity of the middle modalities. A candidate
    between them never wins: along the way both weighted laws are exponential in the number of bits changed, so their
    sum is convex.
    """
    uniform = uniform_accuracy(bits)
    whole, copied, rest = _weights(p, lost)
    if noise == 0:
        return uniform + max(whole, copied) * (1 - uniform)
    weight = _log_weight_law(bits)  # Of s.
    parity = whole * np.exp(_log_relative_law(bits, noise, modalities) - bits * math.log(2))
    copy = copied * np.exp(_log_relative_law(bits, noise, 2) - bits * math.log(2))
    return float((np.exp(weight) * np.maximum(parity + copy[0], parity[0] + copy)).sum()) + rest * uniform


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


def _unreliable(p: float, bits: int, lost: Lost) -> tuple[float, float]:
    """Return I(a; c) and I(b; c | others) without noise, where the law is uniform in part."""
    entropy = bits * math.log(2)
    equal, unequal = math.exp(-entropy), -math.expm1(-entropy)
    whole, copied, rest = _weights(p, lost)

    def part(weight: float, log_density: float) -> float:
        """Return a term of an information, 0 where its weight is."""
        return weight * log_density if weight > 0 else 0.0

    # Ratios to the uniform law: where a = c or not, and in the second sum where the parity holds or not.
    same, other = copied + (whole + rest) * equal, whole + rest
    pair = part(same, entropy + _log(same)) + part(unequal * other, _log(other))
    both = copied + whole + rest * equal
    total = part(equal * both, entropy + _log(both)) + part(unequal * unequal * rest, _log(rest))
    for own in (copied + rest * equal, whole + rest * equal):
        total += part(unequal * own, entropy + _log(own))
    return max(pair, 0.0), max(total - pair, 0.0)


def _noisy(p: float, bits: int, modalities: int, noise: float, lost: Lost) -> tuple[float, float]:
    """Return I(a; c) and I(b; c | others) with noise above 0."""
    weight = _log_weight_law(bits)
    log_rest = _log(_weights(p, lost)[2])
    log_p = _log(p)
    copy = _log1m(p) + _log1m(lost[1]) + _log_relative_law(bits, noise, 2)
    parity = np.logaddexp(log_p + _log1m(lost[0]) + _log_relative_law(bits, noise, modalities), log_rest)
    copied = _mean_log(weight, np.logaddexp(copy, np.logaddexp(log_p + _log1m(lost[0]), log_rest)))
    rows = max(1, BLOCK // (bits + 1))
    total = sum(
        _mean_log(weight[at : at + rows, None] + weight, np.logaddexp(copy[at : at + rows, None], parity))
        for at in range(0, bits + 1, rows)
    )
    return max(copied, 0.0), max(total - copied, 0.0)


def _mean_log(log_reference: np.ndarray, log_ratio: np.ndarray) -> float:
    """Return the mean of ``log_ratio`` under the law whose ratio to the reference law it is."""
    return float((np.exp(log_reference + log_ratio) * log_ratio).sum())


def _log1m(value: float) -> float:
    """Return the natural logarithm of one less a value, continued by its limit at 1."""
    return math.log1p(-value) if value < 1 else -math.inf


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
