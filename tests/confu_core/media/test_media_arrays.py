"""Where inputs lie: streams, files of features, augmented batches and spoiled splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from known_media import InMemory

from confu_core.errors import DatasetError, InvalidValue
from confu_core.inputs.alterations import DEGRADATIONS, degrade
from confu_core.inputs.spec import InputSpec, Picture, Text
from confu_core.media import arrays
from confu_core.media.arrays import (
    StreamedArrays,
    StreamedEpochs,
    augmentations,
    degraded_inputs,
    with_features,
)
from confu_core.media.task import Features, Kind
from confu_core.shards import TableRecipe, build, open_dataset
from confu_core.shards.cache import open_cache
from confu_core.shards.rows import tokenizer_of

ROWS = {"train": 20, "test": 5}
SPEC = InputSpec({"text": Text("caption", length=4)})
KINDS: dict[str, Kind] = {"image": Picture("image", 4), "vectors": Features(3)}


def captions(split: str) -> list[str]:
    return [f"bird number {chr(97 + row)} of {split}" for row in range(ROWS[split])]


def tables() -> dict[str, pa.Table]:
    return {
        split: pa.table({"key": [f"{split}-{row:02d}" for row in range(n)], "caption": captions(split)})
        for split, n in ROWS.items()
    }


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> StreamedArrays:
    """20 captions in 3 shards, of 8, 8 and 4."""
    root = tmp_path_factory.mktemp("captions") / "data"
    build(TableRecipe("captions", tables()), root, shard_rows=8)
    dataset = open_dataset(root)
    return StreamedArrays(dataset, SPEC, tokenizer_of(dataset, SPEC))


def test_streamed_arrays_are_those_of_the_cache(streamed: StreamedArrays, tmp_path: Path) -> None:
    cached = open_cache(streamed.dataset, SPEC, folder=tmp_path)
    for split in ROWS:
        assert np.array_equal(streamed.array(split, "text"), cached.array(split, "text"))
        assert streamed.keys(split) == cached.keys(split)
    assert streamed.array("test", "text") is streamed.array("test", "text")  # Decoded once.


def batches(epochs: StreamedEpochs, number: int) -> list[list[list[int]]]:
    return [batch.inputs[0].tolist() for batch in epochs.epoch(number)]


def test_an_epoch_of_a_stream_has_each_row_once_in_an_order_of_its_own(streamed: StreamedArrays) -> None:
    epochs = StreamedEpochs(streamed, seed=3, size=5)
    assert epochs.steps == 4
    seen = [row for batch in batches(epochs, 0) for row in batch]
    assert sorted(seen) == sorted(streamed.array("train", "text").tolist())
    assert batches(epochs, 0) == batches(epochs, 0) != batches(epochs, 1)
    assert batches(StreamedEpochs(streamed, seed=4, size=5), 0) != batches(epochs, 0)
    assert [batch.step for batch in epochs.epoch(2)] == [8, 9, 10, 11]
    assert StreamedEpochs(streamed, seed=0, size=1000).steps == 1


def test_batches_of_a_stream_have_the_classes_of_their_rows(streamed: StreamedArrays) -> None:
    rows = {tuple(row): at for at, row in enumerate(streamed.array("train", "text").tolist())}
    epochs = StreamedEpochs(streamed, seed=3, size=5, labels=np.arange(20) * 3 % 7)
    for batch in epochs.epoch(1):
        assert batch.labels is not None
        assert batch.labels.tolist() == [rows[tuple(row)] * 3 % 7 for row in batch.inputs[0].tolist()]
    assert next(iter(StreamedEpochs(streamed, seed=3, size=5).epoch(0))).labels is None


@pytest.mark.parametrize("size", [4, 8])
def test_processes_take_as_many_steps_though_shards_do_not_divide(streamed: StreamedArrays, size: int) -> None:
    parts = [StreamedEpochs(streamed, seed=1, size=size, rank=rank, ranks=2) for rank in range(2)]
    for number in range(3):
        taken = [batches(part, number) for part in parts]
        assert [len(one) for one in taken] == [20 // size] * 2
        assert {len(batch) for one in taken for batch in one} == {size // 2}
        mine, others = ({str(row) for batch in one for row in batch} for one in taken)
        assert mine.isdisjoint(others)


def test_a_stream_that_cannot_be_shared_is_refused(streamed: StreamedArrays, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="batch_size must be a multiple of the 2 processes; got 5"):
        StreamedEpochs(streamed, seed=0, size=5, ranks=2)
    with pytest.raises(DatasetError, match="too few samples for a batch of 10; lower --batch-size"):
        for rank in range(2):  # One of them has a single shard.
            list(StreamedEpochs(streamed, seed=0, size=20, rank=rank, ranks=2).epoch(0))
    with pytest.raises(InvalidValue, match="4"):
        list(StreamedEpochs(streamed, seed=0, size=4, rank=3, ranks=4).epoch(0))
    table = pa.table({"key": ["a", "b"], "caption": pa.array([None, None], pa.string())})
    build(TableRecipe("none", {"train": table}), tmp_path / "none")
    lost = StreamedArrays(open_dataset(tmp_path / "none"), SPEC, streamed.tokenizer)
    with pytest.raises(DatasetError, match="no sample of the split 'train' can be decoded"):
        lost.array("train", "text")
    with pytest.raises(DatasetError, match="too few samples for a batch of 2; lower --batch-size"):
        list(StreamedEpochs(lost, seed=0, size=2).epoch(0))


def batch_of_pictures(n: int) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (n, 3, 4, 4), dtype=np.uint8), random.normal(size=(n, 3)).astype(np.float32)]


def test_augmentations_follow_seed_epoch_and_row(streamed: StreamedArrays) -> None:
    change = augmentations(("flip", "color"), KINDS, seed=5)
    assert change is not None
    rows, numbers = batch_of_pictures(30), np.arange(30)
    before = [one.copy() for one in rows]
    pictures, vectors = change(rows, numbers, 0)
    assert all(np.array_equal(one, two) for one, two in zip(rows, before, strict=True))  # In place of nothing.
    assert vectors is rows[1] and pictures.shape == rows[0].shape and not np.array_equal(pictures, rows[0])
    order = np.random.default_rng(1).permutation(30)
    shuffled, _ = change([one[order] for one in rows], numbers[order], 0)
    assert np.array_equal(shuffled, pictures[order])
    assert not np.array_equal(change(rows, numbers, 1)[0], pictures)
    other = augmentations(("flip", "color"), KINDS, seed=6)
    assert other is not None and not np.array_equal(other(rows, numbers, 0)[0], pictures)


def test_nothing_to_augment_is_none_and_the_unknown_is_refused() -> None:
    assert augmentations((), KINDS, 0) is None
    assert augmentations(("flip",), {"vectors": Features(3)}, 0) is None
    with pytest.raises(InvalidValue, match="'flop'"):
        augmentations(("flop",), KINDS, 0)


def features(path: Path, keys: list[str], width: int = 2) -> str:
    np.savez(path, keys=np.array(keys), features=np.arange(len(keys) * width).reshape(len(keys), width))
    return str(path)


def test_features_replace_a_modality_in_the_order_of_its_rows(tmp_path: Path) -> None:
    inner = InMemory({("train", "image"): np.zeros((2, 3, 4, 4)), ("train", "vectors"): np.ones((2, 3))}, "tokenizer")
    file = features(tmp_path / "image.npz", ["c", "a", "b"])
    keys = {"train": ["b", "a"], "test": ["c"]}
    arrays, kinds = with_features(inner, KINDS, {"image": file}, keys)
    assert kinds == {"image": Features(2), "vectors": Features(3)} and list(kinds) == list(KINDS)
    assert arrays.array("train", "image").tolist() == [[4, 5], [2, 3]]
    assert arrays.array("test", "image").tolist() == [[0, 1]]
    assert arrays.array("train", "vectors") is inner.array("train", "vectors")
    assert arrays.tokenizer == "tokenizer"
    same, unchanged = with_features(inner, KINDS, {}, {})
    assert same is inner and unchanged == KINDS
    with pytest.raises(InvalidValue, match="no modality 'imago' to have features: did you mean 'image'"):
        with_features(inner, KINDS, {"imago": file}, keys)
    with pytest.raises(DatasetError, match="lacks 1 of 1 keys, first 'd'"):
        with_features(inner, KINDS, {"image": file}, {"test": ["d"]})


def test_a_spoiled_split_is_made_once(
    streamed: StreamedArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = open_cache(streamed.dataset, SPEC, folder=tmp_path)
    found = list(degraded_inputs(streamed.dataset, cached, "test"))
    strengths = DEGRADATIONS["words"].strengths
    assert [one[:3] for one in found] == [("words", "text", strength) for strength in strengths]
    assert cached.tokenizer is not None
    for _, _, strength, rows in found:
        texts = [degrade("words", text, strength, seed=0, row=row) for row, text in enumerate(captions("test"))]
        assert np.array_equal(rows, cached.tokenizer.encode(texts, 4))
    monkeypatch.setattr(arrays, "_made", None)
    again = degraded_inputs(streamed.dataset, cached, "test")
    assert all(np.array_equal(one[3], two[3]) for one, two in zip(found, again, strict=True))
