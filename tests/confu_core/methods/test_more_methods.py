"""Methods of the wider field against values of the published code, the functional losses, and slow loops."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from confu_core import losses
from confu_core.errors import InvalidValue
from confu_core.methods import EmbeddedBatch, Method, Space, View, load_method
from confu_core.methods.bimodal import Bimodal
from confu_core.methods.comm import ClassTokenFusion, CoMM
from confu_core.methods.confu import ConFu
from confu_core.methods.eao import EAO
from confu_core.methods.fusion import SharedFusion
from confu_core.methods.gated_symile import GatedSymile
from confu_core.methods.infmasking import InfMasking, mask_term
from confu_core.methods.pmrl import PMRL

GOLDEN = json.loads(Path(__file__).parents[1].joinpath("golden_more_losses.json").read_text())
SPACE = Space(3, 5, 5)
PAIRS = ((0, 1), (0, 2), (1, 2))
GATED = [name for name in GOLDEN["gated_symile"] if "_strength" in name]


def numbers(held: Any) -> Tensor:
    return torch.tensor(held, dtype=torch.float64)


def golden_batch(modalities: int = 3) -> EmbeddedBatch:
    z = [numbers(rows).requires_grad_() for rows in GOLDEN["inputs"]["z"][:modalities]]
    return EmbeddedBatch(z, z)


def random_batch(modalities: int, rows: int = 5, width: int = 10, dim: int = 6) -> EmbeddedBatch:
    source = torch.Generator().manual_seed(modalities)
    features = [torch.randn(rows, width, generator=source, dtype=torch.float64) for _ in range(modalities)]
    z = [torch.randn(rows, dim, generator=source, dtype=torch.float64) for _ in range(modalities)]
    return EmbeddedBatch(features, [normalize(one, dim=-1) for one in z])


def total(method: Method, batch: EmbeddedBatch) -> Tensor:
    return sum(method.losses(batch).values(), torch.zeros((), dtype=torch.float64))


def set_to(parameter: nn.Parameter | Tensor | None, held: Any) -> None:
    assert isinstance(parameter, nn.Parameter)
    with torch.no_grad():
        parameter.copy_(numbers(held).view_as(parameter))


def gated(held: Mapping[str, Any], scale: float = 1.0) -> tuple[GatedSymile, dict[str, nn.Parameter]]:
    """The method with the published parameters, and these by their published names."""
    kind, shares = held["gate_mode"], held["gate_type"]
    method = GatedSymile(SPACE, gate=kind, shares=shares, gate_width=3, gate_hidden=3, temperature=1 / scale).double()
    own: dict[str, Any] = dict(method.named_parameters())
    names = {"logit_gate_strength": "strength", "neutral": "neutral", "log_temp": "gate.log_temperature"}
    names |= {"null_logit": "gate.null", "W_global_raw": "gate.matrix"}
    names |= {f"{side[0]}_proj.{m}.weight": f"gate.{side}.{m}.weight" for side in ("queries", "keys") for m in range(3)}
    heads = {0: "distrust.0", 1: "distrust.1", 3: "last"}
    names |= {f"null_head.{at}.{p}": f"gate.{one}.{p}" for at, one in heads.items() for p in ("weight", "bias")}
    published = {name: own[names[name]] for name in held["parameters"]}
    for name, parameter in published.items():
        set_to(parameter, held["parameters"][name])
    assert len(published) == len(own) - 1  # All but the logit scale.
    return method, published


@pytest.mark.parametrize("case", GATED)
@pytest.mark.parametrize("scale", ["1", "14.2857"])
def test_golden_gated_symile(case: str, scale: str) -> None:
    held = GOLDEN["gated_symile"][case]
    wanted = held[f"pair_scale_{scale}"]
    method, parameters = gated(held, wanted["logit_scale"])
    batch = golden_batch()
    loss = total(method, batch)
    # The logit scale is a parameter in single precision, and the loss many times its error.
    assert loss.item() == pytest.approx(wanted["loss"], abs=1e-10 if scale == "1" else 2e-6)
    if scale == "1":
        found = torch.autograd.grad(loss, [*batch.embeddings, *parameters.values()], allow_unused=True)
        gradients = [*wanted["grad_z"], *(wanted["grad_parameters"][name] for name in parameters)]
        for one, want in zip(found, gradients, strict=True):
            torch.testing.assert_close(one, numbers(want).view_as(one), atol=1e-8, rtol=0)


@pytest.mark.parametrize("case", [name for name in GATED if "n_squared_scale_1" in GOLDEN["gated_symile"][name]])
@pytest.mark.parametrize("scale", ["1", "14.2857"])
def test_golden_gated_symile_against_all_tuples(case: str, scale: str) -> None:
    held = GOLDEN["gated_symile"][case]
    wanted = held[f"n_squared_scale_{scale}"]
    method, parameters = gated(held, wanted["logit_scale"])
    method.negatives = "n_squared"
    batch = golden_batch()
    loss = total(method, batch)
    assert loss.item() == pytest.approx(wanted["loss"], abs=1e-10 if scale == "1" else 4e-6)
    if scale == "1":
        found = torch.autograd.grad(loss, [*batch.embeddings, *parameters.values()], allow_unused=True)
        # Inputs are of length 1, which this way of the published code normalises once more: gradients along it differ.
        for z, one, want in zip(batch.embeddings, found, wanted["grad_z"], strict=False):
            torch.testing.assert_close(tangential(one, z), tangential(numbers(want), z), atol=1e-8, rtol=0)
        for one, name in zip(found[3:], parameters, strict=True):
            torch.testing.assert_close(one, numbers(wanted["grad_parameters"][name]).view_as(one), atol=1e-8, rtol=0)


def tangential(gradient: Tensor, z: Tensor) -> Tensor:
    """The part of a gradient that is across the rows, which are of length 1."""
    return gradient - (gradient * z).sum(-1, keepdim=True) * z


def test_gated_tuples_are_shuffled_as_those_of_symile() -> None:
    order = {1: torch.tensor([1, 2, 3, 4, 0]), 2: torch.tensor([3, 0, 4, 2, 1])}
    torch.manual_seed(0)
    plain = random_batch(3)
    batch = EmbeddedBatch(plain.features, plain.embeddings, shuffle=lambda anchor, m: order[m])
    method = GatedSymile(Space(3, 10, 6), strength=0.3, gate_width=4, gate_hidden=3, negatives="n").double()
    alpha, neutral = torch.sigmoid(method.strength), normalize(method.neutral, dim=-1)
    gates = method.gate(batch.view((1, 2)), batch.view((0,)))
    z, g = batch.embeddings, {}
    for m, weight in zip((1, 2), gates, strict=True):
        w = weight.diagonal()[:, None]
        g[m] = normalize((1 - alpha) * z[m] + alpha * (w * z[m] + (1 - w) * neutral[m]), dim=-1)
    wanted = []
    for r in range(5):
        own = (z[0][r] * g[1][r] * g[2][r]).sum()
        others = [(z[0][r] * g[1][order[1][s]] * g[2][order[2][s]]).sum() for s in range(5) if s != r]
        wanted.append((method.scale() * torch.stack([own, *others])).logsumexp(-1) - (method.scale() * own))
    term = method.terms()[0]
    assert term.key == (0,)
    torch.testing.assert_close(method.term_loss(term, batch), torch.stack(wanted).mean(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("case", GATED)
def test_golden_gated_scores_do_not_see_the_answer(case: str) -> None:
    held = GOLDEN["gated_symile"][case]
    method, batch = gated(held)[0], golden_batch()
    scores = method.score(batch.view((1, 2)), batch.view((0,)))
    wanted = numbers(held["score_23_to_1_per_candidate_gate"])
    torch.testing.assert_close(scores * method.scale(), wanted, atol=1e-9, rtol=0)


@pytest.mark.parametrize("modalities", [3, 4])
@pytest.mark.parametrize("shares", ["sigmoid", "softmax"])
def test_a_gated_score_is_a_slow_loop_over_pairs(modalities: int, shares: str) -> None:
    torch.manual_seed(0)
    batch = random_batch(modalities)
    method = GatedSymile(Space(modalities, 10, 6), shares=shares, strength=0.3, gate_width=4, gate_hidden=3).double()
    target, others = 1, [m for m in range(modalities) if m != 1]
    weights = method.gate(batch.view(tuple(others)), batch.view((target,)))
    alpha, neutral = torch.sigmoid(method.strength), normalize(method.neutral, dim=-1)
    scores = method.score(batch.view(tuple(others)), batch.view((target,)))
    for r in range(5):
        for s in range(5):
            gated = []
            for m, weight in zip(others, weights, strict=True):
                z, w = batch.embeddings[m][r], weight[r, s]
                gated.append(normalize((1 - alpha) * z + alpha * (w * z + (1 - w) * neutral[m]), dim=-1))
            want = torch.stack([batch.embeddings[target][s], *gated]).prod(0).sum()
            assert scores[r, s].item() == pytest.approx(want.item(), abs=1e-12)


def test_a_gate_without_strength_is_symile() -> None:
    batch = random_batch(3)
    method = GatedSymile(Space(3, 10, 6), strength=-1000.0).double()
    plain = load_method("symile")(Space(3, 10, 6)).double()
    for query, key in (((0, 1), (2,)), ((1,), (0, 2)), ((0,), (1,))):
        sides = batch.view(query), batch.view(key)
        torch.testing.assert_close(method.score(*sides), plain.score(*sides))


def test_golden_eao_head() -> None:
    """The published head on the one published sample of which no token is missing; its tokens are averaged there."""
    held = GOLDEN["eao"]["model"]
    weights = {name: numbers(rows) for name, rows in held["weights"].items()}
    names = {"1": "text", "2": "video", "3": "audio"}
    head = SharedFusion([6, 12, 4], 5, tokens=[2, 3, 2], width=6, heads=2).double()
    for at, name in enumerate(names.values()):
        for own, published in ((head.units[at], f"{name}_token_proj"), (head.projections[at], f"{name}_proj")):
            set_unit(own, weights, published)
        set_norm(head.norms[at], weights, f"{name}_norm_layer")
    set_block(head.blocks[0], weights, "fusion.blocks.0.", ("attn.qkv", "attn.proj", "mlp.fc1", "mlp.fc2"))
    tokens = [numbers(held["tokens"][name])[3:].flatten(-2) for name in names]
    for name, (i, j) in zip(("12", "13", "23"), PAIRS, strict=True):
        found = head(View((i, j), (tokens[i], tokens[j]), (tokens[i], tokens[j])))
        wanted = numbers(held["fused_average_of_two_unit_vectors"][name])[3:]
        torch.testing.assert_close(found, wanted, atol=1e-10, rtol=0)
    for at, name in enumerate(names):
        found = head(View((at,), (tokens[at],), (tokens[at],)))
        torch.testing.assert_close(found, normalize(numbers(held["z_unnormalised"][name])[3:]), atol=1e-10, rtol=0)


def set_unit(own: Any, weights: Mapping[str, Tensor], name: str) -> None:
    for part, place in ((own.map, "fc"), (own.gate, "cg.fc")):
        set_to(part.weight, weights[f"{name}.{place}.weight"].tolist())
        set_to(part.bias, weights[f"{name}.{place}.bias"].tolist())


def set_norm(own: Any, weights: Mapping[str, Tensor], name: str) -> None:
    set_to(own.weight, weights[f"{name}.weight"].tolist())
    set_to(own.bias, weights[f"{name}.bias"].tolist())


def set_block(own: Any, weights: Mapping[str, Tensor], prefix: str, names: tuple[str, ...]) -> None:
    for part, name in zip((own.mix, own.out, own.widen, own.narrow), names, strict=True):
        joint = "_" if name.endswith("in_proj") else "."
        set_to(part.weight, weights[f"{prefix}{name}{joint}weight"].tolist())
        set_to(part.bias, weights[f"{prefix}{name}{joint}bias"].tolist())
    for part, name in zip((own.before, own.between), ("norm1", "norm2"), strict=True):
        set_norm(part, weights, f"{prefix}{name}")


@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_the_loss_of_eao_is_that_of_the_function(weight: float) -> None:
    torch.manual_seed(0)
    space, features = Space(3, 10, 6), random_batch(3).features
    method = EAO(space, fused_width=16, fused_weight=weight).double()
    z = [method.project(m, rows) for m, rows in enumerate(features)]
    batch = EmbeddedBatch(features, z)
    joint = {pair: parts_of(method, batch.view(pair)) for pair in PAIRS}
    weights = {"1+2->0": weight, "0+2->1": weight, "0+1->2": weight}
    wanted = losses.eao_loss(z, joint, 0.05, weights)
    assert total(method, batch).item() == pytest.approx(wanted.item(), rel=1e-9)
    assert not method.defines((0, 1), (0, 1, 2)) and method.defines((0, 1), (2,))


def test_a_margin_of_eao_is_that_of_the_function() -> None:
    torch.manual_seed(0)
    space, features = Space(3, 10, 6), random_batch(3).features
    method = EAO(space, fused_width=16, margin=0.2, temperature=1.0).double()
    z = [method.project(m, rows) for m, rows in enumerate(features)]
    batch = EmbeddedBatch(features, z)
    joint = {pair: parts_of(method, batch.view(pair)) for pair in PAIRS}
    wanted = losses.eao_loss(z, joint, 1.0, margin=0.2)
    assert total(method, batch).item() == pytest.approx(wanted.item(), rel=1e-9)
    assert wanted > losses.eao_loss(z, joint, 1.0)
    assert not method.broadcasts and EAO(space, fused_width=16).broadcasts


def test_drawn_subsets_of_eao_are_on_average_all_of_them() -> None:
    torch.manual_seed(0)
    space, batch = Space(5, 10, 6), random_batch(5)
    every = EAO(space, fused_width=16, orders=(2, 3, 4), fused_weight=0.5)
    some = EAO(space, fused_width=16, orders=(2, 3, 4), fused_weight=0.5, sampled=5)
    subsets = {term.query for term in every.terms() if len(term.query) > 1}
    assert len(subsets) == 25 and some.terms() == every.terms()
    weights: dict[str, list[float]] = {}
    for _ in range(400):
        drawn = some.train().step_terms()
        assert len({term.query for term in drawn if len(term.query) > 1}) == 5
        for term in drawn:
            weights.setdefault(term.name, []).append(term.weight)
    for term in every.terms():
        # Of 400 draws of a fifth, each weighing five times as much: the mean is within five standard errors.
        spread = 0.0 if len(term.query) == 1 else 5 * 2 * term.weight / 20
        assert sum(weights[term.name]) / 400 == pytest.approx(term.weight, abs=spread + 1e-12)
    assert some.eval().step_terms() == every.terms()
    assert len(some.train().losses(batch_of(batch))) < len(every.terms())


def batch_of(batch: EmbeddedBatch) -> EmbeddedBatch:
    return batch.each(lambda table: table.float())


def parts_of(method: EAO, view: View) -> list[Tensor]:
    """What the shared head averages: the projections of each member after the joint pass."""
    fusion, seen = method.fusion, []
    for m, own in enumerate(fusion.projections):
        own.register_forward_hook(lambda _module, _inputs, found, m=m: seen.append(found))
    fusion(view)
    for own in fusion.projections:
        own._forward_hooks.clear()
    return seen


def test_confu_with_the_shared_head_has_the_parameters_of_one() -> None:
    torch.manual_seed(0)
    method = ConFu(Space(3, 10, 6), fusion="shared", fused_width=16, dropout=0.0).double()
    alone = SharedFusion([10] * 3, 6, width=16)
    assert sum(p.numel() for p in method.parameters()) == sum(p.numel() for p in alone.parameters())
    batch = random_batch(3)
    fused = normalize(method.heads["0+1"](batch.view((0, 1))), dim=-1)
    torch.testing.assert_close(method.score(batch.view((0, 1)), batch.view((2,))), fused @ batch.embeddings[2].T)
    assert list(ConFu(Space(3, 10, 6), fusion="shared", lam=0.0).parameters()) == []


@pytest.mark.parametrize("modalities", [3, 4])
def test_the_loss_of_pmrl_is_that_of_the_function(modalities: int) -> None:
    batch = golden_batch(modalities)
    method = PMRL(Space(modalities, 5, 5), tau1=0.5, tau2=0.2)
    assert total(method, batch).item() == pytest.approx(losses.pmrl_loss(batch.embeddings, 0.5, 0.2).item())
    assert method.terms() == [] and "singular value" in method.ours


def test_pmrl_scores_single_modalities_by_cosine_and_more_by_the_largest_singular_value() -> None:
    batch, method = random_batch(3), PMRL(Space(3, 10, 6))
    z = batch.embeddings
    torch.testing.assert_close(method.score(batch.view((0,)), batch.view((2,))), z[0] @ z[2].T)
    found = method.score(batch.view((0, 1)), batch.view((2,)))
    want = torch.linalg.matrix_norm(torch.stack([z[0][1], z[1][1], z[2][3]]), 2)
    assert found[1, 3].item() == pytest.approx(want.item())
    leading = method.embed(batch.view((0, 1)))
    assert leading is not None
    torch.testing.assert_close(leading, normalize(z[0] + z[1] * (z[0] * z[1]).sum(-1, keepdim=True).sign(), dim=-1))


def test_golden_clip_with_a_learned_temperature() -> None:
    held = GOLDEN["clip_learned"]["init_1_over_0.07"]
    batch, method = golden_batch(2), Bimodal(Space(2, 5, 5), pair=(1, 0)).double()
    assert method.log_scale is not None
    set_to(method.log_scale, held["logit_scale_parameter"])
    loss = total(method, batch)
    assert loss.item() == pytest.approx(held["loss"], abs=1e-10)
    found = torch.autograd.grad(loss, [*batch.embeddings, method.log_scale])
    for z, one, name in zip(batch.embeddings, found, ("grad_z1", "grad_z2"), strict=False):
        # The published gradient is tangential.
        tangential = one - (one * z).sum(-1, keepdim=True) * z
        torch.testing.assert_close(tangential, numbers(held[name]), atol=1e-8, rtol=0)
    assert found[2].item() == pytest.approx(held["grad_logit_scale_parameter"], abs=1e-8)


def test_golden_sigmoid_loss_of_three_pairs() -> None:
    batch, method = golden_batch(), load_method("clip")(SPACE, loss="sigmoid", temperature=0.1).double()
    assert method.log_scale is not None and method.logit_bias is not None
    wanted = GOLDEN["siglip"]["mean_over_three_pairs_scale_10_bias_-10"]
    assert total(method, batch).item() == pytest.approx(wanted, rel=1e-6)
    assert method.scales() == [method.log_scale, method.logit_bias]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("clip", {"loss": "sigmod"}, "^loss must be one of infonce, sigmoid; got 'sigmod': did you mean 'sigmoid'\\?$"),
        ("symile", {"loss": "sigmoid"}, "^Symile has a loss of its own; got loss 'sigmoid': leave it out$"),
        ("gram", {"loss": "sigmoid"}, "has no label smoothing; got label_smoothing 0.1: add -o label_smoothing=0$"),
        ("pmrl", {"tau1": 0.0}, "^tau1 must be above 0; got 0.0$"),
        ("bimodal", {"pair": (0, 3)}, r"^pair must be two modalities in \[0, 2\]; got 0,3: give -o pair=0,2$"),
        ("bimodal", {"pair": (1, 1)}, r"^pair must be two modalities in \[0, 2\]; got 1,1: give -o pair=0,2$"),
        ("eao", {"fused_width": 12}, "^fused_width must be a multiple of 8, the heads of attention; got 12$"),
        ("eao", {"orders": (3,)}, r"^orders must be in \[2, 2\]; got 3$"),
        ("eao", {"fused_weight": 0.0}, "^fused_weight must be above 0; got 0.0: without fused terms it is clip$"),
        ("eao", {"margin": -0.1}, "^margin must be at least 0 and finite; got -0.1$"),
        (
            "eao",
            {"margin": 0.1, "loss": "sigmoid"},
            "^margin is for InfoNCE, the sigmoid loss has a bias; got margin 0.1",
        ),
        ("eao", {"sampled": -1}, "^sampled must be at least 0; got -1$"),
        ("gated-symile", {"negatives": "all"}, "^negatives must be one of pair, n, n_squared; got 'all': known"),
        (
            "gated-symile",
            {"negatives": "n", "label_smoothing": 0.1},
            "^label_smoothing is for the negatives 'pair'; got",
        ),
        ("gated-symile", {"gate": "matrx"}, "^gate must be one of attention, matrix; got 'matrx': did you mean"),
        ("gated-symile", {"gate_temperature": 0.0}, "^gate_temperature must be above 0; got 0.0$"),
        ("gated-symile", {"gate_width": 0}, "^gate_width must be at least 1; got 0$"),
    ],
)
def test_options_out_of_range_are_refused_in_one_sentence(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        load_method(name)(SPACE, **options)


def test_methods_that_need_more_modalities_say_so() -> None:
    with pytest.raises(InvalidValue, match="^gated-symile needs 3 modalities or more; got 2: use clip$"):
        GatedSymile(Space(2, 5, 5))
    with pytest.raises(InvalidValue, match="^dim must be at least 4, one per modality, for pmrl; got 3$"):
        PMRL(Space(4, 5, 3))


def test_golden_comm_fusion() -> None:
    held = GOLDEN["comm"]["fusion"]
    weights = {name: numbers(rows) for name, rows in held["weights"].items()}
    counts = [len(rows[0]) for rows in held["tokens"]]
    fusion = ClassTokenFusion([6 * count for count in counts], tokens=counts, width=6, heads=2).double()
    for adapter in fusion.adapters:
        nn.init.eye_(adapter.weight)
        nn.init.zeros_(adapter.bias)
    set_to(fusion.first, held["weights"]["cls_token"])
    set_norm(fusion.norm, weights, "norm")
    names = ("attn.in_proj", "attn.out_proj", "mlp.c_fc", "mlp.c_proj")
    set_block(fusion.blocks[0], {**weights, **swapped(weights)}, "resblocks.0.", names)
    tokens = [numbers(rows).flatten(-2).requires_grad_() for rows in held["tokens"]]
    fused = []
    for mask, wanted in zip(held["masks"], held["outputs"], strict=True):
        members = tuple(m for m in range(3) if mask[m])
        seen = tuple(tokens[m] for m in members)
        fused.append(fusion(View(members, seen, seen)))
        torch.testing.assert_close(fused[-1], numbers(wanted), atol=1e-10, rtol=0)
    found = torch.autograd.grad(sum((one.square().sum() for one in fused), torch.zeros(())), tokens)
    for one, want in zip(found, held["grad_tokens_of_sum_of_squares"], strict=True):
        torch.testing.assert_close(one, numbers(want).flatten(-2), atol=1e-8, rtol=0)


@pytest.mark.parametrize("depth", [1, 2])
def test_the_last_block_of_comm_maps_the_class_token_alone(depth: int) -> None:
    torch.manual_seed(0)
    fusion = ClassTokenFusion([16] * 3, tokens=[1] * 3, width=16, depth=depth).double()
    tokens = torch.randn(5, 3, 16, dtype=torch.float64)
    seen = torch.cat([fusion.first.expand(5, 1, -1), tokens], 1)
    for block in fusion.blocks:
        seen = block(seen)
    torch.testing.assert_close(fusion.fuse(tokens), fusion.norm(seen[:, 0]), atol=1e-12, rtol=0)


def swapped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The norms of a published block under the names that say which comes first."""
    return {name.replace("ln_", "norm"): rows for name, rows in weights.items() if ".ln_" in name}


@pytest.mark.parametrize("case", GOLDEN["infmasking"])
def test_golden_infmasking(case: str) -> None:
    held = GOLDEN["infmasking"][case]
    views = [[numbers(GOLDEN["inputs"][name][m]).requires_grad_() for m in (0, 1, 2, 4)] for name in ("view1", "view2")]
    masked = [numbers(rows).requires_grad_() for rows in GOLDEN["inputs"]["masked"]]
    temperature, ratio = held["temperature"], held["ratio"]
    masks = [mask_term(view[-1], rows, temperature, ratio) for view, rows in zip(views, masked, strict=True)]
    assert [term.item() for term in masks] == pytest.approx(held["terms"][:2], abs=1e-10)
    loss = (sum(masks) + 4 * losses.comm_loss(*views, temperature)) / 6
    assert loss.item() == pytest.approx(held["loss"], abs=1e-10)
    found = torch.autograd.grad(loss, [*views[0], *views[1], *masked])
    wanted = [*held["grad_view1"], *held["grad_view2"], *held["grad_masked"]]
    for one, want in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, numbers(want), atol=1e-8, rtol=0)


def two_views(space: Space, method: CoMM, rows: int = 6) -> EmbeddedBatch:
    source = torch.Generator().manual_seed(0)
    both = []
    for _ in range(2):
        drawn = [torch.randn(rows, width, generator=source, dtype=torch.float64) for width in space.widths]
        both.append(EmbeddedBatch(drawn, [method.project(m, own) for m, own in enumerate(drawn)]))
    both[0].second = both[1]
    return both[0]


@pytest.mark.parametrize("modalities", [2, 3, 4])
def test_the_loss_of_comm_is_that_of_the_function(modalities: int) -> None:
    torch.manual_seed(0)
    space = Space(modalities, 8, 6, tokens=2)
    method = CoMM(space, fused_width=16, head_width=12, temperature=0.3).double().eval()
    batch = two_views(space, method)
    assert batch.second is not None
    fused = [[*one.embeddings, method.fusion(one.view(tuple(range(modalities))))] for one in (batch, batch.second)]
    views = [[method.head(rows) for rows in view] for view in fused]
    assert total(method, batch).item() == pytest.approx(losses.comm_loss(*views, 0.3).item())
    assert len(method.losses(batch)) == modalities + 1
    alone = EmbeddedBatch(batch.features, batch.embeddings)
    assert total(method, alone).item() == pytest.approx(losses.comm_loss(views[0], views[0], 0.3).item())


def test_comm_scores_by_the_head_and_shows_probes_what_is_before_it() -> None:
    torch.manual_seed(0)
    space = Space(3, 8, 6)
    method = CoMM(space, fused_width=16).double().eval()
    batch = two_views(space, method)
    pair = method.embed(batch.view((0, 2)))
    assert pair is not None and pair.shape == (6, 16) and batch.embeddings[1].shape == (6, 16)
    want = normalize(method.head(pair), dim=-1) @ normalize(method.head(batch.embeddings[1]), dim=-1).T
    torch.testing.assert_close(method.score(batch.view((0, 2)), batch.view((1,))), want)
    assert "fuses one modality or all" in method.ours


def test_infmasking_adds_masks_whose_variance_counts_more_and_more() -> None:
    torch.manual_seed(0)
    space = Space(3, 8, 6, tokens=2)
    method = InfMasking(space, fused_width=16, masks=3, masked=0.5, variance=0.8).double().eval()
    batch = two_views(space, method)
    terms = method.losses(batch)
    assert list(terms)[:2] == ["masks 1", "masks 2"] and len(terms) == 6 and method.kept == 3
    plain = sum(term.item() for name, term in terms.items() if not name.startswith("masks"))
    assert plain == pytest.approx(sum(term.item() for term in CoMM.losses(method, batch).values()) * 4 / 6)
    method.after_step(3, 4)
    assert method.ratio.item() == pytest.approx(0.6) and "ratio" in method.state_dict()
    unmasked = InfMasking(space, fused_width=16, masked=0.0).double().eval()
    drawn = unmasked._masked(two_views(space, unmasked))
    torch.testing.assert_close(drawn[0], drawn[1])  # The order of tokens is none.
