"""A probe that may combine what embeddings say in any way: one hidden layer, stopped on validation."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from confu_core.evaluation.probes import Labelled, Probe, check_labelled, probe_of, standardised
from confu_core.random import generator

__all__ = ["mlp_probe"]

WIDTH = 128
LR, DECAY, SIZE = 3e-3, 1e-2, 128
EPOCHS, PATIENCE = 200, 10


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
    (x, y), *others = check_labelled(train, validation, test)
    classes = np.unique(y)
    sets = [_tensors(z, x, labels, classes) for z, labels in ((x, y), *others)]
    net = _network(x.shape[1], width, len(classes), seed)
    _fit(net, *sets[0], *sets[1], seed)
    with torch.no_grad():
        predicted = classes[net(sets[2][0]).argmax(1).numpy()]
    return probe_of(predicted, others[1][1])


def _tensors(x: np.ndarray, reference: np.ndarray, y: np.ndarray, classes: np.ndarray) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(standardised(x, reference)).float(), torch.from_numpy(np.searchsorted(classes, y))


def _network(inputs: int, width: int, classes: int, seed: int) -> nn.Sequential:
    net = nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, classes))
    with torch.no_grad():
        for at, layer in enumerate(net):
            if not isinstance(layer, nn.Linear):
                continue
            bound = 1 / math.sqrt(layer.in_features)
            drawn = generator(seed, "probe", "weights", at).uniform(-bound, bound, layer.weight.shape)
            layer.weight.copy_(torch.from_numpy(drawn))
            layer.bias.zero_()
    return net


def _fit(net: nn.Sequential, x: Tensor, y: Tensor, unseen: Tensor, labels: Tensor, seed: int) -> None:
    """Train until the loss on samples that are not trained on no longer falls, and go back to where it was lowest."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=LR, weight_decay=DECAY)
    best, since, weights = math.inf, 0, _weights(net)
    for epoch in range(EPOCHS):
        for rows in _batches(len(y), seed, epoch):
            optimiser.zero_grad()
            cross_entropy(net(x[rows]), y[rows]).backward()
            optimiser.step()
        with torch.no_grad():
            loss = float(cross_entropy(net(unseen), labels))
        since += 1
        if loss < best:
            best, since, weights = loss, 0, _weights(net)
        if since >= PATIENCE:
            break
    net.load_state_dict(weights)


def _weights(net: nn.Sequential) -> dict[str, Tensor]:
    return {name: values.clone() for name, values in net.state_dict().items()}


def _batches(n: int, seed: int, epoch: int) -> Iterator[Tensor]:
    order = generator(seed, "probe", "order", epoch).permutation(n)
    return iter(torch.from_numpy(order).split(SIZE))
