"""The one vector that stands for a query of several modalities, for every built-in method."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core.evaluation.embeddings import query_embedding
from confu_core.methods.base import Method, Space
from confu_core.methods.batch import EmbeddedBatch
from confu_core.methods.clip import CLIP
from confu_core.methods.confu import ConFu
from confu_core.methods.gram import GRAM
from confu_core.methods.hub import Hub
from confu_core.methods.symile import Symile
from confu_core.methods.triangle import TRIANGLE
from confu_core.methods.view import View

SPACE = Space(modalities=3, features=5, dim=4)


def batch(codes: Tensor | None = None) -> EmbeddedBatch:
    source = torch.Generator().manual_seed(0)
    features = [torch.randn(7, 5, generator=source) for _ in range(3)]
    return EmbeddedBatch(features, [normalize(torch.randn(7, 4, generator=source), dim=-1) for _ in range(3)], codes)


@pytest.mark.parametrize("method", [CLIP, Hub, ConFu, GRAM, TRIANGLE, Symile])
def test_one_modality_is_its_embedding(method: type[Method]) -> None:
    found = query_embedding(method(SPACE).eval(), batch().view((1,)))
    assert found.defined and torch.equal(found.vectors, batch().embeddings[1])


@pytest.mark.parametrize("method", [CLIP, Hub, GRAM, TRIANGLE])
def test_methods_without_a_vector_of_their_own_have_embeddings_side_by_side(method: type[Method]) -> None:
    found = query_embedding(method(SPACE), batch().view((0, 2)))
    assert not found.defined
    assert torch.equal(found.vectors, torch.cat([batch().embeddings[0], batch().embeddings[2]], -1))


@pytest.mark.parametrize("method", [ConFu, Symile])
def test_the_inner_product_with_a_key_is_the_score(method: type[Method]) -> None:
    own, rows = method(SPACE).eval(), batch()
    found = query_embedding(own, rows.view((0, 1)))
    assert found.defined and found.vectors.shape == (7, 4)
    assert torch.allclose(found.vectors @ rows.embeddings[2].T, own.score(rows.view((0, 1)), rows.view((2,))))


def test_queries_that_a_method_does_not_define_have_embeddings_side_by_side() -> None:
    whole = batch().view((0, 1, 2))
    without_heads = ConFu(SPACE, lam=0)
    four = EmbeddedBatch([*batch().features, batch().features[0]], [*batch().embeddings, batch().embeddings[0]])
    wide = Space(modalities=4, features=5, dim=4)
    cases = [
        (ConFu(SPACE).eval(), whole, 12),
        (without_heads.eval(), batch().view((0, 1)), 8),
        (Symile(wide), four.view((0, 1)), 8),
        (ConFu(wide, orders=(2,)).eval(), four.view((0, 1, 3)), 12),
    ]
    for method, view, width in cases:
        found = query_embedding(method, view)
        assert not found.defined and found.vectors.shape == (7, width)


def test_a_users_method_may_embed_its_queries() -> None:
    class Mean(CLIP):
        def embed(self, view: View) -> Tensor:
            return sum(view.embedding(m) for m in view.modalities) / len(view.modalities)

    found = query_embedding(Mean(SPACE), batch().view((0, 1)))
    assert found.defined and torch.equal(found.vectors, (batch().embeddings[0] + batch().embeddings[1]) / 2)


def test_rows_are_those_of_the_view() -> None:
    """Tables of distinct inputs are laid out: here every pair of seven rows."""
    codes = torch.cartesian_prod(torch.arange(7), torch.arange(7), torch.arange(1))
    view = batch(codes).view((0, 1))
    found = query_embedding(CLIP(SPACE), view).vectors
    first, second = (batch().embeddings[m][codes[:, m]] for m in (0, 1))
    assert torch.equal(found, torch.cat([first, second], -1))
