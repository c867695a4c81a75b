"""Where a training step on media goes: each part on its own, on one core, in milliseconds.

    python benchmarks/training_step.py DATA [--method confu] [--batch-size 128] [--repeats 20]

Parts are timed forward and backward by themselves; their sum is compared with whole steps, so that what is missing
would show. Encoders of captions and sequences are timed a second time with all rows filled up to the longest, in turn
with the way that they take.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from unittest import mock

import click
import torch

from birdmml.bench import open_task
from confu_core import steps_encoder
from confu_core.media.model import make_model
from confu_core.media.run import media_epochs
from confu_core.media.settings import MediaSettings
from confu_core.methods.batch import EmbeddedBatch
from confu_core.runs.environment import threads
from confu_core.training.settings import TrainingSettings
from confu_core.training.step import Stepper


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    work()
    return 1000 * statistics.median(seconds(work) for _ in range(repeats))


def seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def share_of_one_group(work: Callable[[], object], repeats: int) -> float:
    """Return the time of sequences in groups of about one length, as a share of that of all in one group."""

    def together() -> None:
        with mock.patch.object(steps_encoder, "GROUP", 1 << 30):
            work()

    return statistics.median(seconds(work) / seconds(together) for _ in range(repeats))


def forward_and_backward(encoder: torch.nn.Module, inputs: torch.Tensor) -> None:
    encoder(inputs).sum().backward()


@click.command()
@click.argument("data")
@click.option("--method", default="confu", show_default=True)
@click.option("--batch-size", default=128, show_default=True)
@click.option("--repeats", default=20, show_default=True)
def main(data: str, method: str, batch_size: int, repeats: int) -> None:
    settings = MediaSettings(data=data, method=method, batch_size=batch_size)
    with threads(1):
        task = open_task(settings, workers=2)
        tokens = task.arrays.tokenizer.size if task.arrays.tokenizer else None
        model = make_model(settings, task.inputs, tokens)
        source = media_epochs(task, settings)
        batches = iter(lambda: next(source.epoch(0)), None)
        batch = next(batches)
        parts = {"batch: read, augment": milliseconds(lambda: next(batches), repeats)}
        shares = {}
        for name, encoder, inputs in zip(task.modalities, model.encoders, batch.inputs, strict=True):
            work = functools.partial(forward_and_backward, encoder, inputs)
            parts[f"encoder: {name}"] = milliseconds(work, repeats)
            if isinstance(encoder, steps_encoder.StepsEncoder):
                shares[name] = share_of_one_group(work, repeats)
        embedded = model.embed(batch.inputs)
        features = [table.detach().requires_grad_() for table in embedded.features]
        embeddings = [table.detach().requires_grad_() for table in embedded.embeddings]

        def loss() -> None:
            terms = model.method.losses(EmbeddedBatch(features, embeddings, shuffle=batch.shuffle))
            sum(terms.values(), torch.zeros(())).backward()

        parts["loss: heads, scores, terms"] = milliseconds(loss, repeats)
        stepper = Stepper(model, TrainingSettings(lr=1e-6, clip_norm=1.0), 1000)
        parts["optimiser: AdamW"] = milliseconds(stepper.optimizer.step, repeats)
        whole = milliseconds(lambda: stepper.take(next(batches)), repeats)
    for name, taken in {**parts, "sum of the parts": sum(parts.values()), "a whole step": whole}.items():
        click.echo(f"{name:28} {taken:8.1f} ms  {taken / whole:6.1%}")
    for name, share in shares.items():
        click.echo(f"{name}: {share:.2f} of the time that it takes with all rows filled up to the longest")


if __name__ == "__main__":
    main()
