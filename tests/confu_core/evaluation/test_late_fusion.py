"""Late fusion: against loops over samples and a grid, and where two sources are independent given the class."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from confu_core.errors import InvalidValue
from confu_core.evaluation.complementarity import MOST, fusion_weights, late_fusion

# Of two sources, by class: the chance of each of what they can say, in tenths.
SAID = (np.array([[7, 2, 1], [1, 6, 3], [2, 3, 5]]), np.array([[5, 5], [9, 1], [2, 8]]))


def loop(sources: list[np.ndarray], weights: list[float], row: int) -> list[float]:
    """The probabilities of the classes of one sample, by the formula."""
    odds = []
    for label in range(sources[0].shape[1]):
        value = 1.0
        for table, weight in zip(sources, weights, strict=True):
            total = sum(math.exp(x) for x in table[row])
            value *= (math.exp(table[row, label]) / total) ** weight
        odds.append(value)
    return [one / sum(odds) for one in odds]


def surprise(sources: list[np.ndarray], weights: list[float], labels: np.ndarray) -> float:
    return -sum(math.log(loop(sources, weights, row)[label]) for row, label in enumerate(labels)) / len(labels)


@pytest.fixture(scope="module")
def told() -> tuple[list[np.ndarray], np.ndarray]:
    """Two sources that know something, of which one exaggerates, and one that knows nothing."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 4, 60)
    informed = [random.normal(size=(60, 4)) + strength * np.eye(4)[labels] for strength in (1.0, 2.0)]
    return [informed[0], 3 * informed[1], random.normal(size=(60, 4))], labels


def test_probabilities_are_those_of_a_loop(told: tuple[list[np.ndarray], np.ndarray]) -> None:
    sources, _ = told
    found = np.exp(late_fusion(sources, [0.5, 2.0, 0.0]))
    for row in range(0, 60, 7):
        assert found[row] == pytest.approx(loop(sources, [0.5, 2.0, 0.0], row))


def test_no_weights_of_a_grid_are_likelier(told: tuple[list[np.ndarray], np.ndarray]) -> None:
    sources, labels = told
    weights = fusion_weights(sources, labels)
    least = surprise(sources, [*weights], labels)
    steps = (0.0, 0.2, 0.5, 0.8, 1.0, 1.5)
    assert all(least <= surprise(sources, list(grid), labels) + 1e-9 for grid in product(steps, repeat=3))
    for at in range(3):
        for by in (-0.01, 0.01):
            near = np.maximum(weights + by * np.eye(3)[at], 0)
            assert least <= surprise(sources, [*near], labels) + 1e-9


def test_a_constant_per_sample_changes_nothing(told: tuple[list[np.ndarray], np.ndarray]) -> None:
    sources, labels = told
    moved = [table + np.arange(60)[:, None] for table in sources]
    assert fusion_weights(moved, labels) == pytest.approx(fusion_weights(sources, labels), abs=1e-4)
    assert late_fusion(moved, [1, 1, 1]) == pytest.approx(late_fusion(sources, [1, 1, 1]))


def test_a_source_that_exaggerates_is_taken_back_by_as_much(told: tuple[list[np.ndarray], np.ndarray]) -> None:
    sources, labels = told
    calm = [sources[0], sources[1] / 3, sources[2]]
    assert 3 * fusion_weights(sources, labels)[1] == pytest.approx(fusion_weights(calm, labels)[1], rel=1e-3)


@pytest.fixture(scope="module")
def independent() -> tuple[list[np.ndarray], np.ndarray]:
    """Every outcome of two sources that are independent given the class, as often as its chance says."""
    rows = [
        (label, one, two)
        for label in range(3)
        for one, two in product(range(3), range(2))
        for _ in range(SAID[0][label, one] * SAID[1][label, two])
    ]
    labels, *outcomes = np.array(rows).T
    posteriors = [np.log(said / said.sum(0))[:, outcome].T for said, outcome in zip(SAID, outcomes, strict=True)]
    return posteriors, labels


def test_independent_sources_are_multiplied_as_they_are(independent: tuple[list[np.ndarray], np.ndarray]) -> None:
    sources, labels = independent
    weights = fusion_weights(sources, labels)
    assert weights == pytest.approx([1, 1], abs=1e-4)
    bayes = sum(
        max(SAID[0][label, one] * SAID[1][label, two] for label in range(3)) for one, two in product(range(3), range(2))
    ) / len(labels)
    right = late_fusion(sources, weights).argmax(1) == labels
    assert right.mean() == pytest.approx(bayes)
    assert bayes > max((table.argmax(1) == labels).mean() for table in sources)


def test_xor_of_two_bits_is_not_in_the_sum() -> None:
    bits = np.array(list(product(range(2), repeat=2)) * 5)
    sources, labels = [np.log(np.full((20, 2), 0.5))] * 2, bits.sum(1) % 2
    assert np.exp(late_fusion(sources, fusion_weights(sources, labels))) == pytest.approx(0.5)


def test_weights_end_where_validation_is_told_without_error() -> None:
    sure = np.log([[0.9, 0.1], [0.1, 0.9]])
    weights = fusion_weights([sure, -sure], [0, 1])
    assert 1 < weights[0] <= MOST and weights[1] == 0


@pytest.mark.parametrize(
    ("sources", "labels", "message"),
    [
        ([], [0], r"sources must be of one shape \(n, classes\), none empty; got \[\]"),
        ([np.zeros((2, 3)), np.zeros((3, 3))], [0, 1], r"of one shape .*; got \[\(2, 3\), \(3, 3\)\]"),
        ([np.zeros((0, 3))], [], r"none empty; got \[\(0, 3\)\]"),
        ([np.full((2, 3), -np.inf)], [0, 1], "must be finite"),
        ([np.zeros((2, 3))], [0, 3], "labels must be"),
        ([np.zeros((2, 3))], [0], "labels must be as many as rows; got 1 and 2"),
    ],
)
def test_what_cannot_be_added_up_is_refused(sources: list, labels: list, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        fusion_weights(sources, labels)
