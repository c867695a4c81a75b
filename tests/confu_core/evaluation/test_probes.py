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
from confu_core.evaluation.few_shot import few_shot, logistic_few_shot
from confu_core.evaluation.probes import (
    PUBLISHED,
    Labelled,
    correct_on_test,
    linear_probe,
    mlp_probe,
    standardised,
)
from confu_core.random import generator

CLASSES, DIM = 6, 10
MEANS = np.random.default_rng(9).normal(size=(CLASSES, DIM))


def clouds(per_class: int, seed: int, noise: float = 1.0) -> Labelled:
    """Samples around the means of their classes, with a scale and an offset of their own in every dimension."""
    source = np.random.default_rng(seed)
    labels = np.repeat(np.arange(CLASSES), per_class)
    spread = MEANS[labels] + noise * source.normal(size=(len(labels), DIM))
    return Labelled(spread * np.geomspace(0.01, 100, DIM) + 5, labels)


GRID = (0.001, 0.01, 0.1, 1.0, 10.0)


def test_the_probe_is_logistic_regression_on_standardised_features() -> None:
    train, validation, test = clouds(30, 0), clouds(20, 1), clouds(50, 2)
    found = linear_probe(train, validation, test, GRID)
    models = {c: make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=5000)).fit(*train) for c in GRID}
    best = max(models, key=lambda c: (models[c].score(*validation), -c))
    assert found.strength == best
    assert np.array_equal(found.predicted, models[best].predict(test.embeddings))
    assert found.accuracy == models[best].score(*test) == found.correct.mean()
    assert np.array_equal(found.correct, found.predicted == test.labels)


def test_the_search_goes_on_until_the_best_is_at_no_edge() -> None:
    """What it chooses is the best of all that it tried, fitted as well as each by itself; few samples differ."""
    for noise in (0.5, 3.0):
        train, validation, test = clouds(30, 0, noise), clouds(200, 1, noise), clouds(200, 2, noise)
        found = linear_probe(train, validation, test)
        assert found.strength is not None and np.log10(found.strength) == round(np.log10(found.strength))
        around = [found.strength * factor for factor in (0.1, 1, 10)]
        scores = [linear_probe(train, validation, validation, [c]).accuracy for c in around]
        assert scores[1] >= max(scores) - 0.005
        alone = linear_probe(train, validation, test, [found.strength])
        assert (found.predicted != alone.predicted).mean() < 0.01
    # Where everything is as good, the one is taken that is most certain of what is right.
    near = [clouds(20, seed, noise=0.01) for seed in range(3)]
    surest = linear_probe(*near).strength
    assert surest is not None and surest >= 1


def test_the_published_protocol_counts_classes_alike_and_fits_validation_too() -> None:
    train, validation, test = clouds(10, 0, 2.0), clouds(30, 1, 2.0), clouds(50, 2, 2.0)
    few = Labelled(validation.embeddings[:40], validation.labels[:40])  # 30 of one class, 10 of another.
    found = linear_probe(train, few, test, **{**PUBLISHED, "strengths": GRID})
    scaler = StandardScaler().fit(train.embeddings)
    x, seen, unseen = (scaler.transform(one.embeddings) for one in (train, few, test))
    models = [LogisticRegression(C=c, max_iter=5000).fit(x, train.labels) for c in GRID]
    macro = [np.mean([(m.predict(seen) == few.labels)[few.labels == c].mean() for c in (0, 1)]) for m in models]
    again = LogisticRegression(C=GRID[int(np.argmax(macro))], max_iter=5000)
    again.fit(np.vstack([x, seen]), np.hstack([train.labels, few.labels]))
    assert found.strength == again.C and np.array_equal(found.predicted, again.predict(unseen))
    assert min(PUBLISHED["strengths"]) == 1e-6 and max(PUBLISHED["strengths"]) == 1e6


def test_balanced_accuracy_counts_every_class_alike() -> None:
    x, y = clouds(20, 1, 2.0)
    test = Labelled(x[:50], y[:50])  # 20, 20 and 10.
    found = linear_probe(clouds(10, 0, 2.0), clouds(10, 3, 2.0), test, [0.1])
    each = [found.correct[test.labels == c].mean() for c in range(3)]
    assert found.balanced_accuracy == pytest.approx(np.mean(each)) != pytest.approx(found.accuracy)


def parity(n: int, seed: int) -> Labelled:
    """Two noisy bits and their XOR."""
    source = np.random.default_rng(seed)
    bits = source.integers(0, 2, (n, 2))
    return Labelled(2 * bits - 1 + 0.3 * source.normal(size=(n, 2)), bits.sum(1) % 2)


def test_only_probes_that_multiply_tell_a_parity() -> None:
    sets = [parity(n, seed) for seed, n in enumerate((400, 200, 1000))]
    products = [Labelled(np.column_stack([x, x.prod(1)]), y) for x, y in sets]
    assert linear_probe(*sets).accuracy == pytest.approx(0.5, abs=0.1)
    assert linear_probe(*products).accuracy > 0.98 and mlp_probe(*sets).accuracy > 0.98


def test_the_mlp_is_the_same_again_and_stops_before_it_fits_noise() -> None:
    sets = [parity(n, seed) for seed, n in enumerate((200, 100, 200))]
    one, again, other = (mlp_probe(*sets, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.predicted, again.predicted) and one.strength is None
    assert other.accuracy == pytest.approx(one.accuracy, abs=0.05)
    source = np.random.default_rng(7)
    noise = [Labelled(source.normal(size=(n, 40)), np.arange(n) % 5 == 0) for n in (200, 500, 500)]
    assert mlp_probe(*noise).accuracy > 0.75  # Four in five are of one class.


def test_a_class_that_training_lacks_is_wrong() -> None:
    train, validation, test = (clouds(10, seed, 0.01) for seed in range(3))
    lacking = Labelled(train.embeddings[:-10], train.labels[:-10])
    assert correct_on_test(linear_probe, lacking, validation, test).tolist() == [1.0] * 50 + [0.0] * 10


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
    order = few_shot_module._first_of_each(np.repeat([0, 1], 4), np.random.default_rng(0).permutation(8), 4)
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


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_logistic_few_shot_classifies_the_rest_of_the_same_set() -> None:
    """Beside scikit-learn and loops over draws; a class of two samples is not asked for from two shots on."""
    cloud = clouds(9, seed=4, noise=1.5)
    kept = np.concatenate([np.flatnonzero(cloud.labels != 0), np.flatnonzero(cloud.labels == 0)[:2]])
    x, y = np.asarray(cloud.embeddings)[kept], np.asarray(cloud.labels)[kept]
    found = {one.shots: one for one in logistic_few_shot(Labelled(x, y), (1, 2, 9), draws=3, seed=7)}
    assert set(found) == {1, 2}  # Nine shots leave nothing to classify.
    for shots, one in found.items():
        micro, macro, asked = [], [], np.zeros(len(y))
        for draw in range(3):
            order = generator(7, "few-shot", draw).permutation(len(y))
            support = [row for label in range(CLASSES) for row in [r for r in order if y[r] == label][:shots]]
            rest = np.setdiff1d(np.arange(len(y)), support)
            right = LogisticRegression(max_iter=500).fit(x[support], y[support]).predict(x[rest]) == y[rest]
            micro.append(right.mean())
            macro.append(np.mean([right[y[rest] == label].mean() for label in np.unique(y[rest])]))
            asked[rest] += 1
        assert one.accuracy.mean == pytest.approx(np.mean(micro))
        assert one.balanced_accuracy is not None and one.balanced_accuracy.mean == pytest.approx(np.mean(macro))
        assert np.array_equal(np.isnan(one.correct), asked == 0)
    assert np.mean(macro) != np.mean(micro)
    with pytest.raises(InvalidValue, match="shots and draws must be at least 1"):
        logistic_few_shot(cloud, (0,))
