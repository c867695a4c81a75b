"""The exact theory against published values, full enumeration of the distribution, and another library's measures."""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confu_core.errors import InvalidValue
from confu_core.orders import connected_information as connected
from confu_core.orders import guess_accuracy, law_ceilings, order_law
from xor_bench.task import direction_name, directions
from xor_bench.theory import (
    additive_ceiling,
    additive_limit,
    bayes_accuracy,
    ceilings,
    chance,
    connected_information,
    decomposition,
    information,
    pairwise_ceiling,
    single_ceiling,
)

try:
    import dit
except ImportError:
    dit = None

# On Python 3.10 it would bring along a library that has to be compiled.
needs_dit = pytest.mark.skipif(dit is None, reason="dit is not installed")

GOLDEN = json.loads(Path(__file__).with_name("golden_xor_information.json").read_text())
P = [0.0, 0.1, 0.3, 0.5, 0.9, 1.0]
# (bits, modalities, noise): all of them small enough to enumerate.
TASKS = [(1, 3, 0.0), (2, 3, 0.0), (3, 3, 0.0), (1, 3, 0.1), (2, 3, 0.25), (3, 3, 0.05), (2, 3, 0.5)]
TASKS += [(1, 4, 0.0), (2, 4, 0.0), (1, 4, 0.1), (2, 4, 0.2), (3, 4, 0.05), (1, 5, 0.1)]
ANY_TASK = pytest.mark.parametrize(("bits", "modalities", "noise"), TASKS)
ANY_P = pytest.mark.parametrize("p", P)
PROBABILITY = st.floats(0, 1)
NOISE = st.floats(0, 0.5)
ALL_NUMBERS = {"p": PROBABILITY, "bits": st.integers(1, 40), "modalities": st.integers(3, 6), "noise": NOISE}


@cache
def joint(p: float, bits: int, modalities: int = 3, noise: float = 0.0, parity_of: str = "all") -> np.ndarray:
    """The probability of every combination of observed codes, one axis per modality, straight from the definition."""
    codes = range(2**bits)
    table = np.zeros((2**bits,) * modalities)
    for free in product(codes, repeat=modalities - 1):
        parity = 0
        for code in free if parity_of == "all" else free[:2]:
            parity ^= code
        table[(*free, parity)] += p / 2 ** (bits * (modalities - 1))
        table[(*free, free[0])] += (1 - p) / 2 ** (bits * (modalities - 1))
    flips = [[bin(x ^ y).count("1") for y in codes] for x in codes]
    channel = np.array([[noise**f * (1 - noise) ** (bits - f) for f in row] for row in flips])
    for axis in range(modalities):
        table = np.moveaxis(np.tensordot(table, channel, (axis, 0)), -1, axis)
    return table


def marginal(table: np.ndarray, keep: tuple[int, ...]) -> np.ndarray:
    return table.sum(axis=tuple(m for m in range(table.ndim) if m not in keep))


def entropy(table: np.ndarray, keep: tuple[int, ...]) -> float:
    law = marginal(table, keep).ravel()
    return float(-sum(x * math.log(x) for x in law if x > 0))


def mutual(table: np.ndarray, left: int, right: int, given: tuple[int, ...] = ()) -> float:
    """I(left; right | given) from four entropies."""
    both = entropy(table, (left, right, *given)) + (entropy(table, given) if given else 0.0)
    return entropy(table, (left, *given)) + entropy(table, (right, *given)) - both


def specific(table: np.ndarray, source: int, target: int) -> np.ndarray:
    """What a source says of each value of the target, in the sense of Williams and Beer."""
    pair = np.moveaxis(marginal(table, (source, target)), 0, 0 if source < target else 1)
    own, prior = pair.sum(1), pair.sum(0)
    said = np.zeros(len(prior))
    for s, t in product(range(len(own)), range(len(prior))):
        if pair[s, t] > 0:
            said[t] += pair[s, t] / prior[t] * math.log(pair[s, t] / own[s] / prior[t])
    return said


def best_guess(table: np.ndarray, query: tuple[int, ...], target: int) -> float:
    """The share of right answers of a predictor that answers the likeliest code."""
    seen = marginal(table, (*query, target))
    place = sorted((*query, target)).index(target)
    return float(np.moveaxis(seen, place, -1).max(-1).sum())


def test_published_values() -> None:
    assert len(GOLDEN) == 9
    for case, want in GOLDEN.items():
        bits, p = (part.split("=")[1] for part in case.split(","))
        found = information(float(p), int(bits))
        got = [found.mi_ac, found.mi_bc, found.mi_ab_given_c, found.mi_bc_given_a, found.total_correlation]
        names = ["mi_a_c", "mi_b_c", "mi_a_b_given_c", "mi_c_b_given_a", "total_corr"]
        assert got == pytest.approx([want[name] for name in names], abs=1e-14), case


@ANY_P
@ANY_TASK
def test_information_is_that_of_the_enumerated_distribution(p: float, bits: int, modalities: int, noise: float) -> None:
    table, found = joint(p, bits, modalities, noise), information(p, bits, modalities=modalities, noise=noise)
    everyone, last = tuple(range(modalities)), modalities - 1
    whole = entropy(table, everyone)
    alone = [entropy(table, (m,)) for m in everyone]
    without = [entropy(table, everyone[:m] + everyone[m + 1 :]) for m in everyone]
    total, dual = sum(alone) - whole, whole - sum(whole - rest for rest in without)
    assert found.as_dict() == pytest.approx(
        {
            "mi_ac": mutual(table, 0, last),
            "mi_bc": mutual(table, 1, last),
            "mi_ab_given_c": mutual(table, 0, 1, everyone[2:]),
            "mi_bc_given_a": mutual(table, 1, last, (0, *everyone[2:last])),
            "total_correlation": total,
            "dual_total_correlation": dual,
            "o_information": total - dual,
            "code_entropy": alone[1],
        },
        abs=1e-12,
    )
    pairs = {pair: mutual(table, *pair) for pair in combinations(everyone, 2)}
    assert all(value == pytest.approx(0, abs=1e-12) for pair, value in pairs.items() if pair != (0, last))


@ANY_P
@ANY_TASK
def test_accuracies_are_those_of_the_likeliest_code(p: float, bits: int, modalities: int, noise: float) -> None:
    table = joint(p, bits, modalities, noise)
    letters = "abcde"[:modalities]
    law: dict[str, Any] = {"modalities": modalities, "noise": noise}
    every = directions(modalities, range(1, modalities))
    assert len(every) == sum(math.comb(modalities, k) * (modalities - k) for k in range(1, modalities))
    for query, target in every:
        numbers, number = tuple(map(letters.index, query)), letters.index(target)
        case = direction_name(query, target)
        assert bayes_accuracy(p, bits, query, target, **law) == pytest.approx(best_guess(table, numbers, number)), case
        best_single = max(best_guess(table, (one,), number) for one in numbers)
        assert single_ceiling(p, bits, query, target, **law) == pytest.approx(best_single), case


# (bits, modalities, noise) of tasks whose last modality is the parity of the first two.
PAIRS = [(1, 4, 0.0), (2, 4, 0.1), (1, 5, 0.05), (1, 6, 0.0)]
EVERY_TASK = pytest.mark.parametrize(
    ("bits", "modalities", "noise", "parity"), [(*task, "all") for task in TASKS] + [(*task, "pair") for task in PAIRS]
)


@ANY_P
@pytest.mark.parametrize(("bits", "modalities", "noise"), PAIRS)
def test_a_parity_of_a_pair_is_that_of_the_enumerated_distribution(
    p: float, bits: int, modalities: int, noise: float
) -> None:
    table = joint(p, bits, modalities, noise, "pair")
    everyone, letters = tuple(range(modalities)), "abcdef"[:modalities]
    law: dict[str, Any] = {"modalities": modalities, "noise": noise, "parity": "pair"}
    found, last = information(p, bits, **law), modalities - 1
    whole = entropy(table, everyone)
    total = sum(entropy(table, (m,)) for m in everyone) - whole
    dual = whole - sum(whole - entropy(table, everyone[:m] + everyone[m + 1 :]) for m in everyone)
    known = (
        found.total_correlation,
        found.dual_total_correlation,
        found.mi_ac,
        found.mi_ab_given_c,
        found.mi_bc_given_a,
    )
    between = everyone[2:last]
    assert known == pytest.approx(
        (
            total,
            dual,
            mutual(table, 0, last),
            mutual(table, 0, 1, everyone[2:]),
            mutual(table, 1, last, (0, *between)),
        ),
        abs=1e-12,
    )
    for query, target in directions(modalities, range(1, modalities)):
        numbers, number = tuple(map(letters.index, query)), letters.index(target)
        exact = ceilings(p, bits, query, target, **law)
        case = direction_name(query, target)
        assert exact.bayes == pytest.approx(best_guess(table, numbers, number)), case
        assert exact.single == pytest.approx(max(best_guess(table, (one,), number) for one in numbers)), case


# (bits, modalities, noise, parity, share, of) of tasks in which a modality may be noise.
UNRELIABLE = [
    (1, 3, 0.0, "all", 0.2, "all"),
    (2, 3, 0.0, "all", 0.5, "b"),
    (2, 3, 0.0, "all", 1.0, "ac"),
    (3, 3, 0.05, "all", 0.3, "bc"),
    (2, 3, 0.0, "all", 1.0, "all"),
    (2, 4, 0.1, "all", 0.4, "abd"),
    (1, 5, 0.0, "pair", 0.4, "bcd"),
    (1, 4, 0.1, "pair", 1.0, "c"),
]


def unreliable_joint(p: float, bits: int, modalities: int, noise: float, parity: str, of: float, which: str) -> Any:
    """The law by its definition: one modality after the other replaced, then noise, each with its share."""
    letters = "abcdef"[:modalities] if which == "all" else which
    table = (1 - of) * joint(p, bits, modalities, noise, parity)
    for letter in letters:
        kept = joint(p, bits, modalities, noise, parity).sum("abcdef".index(letter), keepdims=True)
        table = table + of / len(letters) * kept / 2**bits
    return table


@ANY_P
@pytest.mark.parametrize("task", UNRELIABLE)
def test_unreliable_modalities_are_those_of_the_enumerated_distribution(p: float, task: tuple[Any, ...]) -> None:
    bits, modalities, noise, parity, share, which = task
    table, letters = unreliable_joint(p, *task), "abcdef"[:modalities]
    law: dict[str, Any] = {"modalities": modalities, "noise": noise, "parity": parity}
    law |= {"unreliable": share, "unreliable_of": which}
    found, everyone = information(p, bits, **law), tuple(range(modalities))
    whole = entropy(table, everyone)
    total = sum(entropy(table, (m,)) for m in everyone) - whole
    dual = whole - sum(whole - entropy(table, everyone[:m] + everyone[m + 1 :]) for m in everyone)
    said = found.total_correlation, found.dual_total_correlation, found.mi_ac, found.mi_bc, found.mi_bc_given_a
    between = everyone[2:-1]
    last = modalities - 1
    wanted = total, dual, mutual(table, 0, last), mutual(table, 1, last), mutual(table, 1, last, (0, *between))
    assert said == pytest.approx(wanted, abs=1e-12)
    assert connected_information(p, bits, **law) == pytest.approx(connected(table), abs=1e-9)
    exact_by_law = order_law(table, 2)
    for query, target in directions(modalities, range(1, modalities)):
        numbers, number = tuple(map(letters.index, query)), letters.index(target)
        exact, case = ceilings(p, bits, query, target, **law), direction_name(query, target)
        assert exact.bayes == pytest.approx(best_guess(table, numbers, number)), case
        assert exact.single == pytest.approx(max(best_guess(table, (one,), number) for one in numbers)), case
        assert exact.pairwise == pytest.approx(guess_accuracy(table, exact_by_law, numbers, number)), case


def test_no_unreliable_modality_changes_no_bit_of_the_theory() -> None:
    for p, (bits, modalities, noise) in product(P, TASKS):
        law: dict[str, Any] = {"modalities": modalities, "noise": noise}
        assert information(p, bits, **law, unreliable_of="b") == information(p, bits, **law)
    # With many bits, where formulas are limits: what a triple says is all of a code, in the share that is whole.
    many = information(1, 2000, unreliable=0.25, unreliable_of="b")
    assert many.mi_bc_given_a / many.code_entropy == pytest.approx(0.75, abs=1e-3) and many.mi_ac == 0
    assert bayes_accuracy(1, 2000, unreliable=0.25) == pytest.approx(0.75)


def test_the_additive_ceiling_knows_what_is_unreliable() -> None:
    found = additive_ceiling(1, 1, unreliable=0.4)
    assert found == pytest.approx(0.6 * 0.75 + 0.4 * 0.5)


@ANY_P
@EVERY_TASK
def test_orders_are_those_of_the_laws_with_all_tables_of_their_size(
    p: float, bits: int, modalities: int, noise: float, parity: str
) -> None:
    """P_k by iterative fitting of the whole distribution, and the guess by it in every direction."""
    table, letters = joint(p, bits, modalities, noise, parity), "abcdef"[:modalities]
    law: dict[str, Any] = {"modalities": modalities, "noise": noise, "parity": parity}
    added = connected_information(p, bits, **law)
    assert added == pytest.approx(connected(table), abs=1e-9)
    assert sum(added.values()) == pytest.approx(information(p, bits, **law).total_correlation)
    laws = {order: order_law(table, order) for order in range(2, modalities + 1)}
    for query, target in directions(modalities, (1, modalities - 1)):
        numbers, number = tuple(map(letters.index, query)), letters.index(target)
        exact = ceilings(p, bits, query, target, **law).by_order
        guesses = {order: guess_accuracy(table, laws[order], numbers, number) for order in laws}
        assert exact == pytest.approx(guesses, abs=1e-9), direction_name(query, target)


@settings(deadline=None, max_examples=25)
@given(p=PROBABILITY.map(lambda p: round(p, 9)), bits=st.integers(1, 3), noise=st.sampled_from([0.0, 0.01, 0.2, 0.5]))
def test_pairs_of_three_say_no_more_than_the_best_single_modality(p: float, bits: int, noise: float) -> None:
    """The law of pairs is P(a, c) P(b): the lower line of the paper's figure is a ceiling of all pairs together."""
    table = joint(p, bits, 3, noise)
    pairs = order_law(table, 2)
    flat = marginal(table, (0, 2))[:, None, :] * marginal(table, (1,))[None, :, None]
    assert pairs == pytest.approx(flat, abs=1e-12)
    for query, target in directions(3):
        numbers, number = tuple(map("abc".index, query)), "abc".index(target)
        single = max(best_guess(table, (one,), number) for one in numbers)
        guess = guess_accuracy(table, flat, numbers, number)
        # With p within 1e-8 of 1 the copy is a tie with all else to the guess, and is worth as little.
        assert guess == pytest.approx(single, abs=3e-8), direction_name(query, target)
        assert pairwise_ceiling(p, bits, query, target, noise=noise) == pytest.approx(single)


def test_known_connected_informations() -> None:
    assert list(connected_information(0.5, 2).values()) == pytest.approx([0.3128, 0.5537], abs=6e-5)
    assert list(connected_information(0.5, 1, modalities=4).values()) == pytest.approx([0.1308, 0, 0.2158], abs=6e-5)
    pair = connected_information(0.5, 1, modalities=5, parity="pair")
    assert pair == {2: information(0.5, 1).mi_ac, 3: information(0.5, 1).mi_bc_given_a, 4: 0.0, 5: 0.0}


@needs_dit
@pytest.mark.parametrize(("bits", "modalities", "noise"), [(1, 3, 0.0), (2, 3, 0.0), (1, 3, 0.1), (1, 4, 0.0)])
@pytest.mark.parametrize("p", [0.3, 0.5, 1.0])
def test_connected_informations_are_those_of_dit(p: float, bits: int, modalities: int, noise: float) -> None:
    profile = dit.profiles.SchneidmanProfile(as_dit(joint(p, bits, modalities, noise))).profile
    found = connected_information(p, bits, modalities=modalities, noise=noise)
    assert found == pytest.approx({order: float(profile[order]) * math.log(2) for order in found}, abs=5e-6)


@pytest.mark.parametrize(("modalities", "parity"), [(3, "all"), (4, "all"), (4, "pair")])
def test_ceilings_of_the_written_law_are_the_closed_forms(modalities: int, parity: str) -> None:
    law = joint(0.8, 1, modalities, 0.05, parity)
    letters = "abcd"[:modalities]
    for query, target in directions(modalities, range(1, modalities)):
        found = law_ceilings(law, [letters.index(one) for one in query], letters.index(target))
        exact = ceilings(0.8, 1, query, target, modalities=modalities, noise=0.05, parity=parity)
        assert found.by_order == pytest.approx(exact.by_order) and found.single == pytest.approx(exact.single)


def test_sums_of_pair_scores_can_be_right_more_often_than_the_pairs() -> None:
    assert additive_ceiling(1, 1) == pytest.approx(0.75)
    assert additive_ceiling(1, 2) == pytest.approx(0.6875)
    assert pairwise_ceiling(1, 1) == 0.5 and pairwise_ceiling(1, 2) == 0.25
    for p, noise in ((0.3, 0.0), (0.8, 0.1)):
        for query, target in directions(3):
            found, exact = (
                additive_ceiling(p, 1, query, target, noise=noise),
                ceilings(p, 1, query, target, noise=noise),
            )
            assert found is not None and exact.pairwise - 1e-9 <= found <= exact.bayes + 1e-9
    assert additive_ceiling(1, 5) is None
    assert additive_ceiling(0.5, 5, ("a",), "c") == bayes_accuracy(0.5, 5, ("a",), "c")
    # Modalities that tell nothing change nothing.
    assert additive_ceiling(1, 1, ("a", "c", "d"), "b", modalities=4, parity="pair") == pytest.approx(0.75)


def test_no_sum_of_pair_scores_is_above_the_limit_where_the_best_is_not_computed() -> None:
    # Where the best is computed the formula is it: the share of whole parities by that at p = 1, and guesses.
    for p in (0.2, 0.5, 0.9):
        for bits in (1, 2):
            found = additive_ceiling(p, bits)
            assert found == pytest.approx(p * additive_limit(1, bits) + (1 - p) / 2**bits)
            assert found == additive_limit(p, bits)
        assert additive_limit(p, 5) == pytest.approx(p * 0.6875 + (1 - p) / 32)
    # Neither more bits nor more modalities help.
    query = {modalities: ("a", *"cdefg"[: modalities - 2]) for modalities in range(3, 8)}
    ones = [additive_ceiling(1, 1, query[modalities], "b", modalities=modalities) for modalities in (3, 4, 5, 6)]
    assert additive_limit(1, 2) < additive_limit(1, 1) == ones[0] and ones == sorted(ones, reverse=True)
    for modalities, bits in ((4, 5), (6, 2), (7, 1)):
        found = additive_limit(0.5, bits, query[modalities], "b", modalities=modalities)
        assert found == pytest.approx(0.5 * 0.6875 + 0.5 / 2**bits)
    assert additive_limit(1, 5, unreliable=0.4) == pytest.approx(0.6 * 0.6875 + 0.4 / 32)
    assert additive_limit(0.5, 5, ("a", "c", "d"), "b", modalities=4, parity="pair") == additive_limit(0.5, 5)
    assert additive_limit(0.5, 2000) == pytest.approx(0.34375)
    # Sums that anybody may find are below it: of three bits, those that a climb from random scores ends with.
    rng, codes = np.random.default_rng(0), np.arange(8)
    first, second, best = rng.normal(size=(8, 8)), rng.normal(size=(8, 8)), 0.0
    right = codes[:, None] ^ codes
    for _ in range(1500):
        change = rng.normal(size=(2, 8, 8)) * (rng.random((2, 8, 8)) < 0.05)
        guess = ((first + change[0])[:, None] + (second + change[1])[None]).argmax(-1)
        if (reached := (guess == right).mean()) >= best:
            first, second, best = first + change[0], second + change[1], reached
    assert 0.3 < best <= additive_limit(1, 3) == additive_limit(1, 2)
    assert additive_limit(0.8, 5, ("a", "b"), "c") is None and additive_limit(0.5, 5, noise=0.1) is None


def test_a_parity_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidValue, match="parity must be all or pair; got 'pairs': did you mean 'pair'"):
        information(0.5, 1, modalities=4, parity="pairs")


@given(p=PROBABILITY, bits=st.integers(1, 60))
def test_closed_forms_of_the_plain_task(p: float, bits: int) -> None:
    codes = 2.0**bits
    synergy, ends, copy = p + (1 - p) / codes, max(p, 1 - p) * (1 - 1 / codes) + 1 / codes, 1 - p + p / codes
    forms = {"ac->b": synergy, "bc->a": ends, "ab->c": ends, "a->c": copy, "c->a": copy}
    for query, target in directions(3):
        name = direction_name(query, target)
        assert bayes_accuracy(p, bits, query, target) == pytest.approx(forms.get(name, 1 / codes), rel=1e-12), name
    equal = 1 - p + p / codes
    gate = -sum(x * math.log(x) for x in (p, 1 - p) if x > 0)
    apart = (codes - 1) * (p / codes) * (math.log(p) - math.log(codes)) if p > 0 else 0.0
    given_a = -(equal * math.log(equal) + apart)
    found = information(p, bits)
    assert found.mi_ac == pytest.approx(bits * math.log(2) - given_a, abs=1e-9)
    assert found.mi_bc_given_a == pytest.approx(given_a - (1 - 1 / codes) * gate, abs=1e-9)


@pytest.mark.parametrize("bits", [1, 5, 60])
def test_limits_are_a_pure_copy_and_a_pure_parity(bits: int) -> None:
    entropy_of_code = bits * math.log(2)
    copy, parity = information(0, bits), information(1, bits)
    assert (copy.mi_ac, copy.mi_bc_given_a) == pytest.approx((entropy_of_code, 0), abs=1e-13)
    assert (parity.mi_ac, parity.mi_bc_given_a) == pytest.approx((0, entropy_of_code), abs=1e-13)
    assert copy.o_information == 0 and math.copysign(1, copy.o_information) == 1
    assert parity.o_information == pytest.approx(-entropy_of_code)
    assert (bayes_accuracy(0, bits), bayes_accuracy(1, bits)) == (2.0**-bits, 1)
    assert bayes_accuracy(0, bits, ("a",), "c") == 1


@settings(deadline=None)
@given(**ALL_NUMBERS)
def test_identities_and_bounds(p: float, bits: int, modalities: int, noise: float) -> None:
    found = information(p, bits, modalities=modalities, noise=noise)
    assert found.total_correlation == pytest.approx(found.mi_ac + found.mi_bc_given_a)
    assert found.o_information == pytest.approx(found.total_correlation - found.dual_total_correlation, abs=1e-9)
    assert found.mi_ab_given_c == found.mi_bc_given_a and found.mi_bc == 0
    entropy_of_code = bits * math.log(2) * (1 + 1e-12)
    assert 0 <= found.mi_ac <= entropy_of_code
    assert 0 <= found.mi_bc_given_a <= entropy_of_code
    # It is I(last; all others), since those are independent.
    assert found.total_correlation <= entropy_of_code


@settings(deadline=None)
@given(low=PROBABILITY, high=PROBABILITY, bits=st.integers(1, 40), modalities=st.integers(3, 6), noise=NOISE)
def test_more_parity_means_more_synergy_and_less_copy(
    low: float, high: float, bits: int, modalities: int, noise: float
) -> None:
    low, high = sorted((low, high))
    less, more = (information(p, bits, modalities=modalities, noise=noise) for p in (low, high))
    slack = 1e-9 * bits
    assert more.mi_ac <= less.mi_ac + slack
    assert more.mi_bc_given_a >= less.mi_bc_given_a - slack
    law: dict[str, Any] = {"modalities": modalities, "noise": noise}
    rest = [letter for letter in "abcdef"[:modalities] if letter != "b"]
    assert bayes_accuracy(high, bits, rest, "b", **law) >= bayes_accuracy(low, bits, rest, "b", **law) - 1e-12


@settings(deadline=None)
@given(p=PROBABILITY, bits=st.integers(1, 20), modalities=st.integers(3, 5), quiet=NOISE, loud=NOISE)
def test_noise_destroys_information_and_never_adds_any(
    p: float, bits: int, modalities: int, quiet: float, loud: float
) -> None:
    quiet, loud = sorted((quiet, loud))
    more, less = (information(p, bits, modalities=modalities, noise=noise) for noise in (quiet, loud))
    for name in ("mi_ac", "total_correlation"):
        assert getattr(less, name) <= getattr(more, name) + 1e-9
    for query, target in directions(modalities, (1, modalities - 1)):
        best = [bayes_accuracy(p, bits, query, target, modalities=modalities, noise=noise) for noise in (quiet, loud)]
        assert best[1] <= best[0] + 1e-12, direction_name(query, target)


@given(**ALL_NUMBERS)
def test_ceilings_are_ordered(p: float, bits: int, modalities: int, noise: float) -> None:
    law: dict[str, Any] = {"modalities": modalities, "noise": noise}
    for query, target in directions(modalities, range(1, modalities)):
        single, best = single_ceiling(p, bits, query, target, **law), bayes_accuracy(p, bits, query, target, **law)
        case = direction_name(query, target)
        assert chance(bits) <= single * (1 + 1e-12) and single <= best * (1 + 1e-12) and best <= 1 + 1e-12, case
        assert bayes_accuracy(p, bits, query[::-1], target, **law) == best, case


def test_noise_near_its_ends_joins_the_closed_forms() -> None:
    for p in P:
        plain = information(p, 5).as_dict()
        assert information(p, 5, noise=1e-12).as_dict() == pytest.approx(plain, abs=1e-8)
        drowned = information(p, 5, noise=0.5).as_dict()
        assert drowned == pytest.approx({**dict.fromkeys(plain, 0.0), "code_entropy": 5 * math.log(2)}, abs=1e-12)
        assert bayes_accuracy(p, 5, noise=0.5) == pytest.approx(1 / 32)


@pytest.mark.parametrize("bits", [1000, 10**6, 10**9])
@ANY_P
def test_huge_codes_take_no_longer_and_stay_exact(p: float, bits: int) -> None:
    """Anything that grew with the bits would not end for 10**9 of them."""
    gate = -sum(x * math.log(x) for x in (p, 1 - p) if x > 0)
    found = information(p, bits)
    entropy_of_code = bits * math.log(2)
    # At p = 1 the copies that happen by chance are all there is, and vanish.
    want = (1 - p) * entropy_of_code - (gate if p < 1 else 0.0)
    assert found.mi_ac == pytest.approx(want, rel=1e-12, abs=1e-12)
    assert found.mi_bc_given_a == pytest.approx(p * entropy_of_code, rel=1e-12)
    assert bayes_accuracy(p, bits) == pytest.approx(p, abs=1e-300)
    assert bayes_accuracy(p, bits, ("a",), "c") == pytest.approx(1 - p, abs=1e-300)


@pytest.mark.parametrize("noise", [1e-6, 0.01, 0.3, 0.5])
def test_huge_noisy_codes_are_finite(noise: float) -> None:
    values = information(0.5, 1000, noise=noise).as_dict()
    assert all(map(math.isfinite, values.values()))
    assert 0 <= values["total_correlation"] <= values["code_entropy"]
    for query, target in directions(3):
        assert 0 <= bayes_accuracy(0.5, 1000, query, target, noise=noise) <= 1


@pytest.mark.parametrize("p", [5e-324, 1e-300, 1e-17, 1e-9, 0.5 - 1e-16, 1 - 1e-9, 1 - 2**-53])
@pytest.mark.parametrize("bits", [1, 5, 100])
def test_extreme_probabilities_keep_their_digits(p: float, bits: int) -> None:
    with localcontext() as context:
        context.prec = 400
        mixed, codes = Decimal(p), Decimal(2) ** bits
        equal, unequal = 1 - mixed + mixed / codes, 1 - 1 / codes
        copied = equal * (codes * equal).ln() + unequal * mixed * mixed.ln()
        synergy = unequal * (mixed * codes.ln() + (1 - mixed) * (1 - mixed).ln()) - equal * equal.ln()
    found = information(p, bits)
    # Absolutely to rounding errors of the entropy: the smallest quantities are differences of larger ones.
    assert found.mi_ac == pytest.approx(float(copied), rel=1e-13, abs=1e-15 * bits)
    assert found.mi_bc_given_a == pytest.approx(float(synergy), rel=1e-13, abs=1e-15 * bits)


@pytest.mark.parametrize("target", ["a", "b", "c"])
@pytest.mark.parametrize(("bits", "noise"), [(1, 0.0), (2, 0.0), (3, 0.0), (1, 0.1), (2, 0.2)])
@ANY_P
def test_decomposition_is_that_of_the_enumerated_distribution(p: float, bits: int, noise: float, target: str) -> None:
    table, number = joint(p, bits, 3, noise), "abc".index(target)
    first, second = (m for m in range(3) if m != number)
    prior = marginal(table, (number,))
    redundancy = float(prior @ np.minimum(specific(table, first, number), specific(table, second, number)))
    single = [mutual(table, source, number) for source in (first, second)]
    whole = entropy(table, (number,)) + entropy(table, (first, second)) - entropy(table, (0, 1, 2))
    atoms = decomposition(p, bits, target, noise=noise)
    assert atoms.sources == ("abc"[first], "abc"[second])
    assert atoms.redundancy == pytest.approx(redundancy, abs=1e-12)
    assert list(atoms.unique.values()) == pytest.approx([one - redundancy for one in single], abs=1e-12)
    assert atoms.synergy == pytest.approx(whole - sum(single) + redundancy, abs=1e-12)
    assert atoms.redundancy + sum(atoms.unique.values()) + atoms.synergy == pytest.approx(whole, abs=1e-12)


def as_dit(table: np.ndarray) -> Any:
    likely = [codes for codes in np.ndindex(table.shape) if table[codes] > 0]
    return dit.Distribution(["".join(map(str, codes)) for codes in likely], [float(table[codes]) for codes in likely])


@needs_dit
@pytest.mark.parametrize(("bits", "modalities", "noise"), [(1, 3, 0.0), (2, 3, 0.0), (1, 3, 0.1), (1, 4, 0.0)])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1.0])
def test_another_library_agrees_on_total_correlation_and_o_information(
    p: float, bits: int, modalities: int, noise: float
) -> None:
    law = as_dit(joint(p, bits, modalities, noise))
    found, nats = information(p, bits, modalities=modalities, noise=noise), math.log(2)
    assert found.total_correlation == pytest.approx(dit.multivariate.total_correlation(law) * nats, abs=1e-9)
    assert found.dual_total_correlation == pytest.approx(dit.multivariate.dual_total_correlation(law) * nats, abs=1e-9)
    assert found.o_information == pytest.approx(dit.multivariate.o_information(law) * nats, abs=1e-9)


@needs_dit
@pytest.mark.parametrize(("measure", "error"), [("PID_WB", 1e-9), ("PID_BROJA", 2e-3)])
@pytest.mark.parametrize("target", ["a", "b", "c"])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_another_library_agrees_on_the_decomposition(p: float, target: str, measure: str, error: float) -> None:
    number = "abc".index(target)
    first, second = (m for m in range(3) if m != number)
    nodes = (((first,), (second,)), ((first,),), ((second,),), ((first, second),))
    atoms = decomposition(p, 1, target)
    wanted = [atoms.redundancy, atoms.unique["abc"[first]], atoms.unique["abc"[second]], atoms.synergy]

    def theirs() -> list[float]:
        lattice = getattr(dit.pid, measure)(as_dit(joint(p, 1)), ((first,), (second,)), (number,))
        return [float(lattice[node]) * math.log(2) for node in nodes]

    # BROJA minimises unique information, and dit searches from random starts, some of which end above the minimum: the
    # lowest of its searches counts.
    best = theirs()
    for _ in range(9):
        if best == pytest.approx(wanted, abs=error):
            break
        best = min(best, theirs(), key=lambda found: found[1] + found[2])
    assert best == pytest.approx(wanted, abs=error)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"p": 1.3}, r"^p must be in \[0, 1\]; got 1.3$"),
        ({"p": -0.1}, r"^p must be in \[0, 1\]; got -0.1$"),
        ({"p": math.nan}, r"^p must be in \[0, 1\]; got nan$"),
        ({"p": "a"}, r"^p must be in \[0, 1\]; got 'a'$"),
        ({"p": True}, r"^p must be in \[0, 1\]; got True$"),
        ({"bits": 0}, "^bits must be a whole number of at least 1; got 0$"),
        ({"bits": 2.5}, "^bits must be a whole number of at least 1; got 2.5$"),
        ({"bits": "5"}, "^bits must be a whole number of at least 1; got '5'$"),
        ({"modalities": 2}, r"^modalities must be a whole number in \[3, 26\]; got 2$"),
        ({"modalities": 27}, r"^modalities must be a whole number in \[3, 26\]; got 27$"),
        ({"noise": 0.51}, r"^noise must be in \[0, 0.5\]; got 0.51$"),
    ],
)
def test_values_out_of_range_are_refused_in_one_sentence(values: dict[str, Any], message: str) -> None:
    for quantity in (information, connected_information, bayes_accuracy, pairwise_ceiling, ceilings, additive_ceiling):
        with pytest.raises(InvalidValue, match=message):
            quantity(**{"p": 0.5, "bits": 5, **values})
    with pytest.raises(InvalidValue, match=message):
        decomposition(**{"p": 0.5, "bits": 5, "target": "b", **values})


@pytest.mark.parametrize(
    ("query", "target", "message"),
    [
        (("a", "d"), "b", "^a modality must be one of a, b, c; got 'd'$"),
        (("a",), "z", "^a modality must be one of a, b, c; got 'z'$"),
        ((), "b", "^query must name at least one modality; got none$"),
        (("a", "a"), "b", "^query must name each modality once; got a, a$"),
        (("a", "b"), "b", "^target must not be in the query; got 'b' and the query a, b$"),
    ],
)
def test_directions_that_do_not_exist_are_refused(query: tuple[str, ...], target: str, message: str) -> None:
    for quantity in (bayes_accuracy, single_ceiling, pairwise_ceiling, ceilings):
        with pytest.raises(InvalidValue, match=message):
            quantity(0.5, 5, query, target)


def test_decompositions_that_do_not_exist_are_refused() -> None:
    with pytest.raises(InvalidValue, match="^target must be one of a, b, c; got 'd'$"):
        decomposition(0.5, 5, "d")
    with pytest.raises(InvalidValue, match="^modalities must be 3 for a decomposition over two sources; got 4$"):
        decomposition(0.5, 5, "b", modalities=4)
    with pytest.raises(InvalidValue, match="^orders must be a whole number in"):
        directions(3, (3,))
    with pytest.raises(InvalidValue, match="^bits must be a whole number of at least 1; got 0$"):
        chance(0)


def test_the_names_and_arguments_that_others_call_stay() -> None:
    known = information(0.5, 5)
    for name in ("mi_ac", "mi_bc", "mi_ab_given_c", "mi_bc_given_a", "total_correlation"):
        assert isinstance(getattr(known, name), float) and known.as_dict()[name] == getattr(known, name)
    assert information(p=0.5, bits=5) == known
    assert bayes_accuracy(p=0.5, bits=5, query=("a", "c"), target="b") == pytest.approx(0.5 + 0.5 / 32)
