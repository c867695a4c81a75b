"""Losses of the wider field against values and gradients of the published code, slow loops and finite differences."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from confu_core import losses
from confu_core.errors import InvalidValue
from confu_core.info_nce import info_nce, narrow, nt_xent, pairwise_sigmoid
from confu_core.methods.infmasking import mask_term

GOLDEN = json.loads(Path(__file__).with_name("golden_more_losses.json").read_text())
TERMS = {"1_2": "0->1", "1_3": "0->2", "2_3": "1->2", "1_23": "1+2->0", "2_13": "0+2->1", "3_12": "0+1->2"}
SINGLES = {3: (0, 1, 2, 4), 4: (0, 1, 2, 3, 4)}


def numbers(held: Any) -> Tensor:
    return torch.tensor(held, dtype=torch.float64)


def inputs(name: str, take: Sequence[int]) -> list[Tensor]:
    return [numbers(GOLDEN["inputs"][name][m]).requires_grad_() for m in take]


def check(loss: Tensor, value: float, rows: Sequence[Tensor], gradients: Sequence[Any]) -> None:
    """The value to 1e-10, the gradients to 1e-8."""
    assert loss.item() == pytest.approx(value, abs=1e-10)
    found = torch.autograd.grad(loss, list(rows), allow_unused=True)
    for one, want in zip(found, gradients, strict=True):
        expected = numbers(want) if want is not None else None
        assert (one is None or not one.any()) if expected is None else True
        if expected is not None:
            assert one is not None
            torch.testing.assert_close(one, expected, atol=1e-8, rtol=0)


def random_embeddings(modalities: int, n: int, dim: int, seed: int = 0) -> list[Tensor]:
    source = torch.Generator().manual_seed(seed)
    drawn = [torch.randn(n, dim, generator=source, dtype=torch.float64) for _ in range(modalities)]
    return [normalize(rows, dim=-1).requires_grad_() for rows in drawn]


@pytest.mark.parametrize("modalities", [3, 4])
@pytest.mark.parametrize("case", ["0.1", "0.5", "0.1_weighted"])
def test_golden_comm(modalities: int, case: str) -> None:
    held = GOLDEN["comm"][f"M{modalities}"][case]
    views = [inputs(name, SINGLES[modalities]) for name in ("view1", "view2")]
    loss = losses.comm_loss(*views, held["temperature"], held["weights"])
    check(loss, held["loss"], [*views[0], *views[1]], [*held["grad_view1"], *held["grad_view2"]])


def test_golden_nt_xent() -> None:
    first, second = inputs("z", (0, 1))
    for temperature, value in GOLDEN["comm"]["nt_xent_z1_z2"].items():
        assert nt_xent(first, second, float(temperature)).item() == pytest.approx(value, abs=1e-10)


def test_nt_xent_is_a_slow_loop() -> None:
    first, second = (rows.detach() for rows in random_embeddings(2, 4, 5))
    total = 0.0
    for own, other in ((first, second), (second, first)):
        for r in range(4):
            positive = math.exp(own[r] @ other[r] / 0.3)
            away = [math.exp(own[r] @ other[s] / 0.3) for s in range(4)]
            away += [math.exp(own[r] @ own[s] / 0.3) for s in range(4) if s != r]
            total -= math.log(positive / sum(away)) / 8
    assert nt_xent(first, second, 0.3).item() == pytest.approx(total)
    assert nt_xent(second, first, 0.3).item() == pytest.approx(total)


EAO = [
    "pretrain_0.05",
    "pretrain_0.2",
    "equal_0.05",
    "equal_0.2",
    "pairwise_only_0.05",
    "missing_0.05",
    "mms_margin_equal",
]


@pytest.mark.parametrize("case", EAO)
def test_golden_eao(case: str) -> None:
    held = GOLDEN["eao"][case]
    z = inputs("z", (0, 1, 2))
    joint = {pair: tuple(numbers(rows).requires_grad_() for rows in GOLDEN["inputs"]["joint"][name])
             for name, pair in (("12", (0, 1)), ("13", (0, 2)), ("23", (1, 2)))}  # fmt: skip
    weights = {TERMS[name]: weight for name, weight in held["weights"].items()}
    there = [held.get(f"present_{m}", [True] * len(z[0])) for m in (1, 2, 3)]
    mms = {"margin": 0.001} if held["temperature"] is None else {}
    loss = losses.eao_loss(z, joint, held["temperature"] or 1.0, weights, torch.tensor(there).mT, **mms)
    rows = [*z, *(part for parts in joint.values() for part in parts)]
    check(loss, held["loss"], rows, [*held["grad_z"], *(g for pair in held["grad_joint"].values() for g in pair)])


def test_a_term_of_eao_that_no_sample_has_is_no_nan() -> None:
    z = inputs("z", (0, 1, 2))
    there = torch.tensor([[True, True, False]] * len(z[0]))
    loss = losses.eao_loss(z, {}, 0.5, present=there)
    torch.testing.assert_close(loss, losses.eao_loss(z[:2], {}, 0.5) / 3)
    loss.backward()
    assert all(one.grad is not None and one.grad.isfinite().all() for one in z[:2]) and z[2].grad is None
    assert losses.eao_loss(z, {}, 0.5, present=there & False) == 0


def test_eao_of_four_modalities_is_a_mean_of_sums_of_both_directions() -> None:
    z = random_embeddings(4, 5, 6)
    triple = [one * 3 for one in random_embeddings(3, 5, 6, seed=1)]
    loss = losses.eao_loss(z, {(0, 1, 3): triple}, 0.2)
    fused = normalize(torch.stack([normalize(one, dim=-1) for one in triple]).sum(0), dim=-1)
    sides = [(z[i], z[j]) for i in range(4) for j in range(i + 1, 4)] + [(fused, z[2])]
    terms = [info_nce(a @ b.mT / 0.2) + info_nce(b @ a.mT / 0.2) for a, b in sides]
    assert loss.item() == pytest.approx(torch.stack(terms).mean().item())


@pytest.mark.parametrize("modalities", [3, 4])
@pytest.mark.parametrize("case", ["0.05_0.1", "0.01_0.1", "0.5_0.5"])
def test_golden_pmrl(modalities: int, case: str) -> None:
    held = GOLDEN["pmrl"][f"M{modalities}"][case]
    z = inputs("z", range(modalities))
    loss = losses.pmrl_loss(z, held["tau1"], held["tau2"])
    gradient = numbers(held["grad_intra"]) + numbers(held["grad_inter_u1_along_sum_of_z"])
    check(loss, held["loss_intra"] + held["loss_inter_u1_along_sum_of_z"], z, gradient.tolist())


@pytest.mark.parametrize("case", ["scale_10_bias_-10", "scale_10_bias_-2.71", "scale_2.71828_bias_0"])
def test_golden_sigmoid(case: str) -> None:
    held = GOLDEN["siglip"][case]
    a, b = inputs("z", (0, 1))
    log_scale, bias = (numbers(value).requires_grad_() for value in (math.log(held["scale"]), held["bias"]))
    loss = losses.sigmoid_loss(a, b, log_scale.exp(), bias)
    assert loss.item() == pytest.approx(held["loss_second_repository"], abs=1e-10)
    gradients = [held[name] for name in ("grad_z1", "grad_z2", "grad_log_scale", "grad_bias")]
    check(loss, held["loss"], [a, b, log_scale, bias], gradients)


def test_sigmoid_is_a_slow_loop_from_either_side_and_counts_stand_for_samples() -> None:
    logits = random_embeddings(1, 4, 4)[0].detach() * 5
    total = sum(math.log1p(math.exp(logits[r, s] * (-1 if r == s else 1))) for r in range(4) for s in range(4)) / 4
    assert pairwise_sigmoid(logits).item() == pytest.approx(total)
    assert pairwise_sigmoid(logits.mT).item() == pytest.approx(total)
    rows, columns = torch.tensor([0, 0, 2, 1, 2]), torch.tensor([1, 1, 0, 3, 2])
    counts = torch.zeros(4, 4, dtype=torch.float64).index_put_((rows, columns), torch.ones(5).double(), accumulate=True)
    every = logits[rows][:, columns]
    assert pairwise_sigmoid(logits, counts).item() == pytest.approx(pairwise_sigmoid(every).item())


def comm(rows: Sequence[Tensor]) -> Tensor:
    half = len(rows) // 2
    return losses.comm_loss(rows[:half], rows[half:], 0.5)


def eao(rows: Sequence[Tensor]) -> Tensor:
    return losses.eao_loss(rows[:3], {(0, 1): rows[3:5], (1, 2): rows[5:7]}, 0.5, {"0->1": 0.3})


def sigmoid(rows: Sequence[Tensor]) -> Tensor:
    return losses.sigmoid_loss(rows[0], rows[1], 2.0, -1.0)


LOSSES: dict[str, tuple[Callable[[Sequence[Tensor]], Tensor], int]] = {
    "comm": (comm, 8),
    "eao": (eao, 7),
    "pmrl": (lambda rows: losses.pmrl_loss(rows, 0.5, 0.5), 4),
    "sigmoid": (sigmoid, 2),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_against_finite_differences(name: str) -> None:
    loss, count = LOSSES[name]
    assert torch.autograd.gradcheck(lambda *rows: loss(rows), random_embeddings(count, 4, 5))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("place", ["equal", "opposite", "one for all", "axes"])
def test_losses_and_gradients_are_finite_at_ties_and_at_perfect_alignment(
    name: str, dtype: torch.dtype, place: str
) -> None:
    loss, count = LOSSES[name]
    one = random_embeddings(1, 4, 8)[0].detach().to(dtype)
    rows = [one.clone() for _ in range(count)]
    if place == "opposite":
        rows = [row * (-1) ** m for m, row in enumerate(rows)]
    elif place == "one for all":
        rows = [row[:1].expand(4, -1).clone() for row in rows]
    elif place == "axes":  # Of one sample all singular values tie.
        rows = [torch.eye(8, dtype=dtype)[m].expand(4, -1).clone() for m in range(count)]
    rows = [row.requires_grad_() for row in rows]
    found = loss(rows)
    found.backward()
    assert found.isfinite() and all(row.grad is not None and row.grad.isfinite().all() for row in rows)
    assert all(row.grad is not None and row.grad.abs().max() < 1e3 for row in rows if place != "opposite")


@pytest.mark.parametrize("name", LOSSES)
def test_losses_do_not_depend_on_the_order_of_samples_or_on_rotation(name: str) -> None:
    loss, count = LOSSES[name]
    rows, order = random_embeddings(count, 6, 5), torch.randperm(6, generator=torch.Generator().manual_seed(0))
    turn, _ = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64))
    assert loss([row[order] for row in rows]).item() == pytest.approx(loss(rows).item())
    assert loss([row @ turn for row in rows]).item() == pytest.approx(loss(rows).item())
    assert loss([rows[0][order], *rows[1:]]).item() != pytest.approx(loss(rows).item())


def test_bad_choices_say_what_is_valid() -> None:
    rows = random_embeddings(4, 2, 3)
    with pytest.raises(InvalidValue, match="^view1, view2 and weights must be equally many; got 4, 3 and 4$"):
        losses.comm_loss(rows, rows[:3])
    with pytest.raises(InvalidValue, match=r"^weights must be of the terms 0->1, 0->2, 1->2, 0\+1->2; got '2->1'$"):
        losses.eao_loss(rows[:3], {(0, 1): rows[:2]}, weights={"2->1": 1.0})
    with pytest.raises(InvalidValue, match="^weights must have one above 0; got none$"):
        losses.eao_loss(rows[:2], {}, weights={"0->1": 0.0})


@pytest.mark.parametrize("masks", [0, 3])
def test_one_matrix_of_exponentials_and_logarithms_of_sums_are_one_loss(masks: int) -> None:
    rows = random_embeddings(2 + masks, 6, 4)
    found = []
    for temperature in (0.2, torch.tensor(0.2, dtype=torch.float64)):  # A tensor may be of any size.
        whole, other, *masked = rows
        loss = nt_xent(whole, other, temperature)
        if masks:
            loss = loss + mask_term(whole, torch.stack(masked), temperature, 0.7)
        found.append([loss, *torch.autograd.grad(loss, rows)])
    assert narrow(0.2)
    assert not narrow(0.02)
    for one, same in zip(*found, strict=True):
        torch.testing.assert_close(one, same, atol=1e-12, rtol=1e-12)
