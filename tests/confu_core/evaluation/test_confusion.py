"""Confusion of classes and groups, against scikit-learn and slow loops."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from confu_core.errors import InvalidValue
from confu_core.evaluation.classification import confusion, group_confusion, most_confused

SOURCE = np.random.default_rng(0)
LABELS = SOURCE.choice(7, 500, p=[0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
PREDICTED = np.where(SOURCE.random(500) < 0.6, LABELS, SOURCE.integers(7, size=500))
NAMES = [f"species {i}" for i in range(7)]


def test_counts_are_sklearns() -> None:
    assert np.array_equal(confusion(LABELS, PREDICTED, 7), confusion_matrix(LABELS, PREDICTED))
    assert np.array_equal(confusion(LABELS, PREDICTED, 9), confusion_matrix(LABELS, PREDICTED, labels=range(9)))
    assert np.array_equal(confusion(LABELS, LABELS, 7), np.diag(np.bincount(LABELS)))


def test_groups_are_confused_as_their_labels_are() -> None:
    groups = np.array([2, 0, 1, 0, 2, 2, 1])
    found = group_confusion(confusion(LABELS, PREDICTED, 7), groups)
    assert np.array_equal(found, confusion(groups[LABELS], groups[PREDICTED], 3))
    assert found.sum() == 500


def test_pairs_are_those_of_a_slow_loop() -> None:
    counts = confusion(LABELS, PREDICTED, 7)
    found = most_confused(counts, NAMES, top=100)
    shares = {}
    for i in range(7):
        for j in range(i):
            either = sum({true, guess} == {i, j} for true, guess in zip(LABELS, PREDICTED, strict=True))
            shares[frozenset((NAMES[i], NAMES[j]))] = either / sum(true in (i, j) for true in LABELS)
    assert {frozenset((pair.first, pair.second)): pair.share for pair in found} == pytest.approx(
        {pair: share for pair, share in shares.items() if share}
    )
    assert [pair.share for pair in found] == sorted((pair.share for pair in found), reverse=True)
    for pair in found:
        i, j = NAMES.index(pair.first), NAMES.index(pair.second)
        assert (pair.forward, pair.backward) == (counts[i, j], counts[j, i]) and pair.forward >= pair.backward
    assert most_confused(counts, NAMES, top=3) == found[:3]


def test_perfect_predictions_confuse_nothing() -> None:
    assert most_confused(confusion(LABELS, LABELS, 7), NAMES) == []


def test_equally_confused_pairs_keep_the_order_of_classes() -> None:
    tied = most_confused(np.ones((3, 3), int), ["a", "b", "c"])
    assert [(pair.first, pair.second) for pair in tied] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(InvalidValue, match="labels and predicted must be equally many; got 2 and 1"):
        confusion([0, 1], [0], 2)
    with pytest.raises(InvalidValue, match=r"predicted must be in \[0, 1\]; got 2"):
        confusion([0, 1], [0, 2], 2)
    with pytest.raises(InvalidValue, match=r"groups must be one per class of a square table; got 1 for \(2, 2\)"):
        group_confusion(np.eye(2, dtype=int), [0])
    with pytest.raises(InvalidValue, match=r"names must be one per class of a square table; got 3 for \(2, 2\)"):
        most_confused(np.eye(2, dtype=int), ["a", "b", "c"])
