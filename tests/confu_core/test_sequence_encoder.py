"""The encoder of sequences: what fills them up does not count, and everything else does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from confu_core.encoders import SequenceEncoder, steps_there
from confu_core.errors import InvalidValue
from confu_core.steps_encoder import mean_of_parts

LENGTH, WIDTH = 7, 5


@pytest.fixture
def encoder() -> SequenceEncoder:
    torch.manual_seed(0)
    return SequenceEncoder(WIDTH, LENGTH, width=16, layers=2, output_dim=6).double().eval()


def sequences(*steps: int) -> Tensor:
    torch.manual_seed(1)
    made = torch.randn(len(steps), LENGTH, WIDTH, dtype=torch.float64).float()
    for row, count in zip(made, steps, strict=True):
        row[count:] = 0
    return made


def features(encoder: SequenceEncoder, x: Tensor) -> Tensor:
    encoder = encoder.float()
    with torch.no_grad():
        return encoder(x)


def test_padding_does_not_change_the_result(encoder: SequenceEncoder) -> None:
    x = sequences(3, 7, 1)
    together = features(encoder, x)
    for row, count in enumerate((3, 7, 1)):
        torch.testing.assert_close(features(encoder, x[row : row + 1]), together[row : row + 1])
        torch.testing.assert_close(features(encoder, x[row : row + 1, :count]), together[row : row + 1])


def test_steps_and_their_order_change_the_result(encoder: SequenceEncoder) -> None:
    x = sequences(5)
    turned, shorter = x.clone(), x.clone()
    turned[:, :5] = x[:, :5].flip(1)
    shorter[:, 4] = 0
    base = features(encoder, x)
    assert not torch.allclose(features(encoder, turned), base, atol=1e-4)
    assert not torch.allclose(features(encoder, shorter), base, atol=1e-4)


def test_a_pause_is_a_step_and_an_end_is_none() -> None:
    x = sequences(5, 2, 7, 0)
    x[0, 1] = 0  # A pause.
    expected = [[any(bool(x[n, k].any()) for k in range(t, LENGTH)) or t == 0 for t in range(LENGTH)] for n in range(4)]
    assert steps_there(x).tolist() == expected
    assert steps_there(x).sum(1).tolist() == [5, 2, 7, 1]


def test_a_sequence_of_zeros_has_features(encoder: SequenceEncoder) -> None:
    assert features(encoder, torch.zeros(2, LENGTH, WIDTH)).isfinite().all()


def test_gradients_reach_every_parameter_and_stay_finite() -> None:
    torch.manual_seed(0)
    encoder = SequenceEncoder(WIDTH, LENGTH, width=16, output_dim=6)
    encoder(sequences(3, 7, 0)).sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_a_width_that_heads_cannot_share_is_refused() -> None:
    with pytest.raises(InvalidValue, match="width must be a multiple of 4; got 10"):
        SequenceEncoder(WIDTH, LENGTH, width=10)


def test_parts_are_equal_parts_of_what_is_there() -> None:
    hidden = torch.arange(10.0)[None, :, None].expand(3, -1, 1)
    there = torch.arange(10) < torch.tensor([[10], [5], [1]])
    means = mean_of_parts(hidden, there, 2).squeeze(-1)
    assert means.tolist() == [[2.0, 7.0], [1.0, 3.5], [0.0, 0.0]]  # Of one step both parts are that step.
    torch.manual_seed(0)
    encoder = SequenceEncoder(WIDTH, LENGTH, width=16, output_dim=6, parts=3).eval()
    x = sequences(3, 7)
    found = features(encoder, x)
    assert found.shape == (2, 18) and encoder.output_dim == 18 and encoder.parts == 3
    torch.testing.assert_close(features(encoder, x[:1]), found[:1])
