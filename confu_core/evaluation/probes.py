"""Linear probes: what logistic regression reads from frozen embeddings."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.evaluation.accuracy import balanced_accuracy
from confu_core.evaluation.labelled import Labelled, check_labelled, standardised

__all__ = ["PUBLISHED", "Probe", "correct_on_test", "linear_probe", "probe_of"]

# Powers of ten of C: where the search begins, and how far it goes. Beyond, the classifier hardly changes any more.
BEGIN, LEAST, MOST = (-4, -3, -2, -1), -6, 4
PUBLISHED: dict[str, Any] = {
    "strengths": tuple(10.0**power for power in range(-6, 7)),
    "balanced": True,
    "refit": True,
}


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

    def success(model: Any) -> float:
        found = probe_of(_predicted(model, seen), named)
        return found.balanced_accuracy if balanced else found.accuracy

    if strengths is None:
        model, strength = _searched(x, y, lambda model: (success(model), _likelihood(model, seen, named)))
    else:
        model, strength = _best([(_fit(_regression(), x, y, c), c) for c in sorted(strengths)], success)
    if refit:
        model = _fit(_regression(), np.concatenate([x, seen]), np.concatenate([y, named]), strength)
    return probe_of(_predicted(model, unseen), labels, strength)


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


def _best(fitted: Sequence[tuple[Any, float]], success: Callable[[Any], float]) -> tuple[Any, float]:
    return fitted[int(np.argmax([success(model) for model, _ in fitted]))]


def _regression(**options: Any) -> Any:
    from sklearn.linear_model import LogisticRegression  # Takes over a second to import.

    return LogisticRegression(max_iter=5000, **options)


def _fit(model: Any, x: np.ndarray, y: np.ndarray, strength: float) -> Any:
    with warnings.catch_warnings():
        # Many classes with few samples each are no mistake here.
        warnings.filterwarnings("ignore", message="The number of unique classes", category=UserWarning)
        return model.set_params(C=strength).fit(x, y)


def _likelihood(model: Any, x: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean logarithm of the probability of the right classes."""
    probable = model.predict_proba(x.astype(model.coef_.dtype, copy=False))
    right = probable[np.arange(len(labels)), np.searchsorted(model.classes_, labels)]
    return float(np.log(np.maximum(right, np.finfo(right.dtype).tiny)).mean())


def _predicted(model: Any, x: np.ndarray) -> np.ndarray:
    predicted: np.ndarray = model.predict(x.astype(model.coef_.dtype, copy=False))
    return predicted
