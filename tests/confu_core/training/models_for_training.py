"""Small models and arrays that the tests of training share; a process of its own imports them too."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from confu_core.encoders import vector_encoder
from confu_core.methods import BUILT_IN, Method, Space, Term, View, load_method, method_options
from confu_core.methods.clip import CLIP
from confu_core.model import Model
from confu_core.random import generator
from confu_core.training.epochs import Batch
from confu_core.training.settings import TrainingSettings

ROWS, WIDTH, FEATURES, DIM, STEPS, SEED, CLASSES = 12, 3, 8, 5, 3, 7, 4
SETTINGS = TrainingSettings(epochs=2, batch_size=ROWS, lr=0.01, clip_norm=1.0)


class Summed(CLIP):
    """Its query is a sum of embeddings: autograd hands one and the same gradient to both."""

    def terms(self) -> list[Term]:
        return [Term((0, 1), (2,), 1.0)]


class Partial(Method):
    """Leaves one modality out of its loss."""

    def terms(self) -> list[Term]:
        return [Term((0,), (1,), 1.0)]

    def score(self, query: View, key: View) -> Tensor:
        return query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT


class Turned(nn.Module):
    """Yields features that lie column by column in memory."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.inner(x).mT.contiguous().mT
        return features


def _built_in(name: str, **options: Any) -> Callable[[Space], Method]:
    if name in ("confu", "supervised"):
        options["dropout"] = 0.0
    method = load_method(name)
    if "learn_temperature" in method_options(method):
        options["learn_temperature"] = True
    return partial(method, **options)


METHODS: dict[str, Callable[[Space], Method]] = {
    **{name: _built_in(name) for name in BUILT_IN},
    "symile over all tuples": _built_in("symile", negatives="n_squared"),
    "sum of embeddings": Summed,
    "one modality unused": Partial,
}


def make_model(method: Callable[[Space], Method], seed: int = 0, *, turned: bool = False) -> Model:
    torch.manual_seed(seed)
    encoders = [vector_encoder(WIDTH, FEATURES, 2)[0] for _ in range(3)]
    return Model([Turned(one) for one in encoders] if turned else encoders, FEATURES, DIM, method, CLASSES)


def make_batch(step: int = 0, rank: int = 0, ranks: int = 1) -> Batch:
    """Return the part of a batch in double precision that belongs to one of several processes."""
    rows = generator(0, "rows", step).standard_normal((3, ROWS, WIDTH))
    share = ROWS // ranks
    mine = slice(rank * share, (rank + 1) * share)
    labels = torch.from_numpy(generator(0, "labels", step).integers(CLASSES, size=ROWS))
    return Batch(tuple(torch.from_numpy(rows[:, mine])), None, (SEED,), step, ranks, labels=labels[mine])


def make_arrays(n: int, dtype: Any = np.float32) -> list[np.ndarray]:
    """Three modalities that have something to do with each other."""
    source = generator(1, "arrays")
    shared = source.standard_normal((n, WIDTH))
    return [(shared + 0.5 * source.standard_normal((n, WIDTH))).astype(dtype) for _ in range(3)]


def gradients(model: nn.Module) -> dict[str, Tensor]:
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


def weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Tell whether two sets of weights are equal in every bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
