"""Checks of vectors with one entry per sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from confu_core.errors import InvalidValue
from confu_core.statistics.per_sample import class_labels, correctness


def test_lists_arrays_and_tensors_are_taken() -> None:
    for values in ([True, False], np.array([1, 0]), torch.tensor([1.0, 0.0])):
        assert correctness(fused=values)[0].tolist() == [1.0, 0.0]
    for labels in ([0, 2], np.array([0, 2]), torch.tensor([0, 2])):
        assert class_labels(labels, 3).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ({"song": [0.5, 1.5]}, r"song must be in \[0, 1\]; got 1.5"),
        ({"song": [-0.1]}, r"song must be in \[0, 1\]; got -0.1"),
        ({"song": [np.nan]}, r"song must be in \[0, 1\]; got nan"),
        ({"song": []}, r"song must be a vector with an entry per sample; got shape \(0,\)"),
        ({"song": [[1.0]]}, r"got shape \(1, 1\)"),
        ({"song": [1], "fused": [1, 0]}, "the samples must be the same for all; got song 1, fused 2"),
    ],
)
def test_wrong_vectors_are_named(vectors: dict, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        correctness(**vectors)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], r"species must be in \[0, 2\]; got 3"),
        ([-1], r"species must be in \[0, 2\]; got -1"),
        ([0.5], "species must be a vector of integers; got float64"),
        ([], "species must be a vector of integers"),
        ([[1]], r"of shape \(1, 1\)"),
    ],
)
def test_wrong_labels_are_named(labels: list, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        class_labels(labels, 3, "species")
