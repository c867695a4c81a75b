"""Linear probes: what logistic regression reads from frozen embeddings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from confu_core.errors import InvalidValue
from confu_core.evaluation.labelled import Labelled, check_labelled, standardised

__all__ = ["STRENGTHS", "LinearProbe", "linear_probe"]

STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)


@dataclass(frozen=True, eq=False)
class LinearProbe:
    """A linear classifier's success on test samples.

    Attributes
    ----------
    accuracy : float
        Share of the test samples.
    correct : ndarray of float64, shape (n,)
        Whether each is correct.
    predicted : ndarray of int, shape (n,)
        The class of each.
    strength : float
        C, the inverse strength of regularisation that was best on validation.
    """

    accuracy: float
    correct: np.ndarray
    predicted: np.ndarray
    strength: float


def linear_probe(
    train: Labelled, validation: Labelled, test: Labelled, strengths: Sequence[float] = STRENGTHS
) -> LinearProbe:
    """Fit multinomial logistic regression on embeddings and test it.

    Features are standardised by the training samples. C is the one that is best on validation, the smallest of
    equals; nothing is fitted on validation or test samples.

    Parameters
    ----------
    train, validation, test : Labelled
        Samples that do not overlap.
    strengths : sequence of float
        The C to choose from, above 0.

    Returns
    -------
    LinearProbe
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
    if not strengths or min(strengths) <= 0:
        raise InvalidValue(f"strengths must be above 0, at least one; got {tuple(strengths)}")
    (x, y), *others = check_labelled(train, validation, test)
    (seen, seen_labels), (unseen, labels) = ((standardised(z, x), named) for z, named in others)
    fitted = [_fit(standardised(x, x), y, strength) for strength in sorted(strengths)]
    right = [(model.predict(seen) == seen_labels).mean() for model in fitted]
    chosen = fitted[int(np.argmax(right))]
    predicted = chosen.predict(unseen)
    correct = (predicted == labels).astype(float)
    return LinearProbe(float(correct.mean()), correct, predicted, chosen.C)


def _fit(x: np.ndarray, y: np.ndarray, strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression  # Takes over a second to import.

    with warnings.catch_warnings():
        # Many classes with few samples each are no mistake here.
        warnings.filterwarnings("ignore", message="The number of unique classes", category=UserWarning)
        return LogisticRegression(C=strength, max_iter=5000).fit(x, y)
