"""The exact theory of the XOR task: information in nats, Bayes accuracies, and the decomposition of each target.

The task: all modalities but the last are independent uniform codes of ``bits`` bits. The last is the XOR of all the
others with probability p, else a copy of the first; with ``parity="pair"`` it is the XOR of the first two, and those
between the second and the last are independent of everything. Then every observed bit flips with probability
``noise``; the theory speaks of the observed codes. Nothing is sampled and nothing is trained: without noise each
quantity is a closed form whose cost does not depend on the number of bits, with noise it is a sum over at most
(bits + 1)**2 terms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from confu_core.additive import additive_accuracy
from confu_core.ceilings import COINCIDE, Ceilings
from confu_core.errors import InvalidValue
from xor_bench._closed_forms import best_accuracy, copied_and_synergy, uniform_accuracy, written_out
from xor_bench.task import Law, check_direction, law, names, whole_within

MOST_CELLS = 64  # Of a law that is written out, for the additive ceiling.


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
        """Return the quantities by name, in nats, in the order of the attributes."""
        return asdict(self)


def information(p: float, bits: int, **task: Any) -> Information:
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
    **task
        `modalities`, `noise`, `parity`, `unreliable` and `unreliable_of`, as in `XorTask`.

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
    known = law(p, bits, **task)
    modalities = 3 if known.pair else known.modalities  # The others are independent of these, and of each other.
    copied, synergy = copied_and_synergy(known.p, known.bits, modalities, known.noise, known.lost)
    return Information(
        mi_ac=copied,
        mi_bc=0.0,
        mi_ab_given_c=synergy,
        mi_bc_given_a=synergy,
        total_correlation=copied + synergy,
        dual_total_correlation=copied + (modalities - 1) * synergy,
        o_information=0.0 - (modalities - 2) * synergy,  # The leading zero keeps a zero from reading -0.0.
        code_entropy=known.bits * math.log(2),
    )


def connected_information(p: float, bits: int, **task: Any) -> dict[int, float]:
    """Return what tables of k modalities add to those of k - 1, exactly.

    A table that lacks a modality of the parity shows the copy at most: the parity of what it has is uniform. So the
    laws of all orders below that of the parity are one, and C_2 = I(a; c), the C of the parity's order is
    I(b; c | others), and every other is 0.

    Parameters
    ----------
    p, bits, **task
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
    found, known = information(p, bits, **task), law(p, bits, **task)
    added = {2: found.mi_ac, 3 if known.pair else known.modalities: found.mi_bc_given_a}
    return {order: added.get(order, 0.0) for order in range(2, known.modalities + 1)}


@dataclass(frozen=True)
class Decomposition:
    """The atoms of I(target; sources), in nats.

    ``redundancy`` is what either source tells alone; ``unique``, by source, what it tells and the other does not;
    ``synergy`` what only both together tell.
    """

    target: str
    sources: tuple[str, str]
    redundancy: float
    unique: dict[str, float]
    synergy: float


def decomposition(p: float, bits: int, target: str, *, modalities: int = 3, noise: float = 0.0) -> Decomposition:
    """Return the partial information decomposition of a modality over the other two.

    Which decomposition? It does not matter here. For each target at least one source has no information about it, so a
    redundancy that is non-negative and at most each source's own information is 0, and the lattice fixes the other
    atoms: unique information is the source's mutual information, and synergy is what is left. This holds for I_min of
    Williams and Beer [1]_, for BROJA [2]_ and for every other measure with these two properties.

    Parameters
    ----------
    p : float
        Probability that c is the parity of a and b and not a copy of a, in [0, 1].
    bits : int
        Bits per code, at least 1.
    target : str
        ``"a"``, ``"b"`` or ``"c"``.
    modalities : int
        Must be 3: with more sources the lattice has atoms that these properties leave open.
    noise : float
        Probability that an observed bit is flipped, in [0, 0.5].

    Returns
    -------
    Decomposition
        Atoms in nats; their sum is I(target; sources).

    Raises
    ------
    InvalidValue
        If a parameter breaks its constraint.

    References
    ----------
    .. [1] Williams, Beer: Nonnegative decomposition of multivariate information, 2010. arXiv:1004.2515
    .. [2] Bertschinger, Rauh, Olbrich, Jost, Ay: Quantifying unique information, Entropy 16, 2014. arXiv:1401.2764

    Examples
    --------
    >>> atoms = decomposition(1, 1, "b")
    >>> atoms.sources, atoms.redundancy, round(atoms.synergy, 4)
    (('a', 'c'), 0.0, 0.6931)
    """
    quantities = information(p, bits, modalities=modalities, noise=noise)
    if modalities != 3:
        raise InvalidValue(f"modalities must be 3 for a decomposition over two sources; got {modalities}")
    everyone = names(modalities)
    if target not in everyone:
        raise InvalidValue(f"target must be one of {', '.join(everyone)}; got {target!r}")
    first, second = (name for name in everyone if name != target)
    pairs = {"ac": quantities.mi_ac, "ca": quantities.mi_ac}
    return Decomposition(
        target=target,
        sources=(first, second),
        redundancy=0.0,
        unique={source: pairs.get(source + target, 0.0) for source in (first, second)},
        synergy=quantities.mi_bc_given_a,
    )


def chance(bits: int) -> float:
    """Return the accuracy of a guess among all codes: 2**-bits.

    >>> chance(5)
    0.03125
    """
    return uniform_accuracy(whole_within("bits", bits, 1))


def bayes_accuracy(
    p: float,
    bits: int,
    query: Sequence[str] = ("a", "c"),
    target: str = "b",
    **task: Any,
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
    **task
        `modalities`, `noise`, `parity`, `unreliable` and `unreliable_of`, as in `XorTask`. Where the parity is that of
        the first two, the modalities between the second and the last tell nothing, and nothing tells of them. With
        unreliable modalities p becomes in the formulas the share of whole parities, 1 - p that of whole copies, and of
        the rest every answer is right as often as any.

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
    return ceilings(p, bits, query, target, **task).bayes


def ceilings(
    p: float,
    bits: int,
    query: Sequence[str] = ("a", "c"),
    target: str = "b",
    **task: Any,
) -> Ceilings:
    """Return all ceilings of a direction, order by order; parameters and errors as for `bayes_accuracy`.

    The first and the last modality are the only pair that is not independent, so the law that knows all pairs and
    nothing else is theirs, times uniform ones. Its best guess of either is a copy of the other, and of a modality
    between it has none: what all pairs together tell of a target is what the best single modality tells. The law of an
    order below that of the parity is that of the pairs; from that order on it is the task's own.

    >>> ceilings(1, 1, ("a", "b", "c"), "d", modalities=4).by_order
    {2: 0.5, 3: 0.5, 4: 1.0}
    """
    known = law(p, bits, **task)
    given, in_parity = check_direction(query, target, known.modalities), _in_parity(known)

    def best(given: frozenset[str]) -> float:
        """Return the accuracy of the best guess of the target from some modalities."""
        return best_accuracy(known.p, known.bits, known.noise, in_parity, given, target, known.lost)

    bayes, single = best(given), max(best(frozenset(one)) for one in given)
    return Ceilings(single, single, bayes, (bayes if known.pair else single,) * (known.modalities - 3))


def single_ceiling(p: float, bits: int, query: Sequence[str] = ("a", "c"), target: str = "b", **task: Any) -> float:
    """Return the best accuracy from any single modality of a query; parameters as for `ceilings`.

    >>> single_ceiling(0.5, 5), single_ceiling(0.5, 5, ("a", "b"), "c")
    (0.03125, 0.515625)
    """
    return ceilings(p, bits, query, target, **task).single


def pairwise_ceiling(p: float, bits: int, query: Sequence[str] = ("a", "c"), target: str = "b", **task: Any) -> float:
    """Return the accuracy of the guess by the law that knows all pairs and nothing else; here it is the single ceiling.

    Parameters as for `ceilings`.

    >>> pairwise_ceiling(0.5, 5), pairwise_ceiling(0.5, 5, ("a", "b"), "c")
    (0.03125, 0.515625)
    """
    return ceilings(p, bits, query, target, **task).pairwise


def additive_ceiling(
    p: float,
    bits: int,
    query: tuple[str, ...] = ("a", "c"),
    target: str = "b",
    **task: Any,
) -> float | None:
    """Return the best accuracy of a sum of pair scores, f(a, b) + g(c, b) for b from a and c.

    It lies between the pairwise ceiling and the Bayes accuracy, and no pairwise training reaches it: such a sum has to
    be trained on all modalities together, for the share of right answers (`confu_core.additive.additive_accuracy`). It
    is None where the law is too large: more than 64 combinations of query and target, and no closed form. Parameters
    and errors as for `bayes_accuracy`.

    >>> round(additive_ceiling(1, 1), 6)
    0.75
    """
    found = ceilings(p, bits, query, target, **task)
    if found.bayes - found.pairwise <= COINCIDE:
        return found.bayes  # The guess by the pairs is a sum of pair scores.
    known = law(p, bits, **task)
    core = _in_parity(known)
    if 2 ** (known.bits * len(core)) > MOST_CELLS:
        return None
    given = [core.index(one) for one in query if one in core]
    written = written_out(known.p, known.bits, len(core), known.noise, known.lost)
    return additive_accuracy(written, given, core.index(target))


def additive_limit(
    p: float,
    bits: int,
    query: tuple[str, ...] = ("a", "c"),
    target: str = "b",
    **task: Any,
) -> float | None:
    """Return an accuracy that no sum of pair scores is above: the additive ceiling, or a bound where it is None.

    Let a modality between the first and the last be told from all others, without noise. A share w of the samples are
    whole parities, and of the rest every guess is right as often as any: w A + (1 - w)/V, where A is the ceiling at
    p = 1. And A rises neither with the bits nor with the modalities. Fix all but some bits of each given code, or all
    of one given modality: the scores are still sums, of a parity of fewer. So A is at most that of three modalities
    and two bits, 0.6875. None only where pairs do not tell all and the direction is another, or bits are flipped.
    Parameters and errors as for `bayes_accuracy`.

    >>> additive_limit(0.5, 5), additive_ceiling(0.5, 5)
    (0.359375, None)
    """
    exact = additive_ceiling(p, bits, query, target, **task)
    known = law(p, bits, **task)
    core = _in_parity(known)
    if exact is not None or known.noise or target in (core[0], core[-1]):
        return exact
    if (best := additive_ceiling(1, 2)) is None:
        return None
    whole = known.p * (1 - known.lost[0])
    return whole * best + (1 - whole) * uniform_accuracy(known.bits)


def _in_parity(known: Law) -> tuple[str, ...]:
    everyone = names(known.modalities)
    return (*everyone[:2], everyone[-1]) if known.pair else everyone
