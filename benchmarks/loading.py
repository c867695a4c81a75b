"""How fast batches come: a plain webdataset pipeline, the stream and the cache, over the same shards.

Run:  python benchmarks/loading.py data/birds
"""

from __future__ import annotations

import functools
import io
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import librosa
import numpy as np
import soundfile
import torch
import webdataset
from PIL import Image

from confu_core.inputs import InputSpec, Picture, Sound, Text, Tokenizer
from confu_core.random import generator
from confu_core.shards import Dataset, open_dataset
from confu_core.shards.cache import Cached, open_cache
from confu_core.shards.rows import tokenizer_of, with_lengths
from confu_core.shards.stream import Stream

BATCH = 256


def plain_decode(spec: InputSpec, tokenizer: Tokenizer, sample: dict[str, Any]) -> tuple[np.ndarray, ...]:
    """Decode a sample in the usual way: Pillow, soundfile and librosa."""
    picture, _, text = spec.inputs.values()
    with Image.open(io.BytesIO(sample["jpg"])) as image:
        small = image.convert("RGB").resize((picture.side, picture.side), Image.Resampling.BICUBIC)
    samples, rate = soundfile.read(io.BytesIO(sample["flac"]), dtype="float32")
    power = librosa.feature.melspectrogram(
        y=samples, sr=rate, n_fft=1024, hop_length=512, n_mels=128, fmin=500, fmax=10_000
    )
    caption = tokenizer.encode([sample["txt"].decode()], text.length)[0]
    return np.asarray(small).transpose(2, 0, 1), librosa.power_to_db(power).astype(np.float16), caption


def plain(dataset: Dataset, spec: InputSpec, tokenizer: Tokenizer, workers: int) -> Iterator[list[Any]]:
    """Yield the batches of webdataset in a DataLoader."""
    tars = [str(dataset.root / shard.path) for shard in dataset.shards("train", "webdataset")]
    pipeline = webdataset.WebDataset(tars, shardshuffle=len(tars), seed=0).shuffle(1000)
    samples = pipeline.map(functools.partial(plain_decode, spec, tokenizer)).batched(BATCH)
    yield from torch.utils.data.DataLoader(samples, batch_size=None, num_workers=workers)


def streamed(
    dataset: Dataset, spec: InputSpec, tokenizer: Tokenizer, workers: int, format: str
) -> Iterator[list[torch.Tensor]]:
    """Yield the batches of the stream."""
    options: dict[str, Any] = {"batch_size": BATCH, "workers": workers, "format": format}
    for batch in Stream(dataset, "train", spec, tokenizer=tokenizer, **options):
        yield [torch.from_numpy(batch[name]) for name in spec.names]


def cached_epoch(cached: Cached, epoch: int) -> Iterator[list[torch.Tensor]]:
    """Yield the batches of an epoch from the cache, in an order of its own."""
    arrays = [cached.array("train", name) for name in cached.spec.names]
    order = generator(0, "order", epoch).permutation(len(arrays[0]))
    for start in range(0, len(order), BATCH):
        rows = np.sort(order[start : start + BATCH])
        yield [torch.from_numpy(array[rows]) for array in arrays]


def first_use(dataset: Dataset, spec: InputSpec, folder: Path, workers: int) -> Iterator[list[torch.Tensor]]:
    """Yield the batches of an epoch whose cache has to be made first, with all splits."""
    yield from cached_epoch(open_cache(dataset, spec, folder=folder, workers=workers), 0)


def rate(batches: Callable[[], Iterator[list[Any]]]) -> float:
    """Return the samples per second of one epoch."""
    started, samples = time.monotonic(), 0
    for batch in batches():
        samples += len(batch[0])
    return samples / (time.monotonic() - started)


@click.command()
@click.argument("path", type=click.Path(exists=True))
@click.option("--side", default=64, show_default=True, help="Of the pictures, in pixels.")
@click.option("--workers", default=2, show_default=True, help="Processes, or threads of the stream.")
@click.option("--repeats", default=3, show_default=True, help="Rounds, one way after the other; the median counts.")
def main(path: str, side: int, workers: int, repeats: int) -> None:
    """Time one epoch of the training split each way. PATH has shards in both formats."""
    torch.set_num_threads(1)
    dataset = open_dataset(path)
    inputs = {"image": Picture("image", side), "audio": Sound("audio"), "caption": Text("caption", 96)}
    spec = with_lengths(dataset, InputSpec(inputs))
    tokenizer = tokenizer_of(dataset, spec)
    assert tokenizer is not None
    folder, cold = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
    cached = open_cache(dataset, spec, folder=folder, workers=workers)
    ways: dict[str, Callable[[], Iterator[list[Any]]]] = {
        "webdataset, DataLoader": lambda: plain(dataset, spec, tokenizer, workers),
        "stream, tars": lambda: streamed(dataset, spec, tokenizer, workers, "webdataset"),
        "stream, Parquet": lambda: streamed(dataset, spec, tokenizer, workers, "parquet"),
        "cache, first use": lambda: first_use(dataset, spec, Path(tempfile.mkdtemp(dir=cold)), workers),
        "cache, later epochs": lambda: cached_epoch(cached, 1),
    }
    rates = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            rates[name].append(rate(way))
    base = float(np.median(rates["webdataset, DataLoader"]))
    rows = dataset.manifest.splits
    for name, found in rates.items():
        middle = float(np.median(found))
        click.echo(
            f"{name:24} {middle:9.0f} samples/s  {middle / base:7.2f} x   ({min(found):.0f} to {max(found):.0f})"
        )
    click.echo(f"train has {rows['train']} of {sum(rows.values())} rows; first use decodes all of them")
    shutil.rmtree(folder)
    shutil.rmtree(cold)


if __name__ == "__main__":
    main()
