"""Information of joint tables: against closed forms, a brute-force search over all laws, and dit."""

from __future__ import annotations

import warnings
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from confu_core.errors import InvalidValue
from confu_core.information import Atoms, bayes_accuracy, decompose, entropy, mutual_information

LN2 = np.log(2)


def random_law(seed: int, shape: tuple[int, int, int], concentration: float = 0.5) -> np.ndarray:
    size = int(np.prod(shape))
    return np.random.default_rng(seed).dirichlet(np.full(size, concentration)).reshape(shape)


def conditional(law: np.ndarray) -> float:
    """I(T; X | Y), term by term."""
    total = 0.0
    for t, x, y in np.ndindex(*law.shape):
        if law[t, x, y] > 0:
            ratio = law[t, x, y] * law[:, :, y].sum() / (law[t, :, y].sum() * law[:, x, y].sum())
            total += law[t, x, y] * np.log(ratio)
    return total


def searched_unique(law: np.ndarray) -> float:
    """The least conditional information over all laws of three binary variables with the same marginals.

    Each target's 2 x 2 slice has one free number; the objective is convex, so a grid that is refined around its best
    point finds the minimum.
    """
    low = np.array([max(0.0, s.sum(1)[0] + s.sum(0)[0] - s.sum()) for s in law])
    high = np.array([min(s.sum(1)[0], s.sum(0)[0]) for s in law])

    def value(corner: np.ndarray) -> float:
        slices = []
        for c, s in zip(corner, law, strict=True):
            row, column = s.sum(1), s.sum(0)
            slices.append([[c, row[0] - c], [column[0] - c, row[1] - column[0] + c]])
        return conditional(np.clip(np.array(slices), 0, None))

    best = (low + high) / 2
    for _ in range(30):
        points = [np.linspace(a, b, 9) for a, b in zip(low, high, strict=True)]
        best = min((np.array([a, b]) for a in points[0] for b in points[1]), key=value)
        width = (high - low) / 4
        low, high = np.maximum(low, best - width), np.minimum(high, best + width)
    return value(best)


def test_xor_is_synergy_and_a_copy_is_redundancy() -> None:
    xor = np.array([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]])
    assert decompose(xor) == Atoms(0.0, 0.0, 0.0, pytest.approx(LN2))
    copy = np.zeros((2, 2, 2))
    copy[0, 0, 0] = copy[1, 1, 1] = 0.5
    assert decompose(copy) == Atoms(pytest.approx(LN2), 0.0, 0.0, 0.0)


def test_two_independent_halves_of_a_target_are_unique_and_not_redundant() -> None:
    """The case that measures of equal amounts get wrong: both sources tell one bit, but not the same."""
    halves = np.zeros((4, 2, 2))
    for x, y in np.ndindex(2, 2):
        halves[2 * x + y, x, y] = 0.25
    assert decompose(halves) == Atoms(0.0, pytest.approx(LN2), pytest.approx(LN2), pytest.approx(0.0, abs=1e-12))


@pytest.mark.parametrize("seed", range(8))
def test_unique_information_is_the_minimum_that_a_search_finds(seed: int) -> None:
    law = random_law(seed, (2, 2, 2))
    atoms = decompose(law)
    assert atoms.unique_first == pytest.approx(searched_unique(law), abs=2e-7)
    assert atoms.unique_second == pytest.approx(searched_unique(law.transpose(0, 2, 1)), abs=2e-7)


def dit_atoms(law: np.ndarray) -> list[float]:
    """Redundancy, both unique informations and synergy by dit, in nats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dit = pytest.importorskip("dit")

        outcomes = [tuple(map(str, index)) for index in np.ndindex(*law.shape)]
        found = dit.pid.PID_BROJA(dit.Distribution(outcomes, law.ravel().tolist()), [[1], [2]], [0])
        return [float(found.get_pi(node)) * LN2 for node in [((1,), (2,)), ((1,),), ((2,),), ((1, 2),)]]


@pytest.mark.parametrize("shape", [(2, 2, 2), (2, 3, 2)])
def test_atoms_agree_with_dit(shape: tuple[int, int, int]) -> None:
    law = random_law(3, shape, concentration=2.0)
    atoms = decompose(law)
    got = [atoms.redundancy, atoms.unique_first, atoms.unique_second, atoms.synergy]
    # dit minimises unique information with penalties, from random starts, and comes to the minimum from above: to
    # about 1e-5 of it at best, and some searches stop far earlier. The lowest of its searches counts.
    best = dit_atoms(law)
    for _ in range(9):
        if got == pytest.approx(best, abs=1e-4):
            break
        best = min(best, dit_atoms(law), key=lambda found: found[1] + found[2])
    assert got == pytest.approx(best, abs=1e-3)
    assert got[1] + got[2] <= best[1] + best[2] + 1e-4  # No law that it finds is better than ours.


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.tuples(*[st.integers(1, 4)] * 3))
def test_atoms_are_not_negative_and_add_up(seed: int, shape: tuple[int, int, int]) -> None:
    law = random_law(seed, shape)
    atoms = decompose(law)
    assert min(asdict(atoms).values()) >= 0
    first, second = mutual_information(law.sum(2)), mutual_information(law.sum(1))
    assert atoms.redundancy + atoms.unique_first == pytest.approx(first, abs=1e-9)
    assert atoms.redundancy + atoms.unique_second == pytest.approx(second, abs=1e-6)
    both = mutual_information(law.reshape(shape[0], -1))
    assert sum(asdict(atoms).values()) == pytest.approx(both, abs=1e-6)


@settings(deadline=None)
@given(arrays(float, (3, 4), elements=st.floats(0, 1)).filter(lambda table: table.sum() > 0.1))
def test_bayes_accuracy_is_that_of_the_best_rule(table: np.ndarray) -> None:
    table = table / table.sum()
    best = 0.0
    for rule in np.ndindex(3, 3, 3, 3):
        best = max(best, sum(table[guess, given] for given, guess in enumerate(rule)))
    assert bayes_accuracy(table) == pytest.approx(best)


def test_entropy_and_information_by_hand() -> None:
    assert entropy(np.array([0.5, 0.5, 0.0])) == pytest.approx(LN2)
    assert mutual_information(np.diag([0.25] * 4)) == pytest.approx(2 * LN2)
    assert mutual_information(np.outer([0.3, 0.7], [0.6, 0.4])) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("table", [np.zeros((2, 2)), np.full((2, 2, 2), 0.2), np.full((1, 1, 2), [1.5, -0.5])])
def test_what_is_no_law_is_refused(table: np.ndarray) -> None:
    with pytest.raises(InvalidValue, match="three axes and probabilities that add up to 1"):
        decompose(table)
