"""One of two processes that train together: what they compute, for the test to hold against one process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from unittest import mock

import torch
import torch.distributed as dist
from models_for_training import METHODS, SEED, SETTINGS, STEPS, gradients, make_arrays, make_batch, make_model, weights
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from confu_core.methods import EmbeddedBatch
from confu_core.model import Model
from confu_core.training.epochs import MediaEpochs
from confu_core.training.fit import fit
from confu_core.training.processes import ranks
from confu_core.training.step import Losses, Stepper


def one_backward(model: Model) -> dict[str, Any]:
    parallel = DistributedDataParallel(Losses(model), find_unused_parameters=True)
    losses = parallel(make_batch(0, *ranks()))
    sum(losses.values()).backward()
    return {"losses": {name: loss.item() for name, loss in losses.items()}, "gradients": gradients(model)}


def own_gradients_only(batch: EmbeddedBatch) -> EmbeddedBatch:
    """Gather as is often done: rows of other processes come without gradients."""

    def gather(rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(ranks()[1])]
        dist.all_gather(parts, rows.detach())
        parts[ranks()[0]] = rows
        return torch.cat(parts)

    features, embeddings = ([*map(gather, tables)] for tables in (batch.features, batch.embeddings))
    assert batch.labels is not None
    return EmbeddedBatch(features, embeddings, shuffle=batch.shuffle, labels=gather(batch.labels))


def trained(name: str, folder: Path) -> dict[str, Any]:
    arrays = make_arrays(30, float)
    model = make_model(METHODS[name]).double()
    source = MediaEpochs(arrays, SEED, size=SETTINGS.batch_size, rank=ranks()[0], ranks=ranks()[1])
    checkpoint = folder / f"{name}-{ranks()[0]}.pt"
    history = fit(model, source, SETTINGS, SEED, checkpoint=checkpoint)
    return {"history": history, "weights": weights(model), "wrote": checkpoint.exists()}


def computed(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, method in METHODS.items():
        found[name] = one_backward(make_model(method).double())
        with mock.patch("confu_core.training.step.gathered", own_gradients_only):
            found[name]["without gradients"] = one_backward(make_model(method).double())["gradients"]
        model = make_model(method).double()
        stepper = Stepper(model, SETTINGS, STEPS)
        for step in range(STEPS):
            stepper.take(make_batch(step, *ranks()))
        found[name]["weights"] = weights(model)
    found["turned"] = one_backward(make_model(METHODS["confu"], turned=True).double())
    found["fit"] = trained("confu", folder)
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    number, place = int(sys.argv[1]), Path(sys.argv[2])
    dist.init_process_group("gloo", init_method=f"file://{place / 'meeting'}", rank=number, world_size=2)
    torch.save(computed(place), place / f"found-{number}.pt")
    dist.destroy_process_group()
