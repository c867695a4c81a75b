"""What the best possible predictor of a modality reaches, from the distribution alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from confu_core.additive import additive_accuracy
from confu_core.ceilings import COINCIDE, Ceilings
from xor_bench._noise import log_relative_law, log_weight_law, untouched
from xor_bench.constraints import law, parity_of, whole_within
from xor_bench.modalities import check_direction, names

__all__ = ["additive_ceiling", "bayes_accuracy", "ceilings", "chance", "pairwise_ceiling", "single_ceiling"]

MOST_CELLS = 64  # Of a law that is written out, for the additive ceiling.


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
    parity: str = "all",
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
    parity : {"all", "pair"}
        Of which others the last modality is the parity, as in `XorTask`. Where it is the first two, the modalities
        between the second and the last tell nothing, and nothing tells of them.

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
    if parity_of(parity, modalities) == "pair":
        seen, everyone = seen - set(everyone[2:-1]), (*everyone[:2], everyone[-1])
    ends, whole = {everyone[0], everyone[-1]}, len(seen) == len(everyone)
    if target not in seen or not ends <= seen or (target not in ends and not whole):
        return chance(bits)
    if not whole:
        return p * chance(bits) + (1 - p) * untouched(bits, noise, 2)
    if target not in ends:
        return p * untouched(bits, noise, len(everyone)) + (1 - p) * chance(bits)
    return _end_from_all(p, bits, len(everyone), noise)


def single_ceiling(
    p: float,
    bits: int,
    query: Sequence[str] = ("a", "c"),
    target: str = "b",
    *,
    modalities: int = 3,
    noise: float = 0.0,
    parity: str = "all",
) -> float:
    """Return the best accuracy from any single modality of a query.

    Parameters
    ----------
    p, bits, query, target, modalities, noise, parity
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
    >>> single_ceiling(0.5, 5), single_ceiling(0.5, 5, ("a", "b"), "c")
    (0.03125, 0.515625)
    """
    members = check_direction(query, target, modalities)
    how = {"modalities": modalities, "noise": noise, "parity": parity}
    return max(bayes_accuracy(p, bits, (one,), target, **how) for one in members)  # type: ignore[arg-type]


def pairwise_ceiling(
    p: float,
    bits: int,
    query: Sequence[str] = ("a", "c"),
    target: str = "b",
    *,
    modalities: int = 3,
    noise: float = 0.0,
    parity: str = "all",
) -> float:
    """Return the accuracy of the guess by the law that knows all pairs and nothing else.

    The first and the last modality are the only pair that is not independent, so that law is theirs, times uniform
    ones. Its best guess of either is a copy of the other, and of a modality between it has none: what all pairs
    together tell of a target is what the best single modality tells.

    Parameters
    ----------
    p, bits, query, target, modalities, noise, parity
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
    return single_ceiling(p, bits, query, target, modalities=modalities, noise=noise, parity=parity)


def ceilings(
    p: float,
    bits: int,
    query: Sequence[str] = ("a", "c"),
    target: str = "b",
    *,
    modalities: int = 3,
    noise: float = 0.0,
    parity: str = "all",
) -> Ceilings:
    """Return all ceilings of a direction, order by order.

    The law of an order below that of the parity is that of the pairs; from that order on it is the task's own.

    Parameters
    ----------
    p, bits, query, target, modalities, noise, parity
        As for `bayes_accuracy`.

    Returns
    -------
    Ceilings
        Single, pairwise, those of the orders between, and Bayes.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint, or the direction does not exist.

    Examples
    --------
    >>> ceilings(1, 1, ("a", "b", "c"), "d", modalities=4).by_order
    {2: 0.5, 3: 0.5, 4: 1.0}
    """
    how = {"modalities": modalities, "noise": noise, "parity": parity}
    bayes = bayes_accuracy(p, bits, query, target, **how)  # type: ignore[arg-type]
    pairwise = pairwise_ceiling(p, bits, query, target, **how)  # type: ignore[arg-type]
    known = bayes if parity_of(parity, modalities) == "pair" else pairwise
    single = single_ceiling(p, bits, query, target, **how)  # type: ignore[arg-type]
    return Ceilings(single, pairwise, bayes, (known,) * (modalities - 3))


def additive_ceiling(
    p: float,
    bits: int,
    query: tuple[str, ...] = ("a", "c"),
    target: str = "b",
    *,
    modalities: int = 3,
    noise: float = 0.0,
    parity: str = "all",
) -> float | None:
    """Return the best accuracy of a sum of pair scores, f(a, b) + g(c, b) for b from a and c.

    It lies between the pairwise ceiling and the Bayes accuracy, and no pairwise training reaches it: such a sum has to
    be trained on all modalities together, for the share of right answers. See `confu_core.additive.additive_accuracy`.

    Parameters
    ----------
    p, bits, query, target, modalities, noise, parity
        As for `bayes_accuracy`.

    Returns
    -------
    float or None
        None where the law is too large: more than 64 combinations of query and target, and no closed form.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint, or the direction does not exist.

    Examples
    --------
    >>> round(additive_ceiling(1, 1), 6)
    0.75
    """
    found = ceilings(p, bits, query, target, modalities=modalities, noise=noise, parity=parity)
    if found.bayes - found.pairwise <= COINCIDE:
        return found.bayes  # The guess by the pairs is a sum of pair scores.
    core = (0, 1, modalities - 1) if parity_of(parity, modalities) == "pair" else range(modalities)
    if 2 ** (bits * len(core)) > MOST_CELLS:
        return None
    letters = [names(modalities)[at] for at in core]
    given = [letters.index(one) for one in query if one in letters]
    return additive_accuracy(_written_out(p, bits, len(letters), noise), given, letters.index(target))


def _written_out(p: float, bits: int, modalities: int, noise: float) -> np.ndarray:
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
    if noise == 0:
        return chance(bits) + max(p, 1 - p) * (1 - chance(bits))
    weight = log_weight_law(bits)  # Of s.
    parity = p * np.exp(log_relative_law(bits, noise, modalities) - bits * math.log(2))
    copy = (1 - p) * np.exp(log_relative_law(bits, noise, 2) - bits * math.log(2))
    return float((np.exp(weight) * np.maximum(parity + copy[0], parity[0] + copy)).sum())
