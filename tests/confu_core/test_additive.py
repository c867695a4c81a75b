"""The best sums of pair scores, against a search through all sets of cells and against a program of another kind."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from confu_core import additive
from confu_core.additive import additive_accuracy
from confu_core.information import bayes_accuracy
from confu_core.orders import guess_accuracy, order_law

XOR = np.array([[[0.25, 0], [0, 0.25]], [[0, 0.25], [0.25, 0]]])


def modular(size: int, p: float, weights: np.ndarray | None = None) -> np.ndarray:
    """The law of target, first and second query, whose target is their sum with probability p, else the first."""
    law = np.zeros((size, size, size))
    for first, second in product(range(size), repeat=2):
        law[(first + second) % size, first, second] += p
        law[first, first, second] += 1 - p
    law *= (np.ones(size) if weights is None else weights)[:, None, None]
    return law / law.sum()


def random_law(seed: int, shape: tuple[int, ...], filled: float = 1.0) -> np.ndarray:
    source = np.random.default_rng(seed)
    law = source.dirichlet(np.ones(np.prod(shape))).reshape(shape) * (source.random(shape) < filled)
    return law / law.sum()


def can_win(law: np.ndarray, winners: list[tuple[int, ...]]) -> bool:
    """Whether some tables f(query value, target), one per query variable, put all these cells first."""
    leads = []
    for target, *given in winners:
        for other in set(range(len(law))) - {target}:
            tables = [np.zeros((size, len(law))) for size in law.shape[1:]]
            for table, value in zip(tables, given, strict=True):
                table[value, target], table[value, other] = 1, -1
            leads.append(np.concatenate([table.ravel() for table in tables]))
    found = linprog(np.zeros(len(leads[0])), -np.array(leads), -np.ones(len(leads)), bounds=(None, None))
    assert found.status in (0, 2)
    return bool(found.status == 0)


def assert_best(law: np.ndarray, accuracy: float) -> None:
    """Try sets of cells: none that is worth more can be won, and some that is worth as much can."""
    answers = [
        [None, *((target, *query) for target in np.flatnonzero(law[(slice(None), *query)]))]
        for query in np.ndindex(law.shape[1:])
    ]
    reached = False
    for choice in product(*answers):
        winners = [cell for cell in choice if cell is not None]
        worth = [float(law[cell]) for cell in winners]
        # Where a set cannot be won, none that has more cells can: those with a cell to spare need no try.
        if sum(worth) > accuracy + 1e-9 and sum(worth) - min(worth) <= accuracy + 1e-9:
            assert not can_win(law, winners), winners
        elif abs(sum(worth) - accuracy) <= 1e-9 and not reached:
            reached = can_win(law, winners)
    assert reached


@pytest.mark.parametrize(
    "law",
    [
        XOR.swapaxes(0, 1),
        0.5 * XOR + 0.5 * random_law(1, (2, 2, 2)),
        random_law(2, (2, 2, 2)),
        random_law(3, (2, 2, 2, 2), 0.7),
        modular(2, 0.75, np.array([1.0, 3.0])),
        modular(3, 1.0),
        modular(3, 1.0, np.array([1.0, 2.0, 5.0])),
        modular(3, 0.75),
    ],
)
def test_the_additive_accuracy_is_the_best_that_a_search_finds(law: np.ndarray) -> None:
    found = additive_accuracy(law, range(1, law.ndim), 0)
    assert found is not None
    assert_best(law, found)


def bounded(law: np.ndarray, largest: float = 32.0) -> float:
    """The best additive score by one program with the scores in it, bounded, that must lead by 1 where they win."""
    starts = np.cumsum([0, *law.shape[1:]]) * len(law)
    cells, worth = np.argwhere(law > 0), law[law > 0]
    scores, behind = int(starts[-1]), 4 * largest * len(starts)
    rows = []
    for at, (target, *given) in enumerate(cells):
        for other in set(range(len(law))) - {target}:
            row = np.zeros(scores + len(cells))
            for start, value in zip(starts, given, strict=False):
                row[start + value * len(law) + [target, other]] = 1, -1
            row[scores + at] = -behind
            rows.append(row)
    free = np.full(scores, largest)
    found = milp(
        np.r_[np.zeros(scores), -1e4 * worth],
        constraints=LinearConstraint(np.array(rows), 1 - behind),
        bounds=Bounds(np.r_[-free, np.zeros(len(cells))], np.r_[free, np.ones(len(cells))]),
        integrality=np.r_[np.zeros(scores), np.ones(len(cells))],
        options={"mip_rel_gap": 0.0},
    )
    assert found.status == 0
    return float(worth[found.x[scores:] > 0.5].sum())


@pytest.mark.parametrize(
    "law",
    [
        modular(4, 1.0),
        modular(4, 0.75),
        modular(4, 1.0, np.array([1.0, 2.0, 4.0, 9.0])),
        0.9 * modular(3, 0.8) + 0.1 / 27,
        random_law(4, (3, 4, 4), 0.6),
        random_law(5, (2, 2, 3, 2)),
    ],
)
def test_the_additive_accuracy_is_that_of_a_program_with_bounded_scores(law: np.ndarray) -> None:
    assert additive_accuracy(law, range(1, law.ndim), 0) == pytest.approx(bounded(law), abs=1e-9)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 4, 3), (2, 4, 4), (2, 1, 5)])
def test_two_targets_in_order_are_worth_what_the_program_finds(shape: tuple[int, ...]) -> None:
    for seed in range(5):
        law = random_law(seed, shape, 0.8)
        content = law.tobytes()
        assert additive._ordered(shape, content) == pytest.approx(additive._solved(shape, content), abs=1e-9)


def test_a_match_of_ten_with_ten_is_worth_three_quarters() -> None:
    """The diagonal and one side of it; by itself, and as a part beside another."""
    match = np.stack([(1 - np.eye(10)) / 180, np.eye(10) / 20])
    assert additive_accuracy(match, [1, 2], 0) == pytest.approx(0.75)
    assert additive_accuracy(match.transpose(2, 0, 1), [0, 2], 1) == pytest.approx(0.75)
    law = np.zeros((4, 12, 12))
    law[:2, :10, :10], law[2:, 10:, 10:] = match / 2, XOR.swapaxes(0, 1) / 2
    assert additive_accuracy(law, [1, 2], 0) == pytest.approx(0.75)


def test_the_order_of_variables_is_of_no_matter() -> None:
    law = random_law(6, (2, 3, 4), 0.7)
    expected = additive_accuracy(law, [1, 2], 0)
    assert additive_accuracy(law.transpose(1, 0, 2), [2, 0], 1) == pytest.approx(expected)
    assert additive_accuracy(np.stack([law / 2] * 2, axis=1), [2, 3], 0) == pytest.approx(expected)


def test_parts_that_share_no_value_add_up() -> None:
    parts = [modular(3, 1.0), modular(2, 0.75, np.array([1.0, 3.0])), modular(4, 0.75), modular(3, 1.0)]
    shares = [0.1, 0.2, 0.3, 0.4]
    ends = np.cumsum([len(part) for part in parts])
    law = np.zeros((ends[-1],) * 3)
    for part, share, end in zip(parts, shares, ends, strict=True):
        law[(slice(end - len(part), end),) * 3] = share * part
    alone = [additive_accuracy(part, [1, 2], 0) for part in parts]
    assert alone == pytest.approx([7 / 9, 0.875, 0.671875, 7 / 9])
    mixed = np.random.default_rng(0).permutation(ends[-1])
    assert additive_accuracy(law[mixed][:, mixed], [1, 2], 0) == pytest.approx(np.dot(shares, alone))


def test_additive_accuracies_lie_between_pairs_and_everything() -> None:
    for seed in range(3):
        law = random_law(seed, (3, 2, 3))
        found = additive_accuracy(law, [0, 2], 1)
        assert found is not None
        pairs, best = guess_accuracy(law, order_law(law, 2), [0, 2], 1), bayes_accuracy(np.moveaxis(law, 1, 0))
        assert pairs - 1e-9 <= found <= best + 1e-9
    assert additive_accuracy(random_law(7, (3, 5)), [0], 1) == pytest.approx(bayes_accuracy(random_law(7, (3, 5)).T))
    assert additive_accuracy(np.full((5, 5, 5), 1 / 125), [0, 1], 2) is None
