"""The network of the MLP probe: one hidden layer, trained until what it was not trained on is no better told."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from confu_core.random import generator

# Rate, weight decay, batch size, epochs, and how many of them may bring nothing.
LR, DECAY, SIZE, EPOCHS, PATIENCE = 3e-3, 1e-2, 128, 200, 10

Known = tuple[np.ndarray, np.ndarray]  # Embeddings, and the numbers of their classes.


def predicted_by_network(
    train: Known, validation: Known, unseen: np.ndarray, classes: int, width: int, seed: int
) -> np.ndarray:
    """Train on embeddings, and return the numbers of the classes that it gives to others."""
    net = _network(train[0].shape[1], width, classes, seed)
    (x, y), (seen, named) = ((torch.from_numpy(z).float(), torch.from_numpy(own)) for z, own in (train, validation))
    _descend(net, x, y, seen, named, seed)
    with torch.no_grad():
        return np.asarray(net(torch.from_numpy(unseen).float()).argmax(1))


def _network(inputs: int, width: int, classes: int, seed: int) -> nn.Sequential:
    net = nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, classes))
    with torch.no_grad():
        for at in (0, 2):
            weight, bias = net[at].parameters()
            bound = 1 / math.sqrt(weight.shape[1])
            weight.copy_(torch.from_numpy(generator(seed, "probe", "weights", at).uniform(-bound, bound, weight.shape)))
            bias.zero_()
    return net


def _descend(net: nn.Sequential, x: Tensor, y: Tensor, unseen: Tensor, labels: Tensor, seed: int) -> None:
    """Train until the loss on samples that are not trained on no longer falls, and go back to where it was lowest."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=LR, weight_decay=DECAY)
    best, since, weights = math.inf, 0, copy.deepcopy(net.state_dict())
    for epoch in range(EPOCHS):
        order = generator(seed, "probe", "order", epoch).permutation(len(y))
        for rows in torch.from_numpy(order).split(SIZE):
            optimiser.zero_grad()
            cross_entropy(net(x[rows]), y[rows]).backward()
            optimiser.step()
        with torch.no_grad():
            loss = float(cross_entropy(net(unseen), labels))
        since += 1
        if loss < best:
            best, since, weights = loss, 0, copy.deepcopy(net.state_dict())
        if since >= PATIENCE:
            break
    net.load_state_dict(weights)
