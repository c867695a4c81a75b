"""Reading an epoch of Bird-MML: webdataset, datasets and pandas with the usual decoders, beside ours, on one core.

All yield the same: small pictures, log-mel spectrograms and token ids.
"""

from __future__ import annotations

import functools
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import datasets
import librosa
import numpy as np
import pandas as pd
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

BATCH = 64
Arrays = tuple[np.ndarray, ...]
Batches = Iterator[Sequence[torch.Tensor]]


class Usual:
    """Decodes a sample in the usual way: Pillow, soundfile and librosa."""

    def __init__(self, spec: InputSpec, tokenizer: Tokenizer) -> None:
        self.picture, _, self.text = spec.inputs.values()
        self.tokenizer = tokenizer

    def __call__(self, picture: bytes, sound: bytes, caption: str) -> Arrays:
        """Return picture, spectrogram and token ids."""
        size = (self.picture.side, self.picture.side)
        with Image.open(io.BytesIO(picture)) as image:
            small = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        samples, rate = soundfile.read(io.BytesIO(sound), dtype="float32")
        power = librosa.feature.melspectrogram(
            y=samples, sr=rate, n_fft=1024, hop_length=512, n_mels=128, fmin=500, fmax=10_000
        )
        ids = self.tokenizer.encode([caption], self.text.length)[0]
        return np.array(small).transpose(2, 0, 1), librosa.power_to_db(power).astype(np.float16), ids


def of_tar(decode: Usual, sample: dict[str, Any]) -> Arrays:
    return decode(sample["jpg"], sample["flac"], sample["txt"].decode())


def of_row(decode: Usual, row: dict[str, Any]) -> Arrays:
    return decode(row["image"]["bytes"], row["audio"]["bytes"], row["caption"])


def loaded(samples: Any) -> Batches:
    yield from torch.utils.data.DataLoader(samples, batch_size=BATCH)


def by_webdataset(data: Dataset, decode: Usual) -> Batches:
    tars = [str(data.root / shard.path) for shard in data.shards("train", "webdataset")]
    pipeline = webdataset.WebDataset(tars, shardshuffle=len(tars), seed=0).shuffle(1000)
    return loaded(pipeline.map(functools.partial(of_tar, decode)))


def by_datasets(data: Dataset, decode: Usual, folder: Path) -> Batches:
    files = [str(data.root / shard.path) for shard in data.shards("train", "parquet")]
    table = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(folder))
    table = table.select_columns(["image", "audio", "caption"])
    for name, raw in (("image", datasets.Image(decode=False)), ("audio", datasets.Audio(decode=False))):
        table = table.cast_column(name, raw)
    return loaded([of_row(decode, row) for row in table.shuffle(seed=0)])


def by_pandas(data: Dataset, decode: Usual) -> Batches:
    tables = [
        pd.read_parquet(data.root / shard.path, columns=["image", "audio", "caption"])
        for shard in data.shards("train", "parquet")
    ]
    mixed = pd.concat(tables).sample(frac=1, random_state=0)
    return loaded([of_row(decode, row) for row in mixed.to_dict("records")])


def streamed(data: Dataset, spec: InputSpec, tokenizer: Tokenizer, kind: str) -> Batches:
    for batch in Stream(data, "train", spec, tokenizer=tokenizer, batch_size=BATCH, format=kind):
        yield [torch.from_numpy(batch[name]) for name in spec.names]


def epoch_of(cached: Cached, splits: Sequence[str]) -> Batches:
    for split in splits:
        arrays = [cached.array(split, name) for name in cached.spec.names]
        order = generator(0, "order", 0).permutation(len(arrays[0]))
        for start in range(0, len(order), BATCH):
            rows = np.sort(order[start : start + BATCH])
            yield [torch.from_numpy(array[rows]) for array in arrays]


def rate(batches: Callable[[], Batches]) -> float:
    """Return the samples per second of processor time, that of threads and processes included."""
    started = processor_time()
    samples = sum(len(batch[0]) for batch in batches())
    return samples / (processor_time() - started)


def processor_time() -> float:
    """Return the seconds of this process and of those that it has waited for."""
    return time.process_time() + sum(os.times()[2:4])


def rows(path: Path, side: int, rounds: int) -> list[tuple[str, float, float]]:
    """Return each way with samples per second, and the same in terms of the first; medians over rounds."""
    datasets.disable_progress_bars()
    data = open_dataset(path)
    inputs = {"image": Picture("image", side), "audio": Sound("audio"), "caption": Text("caption", 96)}
    spec = with_lengths(data, InputSpec(inputs))
    tokenizer = tokenizer_of(data, spec)
    assert tokenizer is not None
    decode, splits = Usual(spec, tokenizer), list(data.manifest.splits)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cached = open_cache(data, spec, folder=folder / "kept")

        def first_use() -> Batches:
            return epoch_of(open_cache(data, spec, folder=Path(tempfile.mkdtemp(dir=folder))), splits)

        ways: dict[str, Callable[[], Batches]] = {
            "webdataset": lambda: by_webdataset(data, decode),
            "datasets": lambda: by_datasets(data, decode, folder),
            "pandas": lambda: by_pandas(data, decode),
            "ours: stream of tars": lambda: streamed(data, spec, tokenizer, "webdataset"),
            "ours: stream of Parquet": lambda: streamed(data, spec, tokenizer, "parquet"),
            "ours: cache, made first": first_use,
            "ours: cache, later epochs": lambda: epoch_of(cached, ["train"]),
        }
        taken = [{way: rate(batches) for way, batches in ways.items()} for _ in range(rounds + 1)][1:]
    found = []
    for way in ways:
        rates, ratios = [one[way] for one in taken], [one[way] / one["webdataset"] for one in taken]
        found.append((way, statistics.median(rates), statistics.median(ratios)))
    return found
