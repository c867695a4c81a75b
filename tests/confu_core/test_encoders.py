"""Encoders: features of the width they say, of every row by itself, that all parameters have a part in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from confu_core.encoders import PictureEncoder, SoundEncoder, TextEncoder, VectorEncoder, vector_encoder
from confu_core.errors import InvalidValue

VOCABULARY, LENGTH = 30, 12


def pictures(n: int) -> Tensor:
    return torch.randint(256, (n, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def sounds(n: int) -> Tensor:
    return (10 * torch.randn(n, 16, 40, generator=torch.Generator().manual_seed(1)) - 40).half()


def texts(n: int) -> Tensor:
    source = torch.Generator().manual_seed(2)
    ids = torch.randint(1, VOCABULARY, (n, LENGTH), generator=source)
    lengths = torch.randint(1, LENGTH - 2, (n, 1), generator=source)
    return torch.where(torch.arange(LENGTH) < lengths, ids, 0).int()


def vectors(n: int) -> Tensor:
    return torch.randn(n, 7, generator=torch.Generator().manual_seed(3))


ENCODERS: dict[str, tuple[Callable[[], nn.Module], Callable[[int], Tensor], int]] = {
    "picture": (lambda: PictureEncoder(8, 24), pictures, 24),
    "sound": (lambda: SoundEncoder(16, 20), sounds, 20),
    "text": (lambda: TextEncoder(VOCABULARY, LENGTH, width=16, layers=2, output_dim=18), texts, 18),
    "vector": (lambda: VectorEncoder(7, 22, 2), vectors, 22),
}
each = pytest.mark.parametrize("name", ENCODERS)


def made(name: str) -> tuple[nn.Module, Tensor, int]:
    torch.manual_seed(0)
    encoder, inputs, width = ENCODERS[name]
    return encoder(), inputs(9), width


@each
def test_features_have_the_width_that_is_said(name: str) -> None:
    encoder, x, width = made(name)
    features = encoder(x)
    assert (features.shape, features.dtype) == ((9, width), torch.float32)
    assert encoder.output_dim == width
    # They tell the rows apart.
    assert len(features.detach().unique(dim=0)) == 9


@each
def test_a_gradient_reaches_all_parameters(name: str) -> None:
    encoder, x, width = made(name)
    (encoder(x) * torch.randn(9, width)).sum().backward()
    for key, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all() and parameter.grad.any(), key


@each
@pytest.mark.parametrize("training", [True, False])
def test_features_of_a_row_depend_on_nothing_but_the_row(name: str, training: bool) -> None:
    encoder, x, _ = made(name)
    encoder.train(training)
    with torch.no_grad():
        together = encoder(x)
        alone = torch.cat([encoder(row.unsqueeze(0)) for row in x])
        turned = encoder(x.flip(0)).flip(0)
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-6)
    torch.testing.assert_close(turned, together, rtol=0, atol=1e-6)


@each
def test_training_and_evaluation_give_the_same_features(name: str) -> None:
    encoder, x, _ = made(name)
    expected = encoder.train()(x).detach()
    with torch.no_grad():
        torch.testing.assert_close(encoder.eval()(x), expected, rtol=0, atol=1e-6)


def test_pictures_may_be_floats_on_the_same_scale() -> None:
    encoder, x, _ = made("picture")
    assert torch.equal(encoder(x), encoder(x.float()))


def test_loudness_and_gain_of_a_sound_do_not_matter() -> None:
    encoder, x, _ = made("sound")
    torch.testing.assert_close(encoder(3 * x.float() + 20), encoder(x), rtol=1e-4, atol=1e-5)


def test_silence_stays_silence() -> None:
    """A clip without any spread is divided by no zero, and a whisper of noise is not blown up."""
    encoder = SoundEncoder(16, 20)
    quiet = torch.full((1, 16, 40), -80.0)
    silent = encoder(quiet)
    assert silent.isfinite().all()
    noise = 1e-3 * torch.randn(1, 16, 40, generator=torch.Generator().manual_seed(4))
    inputs = [encoder.prepared(x) for x in (quiet, quiet + noise)]
    assert inputs[0].abs().max() == 0 and inputs[1].abs().max() < 0.01
    silent.sum().backward()
    assert all(one.grad.isfinite().all() for one in encoder.parameters() if one.grad is not None)


def test_padding_of_a_text_may_be_of_any_length() -> None:
    encoder, _, _ = made("text")
    ids = torch.tensor([[3, 9, 4]])
    features = [encoder(nn.functional.pad(ids, (0, more))) for more in (0, 1, 9)]
    for one in features[1:]:
        torch.testing.assert_close(one, features[0], rtol=0, atol=1e-6)
    # Beside a longer text, too.
    company = torch.tensor([[3, 9, 4, 0, 0, 0], [5, 5, 5, 5, 5, 6]])
    torch.testing.assert_close(encoder(company)[:1], features[0], rtol=0, atol=1e-6)


def test_the_order_of_a_text_matters() -> None:
    encoder, _, _ = made("text")
    one, other = encoder(torch.tensor([[3, 9, 4], [4, 9, 3]]))
    assert not torch.allclose(one, other, atol=1e-4)


def test_a_text_of_nothing_has_finite_features() -> None:
    encoder, _, _ = made("text")
    nothing = torch.zeros(1, LENGTH, dtype=torch.int32)
    alone, beside = encoder(nothing), encoder(torch.cat([nothing, texts(1)]))[:1]
    assert alone.isfinite().all()
    torch.testing.assert_close(beside, alone, rtol=0, atol=1e-6)
    alone.sum().backward()
    assert all(one.grad.isfinite().all() for one in encoder.parameters() if one.grad is not None)


def test_the_scale_and_shift_of_a_vector_do_not_matter() -> None:
    encoder, x, _ = made("vector")
    torch.testing.assert_close(encoder(100 * x.double() + 5), encoder(x), rtol=1e-3, atol=1e-4)


def test_a_perceptron_without_layers_leaves_vectors_as_they_are() -> None:
    encoder, width = vector_encoder(7, 64, 0)
    assert width == 7 and torch.equal(encoder(vectors(2)), vectors(2))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PictureEncoder(12), "^width must be a multiple of 8; got 12$"),
        (lambda: SoundEncoder(0), "^width must be a multiple of 8; got 0$"),
        (lambda: PictureEncoder(-8), "^width must be a multiple of 8; got -8$"),
        (lambda: TextEncoder(10, 5, width=6), "^width must be a multiple of 4; got 6$"),
        (lambda: TextEncoder(10, 5, width=0), "^width must be a multiple of 4; got 0$"),
        (lambda: VectorEncoder(5, 8, 0), "^depth must be at least 1; got 0$"),
        (lambda: VectorEncoder(5, 0), "^width must be at least 1 and depth at least 0; got 0 and 1$"),
        (lambda: vector_encoder(5, 8, -1), "^width must be at least 1 and depth at least 0; got 8 and -1$"),
    ],
)
def test_a_width_that_cannot_be_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        make()


def test_pictures_in_parts_have_the_features_of_each_quarter_beside_each_other() -> None:
    torch.manual_seed(0)
    whole = PictureEncoder(8, 5).eval()
    parts = PictureEncoder(8, 5, parts=4).eval()
    parts.load_state_dict(whole.state_dict())
    pictures = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    maps = whole.blocks(whole.prepared(pictures))
    half = maps.shape[-1] // 2
    quarters = [maps[..., i : i + half, j : j + half] for i in (0, half) for j in (0, half)]
    pooled = [torch.cat([one.mean((2, 3)), one.amax((2, 3))], 1) for one in quarters]
    want = torch.cat([torch.relu(whole.out(one)) for one in pooled], 1)
    torch.testing.assert_close(parts(pictures), want)
    assert parts.output_dim == 20 and (whole.parts, parts.parts) == (1, 4)
    with pytest.raises(InvalidValue, match="^parts must be a square number; got 3$"):
        PictureEncoder(8, 5, parts=3)
