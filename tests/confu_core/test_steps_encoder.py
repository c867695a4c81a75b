"""Steps in groups of about one length: the numbers of each sequence by itself, with less that only fills up."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from confu_core.encoders import SequenceEncoder, TextEncoder
from confu_core.steps_encoder import GROUP, StepsEncoder

VOCABULARY, LENGTH, WIDTH = 30, 11, 5


def text_encoder(parts: int = 1) -> StepsEncoder:
    torch.manual_seed(0)
    return TextEncoder(VOCABULARY, LENGTH, width=16, layers=2, output_dim=6, parts=parts).double()


def sequence_encoder(parts: int = 1) -> StepsEncoder:
    torch.manual_seed(0)
    encoder = SequenceEncoder(WIDTH, LENGTH, width=16, layers=2, output_dim=6, parts=parts)
    # Sequences are read in single precision, and go on in that of the parameters.
    encoder.scale.register_forward_pre_hook(lambda _, inputs: (inputs[0].double(),))
    return encoder.double()


def drawn(n: int, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return token ids, and how many each text has, in no order."""
    source = torch.Generator().manual_seed(n)
    lengths = torch.randint(1, LENGTH + 1, (n,), generator=source) if lengths is None else lengths
    ids = torch.randint(1, VOCABULARY, (n, LENGTH), generator=source)
    return torch.where(torch.arange(LENGTH) < lengths[:, None], ids, 0), lengths


def as_sequences(ids: Tensor) -> Tensor:
    return torch.randn(VOCABULARY, WIDTH, generator=torch.Generator().manual_seed(1))[ids] * (ids != 0)[..., None]


def alone(encoder: StepsEncoder, x: Tensor, lengths: Tensor) -> Tensor:
    """Return features by PyTorch's own layers, of one sequence after the other, none filled up."""
    features = []
    for row, length in zip(x, lengths.tolist(), strict=True):
        steps = encoder.embedded(row[:length]) + encoder.places[:length]
        features.append(encoder.norm(encoder.layers(steps[None])[0]).mean(0))
    return torch.relu(encoder.out(torch.stack(features)))


@pytest.mark.parametrize("n", [1, GROUP, GROUP + 1, 3 * GROUP + 5])
@pytest.mark.parametrize(("make", "inputs"), [(text_encoder, lambda ids: ids), (sequence_encoder, as_sequences)])
def test_features_and_gradients_are_those_of_each_sequence_by_itself(
    make: Callable[[], StepsEncoder], inputs: Callable[[Tensor], Tensor], n: int
) -> None:
    ids, lengths = drawn(n)
    x, encoder, plain = inputs(ids), make(), make()
    weight = torch.randn(n, 6, dtype=torch.float64)
    found, expected = encoder(x), alone(plain, x, lengths)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    assert found.dtype is torch.float64
    (found * weight).sum().backward()
    (expected * weight).sum().backward()
    for (name, one), other in zip(encoder.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-8, atol=1e-10, msg=name)


def test_parts_of_sequences_in_groups_are_those_of_each_alone() -> None:
    encoder = text_encoder(parts=3)
    ids, _ = drawn(2 * GROUP + 3)
    each = torch.cat([encoder(row[None]) for row in ids])
    torch.testing.assert_close(encoder(ids), each, rtol=1e-10, atol=1e-12)


def steps_computed(encoder: StepsEncoder, ids: Tensor) -> int:
    counts: list[int] = []
    handle = encoder.norm.register_forward_pre_hook(lambda _, inputs: counts.append(len(inputs[0])))
    encoder(ids)
    handle.remove()
    return sum(counts)


def test_little_is_computed_that_only_fills_up() -> None:
    encoder = text_encoder()
    short, long = torch.full((3 * GROUP,), 2), torch.full((GROUP,), LENGTH)
    mixed = torch.cat([short, long])[torch.randperm(4 * GROUP, generator=torch.Generator().manual_seed(0))]
    ids, _ = drawn(4 * GROUP, mixed)
    assert steps_computed(encoder, ids) == 3 * GROUP * 2 + GROUP * LENGTH
    # A few are filled up to the longest of them, and no further.
    ids, lengths = drawn(5, torch.tensor([2, 7, 1, 3, 3]))
    assert steps_computed(encoder, ids) == 5 * 7
    ids, lengths = drawn(5 * GROUP)
    ordered = lengths.sort().values.chunk(5)
    assert steps_computed(encoder, ids) == sum(len(one) * int(one.max()) for one in ordered)
    assert int(lengths.sum()) <= steps_computed(encoder, ids) < math.prod(ids.shape)


def test_sequences_of_one_length_stay_together() -> None:
    encoder = text_encoder()
    sizes: list[int] = []
    encoder.layers.layers[0].norm1.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    ids, _ = drawn(3 * GROUP, torch.full((3 * GROUP,), 4))
    found = encoder(ids)
    assert sizes == [3 * GROUP * 4]
    torch.testing.assert_close(found[::2], encoder(ids[::2]), rtol=1e-10, atol=1e-12)


def test_texts_are_features_in_the_order_that_they_came_in() -> None:
    encoder = text_encoder()
    ids, _ = drawn(4 * GROUP)
    other = torch.randperm(len(ids), generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(encoder(ids[other]), encoder(ids)[other], rtol=1e-10, atol=1e-12)
