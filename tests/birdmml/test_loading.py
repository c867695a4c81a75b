"""A split as a dataset of PyTorch: what its samples are, by number and as a stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from birdmml import load
from birdmml.bench import open_data
from confu_core.errors import DatasetError
from confu_core.inputs.picture import decode_picture
from confu_core.inputs.sound import decode_sound
from confu_core.media.loading import MediaSamples, MediaStream
from confu_core.media.settings import MediaSettings
from confu_core.shards import open_dataset


def equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def test_samples_are_those_of_the_dataset(built: Path) -> None:
    samples, dataset, contents = load(built, "test", side=16), open_dataset(built), open_data(built).contents
    assert isinstance(samples, MediaSamples) and len(samples) == 16
    rows = dataset.table("test").to_pylist()
    for number in (0, 7, 15, -1):
        row, sample = rows[number], samples[number]
        assert list(sample) == ["key", "image", "audio", "caption", "label"]
        assert (sample["key"], sample["caption"]) == (row["key"], row["caption"])
        assert contents.classes[sample["label"]] == row["species"] == samples.classes[samples.labels[number]]
        assert np.array_equal(sample["image"], decode_picture(row["image"]["bytes"], 16))
        sound = samples.inputs.inputs["audio"]
        assert np.array_equal(sample["audio"], decode_sound(row["audio"]["bytes"], sound.sample_rate, sound.seconds))
    assert samples.keys == [row["key"] for row in rows]
    with pytest.raises(IndexError, match="sample 16 of 16"):
        samples[16]


def test_a_loader_makes_batches_of_them(built: Path) -> None:
    samples = load(built, "train")
    batches = list(DataLoader(samples, batch_size=16, shuffle=True, generator=torch.Generator().manual_seed(0)))
    assert sorted(key for batch in batches for key in batch["key"]) == sorted(samples.keys)
    side = MediaSettings.side
    assert batches[0]["image"].dtype == torch.uint8 and batches[0]["image"].shape == (16, 3, side, side)
    assert batches[0]["audio"].dtype == torch.float32 and batches[0]["label"].dtype == torch.int64


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_has_every_sample_once(built: Path, workers: int) -> None:
    stream, samples = load(built, "train", stream=True), load(built, "train")
    assert isinstance(stream, MediaStream)
    found = {sample["key"]: sample for sample in DataLoader(stream, batch_size=None, num_workers=workers)}
    assert len(found) == len(samples) == 48
    assert all(equal(samples[number], found[key]) for number, key in enumerate(samples.keys))


def test_what_cannot_be_read_is_named(birds: Path) -> None:
    with pytest.raises(DatasetError, match="has no split 'tests'; did you mean 'test'"):
        load(birds, "tests")
    (birds / "manifest.json").unlink()
    with pytest.raises(DatasetError, match="holds no dataset"):
        load(birds, "test")
