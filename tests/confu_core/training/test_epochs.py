"""Epochs of media: every row as often as it should be, the same for the same seed, and shared without loss."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.random import generator
from confu_core.training.epochs import Batch, MediaEpochs, to_tensor


def numbered(n: int) -> list[np.ndarray]:
    """Rows that tell themselves apart, in three modalities of different shape and type."""
    rows = np.arange(n)
    return [
        rows.astype(np.uint8)[:, None, None, None] + np.zeros((1, 3, 2, 2), np.uint8),
        rows.astype(np.float16)[:, None, None] + np.zeros((1, 4, 5), np.float16),
        rows.astype(np.uint16)[:, None] + np.zeros((1, 6), np.uint16),
    ]


def rows_of(batch: Batch) -> list[int]:
    """Numbers of a batch's rows, the same in every modality."""
    numbers = [one.reshape(len(one), -1)[:, 0].int().tolist() for one in batch.inputs]
    assert numbers[0] == numbers[1] == numbers[2]
    first: list[int] = numbers[0]
    return first


def order_of(n: int, seed: int = 0, epoch: int = 0, **options: Any) -> list[list[int]]:
    return [rows_of(batch) for batch in MediaEpochs(numbered(n), seed, **{"size": 5, **options}).epoch(epoch)]


@settings(deadline=None, max_examples=30)
@given(n=st.integers(2, 60), size=st.integers(2, 70), seed=st.integers(0, 3))
def test_an_epoch_has_each_row_once(n: int, size: int, seed: int) -> None:
    batches = order_of(n, seed, size=size)
    size = min(n, size)
    assert [len(batch) for batch in batches] == [size] * (n // size)
    counts = Counter(row for batch in batches for row in batch)
    assert set(counts.values()) == {1} and len(counts) == n - n % size


@settings(deadline=None, max_examples=30)
@given(counts=st.lists(st.integers(1, 20), min_size=2, max_size=6), size=st.integers(2, 20), seed=st.integers(0, 3))
def test_an_epoch_has_each_species_equally_often(counts: list[int], size: int, seed: int) -> None:
    """However rare it is; and a species' own rows equally often too, beginning again only when all have been seen."""
    labels = generator(0, "labels").permutation(np.repeat(np.arange(len(counts)) * 7, counts))
    batches = order_of(len(labels), seed, labels=labels, balance="species", size=size)
    size = min(size, len(labels))
    seen = [row for batch in batches for row in batch]
    assert len(batches) == len(labels) // size and len(seen) == len(batches) * size
    species = Counter(dict.fromkeys(labels.tolist(), 0))
    species.update(labels[seen].tolist())
    assert max(species.values()) - min(species.values()) <= 1
    for label in species:
        own = Counter(dict.fromkeys(np.flatnonzero(labels == label).tolist(), 0))
        own.update(row for row in seen if labels[row] == label)
        assert max(own.values()) - min(own.values()) <= 1


def test_balance_changes_nothing_but_how_often_rows_come() -> None:
    labels = np.array([0] * 17 + [1] * 3)
    plain, balanced = order_of(20, labels=labels), order_of(20, labels=labels, balance="species")
    assert plain == order_of(20)
    assert sum(labels[row] for batch in plain for row in batch) == 3
    assert sum(labels[row] for batch in balanced for row in batch) == 10
    # Nor do species take turns in one and the same order.
    turns = labels[[row for batch in balanced for row in batch]].reshape(-1, 2)
    assert {tuple(turn) for turn in turns.tolist()} == {(0, 1), (1, 0)}


@pytest.mark.parametrize("options", [{}, {"labels": np.arange(20) % 3, "balance": "species"}])
def test_the_order_is_one_of_the_seed_and_the_epoch(options: dict[str, Any]) -> None:
    first = order_of(20, **options)
    assert order_of(20, **options) == first
    assert order_of(20, seed=1, **options) != first
    assert order_of(20, epoch=1, **options) != first
    assert first != [sorted(batch) for batch in first]


def test_batches_are_numbered_over_all_epochs_and_may_be_asked_for_in_any_order() -> None:
    epochs = MediaEpochs(numbered(17), 4, size=5)
    later = list(epochs.epoch(3))
    assert [batch.step for batch in later] == [9, 10, 11] and epochs.steps == 3
    assert [batch.step for batch in epochs.epoch(0)] == [0, 1, 2]
    assert [rows_of(batch) for batch in epochs.epoch(3)] == [rows_of(batch) for batch in later]
    assert all(batch.seeds == (4,) and batch.codes is None for batch in later)


def mark(rows: list[np.ndarray], numbers: np.ndarray, epoch: int) -> list[np.ndarray]:
    """Add to every row what only its own number and the epoch decide."""
    return [
        one + np.array([7 * n + epoch for n in numbers], one.dtype).reshape(-1, *[1] * (one.ndim - 1)) for one in rows
    ]


@pytest.mark.parametrize("ranks", [2, 3])
@pytest.mark.parametrize("balance", ["instance", "species"])
def test_parts_of_all_processes_are_the_batch_of_one(ranks: int, balance: str) -> None:
    arrays, labels = numbered(20), np.arange(20) % 3
    options: dict[str, Any] = {"size": 6, "augment": mark, "labels": labels, "balance": balance}
    whole = list(MediaEpochs(arrays, 0, **options).epoch(2))
    parts = [list(MediaEpochs(arrays, 0, rank=rank, ranks=ranks, **options).epoch(2)) for rank in range(ranks)]
    assert len(whole) == 3
    for batch, *shares in zip(whole, *parts, strict=True):
        assert {(share.step, share.ranks) for share in shares} == {(batch.step, ranks)}
        for one, *pieces in zip(batch.inputs, *(share.inputs for share in shares), strict=True):
            assert {len(piece) for piece in pieces} == {6 // ranks}
            assert torch.equal(torch.cat(pieces), one)
        # Negatives are drawn from all of the batch, alike everywhere.
        for share in shares:
            assert torch.equal(share.shuffle(0, 1), batch.shuffle(0, 1))
        assert sorted(batch.shuffle(0, 1).tolist()) == list(range(6))


def test_what_changes_rows_is_told_their_numbers_and_the_epoch() -> None:
    told: list[tuple[list[int], int]] = []

    def change(rows: list[np.ndarray], numbers: np.ndarray, epoch: int) -> list[np.ndarray]:
        assert [one.shape[1:] for one in rows] == [(3, 2, 2), (4, 5), (6,)]
        for one in rows:
            assert one.reshape(len(one), -1)[:, 0].tolist() == numbers.tolist()
            assert type(one) is np.ndarray
        told.append((numbers.tolist(), epoch))
        return [one + 1 for one in rows]

    batches = list(MediaEpochs(numbered(20), 0, size=5, augment=change).epoch(2))
    assert told == [(batch, 2) for batch in order_of(20, epoch=2)]
    assert [rows_of(batch) for batch in batches] == [[row + 1 for row in rows] for rows, _ in told]


def test_arrays_on_the_disk_are_read_and_never_written(tmp_path: Path) -> None:
    held = []
    for number, array in enumerate(numbered(20)):
        np.save(tmp_path / f"{number}.npy", array)
        held.append(np.load(tmp_path / f"{number}.npy", mmap_mode="r"))

    def ruin(rows: list[np.ndarray], numbers: np.ndarray, epoch: int) -> list[np.ndarray]:
        for one in rows:
            one += 1
        return rows

    for batch in MediaEpochs(held, 0, size=5, augment=ruin).epoch(0):
        for one in batch.inputs:
            one += 1
    assert [rows_of(batch) for batch in MediaEpochs(held, 0, size=5).epoch(0)] == order_of(20)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.uint8).reshape(2, 3)[:, ::-1],
        np.arange(6, dtype=np.float16).reshape(2, 3).T,
        np.broadcast_to(np.arange(3.0), (2, 3)),
        np.arange(6).reshape(2, 3),
        np.array([[65535, 0]], np.uint16),
    ],
)
def test_a_tensor_has_the_values_of_its_array_and_may_be_written(array: np.ndarray) -> None:
    before = array.copy()
    tensor = to_tensor(array)
    assert np.array_equal(tensor.numpy(), array)
    assert tensor.dtype is (torch.int32 if array.dtype == np.uint16 else torch.from_numpy(before).dtype)
    if not array.flags.writeable:
        tensor += 1
        assert np.array_equal(array, before)


def test_what_may_be_written_to_is_not_copied() -> None:
    array = np.zeros((2, 3), np.float32)
    tensor: Tensor = to_tensor(array)
    array[0, 0] = 5
    assert tensor[0, 0] == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 5, "ranks": 2}, "^batch_size must be a multiple of the 2 processes; got 5$"),
        ({"size": 100, "ranks": 3}, "^batch_size must be a multiple of the 3 processes; got 20$"),
        ({"size": 5, "balance": "specis"}, "^balance must be one of instance, species; did you mean 'species'.$"),
        ({"size": 5, "balance": "species"}, "^balance by species needs data with species; use --balance instance$"),
    ],
)
def test_batches_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        MediaEpochs(numbered(20), 0, **options)


def shifted(inputs: list[np.ndarray], rows: np.ndarray, epoch: int) -> list[np.ndarray]:
    """Adds what epoch and row decide, in place where that can be."""
    inputs[1] += (100 * epoch + rows)[:, None, None].astype(np.float16)
    return inputs


def test_two_views_are_the_same_rows_changed_independently() -> None:
    source = MediaEpochs(numbered(20), 0, size=5, augment=shifted)
    once = list(source.epoch(2))
    source.views = 2
    for one, batch in zip(once, source.epoch(2), strict=True):
        assert one.second is None and batch.second is not None and torch.equal(one.inputs[1], batch.inputs[1])
        assert torch.equal(batch.second[0], batch.inputs[0])
        torch.testing.assert_close(batch.inputs[1] - batch.second[1], torch.full_like(batch.inputs[1], 500))


def test_two_views_that_would_be_the_same_are_refused() -> None:
    source = MediaEpochs(numbered(20), 0, size=5)
    source.views = 2
    with pytest.raises(InvalidValue, match="^a method with two views needs some that differ; use --augment with one"):
        next(source.epoch(0))


def test_a_share_of_the_rows_lacks_one_modality_in_every_epoch() -> None:
    source, lacking = MediaEpochs(numbered(200), 0, size=50, missing=0.4), []
    for epoch in range(2):
        lacking.append({})
        for batch in source.epoch(epoch):
            assert batch.present is not None and batch.present.shape == (50, 3)
            lacking[-1] |= dict(zip(rows_of(batch), (~batch.present).int().tolist(), strict=True))
    assert lacking[0] == lacking[1] and len(lacking[0]) == 200
    counts = Counter(map(tuple, lacking[0].values()))
    assert set(counts) == {(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)} and 100 < counts[0, 0, 0] < 140
    assert next(MediaEpochs(numbered(20), 0, size=5).epoch(0)).present is None


def parts_of(epochs: MediaEpochs, number: int = 0) -> np.ndarray:
    """Numbers of the rows that samples are made of, shape (samples, modalities)."""
    batches = [
        [one.reshape(len(one), -1)[:, 0].int().numpy() for one in batch.inputs] for batch in epochs.epoch(number)
    ]
    return np.concatenate([np.stack(batch, axis=1) for batch in batches])


@settings(deadline=None, max_examples=30)
@given(counts=st.lists(st.integers(1, 9), min_size=2, max_size=5), seed=st.integers(0, 3), epoch=st.integers(0, 3))
def test_pairing_within_classes_deals_each_modality_out_once(counts: list[int], seed: int, epoch: int) -> None:
    labels = generator(0, "labels").permutation(np.repeat(np.arange(len(counts)), counts))
    n = len(labels)
    found = parts_of(MediaEpochs(numbered(n), seed, size=n, labels=labels, pairing="class"), epoch)
    assert all(sorted(column) == list(range(n)) for column in found.T)
    assert all(len(set(row)) == 1 for row in labels[found].tolist())


def test_pairs_are_drawn_anew_for_each_modality_and_epoch() -> None:
    labels, n = np.repeat([0, 1], 20), 40
    options: dict[str, Any] = {"size": n, "labels": labels}
    drawn = MediaEpochs(numbered(n), 0, pairing="class", **options)
    first, second = (found[np.argsort(found[:, 0])] for found in (parts_of(drawn, 0), parts_of(drawn, 1)))
    assert np.array_equal(parts_of(drawn, 1)[:, 0], parts_of(MediaEpochs(numbered(n), 0, **options), 1)[:, 0])
    for one, two in ((first[:, 1], first[:, 2]), (first[:, 1], first[:, 0]), (first[:, 1], second[:, 1])):
        assert 0 < np.mean(one == two) < 0.25  # By chance one in twenty.
    assert np.array_equal(parts_of(drawn, 1), parts_of(drawn, 1))  # So that a training goes on exactly.
    with pytest.raises(InvalidValue, match="pairing must be one of sample, class; did you mean 'class'"):
        MediaEpochs(numbered(n), 0, pairing="clas", **options)
    with pytest.raises(InvalidValue, match="pairing within classes needs data with classes"):
        MediaEpochs(numbered(n), 0, size=5, pairing="class")
