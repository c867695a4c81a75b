"""The functional losses against published values, slow loops, finite differences and invariances."""

import json
from pathlib import Path

import pytest
import torch
from torch.nn.functional import normalize

from confu_core import losses
from confu_core.errors import InvalidValue

GOLDEN = json.loads(Path(__file__).with_name("golden_losses.json").read_text())


@pytest.fixture
def z():
    return [torch.tensor(rows, dtype=torch.float64) for rows in GOLDEN["z"]]


def random_embeddings(modalities, n, dim, seed=0):
    source = torch.Generator().manual_seed(seed)
    return [normalize(torch.randn(n, dim, generator=source, dtype=torch.float64), dim=-1) for _ in range(modalities)]


def test_golden_clip(z):
    assert losses.clip_loss(z).item() == pytest.approx(GOLDEN["clip_pairwise"], abs=1e-5)


def test_golden_confu(z):
    fused = {
        tuple(int(m) - 1 for m in key if m.isdigit()): torch.tensor(rows, dtype=torch.float64)
        for key, rows in GOLDEN["fused"].items()
    }
    for lam, value in GOLDEN["confu"].items():
        assert losses.confu_loss(z, fused, lam=float(lam)).item() == pytest.approx(value, abs=1e-5)


def test_golden_gram(z):
    volume = torch.tensor(GOLDEN["gram_volume"], dtype=torch.float64)
    torch.testing.assert_close(losses.gram_volume(*z), volume, atol=1e-4, rtol=0)
    assert losses.gram_loss(z).item() == pytest.approx(GOLDEN["gram_loss"], abs=1e-4)


def test_golden_triangle(z):
    area = torch.tensor(GOLDEN["triangle_area"], dtype=torch.float64)
    torch.testing.assert_close(losses.triangle_area(*z), area, atol=1e-5, rtol=0)
    assert losses.triangle_loss(z).item() == pytest.approx(GOLDEN["triangle_loss"], abs=1e-5)


def test_golden_symile(z):
    value = losses.symile_loss(z, 10.0, negatives="n_squared").item()
    assert value == pytest.approx(GOLDEN["symile_n_squared_loss_scale10"], abs=1e-5)


@pytest.mark.parametrize("modalities", [2, 3, 4, 5])
def test_gram_volume_is_the_root_of_the_gram_determinant(modalities):
    z = random_embeddings(modalities, 4, 8)
    volume = losses.gram_volume(*z)
    for r in range(4):
        for s in range(4):
            rows = torch.stack([z[0][r], *(other[s] for other in z[1:])])
            assert volume[r, s].item() == pytest.approx(torch.linalg.det(rows @ rows.T).abs().sqrt().item(), abs=1e-10)


def test_coinciding_vectors_have_finite_gradients():
    z = [random_embeddings(1, 4, 8)[0].requires_grad_() for _ in range(3)]
    (losses.gram_loss(z) + losses.triangle_loss(z)).backward()
    assert all(torch.isfinite(embedding.grad).all() for embedding in z)


@pytest.mark.parametrize("loss", [losses.clip_loss, losses.gram_loss, losses.triangle_loss])
def test_gradients_against_finite_differences(loss):
    z = [embedding.requires_grad_() for embedding in random_embeddings(3, 4, 5)]
    assert torch.autograd.gradcheck(lambda *rows: loss(list(rows), temperature=0.5), z)


def test_symile_gradient_against_finite_differences():
    z = [embedding.requires_grad_() for embedding in random_embeddings(3, 4, 5)]
    assert torch.autograd.gradcheck(lambda *rows: losses.symile_loss(rows, 2.0, negatives="n_squared"), z)


def test_bad_choices_say_what_is_valid():
    with pytest.raises(InvalidValue, match="exactly 3 modalities; got 4"):
        losses.triangle_loss(random_embeddings(4, 2, 3))
    with pytest.raises(InvalidValue, match="negatives must be 'n' or 'n_squared'; got 'm'"):
        losses.symile_loss(random_embeddings(3, 2, 3), 1.0, negatives="m")
