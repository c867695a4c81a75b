"""Zero-shot classification: ensembles of prompts, ties, and chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score
from torch.nn.functional import normalize

from confu_core.errors import InvalidValue
from confu_core.evaluation.classification import (
    ENSEMBLES,
    accuracy_by_class,
    balanced_accuracy,
    class_scores,
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


def test_errors_say_what_is_wrong() -> None:
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
