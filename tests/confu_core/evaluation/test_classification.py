"""Zero-shot classification by prompts, and confusion of classes and groups: slow loops, scikit-learn, ties, chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from torch.nn.functional import normalize

from confu_core.errors import InvalidValue
from confu_core.evaluation.classification import (
    ENSEMBLES,
    accuracy_by_class,
    balanced_accuracy,
    class_scores,
    confusion,
    group_confusion,
    most_confused,
    zero_shot,
)


@settings(deadline=None, max_examples=40)
@given(n=st.integers(1, 8), classes=st.integers(1, 7), extra=st.integers(0, 5), seed=st.integers(0, 999))
def test_ensembles_and_correctness_are_those_of_slow_loops(n: int, classes: int, extra: int, seed: int) -> None:
    source = np.random.default_rng(seed)
    described = source.permutation([*range(classes), *source.integers(classes, size=extra)])
    scores = source.integers(4, size=(n, classes + extra)) / 4 - 0.25  # Few values: many ties.
    labels = source.integers(classes, size=n)
    combine = {
        "mean": np.mean,
        "log-mean-exp": lambda values: np.log(np.mean(np.exp(7 * values))),
        "max": np.max,
        "single": lambda values: values[0],
    }
    for ensemble in ENSEMBLES:
        found = zero_shot(torch.from_numpy(scores), described, labels, classes, ensemble=ensemble, scale=7.0)
        for i, label in enumerate(labels):
            table = [combine[ensemble](scores[i, described == c]) for c in range(classes)]
            ties = np.isclose(table, max(table))
            assert found.correct[i] == pytest.approx(ties[label] / ties.sum())
            assert ties[found.predicted[i]]
        assert found.accuracy == pytest.approx(found.correct.mean())
        assert found.top5 >= found.accuracy - 1e-12
        if classes <= 5:
            assert found.top5 == 1


def test_top_five_is_the_share_of_ranks_up_to_five() -> None:
    source = np.random.default_rng(0)
    scores, labels = source.normal(size=(200, 12)), source.integers(12, size=200)
    found = zero_shot(torch.from_numpy(scores), np.arange(12), labels, 12)
    order = np.argsort(-scores, axis=1)
    assert found.top5 == pytest.approx(np.mean([label in row[:5] for label, row in zip(labels, order, strict=True)]))
    assert found.accuracy == pytest.approx((order[:, 0] == labels).mean())
    assert np.array_equal(found.predicted, order[:, 0])


def test_the_mean_score_is_the_score_of_the_mean_embedding() -> None:
    source = torch.Generator().manual_seed(0)
    queries = normalize(torch.randn(20, 16, generator=source), dim=-1)
    prompts = normalize(torch.randn(3, 5, 16, generator=source), dim=-1)
    found = class_scores(queries @ prompts.flatten(0, 1).T, torch.arange(3).repeat_interleave(5), 3)
    assert torch.allclose(found, queries @ prompts.mean(1).T, atol=1e-6)


def test_log_mean_exp_lies_between_the_mean_and_the_best() -> None:
    scores, described = torch.rand(20, 15, generator=torch.Generator().manual_seed(0)), np.arange(15) % 3
    read = {name: class_scores(scores, described, 3, name).double() for name in ("mean", "max")}
    for scale, limit in ((1e-5, "mean"), (1e5, "max")):
        found = class_scores(scores, described, 3, "log-mean-exp", scale) / scale
        assert torch.allclose(found, read[limit], atol=1e-4)
    # With one prompt per class there is nothing to combine.
    one = class_scores(scores[:, :3], [2, 0, 1], 3, "log-mean-exp", 14.0) / 14
    assert torch.allclose(one, class_scores(scores[:, :3], [2, 0, 1], 3).double())


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_a_constant_score_is_at_chance_whatever_the_labels(ensemble: str) -> None:
    for label in range(4):
        found = zero_shot(torch.ones(500, 8), np.arange(8) % 4, [label] * 500, 4, ensemble=ensemble)
        assert found.accuracy == found.balanced_accuracy == 0.25
        assert np.bincount(found.predicted, minlength=4) == pytest.approx([125] * 4, abs=50)


def test_perfect_scores_with_the_prompts_of_a_class_apart() -> None:
    labels = np.arange(30) % 6
    described = np.arange(18) % 6
    scores = torch.from_numpy((labels[:, None] == described).astype(float))
    found = zero_shot(scores, described, labels, 6)
    assert found.accuracy == found.top5 == found.balanced_accuracy == 1 and np.array_equal(found.predicted, labels)


def test_the_order_of_prompts_does_not_matter() -> None:
    source = np.random.default_rng(1)
    scores, described, labels = source.normal(size=(50, 20)), np.arange(20) % 7, source.integers(7, size=50)
    order = source.permutation(20)
    for ensemble in ("mean", "max"):
        found = zero_shot(torch.from_numpy(scores), described, labels, 7, ensemble=ensemble)
        moved = zero_shot(torch.from_numpy(scores[:, order]), described[order], labels, 7, ensemble=ensemble)
        assert np.array_equal(found.correct, moved.correct)


def test_balanced_accuracy_is_sklearns() -> None:
    source = np.random.default_rng(2)
    labels, predicted = source.choice(5, 300, p=[0.6, 0.2, 0.1, 0.05, 0.05]), source.integers(5, size=300)
    assert balanced_accuracy(labels == predicted, labels, 5) == pytest.approx(
        balanced_accuracy_score(labels, predicted)
    )
    assert balanced_accuracy(labels == predicted, labels, 9) == pytest.approx(
        balanced_accuracy_score(labels, predicted)
    )
    assert np.isnan(accuracy_by_class([1], [0], 2)).tolist() == [False, True]


def test_equal_seeds_break_ties_alike() -> None:
    case = torch.zeros(40, 3), [0, 1, 2], [0] * 40, 3
    assert np.array_equal(zero_shot(*case, seed=1).predicted, zero_shot(*case, seed=1).predicted)
    assert not np.array_equal(zero_shot(*case, seed=1).predicted, zero_shot(*case, seed=2).predicted)


def test_scores_that_do_not_fit_are_an_error() -> None:
    scores = torch.zeros(2, 3)
    with pytest.raises(InvalidValue, match="got none for class 1"):
        zero_shot(scores, [0, 2, 2], [0, 0], 3)
    with pytest.raises(InvalidValue, match=r"prompt_label must be as many as prompts; got 2 and 3"):
        zero_shot(scores, [0, 1], [0, 0], 2)
    with pytest.raises(InvalidValue, match=r"labels must be as many as the rows of scores; got 1 and 2"):
        zero_shot(scores, [0, 1, 2], [0], 3)
    with pytest.raises(InvalidValue, match=r"labels must be in \[0, 2\]; got 3"):
        zero_shot(scores, [0, 1, 2], [0, 3], 3)
    with pytest.raises(InvalidValue, match="ensemble must be one of mean, log-mean-exp, max, single; got 'median'"):
        zero_shot(scores, [0, 1, 2], [0, 0], 3, ensemble="median")
    with pytest.raises(InvalidValue, match="scores must be finite"):
        zero_shot(scores / 0, [0, 1, 2], [0, 0], 3)


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
