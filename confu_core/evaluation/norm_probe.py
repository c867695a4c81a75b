"""The probe of CoMM's comparison: logistic regression whose penalty is the norm of the weights, and not its square."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from confu_core.evaluation.probes import Labelled, Probe, check_labelled, probe_of
from confu_core.random import generator

STRENGTHS = tuple(10.0**power for power in range(-6, 7))
HELD_OUT = 0.4  # Of the training samples of each class, on which C is chosen.
ITERATIONS = 100


def norm_probe(train: Labelled, test: Labelled, *, seed: int = 0) -> Probe:
    r"""Fit logistic regression as CoMM's comparison does, and test it.

    .. math:: \min_{W, b} \frac{1}{n} \sum_i \mathrm{CE}(W x_i + b, y_i) + \frac{\lVert W \rVert}{2C}

    from zero, by 100 iterations of L-BFGS. Features are taken as they are. C, a power of ten from 1e-6 to 1e6, is the
    one with the best mean accuracy of the classes on 40% of the training samples, and is fitted again to all of them.

    Parameters
    ----------
    train, test : Labelled
        Samples that do not overlap.
    seed : int
        Decides which samples are held out.

    Returns
    -------
    Probe
        On the test samples; what is published is its ``balanced_accuracy``.

    Raises
    ------
    InvalidValue
        If the sets are not what `check_labelled` takes, or a class has fewer than two training samples.

    References
    ----------
    .. [1] Dufumier et al.: What to align in multimodal contrastive learning?, ICLR 2025. arXiv:2409.07402

    Examples
    --------
    >>> x, y = np.eye(2).repeat(5, axis=0), np.repeat([3, 8], 5)
    >>> norm_probe(Labelled(x, y), Labelled(x[::5], y[::5])).predicted
    array([3, 8])
    """
    (x, y), (unseen, labels) = check_labelled(train, test)
    held_out = _held_out(y, seed)
    check_labelled(Labelled(x[~held_out], y[~held_out]), Labelled(x[held_out], y[held_out]))

    def chosen_by(strength: float) -> float:
        found = _predicted(x[~held_out], y[~held_out], strength, x[held_out])
        return probe_of(found, y[held_out]).balanced_accuracy

    strength = max(STRENGTHS, key=chosen_by)
    return probe_of(_predicted(x, y, strength, unseen), labels, strength)


def _held_out(y: np.ndarray, seed: int) -> np.ndarray:
    """Choose a share of the samples of every class, at least one; a mask."""
    draw, mask = generator(seed, "norm probe"), np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        mine = draw.permutation(np.flatnonzero(y == label))
        mask[mine[: max(1, round(HELD_OUT * len(mine)))]] = True
    return mask


def _predicted(x: np.ndarray, y: np.ndarray, strength: float, unseen: np.ndarray) -> np.ndarray:
    """Fit the classifier and return the labels that it gives to other samples."""
    classes, numbers = np.unique(y, return_inverse=True)
    model = nn.Linear(x.shape[1], len(classes), dtype=torch.float64)
    for values in model.parameters():
        nn.init.zeros_(values)
    seen, targets = torch.from_numpy(x), torch.from_numpy(numbers)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = cross_entropy(model(seen), targets) + model.weight.norm() / (2 * strength)
        value.backward()
        return value

    optimiser.step(loss)
    with torch.no_grad():
        return np.asarray(classes[model(torch.from_numpy(unseen)).argmax(1).numpy()])
