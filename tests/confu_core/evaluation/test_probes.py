"""Linear probes and few-shot classification, against scikit-learn and on data with a known answer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from confu_core.errors import InvalidValue
from confu_core.evaluation import few_shot as few_shot_module
from confu_core.evaluation.few_shot import few_shot
from confu_core.evaluation.labelled import Labelled, standardised
from confu_core.evaluation.probes import linear_probe

CLASSES, DIM = 6, 10
MEANS = np.random.default_rng(9).normal(size=(CLASSES, DIM))


def clouds(per_class: int, seed: int, noise: float = 1.0) -> Labelled:
    """Samples around the means of their classes, with a scale and an offset of their own in every dimension."""
    source = np.random.default_rng(seed)
    labels = np.repeat(np.arange(CLASSES), per_class)
    spread = MEANS[labels] + noise * source.normal(size=(len(labels), DIM))
    return Labelled(spread * np.geomspace(0.01, 100, DIM) + 5, labels)


def test_the_probe_is_logistic_regression_on_standardised_features() -> None:
    train, validation, test = clouds(30, 0), clouds(20, 1), clouds(50, 2)
    found = linear_probe(train, validation, test)
    models = {
        c: make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=5000)).fit(*train)
        for c in (0.001, 0.01, 0.1, 1.0, 10.0)
    }
    best = max(models, key=lambda c: (models[c].score(*validation), -c))
    assert found.strength == best
    assert np.array_equal(found.predicted, models[best].predict(test.embeddings))
    assert found.accuracy == models[best].score(*test) == found.correct.mean()
    assert np.array_equal(found.correct, found.predicted == test.labels)


def test_strong_regularisation_is_chosen_where_features_say_little() -> None:
    """With more features than samples and much noise, a weak penalty fits the noise."""
    sets = [clouds(10, seed, noise=3.0) for seed in range(3)]
    noisy = [
        Labelled(np.hstack([x, 100 * np.random.default_rng(i).normal(size=(60, 80))]), y)
        for i, (x, y) in enumerate(sets)
    ]
    assert linear_probe(*noisy).strength < 10


def test_the_probe_is_perfect_on_separate_clouds_and_at_chance_without_information() -> None:
    near = [clouds(20, seed, noise=0.01) for seed in range(3)]
    assert linear_probe(*near).accuracy == 1
    constant = [Labelled(np.full((len(y), 3), 0.1), y) for _, y in near]
    assert linear_probe(*constant).accuracy == pytest.approx(1 / CLASSES)
    source = np.random.default_rng(3)
    noise = [Labelled(source.normal(size=(600, 3)), np.arange(600) % CLASSES) for _ in range(3)]
    assert linear_probe(*noise).accuracy == pytest.approx(1 / CLASSES, abs=0.06)


def test_names_of_classes_do_not_matter() -> None:
    sets = [clouds(20, seed) for seed in range(3)]
    renamed = [Labelled(x, np.array([40, 3, 17, 8, 5, 99])[y]) for x, y in sets]
    assert np.array_equal(linear_probe(*sets).correct, linear_probe(*renamed).correct)
    found, other = few_shot(*sets[:2], shots=(2,)), few_shot(*renamed[:2], shots=(20,))
    assert found[0].accuracy.mean < other[0].accuracy.mean
    # With every sample drawn, only the classes' order could differ.
    whole, whole_renamed = few_shot(*sets[:2], shots=(20,)), few_shot(*renamed[:2], shots=(20,))
    assert whole[0].correct == pytest.approx(whole_renamed[0].correct)


def test_standardised_features_are_sklearns() -> None:
    x, other = clouds(20, 0).embeddings, clouds(5, 1).embeddings
    assert standardised(other, x) == pytest.approx(StandardScaler().fit(x).transform(other))


def test_features_that_vary_by_rounding_only_are_left_out() -> None:
    x = 0.1 + 1e-17 * np.random.default_rng(0).normal(size=(50, 2))
    assert standardised(x, x).tolist() == [[0, 0]] * 50


def test_one_shot_is_the_nearest_class_mean() -> None:
    x, y = clouds(1, 0)
    test = clouds(50, 1)
    (found,) = few_shot(Labelled(x, y), test, shots=(1,), draws=1)
    scaler = StandardScaler().fit(x)
    nearest = KNeighborsClassifier(1).fit(scaler.transform(x), y)
    want = nearest.score(scaler.transform(test.embeddings), test.labels)
    assert found.accuracy.mean == pytest.approx(want) and found.accuracy.half_width is None


def test_many_shots_are_linear_discriminant_analysis() -> None:
    """Every sample is drawn, so scikit-learn can be given the same; shrinkage then counts for little."""
    x, y = clouds(400, 0)
    test = clouds(200, 1)
    (found,) = few_shot(Labelled(x, y), test, shots=(400,), draws=1)
    assert found.accuracy.mean == pytest.approx(LinearDiscriminantAnalysis().fit(x, y).score(*test), abs=0.005)


def test_the_covariance_is_that_within_classes() -> None:
    source = np.random.default_rng(4)
    mixing = source.normal(size=(5, 5))
    samples = 9 * source.normal(size=(3000, 1, 5)) + source.normal(size=(3000, 2, 5)) @ mixing
    found = few_shot_module._covariance(samples)
    assert found == pytest.approx(mixing.T @ mixing, abs=0.1 * np.abs(mixing.T @ mixing).max())
    # Half the difference of two shots is all that they say of the spread: one independent row per class.
    rows = (samples[:, 0] - samples[:, 1]) / np.sqrt(2)
    want, _ = ledoit_wolf(rows, assume_centered=True)
    assert found == pytest.approx(want, rel=1e-4, abs=1e-4)


def test_more_shots_are_better_and_the_interval_covers_the_draws() -> None:
    found = few_shot(clouds(40, 0), clouds(100, 1), shots=(1, 5, 20))
    means = [each.accuracy.mean for each in found]
    assert means == sorted(means) and means[0] < means[-1] - 0.1
    assert [each.shots for each in found] == [1, 5, 20] and all(each.accuracy.n == 10 for each in found)
    for each in found:
        assert each.correct.mean() == pytest.approx(each.accuracy.mean)
        # Draws differ from each other, and all of them count.
        assert each.accuracy.minimum < each.accuracy.low < each.accuracy.mean < each.accuracy.high


def test_few_shots_are_at_chance_without_information() -> None:
    x, y = clouds(20, 0)
    for value in (0.0, 0.1, 7.3):
        constant = Labelled(np.full_like(x, value), y)
        assert [each.accuracy.mean for each in few_shot(constant, constant)] == pytest.approx([1 / CLASSES] * 5)
    source = np.random.default_rng(5)
    noise = [Labelled(source.normal(size=(600, 4)), np.arange(600) % CLASSES) for _ in range(2)]
    assert few_shot(*noise, shots=(5,))[0].accuracy.mean == pytest.approx(1 / CLASSES, abs=0.03)


def test_draws_are_equal_for_equal_seeds_and_nested() -> None:
    sets = clouds(30, 0), clouds(20, 1)
    one, same, other = (few_shot(*sets, shots=(3,), seed=seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one.correct, same.correct) and not np.array_equal(one.correct, other.correct)
    among = few_shot(*sets, shots=(1, 3), seed=1)[1]
    assert np.array_equal(one.correct, among.correct)
    order = few_shot_module._order(np.repeat([0, 1], 4), np.random.default_rng(0))
    assert sorted(order[0]) == [0, 1, 2, 3] and sorted(order[1]) == [4, 5, 6, 7]


def test_many_classes_with_few_samples_each_are_no_warning() -> None:
    x, y = np.random.default_rng(6).normal(size=(40, 5)), np.arange(40) % 30
    assert 0 <= linear_probe(Labelled(x, y), Labelled(x, y), Labelled(x, y)).accuracy <= 1


def test_errors_say_what_is_wrong() -> None:
    x, y = clouds(3, 0)
    train = Labelled(x, y)
    with pytest.raises(InvalidValue, match="20 shots need 20 training samples of every class; class 0 has 3"):
        few_shot(train, train)
    fewer = Labelled(x[1:-2], y[1:-2])
    with pytest.raises(InvalidValue, match="5 shots need 5 training samples of every class; class robin has 1"):
        few_shot(fewer, fewer, shots=(5,), names=["a", "b", "c", "d", "e", "robin"])
    for options in ({"shots": ()}, {"shots": (0, 2)}, {"draws": 0}):
        with pytest.raises(InvalidValue, match="shots and draws must be at least 1"):
            few_shot(train, train, **options)
    for strengths in ((), (0.0, 1.0)):
        with pytest.raises(InvalidValue, match="strengths must be above 0"):
            linear_probe(train, train, train, strengths)
    with pytest.raises(InvalidValue, match="at least two classes to train on; got only 0"):
        linear_probe(Labelled(x[:3], y[:3]), train, train)
    with pytest.raises(InvalidValue, match="every class must have training samples; class 5 has none"):
        linear_probe(Labelled(x[:-3], y[:-3]), train, train)
    with pytest.raises(InvalidValue, match="embeddings must be finite"):
        linear_probe(train, train, Labelled(x * np.nan, y))
    with pytest.raises(InvalidValue, match=r"one per label; got shapes \(18, 10\) and \(17,\)"):
        linear_probe(Labelled(x, y[1:]), train, train)
