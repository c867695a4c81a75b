"""The exact law of the tasks: what one picture, pairs of variables, sums of scores and everything allow at best."""

from __future__ import annotations

from typing import Any

import numpy as np

from confu_core.additive import additive_accuracy
from confu_core.ceilings import COINCIDE
from confu_core.datasets.trifeature.pairs import MAP, TASKS, VALUES, TrifeatureSettings
from confu_core.information import bayes_accuracy, decompose, mutual_information
from confu_core.orders import connected_information, guess_accuracy, law_ceilings, order_law

LOGISTIC = "logistic regression on separate perfect one-hot codes"
STAIRCASE = "staircase: textures in order, their colours in reverse"
ADDITIVE = "best sum of scores, chosen on the test pairs"


def task_law(settings: TrifeatureSettings, task: str) -> np.ndarray:
    """Return the joint probabilities of class, of what image 1 and of what image 2 show of it.

    Whatever else a picture shows is independent of the three.
    """
    if task == "redundancy":
        law = np.zeros((VALUES,) * 3)
        law[(np.arange(VALUES),) * 3] = 1 / VALUES
        return law
    if task == "unique2":
        return np.eye(VALUES)[:, None] / VALUES
    matches = _matches(settings)
    pairs = matches / matches.sum() if settings.biased else np.full((VALUES, VALUES), 1 / VALUES**2)
    return pairs * (np.eye(VALUES)[:, :, None] if task == "unique1" else _by_class(matches))


def balanced(law: np.ndarray) -> np.ndarray:
    """Return a law with classes made equally likely: accuracy under it is the mean over classes under the other."""
    classes = law.sum((1, 2), keepdims=True)
    return np.divide(law, classes * np.count_nonzero(classes), out=np.zeros_like(law), where=classes > 0)


def structure(settings: TrifeatureSettings) -> dict[str, Any]:
    """Return what is known exactly of every task, and of synergy without a fused code, as JSON values."""
    tasks = {task: _task_structure(task_law(settings, task)) for task in TASKS if settings.has(task)}
    known = {"unit": "nats", "of": "values of shape, texture and colour", "tasks": tasks}
    return {**known, "lines": synergy_lines(settings)} if "synergy" in tasks else known


def synergy_lines(settings: TrifeatureSettings) -> dict[str, float]:
    """Return mean accuracies over both classes of synergy that need no fused code, on the test pairs as drawn.

    Logistic regression is that without a penalty, fitted to the training pairs. The staircase is fitted to nothing: it
    calls a pair a match where the texture of image 1 does not come before the one that is mapped to the colour of
    image 2. The best sum of scores is chosen on the test pairs themselves.
    """
    train, test = (_counted(settings, split) for split in ("train", "test"))
    true, best = balanced(test), additive_accuracy(balanced(test), [1, 2], 0)
    assert best is not None
    lines = {LOGISTIC: guess_accuracy(true, order_law(train, 2), [1, 2], 0)}
    if settings.rule == MAP:
        after = np.arange(VALUES)[:, None] >= np.argsort(settings.matching_colors)
        lines[STAIRCASE] = float((true * _by_class(after)).sum())
    return {**lines, ADDITIVE: best}


def _task_structure(law: np.ndarray) -> dict[str, Any]:
    """Return ceilings of the accuracy, and informations in nats, of a class given two pictures."""
    atoms = decompose(law)
    return {
        "classes": len(law),
        **_ceilings(law),
        "macro": _ceilings(balanced(law)),
        "mi_image1": mutual_information(law.sum(2)),
        "mi_image2": mutual_information(law.sum(1)),
        "mi_both": mutual_information(law.reshape(len(law), -1)),
        "atoms": {
            "redundancy": atoms.redundancy,
            "unique_image1": atoms.unique_first,
            "unique_image2": atoms.unique_second,
            "synergy": atoms.synergy,
        },
        "connected_information": {str(order): value for order, value in connected_information(law).items()},
    }


def _ceilings(law: np.ndarray) -> dict[str, float | None]:
    known = law_ceilings(law, [1, 2], 0)
    told = known.bayes - known.pairwise <= COINCIDE  # The guess by the pairs is a sum of scores.
    return {
        "bayes_image1": bayes_accuracy(law.sum(2)),
        "bayes_image2": bayes_accuracy(law.sum(1)),
        "single_ceiling": known.single,
        "pairwise_ceiling": known.pairwise,
        "additive_ceiling": known.bayes if told else additive_accuracy(law, [1, 2], 0),
        "bayes_both": known.bayes,
    }


def _matches(settings: TrifeatureSettings) -> np.ndarray:
    """Return which textures of image 1 (rows) and colours of image 2 match."""
    return settings.is_match(np.arange(VALUES)[:, None], np.arange(VALUES))


def _by_class(matches: np.ndarray) -> np.ndarray:
    return np.stack([~matches, matches])


def _counted(settings: TrifeatureSettings, split: str) -> np.ndarray:
    """Return the law of match, texture of image 1 and colour of image 2 among the pairs of a split."""
    _, texture, color = settings.pairs(split).looks
    counts = np.zeros((VALUES, VALUES))
    np.add.at(counts, (texture[:, 0], color[:, 1]), 1)
    return counts / counts.sum() * _by_class(_matches(settings))
