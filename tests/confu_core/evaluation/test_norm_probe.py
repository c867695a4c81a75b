"""The probe of CoMM's comparison, against the condition that its optimum meets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from confu_core.errors import InvalidValue
from confu_core.evaluation.norm_probe import _predicted, norm_probe
from confu_core.evaluation.probes import Labelled


def clouds(seed: int, each: int = 40) -> Labelled:
    source = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], each)
    return Labelled(np.eye(3)[labels] + source.normal(size=(3 * each, 3)), labels)


@pytest.mark.parametrize("strength", [2.0, 20.0, 1e4])
def test_it_minimises_cross_entropy_and_the_norm_of_the_weights(strength: float) -> None:
    """Another solver of the same objective predicts the same; the square of the norm would not."""
    x, y = map(np.asarray, clouds(0))

    def objective(flat: np.ndarray) -> float:
        weights, bias = flat[:9].reshape(3, 3), flat[9:]
        scores = x @ weights.T + bias
        losses = logsumexp(scores, axis=1) - scores[np.arange(len(y)), y]
        return float(losses.mean() + np.linalg.norm(weights) / (2 * strength))

    found = minimize(objective, np.full(12, 0.01), tol=1e-10).x
    expected = (x @ found[:9].reshape(3, 3).T + found[9:]).argmax(1)
    assert (_predicted(x, y, strength, x) == expected).mean() > 0.98


def test_a_strong_penalty_leaves_a_constant() -> None:
    """Not squared, the norm can hold all weights at 0 and not only make them small."""
    x, y = map(np.asarray, clouds(0))
    y = np.where(y == 2, 0, y)
    assert set(_predicted(x, y, 1e-6, x)) == {0}


def test_it_chooses_by_the_mean_over_classes_and_is_the_same_again() -> None:
    train, test = clouds(1), clouds(2)
    found = norm_probe(train, test)
    assert found.balanced_accuracy > 0.5 and found.strength in [10.0**power for power in range(-6, 7)]
    assert np.array_equal(found.predicted, norm_probe(train, test).predicted)


def test_a_class_with_one_sample_has_none_to_hold_out() -> None:
    one = Labelled(np.eye(3), [0, 0, 1])
    with pytest.raises(InvalidValue, match="needs at least two classes"):
        norm_probe(one, one)
