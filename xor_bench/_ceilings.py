"""What can be reached at best in a direction: alone, by pairs, by sums of pair scores, and by everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from confu_core.additive import additive_accuracy
from confu_core.ceilings import COINCIDE, Ceilings
from xor_bench._closed_forms import best_accuracy, uniform_accuracy, written_out
from xor_bench.task import check_direction, law, names, whole_within

MOST_CELLS = 64  # Of a law that is written out, for the additive ceiling.


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
    given, everyone = check_direction(query, target, known.modalities), names(known.modalities)
    in_parity = (*everyone[:2], everyone[-1]) if known.pair else everyone

    def best(given: frozenset[str]) -> float:
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
    everyone = names(known.modalities)
    core = [*everyone[:2], everyone[-1]] if known.pair else [*everyone]
    if 2 ** (known.bits * len(core)) > MOST_CELLS:
        return None
    given = [core.index(one) for one in query if one in core]
    written = written_out(known.p, known.bits, len(core), known.noise, known.lost)
    return additive_accuracy(written, given, core.index(target))
