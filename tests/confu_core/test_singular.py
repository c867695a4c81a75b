"""Singular values and leading vectors against a full decomposition, published values, and their limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core.singular import leading_value, singular

GOLDEN = json.loads(Path(__file__).with_name("golden_more_losses.json").read_text())


def tuples(modalities: int, n: int = 6, dim: int = 7) -> Tensor:
    source = torch.Generator().manual_seed(modalities)
    return normalize(torch.randn(n, modalities, dim, generator=source, dtype=torch.float64), dim=-1)


@pytest.mark.parametrize("modalities", [3, 4])
def test_golden_values_and_vectors(modalities: int) -> None:
    held = GOLDEN["pmrl"][f"M{modalities}"]["0.05_0.1"]
    z = torch.tensor(GOLDEN["inputs"]["z"][:modalities], dtype=torch.float64).transpose(0, 1)
    values, leading = singular(z)
    torch.testing.assert_close(values, torch.tensor(held["singular_values"], dtype=torch.float64), atol=1e-10, rtol=0)
    signs = torch.tensor(held["u1_sign_against_sum_of_z"], dtype=torch.float64)[:, None]
    published = signs * torch.tensor(held["u1_as_computed"], dtype=torch.float64)
    torch.testing.assert_close(leading, published, atol=1e-10, rtol=0)


@pytest.mark.parametrize("modalities", [1, 2, 3, 5])
def test_values_and_vectors_are_those_of_a_full_decomposition(modalities: int) -> None:
    z = tuples(modalities)
    left, found, _ = torch.linalg.svd(z.mT, full_matrices=False)
    values, leading = singular(z)
    torch.testing.assert_close(values, found)
    onto = (z @ left[..., :1]).squeeze(-1)
    along = torch.where(onto.sum(-1, keepdim=True).abs() < 1e-9, onto[..., :1], onto.sum(-1, keepdim=True)).sign()
    torch.testing.assert_close(leading, along * left[..., 0])


@pytest.mark.parametrize("modalities", [1, 2, 3, 5])
def test_gradients_are_those_of_finite_differences(modalities: int) -> None:
    assert torch.autograd.gradcheck(singular, tuples(modalities).requires_grad_())


def test_a_gradient_next_to_perfect_alignment_is_the_limit_of_those_before_it() -> None:
    """At alignment the leading vector is the mean direction, whose derivative is known."""
    one = tuples(1, n=1)[0, 0]
    z = one.expand(3, -1).clone().requires_grad_()
    wanted = tuples(1, n=1, dim=7).flip(-1)[0, 0]
    _, leading = singular(z)
    (found,) = torch.autograd.grad(leading @ wanted, z)
    torch.testing.assert_close(found, ((wanted - (wanted @ one) * one) / 3).expand(3, -1))


def test_the_leading_value_is_that_of_every_pair_of_rows_and_blind_to_sign() -> None:
    queries, keys = tuples(3)[:, :2], tuples(4)[:4, 2:]
    found = leading_value(queries, keys)
    for r in range(6):
        for s in range(4):
            rows = torch.cat([queries[r], keys[s]])
            assert found[r, s].item() == pytest.approx(torch.linalg.matrix_norm(rows, 2).item())
    torch.testing.assert_close(leading_value(-queries, keys), found)
    torch.testing.assert_close(leading_value(queries[None], keys[None])[0], found)
    assert (leading_value(queries[:, :1], keys[:, :1]) >= 1).all()
