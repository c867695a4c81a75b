"""Total correlation, its dual, O-information and the mutual informations of the XOR task, exactly."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from xor_bench._noise import log_or_minus_infinity, log_relative_law, log_weight_law
from xor_bench.constraints import law, parity_of

__all__ = ["Information", "connected_information", "information"]

BLOCK = 2**20  # Terms summed at once: 8 MiB per intermediate array, however many bits.


@dataclass(frozen=True)
class Information:
    """The information structure of the task, in nats.

    ``a`` is the first modality, ``c`` the last, and ``b`` any of those between; with three modalities these are their
    names. A condition means all the other modalities: ``mi_bc_given_a`` is I(b; c | all but b and c). Where the parity
    is that of the first two, ``b`` is the second, and those after it change nothing.

    Attributes
    ----------
    mi_ac : float
        I(a; c): all that pairs of modalities show.
    mi_bc : float
        I(b; c), which is 0, as is every other pair's.
    mi_ab_given_c, mi_bc_given_a : float
        I(a; b | the others) and I(b; c | the others); they are equal, and equal to I(b; all the others).
    total_correlation : float
        Sum of the single entropies less the joint one.
    dual_total_correlation : float
        Joint entropy less each modality's entropy given all the others.
    o_information : float
        Total correlation less its dual; negative where synergy dominates.
    code_entropy : float
        Entropy of one modality, bits * ln 2.
    """

    mi_ac: float
    mi_bc: float
    mi_ab_given_c: float
    mi_bc_given_a: float
    total_correlation: float
    dual_total_correlation: float
    o_information: float
    code_entropy: float

    def as_dict(self) -> dict[str, float]:
        """Return the quantities by name.

        Returns
        -------
        dict of str to float
            In nats, in the order of the attributes.

        Examples
        --------
        >>> round(information(1, 1).as_dict()["total_correlation"], 4)
        0.6931
        """
        return asdict(self)


def information(p: float, bits: int, *, modalities: int = 3, noise: float = 0.0, parity: str = "all") -> Information:
    """Return the exact information structure of the XOR task.

    With V = 2**bits codes, r = 1 - 1/V and no noise, I(a; c) = q ln(V q) + r p ln p and
    I(b; c | others) = r (p ln V + (1 - p) ln(1 - p)) - q ln q, where q = 1 - p + p/V is the probability that c equals
    a. Noise needs a sum over (bits + 1)**2 pairs of flip counts: given the others, c has the law
    p w_M(y) + (1 - p) w_2(x), where w_k is the law of k summed noise vectors, and x = c XOR a and
    y = c XOR (all others) are independent and uniform under the reference measure.

    Parameters
    ----------
    p : float
        Probability that the last modality is the parity of the others and not a copy of the first, in [0, 1].
    bits : int
        Bits per code, at least 1, with no upper limit.
    modalities : int
        Number of modalities, in [3, 26].
    noise : float
        Probability that an observed bit is flipped, in [0, 0.5].
    parity : {"all", "pair"}
        Of which others the last modality is the parity, as in `XorTask`.

    Returns
    -------
    Information
        Everything in nats.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint.

    Notes
    -----
    Total correlation is I(a; c) + S and its dual is I(a; c) + (M - 1) S with S = I(b; c | others), so the O-information
    [1]_ is -(M - 2) S: whatever the gate, redundancy never dominates.

    References
    ----------
    .. [1] Rosas, Mediano, Gastpar, Jensen: Quantifying high-order interdependencies via multivariate extensions of the
       mutual information, Physical Review E 100, 2019. arXiv:1902.11239

    Examples
    --------
    >>> half = information(0.5, 5)
    >>> round(half.mi_ac, 4), round(half.mi_bc_given_a, 4), round(half.total_correlation, 4)
    (1.1097, 1.6845, 2.7942)
    """
    p, bits, modalities, noise = law(p, bits, modalities, noise)
    if parity_of(parity, modalities) == "pair":
        modalities = 3  # The others are independent of these, and of each other.
    copied, synergy = _noisy(p, bits, modalities, noise) if noise > 0 else _noise_free(p, bits)
    return Information(
        mi_ac=copied,
        mi_bc=0.0,
        mi_ab_given_c=synergy,
        mi_bc_given_a=synergy,
        total_correlation=copied + synergy,
        dual_total_correlation=copied + (modalities - 1) * synergy,
        o_information=0.0 - (modalities - 2) * synergy,  # The leading zero keeps a zero from reading -0.0.
        code_entropy=bits * math.log(2),
    )


def connected_information(
    p: float, bits: int, *, modalities: int = 3, noise: float = 0.0, parity: str = "all"
) -> dict[int, float]:
    """Return what tables of k modalities add to those of k - 1, exactly.

    A table that lacks a modality of the parity shows the copy at most: the parity of what it has is uniform. So the
    laws of all orders below that of the parity are one, and C_2 = I(a; c), the C of the parity's order is
    I(b; c | others), and every other is 0.

    Parameters
    ----------
    p, bits, modalities, noise, parity
        As for `information`.

    Returns
    -------
    dict of int to float
        From 2 to the number of modalities, in nats; their sum is the total correlation.

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint.

    Examples
    --------
    >>> {order: round(value, 4) for order, value in connected_information(0.5, 1, modalities=4).items()}
    {2: 0.1308, 3: 0.0, 4: 0.2158}
    """
    found = information(p, bits, modalities=modalities, noise=noise, parity=parity)
    top = 3 if parity_of(parity, modalities) == "pair" else modalities
    added = {2: found.mi_ac, top: found.mi_bc_given_a}
    return {order: added.get(order, 0.0) for order in range(2, modalities + 1)}


def _noise_free(p: float, bits: int) -> tuple[float, float]:
    """Return I(a; c) and I(b; c | others) without noise."""
    entropy = bits * math.log(2)
    unequal = -math.expm1(-entropy)
    log_p, log_rest = log_or_minus_infinity(p), math.log1p(-p) if p < 1 else -math.inf
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
    weight = log_weight_law(bits)
    log_p = log_or_minus_infinity(p)
    copy = (math.log1p(-p) if p < 1 else -math.inf) + log_relative_law(bits, noise, 2)
    parity = log_p + log_relative_law(bits, noise, modalities)
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
