"""Probes of frozen embeddings, the same for every method: logistic regression, and one hidden layer."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from confu_core.errors import InvalidValue
from confu_core.statistics.per_sample import balanced_accuracy

# Powers of ten of C: where the search begins, and how far it goes. Beyond, the classifier hardly changes any more.
BEGIN, LEAST, MOST = (-4, -3, -2, -1), -6, 4
PUBLISHED: dict[str, Any] = {
    "strengths": tuple(10.0**power for power in range(-6, 7)),
    "balanced": True,
    "refit": True,
}
WIDTH = 128  # Of the MLP.


class Labelled(NamedTuple):
    """Embeddings and the classes of the same samples.

    Attributes
    ----------
    embeddings : array, shape (n, dim)
        One row per sample.
    labels : array of int, shape (n,)
        Any integers.
    """

    embeddings: ArrayLike
    labels: ArrayLike


def check_labelled(train: Labelled, *others: Labelled) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return embeddings, in float64, and labels of the sets that a classifier is trained on and predicts, checked.

    No set may be empty, embeddings must be finite and as many as labels, and classes to predict be among two or more.

    Examples
    --------
    >>> check_labelled(Labelled([[0.5], [0.1]], [2, 3]), Labelled([[0.5]], [4]))
    Traceback (most recent call last):
    confu_core.errors.InvalidValue: every class must have training samples; class 4 has none
    """
    checked = []
    for embeddings, labels in (train, *others):
        x, y = np.asarray(embeddings, dtype=float), np.asarray(labels)
        if x.ndim != 2 or y.shape != x.shape[:1] or not len(y):
            raise InvalidValue(f"embeddings must be rows, one per label; got shapes {x.shape} and {y.shape}")
        if not np.isfinite(x).all():
            raise InvalidValue("embeddings must be finite; got some that are not")
        checked.append((x, y))
    if len(np.unique(checked[0][1])) < 2:
        raise InvalidValue(f"a classifier needs at least two classes to train on; got only {checked[0][1][0]}")
    for _, y in checked[1:]:
        unknown = np.setdiff1d(y, checked[0][1])
        if len(unknown):
            raise InvalidValue(f"every class must have training samples; class {unknown[0]} has none")
    return checked


def standardised(x: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Shift and scale features so that those of a reference have mean 0 and variance 1, or are 0 where they are flat.

    Examples
    --------
    >>> x = np.array([[1.0, 5.0], [3.0, 5.0]])
    >>> standardised(x, x).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    deviation = reference.std(0)
    # What does not vary but for rounding would become noise of unit variance.
    flat = deviation <= 1e-7 * np.abs(reference).max(initial=0)
    return (x - reference.mean(0)) / np.where(flat, np.inf, deviation)


@dataclass(frozen=True, eq=False)
class Probe:
    """A classifier's success on test samples.

    Attributes
    ----------
    accuracy : float
        Share of the test samples.
    balanced_accuracy : float
        Mean of the accuracies of the classes that have test samples.
    correct : ndarray of float64, shape (n,)
        Whether each is correct.
    predicted : ndarray of int, shape (n,)
        The class of each.
    strength : float or None
        C of a linear probe, the inverse strength of regularisation that was best on validation.
    """

    accuracy: float
    balanced_accuracy: float
    correct: np.ndarray
    predicted: np.ndarray
    strength: float | None = None


def linear_probe(
    train: Labelled,
    validation: Labelled,
    test: Labelled,
    strengths: Sequence[float] | None = None,
    *,
    balanced: bool = False,
    refit: bool = False,
) -> Probe:
    """Fit multinomial logistic regression on embeddings and test it.

    Features are standardised by the training samples. C is the one that is best on validation; unless `refit` says so,
    nothing is fitted on validation samples, and nothing ever on test samples.

    Parameters
    ----------
    train, validation, test : Labelled
        Samples that do not overlap.
    strengths : sequence of float, optional
        The C to choose from, above 0, each fitted by itself in double precision; the smallest of equals. By default
        powers of ten: from 0.0001 to 0.1, and on beyond whichever end is best, down to 1e-6 and up to 10,000; of
        equals the one by which the validation samples are likeliest. These are fitted in single precision, each from
        where the one before ended, which takes a tenth of the time.
    balanced : bool
        Whether C is chosen by the mean accuracy of the classes, in place of the share of the samples.
    refit : bool
        Whether the chosen C is fitted once more on training and validation samples together. ``**PUBLISHED`` is the
        protocol of ConFu's comparison: C from 1e-6 to 1e6, chosen by the mean accuracy of the classes, fitted again.

    Returns
    -------
    Probe
        On the test samples. The same for the same input.

    Raises
    ------
    InvalidValue
        If a C is not above 0, or the sets are not what `check_labelled` takes.

    Examples
    --------
    >>> x, y = np.eye(2).repeat(5, axis=0), np.repeat([3, 8], 5)
    >>> found = linear_probe(Labelled(x, y), Labelled(x, y), Labelled(x[::5], y[::5]))
    >>> found.accuracy, found.predicted
    (1.0, array([3, 8]))
    """
    if strengths is not None and (not strengths or min(strengths) <= 0):
        raise InvalidValue(f"strengths must be above 0, at least one; got {tuple(strengths)}")
    (raw, y), *others = check_labelled(train, validation, test)
    x, (seen, named), (unseen, labels) = standardised(raw, raw), *((standardised(z, raw), own) for z, own in others)
    model, strength = _chosen((x, y), (seen, named), strengths, balanced)
    if refit:
        model = _fit(_regression(), np.concatenate([x, seen]), np.concatenate([y, named]), strength)
    return probe_of(_predicted(model, unseen), labels, strength)


def linear_logits(train: Labelled, validation: Labelled, *others: ArrayLike) -> list[np.ndarray]:
    """Fit the probe of `linear_probe`, and return what it says of other embeddings.

    Parameters
    ----------
    train, validation : Labelled
        As there; validation samples of classes that `train` lacks are left out.
    *others : array, shape (n, dim)
        Embeddings.

    Returns
    -------
    list of ndarray of float64, shape (n, classes)
        Logarithms of the probabilities of the classes that `train` has, in ascending order, up to a constant per row.
    """
    known = np.isin(validation.labels, train.labels)
    (raw, y), (seen, named) = check_labelled(train, _only(validation, known))
    model, _ = _chosen((standardised(raw, raw), y), (standardised(seen, raw), named))
    said = [_cast(model, standardised(np.asarray(other, dtype=float), raw)) for other in others]
    odds = [np.asarray(model.decision_function(x), dtype=float) for x in said]
    # Of two classes it gives the odds of the second alone.
    return [one if one.ndim == 2 else np.stack([np.zeros_like(one), one], axis=1) for one in odds]


def probe_of(predicted: np.ndarray, labels: np.ndarray, strength: float | None = None) -> Probe:
    """Return the success of a classifier from what it predicts, in which there are other classes than in `labels`."""
    correct = (predicted == labels).astype(float)
    classes, numbers = np.unique(labels, return_inverse=True)
    macro = balanced_accuracy(correct, numbers, len(classes))
    return Probe(float(correct.mean()), macro, correct, predicted, strength)


def correct_on_test(
    probe: Callable[[Labelled, Labelled, Labelled], Probe], train: Labelled, validation: Labelled, test: Labelled
) -> np.ndarray:
    """Return whether a probe gets each test sample right; one of a class that `train` lacks is wrong."""
    known, seen = (np.isin(one.labels, train.labels) for one in (test, validation))
    correct = np.zeros(len(known))
    correct[known] = probe(train, _only(validation, seen), _only(test, known)).correct
    return correct


def _only(samples: Labelled, rows: np.ndarray) -> Labelled:
    return Labelled(np.asarray(samples.embeddings)[rows], np.asarray(samples.labels)[rows])


def _chosen(
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    strengths: Sequence[float] | None = None,
    balanced: bool = False,
) -> tuple[Any, float]:
    """Return the regression whose C is best on validation, with its C."""
    seen, named = validation

    def success(model: Any) -> float:
        found = probe_of(_predicted(model, seen), named)
        return found.balanced_accuracy if balanced else found.accuracy

    if strengths is None:
        return _searched(*train, lambda model: (success(model), _likelihood(model, seen, named)))
    fitted = [(_fit(_regression(), *train, c), c) for c in sorted(strengths)]
    return max(fitted, key=lambda pair: success(pair[0]))


def _searched(x: np.ndarray, y: np.ndarray, success: Callable[[Any], tuple[float, float]]) -> tuple[Any, float]:
    """Fit C after C, going on beyond the end that is best, and return the best model."""
    model, x = _regression(warm_start=True), x.astype(np.float32)
    found: dict[int, tuple[tuple[float, float], Any]] = {}

    def add(power: int) -> None:
        _fit(model, x, y, 10.0**power)
        found[power] = success(model), copy.deepcopy(model)

    for power in BEGIN:
        add(power)
    while True:
        best = max(found, key=lambda power: found[power][0])
        if best == max(found) < MOST:
            add(best + 1)
        elif best == min(found) > LEAST:
            add(best - 1)
        else:
            return found[best][1], 10.0**best


def fit_logistic(x: np.ndarray, y: np.ndarray, strength: float, *, steps: int) -> Any:
    """Return multinomial logistic regression, fitted in at most so many steps and taken as it is at their end."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        return _fit(_regression(max_iter=steps), x, y, strength)


def _regression(**options: Any) -> Any:
    from sklearn.linear_model import LogisticRegression  # Takes over a second to import.

    return LogisticRegression(**{"max_iter": 5000, **options})


def _fit(model: Any, x: np.ndarray, y: np.ndarray, strength: float) -> Any:
    with warnings.catch_warnings():
        # Many classes with few samples each are no mistake here.
        warnings.filterwarnings("ignore", message="The number of unique classes", category=UserWarning)
        return model.set_params(C=strength).fit(x, y)


def _likelihood(model: Any, x: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean logarithm of the probability of the right classes."""
    probable = model.predict_proba(_cast(model, x))
    right = probable[np.arange(len(labels)), np.searchsorted(model.classes_, labels)]
    return float(np.log(np.maximum(right, np.finfo(right.dtype).tiny)).mean())


def _predicted(model: Any, x: np.ndarray) -> np.ndarray:
    return np.asarray(model.predict(_cast(model, x)))


def _cast(model: Any, x: np.ndarray) -> np.ndarray:
    return x.astype(model.coef_.dtype, copy=False)


def mlp_probe(train: Labelled, validation: Labelled, test: Labelled, *, width: int = WIDTH, seed: int = 0) -> Probe:
    """Fit a classifier with one hidden layer on embeddings and test it.

    Features are standardised by the training samples. AdamW minimises the cross-entropy in batches of 128 at a rate of
    0.003, until its value on validation has not fallen for ten epochs, for 200 at most; the weights are those of the
    best epoch.

    Parameters
    ----------
    train, validation, test : Labelled
        Samples that do not overlap.
    width : int
        Of the hidden layer of rectified units.
    seed : int
        Decides initial weights and the order of samples.

    Returns
    -------
    Probe
        On the test samples. The same for the same input.

    Raises
    ------
    InvalidValue
        If the sets are not what `check_labelled` takes.

    Examples
    --------
    >>> bits = np.random.default_rng(0).integers(0, 2, (300, 2))
    >>> xor = Labelled(bits, bits.sum(1) % 2)
    >>> mlp_probe(xor, xor, xor).accuracy
    1.0
    """
    # Only here, so that who fits no network need not wait for PyTorch.
    from confu_core.evaluation.hidden_layer import predicted_by_network

    (x, y), *others = check_labelled(train, validation, test)
    classes = np.unique(y)
    fitted, stopped, told = ((standardised(z, x), np.searchsorted(classes, own)) for z, own in ((x, y), *others))
    predicted = predicted_by_network(fitted, stopped, told[0], len(classes), width, seed)
    return probe_of(classes[predicted], others[1][1])
