"""What probes see of a query, and the vector of their own that methods have, for every built-in method."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core.media.findings import side_by_side, with_products
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
    own, view = method(SPACE).eval(), batch().view((1,))
    embedded = own.embed(view)
    assert embedded is not None
    for found in (embedded, side_by_side(view), with_products(view)):
        assert torch.equal(found, batch().embeddings[1])


@pytest.mark.parametrize("method", [CLIP, Hub, GRAM, TRIANGLE])
def test_methods_without_a_vector_of_their_own_have_none(method: type[Method]) -> None:
    assert method(SPACE).embed(batch().view((0, 2))) is None


@pytest.mark.parametrize("method", [ConFu, Symile])
def test_the_inner_product_with_a_key_is_the_score(method: type[Method]) -> None:
    own, rows = method(SPACE).eval(), batch()
    found = own.embed(rows.view((0, 1)))
    assert found is not None and found.shape == (7, 4)
    assert torch.allclose(found @ rows.embeddings[2].T, own.score(rows.view((0, 1)), rows.view((2,))))


def test_queries_that_a_method_does_not_define_have_no_vector() -> None:
    four = EmbeddedBatch([*batch().features, batch().features[0]], [*batch().embeddings, batch().embeddings[0]])
    wide = Space(modalities=4, features=5, dim=4)
    assert ConFu(SPACE).eval().embed(batch().view((0, 1, 2))) is None
    assert ConFu(SPACE, lam=0).eval().embed(batch().view((0, 1))) is None
    assert Symile(wide).embed(four.view((0, 1))) is None
    assert ConFu(wide, orders=(2,)).eval().embed(four.view((0, 1, 3))) is None
    assert ConFu(wide, orders=(3,)).eval().embed(four.view((0, 1, 3))) is not None


def test_a_users_method_may_embed_its_queries() -> None:
    class Mean(CLIP):
        def embed(self, query: View) -> Tensor:
            return sum(query.embedding(m) for m in query.modalities) / len(query.modalities)

    method: Method = Mean(SPACE)
    found = method.embed(batch().view((0, 1)))
    assert found is not None and torch.equal(found, (batch().embeddings[0] + batch().embeddings[1]) / 2)


def test_rows_are_those_of_the_view() -> None:
    """Tables of distinct inputs are laid out: here every pair of seven rows."""
    codes = torch.cartesian_prod(torch.arange(7), torch.arange(7), torch.arange(1))
    view = batch(codes).view((0, 1))
    first, second = (batch().embeddings[m][codes[:, m]] for m in (0, 1))
    assert torch.equal(side_by_side(view), torch.cat([first, second], -1))
    assert torch.equal(with_products(view), torch.cat([first, second, first * second], -1))


def test_products_are_of_every_two() -> None:
    one, two, three = batch().embeddings
    expected = torch.cat([one, two, three, one * two, one * three, two * three], -1)
    assert torch.equal(with_products(batch().view((0, 1, 2))), expected)
