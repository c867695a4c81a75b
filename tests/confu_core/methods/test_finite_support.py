"""The two exact rewritings: distinct inputs for samples, and cells in a stack. Losses and gradients are the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from confu_core import losses
from confu_core.encoders import vector_encoder
from confu_core.methods import EmbeddedBatch, Method, Space, load_method
from confu_core.methods.view import Grid, Indexed
from confu_core.model import Model, stack

CODES, WIDTH = 8, 5
METHODS: dict[str, dict[str, object]] = {
    "clip": {},
    "clip-smoothed": {"label_smoothing": 0.1},
    "hub": {"anchor": 1},
    "confu": {"dropout": 0.0, "fused_width": 24},
    "confu-learned": {"dropout": 0.0, "fused_width": 24, "fused_depth": 2, "learn_temperature": True},
    "confu-hadamard": {"dropout": 0.0, "fused_width": 24, "fusion": "hadamard"},
    "confu-gated": {"dropout": 0.0, "fused_width": 24, "fusion": "gated"},
    "gram": {},
    "gram-last": {"anchor": 2},
    "triangle": {"anchor": 1},
    "symile": {},
    "symile-n_squared": {"negatives": "n_squared"},
    "bimodal": {},
    "clip-sigmoid": {"loss": "sigmoid"},
    "confu-sigmoid": {"loss": "sigmoid", "dropout": 0.0, "fused_width": 24},
    "confu-shared": {"fusion": "shared", "dropout": 0.0, "fused_width": 16, "fused_depth": 2},
    "eao": {"fused_width": 16},
    "gated_symile": {"gate_width": 7, "gate_hidden": 5},
    "gated_symile-matrix": {"gate": "matrix", "shares": "softmax"},
    "pmrl": {},
}


def make_model(case: str, seed: int, modalities: int = 3, **more: object) -> Model:
    torch.manual_seed(seed)
    cls = load_method(case.partition("-")[0].replace("_", "-"))
    options = {**METHODS[case], **more}
    encoders = [vector_encoder(WIDTH, 16, 2)[0] for _ in range(modalities)]
    return Model(encoders, 16, 6, lambda space: cls(space, **options)).double()


def make_data(n: int, seed: int, modalities: int = 3) -> tuple[list[Tensor], Tensor]:
    generator = torch.Generator().manual_seed(seed)
    tables = [torch.randn(CODES, WIDTH, generator=generator, dtype=torch.float64) for _ in range(modalities)]
    codes = torch.randint(CODES, (n, modalities), generator=generator)
    codes[:, -1] = codes[:, 0] ^ codes[:, 1]
    return tables, codes


def shuffles(n: int, seed: int) -> Callable[[int, int], Tensor]:
    return lambda anchor, m: torch.randperm(n, generator=torch.Generator().manual_seed(100 * seed + 10 * anchor + m))


def loss_and_gradients(model: Model, batch: EmbeddedBatch) -> tuple[Tensor, list[Tensor]]:
    loss = sum(model.method.losses(batch).values(), torch.zeros(()))
    found = torch.autograd.grad(loss.sum(), list(model.parameters()), allow_unused=True, materialize_grads=True)
    return loss, list(found)


def plain(model: Model, tables: list[Tensor], codes: Tensor, shuffle: Callable[[int, int], Tensor]) -> EmbeddedBatch:
    return model.embed([table[codes[:, m]] for m, table in enumerate(tables)], None, shuffle)


# 80 samples lay out pairs of 8 codes as a grid of 64 rows; 20 samples are fewer than that and are indexed.
@pytest.mark.parametrize("n", [80, 20])
@pytest.mark.parametrize("case", METHODS)
def test_distinct_inputs_give_the_loss_and_gradient_of_the_samples(case: str, n: int) -> None:
    model = make_model(case, 0)
    tables, codes = make_data(n, 1)
    reduced = model.embed(tables, codes, shuffles(n, 2))
    assert isinstance(reduced.view((0, 1)).layout, Grid if n == 80 else Indexed)
    expected, gradients = loss_and_gradients(model, plain(model, tables, codes, shuffles(n, 2)))
    loss, reduced_gradients = loss_and_gradients(model, reduced)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-10)
    for want, got in zip(gradients, reduced_gradients, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("n", [80, 20])
@pytest.mark.parametrize("case", METHODS)
def test_a_stack_gives_the_loss_and_gradient_of_each_cell(case: str, n: int) -> None:
    models = [make_model(case, seed) for seed in range(3)]
    data = [make_data(n, seed) for seed in range(3)]
    tables = [torch.stack([cell[0][m] for cell in data]) for m in range(3)]
    codes = torch.stack([cell[1] for cell in data])
    each = [shuffles(n, seed) for seed in range(3)]
    together = stack(models)
    batch = together.embed(tables, codes, lambda anchor, m: torch.stack([draw(anchor, m) for draw in each]))
    loss, gradients = loss_and_gradients(together, batch)
    for cell, model in enumerate(models):
        alone, alone_gradients = loss_and_gradients(model, plain(model, *data[cell], each[cell]))
        assert loss[cell].item() == pytest.approx(alone.item(), rel=1e-10)
        for want, got in zip(alone_gradients, gradients, strict=True):
            torch.testing.assert_close(got[cell], want, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize(
    "case",
    [
        *("confu", "confu-gated", "confu-hadamard", "confu-shared", "eao"),
        *("gated_symile", "gram", "pmrl", "symile", "symile-n_squared"),
    ],
)
def test_four_modalities_are_reduced_exactly_too(case: str) -> None:
    more = {"orders": (2, 3)} if case.startswith(("confu", "eao")) else {}
    model = make_model(case, 0, modalities=4, **more)
    tables, codes = make_data(40, 3, modalities=4)
    expected, gradients = loss_and_gradients(model, plain(model, tables, codes, shuffles(40, 4)))
    loss, reduced_gradients = loss_and_gradients(model, model.embed(tables, codes, shuffles(40, 4)))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-10)
    for want, got in zip(gradients, reduced_gradients, strict=True):
        torch.testing.assert_close(got, want, rtol=1e-8, atol=1e-11)


def test_symile_survives_a_shuffled_tuple_that_is_all_of_the_sum() -> None:
    """One code occurs once and is shuffled onto itself: what is left without it is nothing in single precision."""
    numbers = torch.tensor([i % 7 for i in range(39)] + [7])
    codes = numbers.unsqueeze(-1).expand(-1, 3)
    method = load_method("symile")(Space(3, 8, 8), temperature=0.01)

    def stay(anchor: int, m: int) -> Tensor:
        return torch.arange(40)

    def loss_and_gradient(dtype: torch.dtype, reduced: bool) -> tuple[Tensor, Tensor]:
        table = torch.eye(CODES, dtype=dtype, requires_grad=True)
        rows = [table] * 3 if reduced else [table[numbers]] * 3
        batch = EmbeddedBatch(rows, rows, codes if reduced else None, stay)
        loss = sum(method.losses(batch).values(), torch.zeros(()))
        return loss.detach(), torch.autograd.grad(loss, table)[0]

    expected, gradient = loss_and_gradient(torch.float64, reduced=False)
    loss, reduced_gradient = loss_and_gradient(torch.float32, reduced=True)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-7, check_dtype=False)
    torch.testing.assert_close(reduced_gradient, gradient, rtol=1e-4, atol=1e-5, check_dtype=False)


def test_methods_compute_the_published_losses() -> None:
    torch.manual_seed(0)
    z = [torch.nn.functional.normalize(torch.randn(10, 6, dtype=torch.float64), dim=-1) for _ in range(3)]
    batch = EmbeddedBatch(z, z)
    space = Space(3, 6, 6)

    def total(name: str, **options: object) -> float:
        method: Method = load_method(name)(space, **options).double()
        return sum(method.losses(batch).values()).item()

    assert total("clip") == pytest.approx(float(losses.clip_loss(z)))
    for anchor in range(3):
        assert total("gram", anchor=anchor) == pytest.approx(float(losses.gram_loss(z, anchor)))
        assert total("triangle", anchor=anchor) == pytest.approx(float(losses.triangle_loss(z, anchor)))
    squared = total("symile", negatives="n_squared", temperature=0.1)
    assert squared == pytest.approx(float(losses.symile_loss(z, 10.0, negatives="n_squared")))
    confu = load_method("confu")(space, dropout=0.0, lam=0.3).double()
    fused = {pair: confu.embed(batch.view(pair)).detach() for pair in [(0, 1), (0, 2), (1, 2)]}  # type: ignore[operator]
    assert sum(confu.losses(batch).values()).item() == pytest.approx(float(losses.confu_loss(z, fused, lam=0.3)))
    assert total("confu", lam=0.0) == pytest.approx(float(losses.clip_loss(z)))


def test_symile_contrasts_with_shuffled_tuples_of_the_others_only() -> None:
    """A slow loop over samples and negatives, written from the definition."""
    tables, codes = make_data(12, 7)
    model = make_model("symile", 1)
    shuffle = shuffles(12, 8)
    batch = plain(model, tables, codes, shuffle)
    z, scale = [x.detach() for x in batch.embeddings], model.method.scale().item()
    loss = 0.0
    for anchor in range(3):
        left, right = (m for m in range(3) if m != anchor)
        for r in range(12):
            products = [
                float((z[anchor][r] * z[left][shuffle(anchor, left)[s]] * z[right][shuffle(anchor, right)[s]]).sum())
                for s in range(12)
                if s != r
            ]
            positive = float((z[0][r] * z[1][r] * z[2][r]).sum())
            logits = scale * torch.tensor([positive, *products], dtype=torch.float64)
            loss += float(logits.logsumexp(0) - logits[0]) / 12 / 3
    assert sum(model.method.losses(batch).values()).item() == pytest.approx(loss, rel=1e-10)
