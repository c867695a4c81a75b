"""Every method against the definitions: what it scores, which terms it sums, and what it refuses."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from confu_core.errors import InvalidValue
from confu_core.methods import EmbeddedBatch, Method, Space, Term, every_direction, load_method, pairs
from confu_core.methods.confu import ConFu

DIM, WIDTH, ROWS = 6, 10, 7
METHODS = ["clip", "confu", "gram", "hub", "symile", "triangle"]  # Others have tests of their own.
ANY_MODALITIES = pytest.mark.parametrize("modalities", [3, 4, 5])
# An area has three corners.
CASES = [(name, modalities) for name in METHODS for modalities in (3, 4, 5) if name != "triangle" or modalities == 3]


def make(name: str, modalities: int = 3, **options: Any) -> Method:
    torch.manual_seed(0)
    return load_method(name)(Space(modalities, WIDTH, DIM), **options).double().eval()


def make_batch(modalities: int = 3, rows: int = ROWS, seed: int = 0) -> EmbeddedBatch:
    source = torch.Generator().manual_seed(seed)
    features = [torch.randn(rows, WIDTH, generator=source, dtype=torch.float64) for _ in range(modalities)]
    z = [torch.randn(rows, DIM, generator=source, dtype=torch.float64) for _ in range(modalities)]
    return EmbeddedBatch(features, [normalize(rows, dim=-1) for rows in z])


def summed_cosine(query: list[Tensor], key: Tensor) -> Tensor:
    return sum((z @ key for z in query), torch.zeros((), dtype=key.dtype))


def negative_volume(query: list[Tensor], key: Tensor) -> Tensor:
    rows = torch.stack([key, *query])
    return -torch.linalg.det(rows @ rows.T).clamp(min=0).sqrt()


def negative_area(query: list[Tensor], key: Tensor) -> Tensor:
    u, v = key - query[0], key - query[1]
    return -((u @ u) * (v @ v) - (u @ v) ** 2) / 2


def product(query: list[Tensor], key: Tensor) -> Tensor:
    return torch.stack([key, *query]).prod(0).sum()


def by_the_table(name: str, query: list[Tensor], key: Tensor) -> Tensor:
    """The score of one key for one query, for a method without parameters."""
    if name == "triangle" and len(query) == 1:
        return summed_cosine(query, key)
    formulas = {"gram": negative_volume, "triangle": negative_area, "symile": product}
    return formulas.get(name, summed_cosine)(query, key)


@pytest.mark.parametrize(("name", "modalities"), [case for case in CASES if case[0] != "confu"])
def test_scores_are_those_of_the_table(name: str, modalities: int) -> None:
    method, batch = make(name, modalities), make_batch(modalities)
    for order in range(1, modalities):
        for query, key in every_direction(modalities, order):
            scores = method.score(batch.view(query), batch.view(key))
            assert scores.shape == (ROWS, ROWS)
            for r in range(ROWS):
                for s in range(ROWS):
                    given = [batch.embeddings[m][r] for m in query]
                    want = by_the_table(name, given, batch.embeddings[key[0]][s])
                    assert scores[r, s].item() == pytest.approx(want.item(), abs=1e-9), (query, key)


@ANY_MODALITIES
def test_confu_scores_by_the_cosine_of_the_fused_embedding(modalities: int) -> None:
    orders = tuple(range(2, modalities))
    method, batch = make("confu", modalities, orders=orders), make_batch(modalities)
    assert isinstance(method, ConFu)
    for order in (1, *orders):
        for query, (key,) in every_direction(modalities, order):
            fused = batch.embeddings[query[0]] if order == 1 else normalize(head(method, batch, query), dim=-1)
            got = method.score(batch.view(query), batch.view((key,)))
            torch.testing.assert_close(got, fused @ batch.embeddings[key].T, rtol=1e-10, atol=1e-12)


def head(method: ConFu, batch: EmbeddedBatch, query: tuple[int, ...]) -> Tensor:
    """The published head on concatenated features, with the parameters of the method's own."""
    own = method.heads["+".join(map(str, query))]
    weight = torch.cat([part.weight for part in own.parts], -1)
    hidden = torch.relu(torch.cat([batch.features[m] for m in query], -1) @ weight.T + own.parts[0].bias)
    return torch.nn.functional.leaky_relu(hidden @ own.project.weight.T + own.project.bias, 0.2)


def test_confu_without_a_head_for_a_query_falls_back_on_cosines() -> None:
    method, batch = make("confu", 4, orders=(2,)), make_batch(4)
    assert not method.defines((0, 1, 2), (3,))
    total = sum(batch.embeddings[m] for m in range(3))
    torch.testing.assert_close(method.score(batch.view((0, 1, 2)), batch.view((3,))), total @ batch.embeddings[3].T)


@pytest.mark.parametrize(("name", "modalities"), CASES)
def test_a_score_is_the_same_from_either_side(name: str, modalities: int) -> None:
    """So retrieval does not depend on which side, or which anchor, training had."""
    method, batch = make(name, modalities), make_batch(modalities)
    for order in range(1, modalities):
        for query, key in every_direction(modalities, order):
            forth = method.score(batch.view(query), batch.view(key))
            torch.testing.assert_close(method.score(batch.view(key), batch.view(query)), forth.T)


@pytest.mark.parametrize("name", ["gram", "triangle"])
def test_an_anchor_matters_in_training_and_not_in_retrieval(name: str) -> None:
    batch = make_batch()
    scores = [make(name, anchor=a).score(batch.view((0, 2)), batch.view((1,))) for a in range(3)]
    assert torch.equal(scores[0], scores[1]) and torch.equal(scores[1], scores[2])
    losses = [sum(loss.item() for loss in make(name, anchor=a).losses(batch).values()) for a in range(3)]
    assert len({round(loss, 6) for loss in losses}) == 3


@pytest.mark.parametrize("name", ["gram", "triangle"])
def test_volumes_and_areas_need_a_single_side(name: str) -> None:
    batch = make_batch(4)
    with pytest.raises(InvalidValue, match="^a volume or area needs a single modality on one side; got 2->2$"):
        make(name).score(batch.view((0, 1)), batch.view((2, 3)))


BOUNDED = [name for name in METHODS if load_method(name).bounds is not None]


@pytest.mark.parametrize("name", BOUNDED)
def test_scores_of_terms_stay_within_their_bounds(name: str) -> None:
    method = make(name)
    assert method.bounds is not None
    for seed in range(20):
        batch = make_batch(rows=20, seed=seed)
        for term in method.terms():
            scores = method.score(batch.view(term.query), batch.view(term.key))
            assert method.bounds[0] - 1e-9 <= scores.min() and scores.max() <= method.bounds[1] + 1e-9


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_are_no_wider_than_need_be(name: str) -> None:
    """Equal and opposite vectors, axes, and the corners of an equilateral triangle are the extremes."""
    angles = torch.arange(3, dtype=torch.float64) * 2 * math.pi / 3
    corners = torch.stack([angles.cos(), angles.sin(), 0 * angles], -1)
    axes = torch.eye(3, dtype=torch.float64)
    z = [torch.stack([corners[m], axes[m], axes[0], (-1) ** m * axes[0]]) for m in range(3)]
    method, batch = make(name, **({"lam": 0.0} if name == "confu" else {})), EmbeddedBatch(z, z)
    scores = torch.stack([method.score(batch.view(t.query), batch.view(t.key)).diagonal() for t in method.terms()])
    assert (scores.min().item(), scores.max().item()) == pytest.approx(method.bounds, abs=1e-9)


TERMS: dict[tuple[str, int], dict[str, float]] = {
    ("clip", 3): {"0->1": 1 / 3, "0->2": 1 / 3, "1->2": 1 / 3},
    ("clip", 4): dict.fromkeys(["0->1", "0->2", "0->3", "1->2", "1->3", "2->3"], 1 / 6),
    ("hub", 3): {"0->1": 1 / 2, "0->2": 1 / 2},
    ("hub", 4): {"0->1": 1 / 3, "0->2": 1 / 3, "0->3": 1 / 3},
    ("gram", 3): {"0->1+2": 1.0},
    ("gram", 4): {"0->1+2+3": 1.0},
    ("triangle", 3): {"0->1+2": 1.0},
    ("symile", 3): {"0->1+2": 1 / 3, "1->0+2": 1 / 3, "2->0+1": 1 / 3},
    ("symile", 4): dict.fromkeys(["0->1+2+3", "1->0+2+3", "2->0+1+3", "3->0+1+2"], 1 / 4),
    ("confu", 3): dict.fromkeys(["0->1", "0->2", "1->2", "0+1->2", "0+2->1", "1+2->0"], 0.5 / 6),
}


@pytest.mark.parametrize(("name", "modalities"), TERMS)
def test_terms_have_the_names_and_weights_of_the_definition(name: str, modalities: int) -> None:
    terms = make(name, modalities).terms()
    assert {term.name: term.weight for term in terms} == pytest.approx(TERMS[name, modalities])
    assert len(terms) == len(TERMS[name, modalities])
    assert all(term.symmetric is (name != "symile") for term in terms)


@pytest.mark.parametrize("name", ["hub", "gram", "triangle"])
def test_an_anchor_decides_which_terms_there_are(name: str) -> None:
    names = [term.name for term in make(name, anchor=1).terms()]
    assert names == (["0->1", "1->2"] if name == "hub" else ["1->0+2"])


@pytest.mark.parametrize(
    ("modalities", "orders", "fused"), [(3, (2,), 3), (4, (2,), 12), (4, (2, 3), 16), (4, (3,), 4), (5, (4, 2, 2), 35)]
)
def test_confu_weighs_orders_of_fusion_alike(modalities: int, orders: tuple[int, ...], fused: int) -> None:
    terms = make("confu", modalities, orders=orders, lam=0.3).terms()
    single = math.comb(modalities, 2)
    assert len(terms) == single + fused
    share = 1 / (single + fused)
    for term in terms:
        assert term.weight == pytest.approx((0.7 if len(term.query) == 1 else 0.3) * share)
    wanted = [d for order in sorted(set(orders)) for d in every_direction(modalities, order)]
    assert [(term.query, term.key) for term in terms] == [*pairs(modalities), *wanted]


@ANY_MODALITIES
def test_confu_with_no_weight_on_fusion_is_clip(modalities: int) -> None:
    confu, clip, batch = make("confu", modalities, lam=0.0), make("clip", modalities), make_batch(modalities)
    assert list(confu.parameters()) == []
    assert confu.terms() == clip.terms()
    assert confu.losses(batch) == clip.losses(batch)
    wide = batch.view((0, 1)), batch.view((2,))
    assert torch.equal(confu.score(*wide), clip.score(*wide))


def test_confu_with_all_weight_on_fusion_has_only_fused_terms_left() -> None:
    losses = make("confu", lam=1.0, dropout=0.0).losses(make_batch())
    assert [losses[name].item() for name in ("0->1", "0->2", "1->2")] == [0, 0, 0]
    assert all(losses[name].item() > 0 for name in ("0+1->2", "0+2->1", "1+2->0"))


def symmetric(scores: Tensor, smoothing: float) -> Tensor:
    target = torch.arange(len(scores))
    return (cross_entropy(scores, target, label_smoothing=smoothing) * 0.5) + (
        cross_entropy(scores.T, target, label_smoothing=smoothing) * 0.5
    )


@pytest.mark.parametrize(("name", "modalities"), [case for case in CASES if case[0] != "symile"])
@pytest.mark.parametrize("temperature", [0.01, 0.07])  # At the second, bounded scores take a way of their own.
def test_a_loss_is_its_weighted_terms_of_symmetric_cross_entropy(
    name: str, modalities: int, temperature: float
) -> None:
    method, batch = make(name, modalities, temperature=temperature), make_batch(modalities)
    losses = method.losses(batch)
    assert list(losses) == [term.name for term in method.terms()]
    smoothing = 0.1 if name in ("gram", "triangle") else 0.0
    for term in method.terms():
        scores = method.score(batch.view(term.query), batch.view(term.key)) / temperature
        assert losses[term.name].item() == pytest.approx(term.weight * symmetric(scores, smoothing).item(), rel=1e-9)


@ANY_MODALITIES
def test_symile_contrasts_a_sample_with_every_combination(modalities: int) -> None:
    rows = 4
    method = make("symile", modalities, negatives="n_squared", temperature=0.2, learn_temperature=False)
    batch = make_batch(modalities, rows)
    losses = method.losses(batch)
    for anchor in range(modalities):
        others = [m for m in range(modalities) if m != anchor]
        columns = torch.cartesian_prod(*[torch.arange(rows)] * len(others))
        tuples = torch.stack([batch.embeddings[m][columns[:, i]] for i, m in enumerate(others)]).prod(0)
        logits = batch.embeddings[anchor] @ tuples.T / 0.2
        own = torch.tensor([(columns == r).all(-1).nonzero().item() for r in range(rows)])
        name = f"{anchor}->{'+'.join(map(str, others))}"
        assert losses[name].item() == pytest.approx(cross_entropy(logits, own).item() / modalities)


@pytest.mark.parametrize(("name", "modalities"), CASES)
def test_defined_directions_are_those_of_the_table(name: str, modalities: int) -> None:
    method = make(name, modalities)
    for order in range(1, modalities):
        for query, key in every_direction(modalities, order):
            whole = order == modalities - 1
            own = {"symile": whole, "triangle": whole, "confu": order <= 2}.get(name, True)
            assert method.defines(query, key) is own, (query, key)


def test_a_learned_temperature_is_a_parameter_with_a_limit() -> None:
    fixed, learned = make("clip", temperature=0.5), make("clip", temperature=0.5, learn_temperature=True)
    assert list(fixed.parameters()) == [] and fixed.scale() == 2
    assert learned.log_scale is not None
    scale = learned.scale()
    assert isinstance(scale, Tensor) and scale.shape == (1, 1) and scale.item() == pytest.approx(2)
    batch = make_batch()
    sum(learned.losses(batch).values(), torch.zeros(())).backward()
    assert learned.log_scale.grad is not None and learned.log_scale.grad.item() != 0
    for kind in (fixed, learned):
        assert sum(kind.losses(batch).values()).item() == pytest.approx(
            sum(
                symmetric(2 * batch.embeddings[i] @ batch.embeddings[j].T, 0).item()
                for i, j in combinations(range(3), 2)
            )
            / 3
        )
    torch.nn.init.constant_(learned.log_scale, 9)
    assert learned.scale().item() == pytest.approx(100)


def test_symile_starts_from_the_published_logit_scale() -> None:
    symile = make("symile")
    assert symile.log_scale is not None and symile.log_scale.item() == pytest.approx(2.5)


def test_only_symile_bounds_the_total_correlation_directly() -> None:
    codes = torch.arange(8).unsqueeze(-1).expand(-1, 3)
    z = torch.eye(8, dtype=torch.float64)
    batch = EmbeddedBatch([z] * 3, [z] * 3, codes)
    assert make("clip").total_correlation_bound(batch) is None
    bound = make("symile", temperature=0.01).total_correlation_bound(batch)
    assert bound == pytest.approx(2 * math.log(8))  # All of it: ln 8 for each modality after the first.


class Plain(Method):
    """A user's method that defines nothing but a score."""

    def score(self, query: Any, key: Any) -> Tensor:
        return query.total(query.embeddings) @ key.total(key.embeddings).mT


@pytest.mark.parametrize("name", ["clip", "confu", "eao", "gated-symile", "gram", "hub", "symile", "triangle"])
def test_a_term_is_over_the_samples_that_have_its_modalities(name: str) -> None:
    torch.manual_seed(0)
    method = load_method(name)(Space(3, 6, 8)).double().eval()
    features = [torch.randn(12, 6, dtype=torch.float64) for _ in range(3)]
    embeddings = [normalize(torch.randn(12, 8, dtype=torch.float64), dim=-1) for _ in range(3)]
    lacks = torch.tensor([-1, 0, 1, 2, -1, -1, 0, 2, -1, -1, 1, -1])
    present = lacks[:, None] != torch.arange(3)
    orders = {(anchor, m): torch.randperm(12) for anchor in range(3) for m in range(3)}
    batch = EmbeddedBatch(features, embeddings, shuffle=lambda a, m: orders[a, m], present=present)
    found = method.losses(batch)
    for term in method.terms():
        rows = present[:, [*term.query, *term.key]].all(1).nonzero()[:, 0]
        number = {int(row): at for at, row in enumerate(rows)}

        def within(anchor: int, m: int, number: dict[int, int] = number) -> Tensor:
            return torch.tensor([number[row] for row in orders[anchor, m].tolist() if row in number])

        alone = EmbeddedBatch([one[rows] for one in features], [one[rows] for one in embeddings], shuffle=within)
        wanted = term.weight * method.term_loss(term, alone)
        assert found[term.name].item() == pytest.approx(wanted.item(), abs=1e-12)
    assert batch.having((0,)).size == 10 and batch.having((0, 1, 2)).size == 6


def test_a_term_that_no_two_samples_have_says_nothing() -> None:
    method = load_method("clip")(Space(3, 4, 4))
    z = [torch.eye(4, requires_grad=True)] * 3
    present = torch.tensor([[True, False, True]] * 3 + [[True, True, True]])
    losses = method.losses(EmbeddedBatch(z, z, present=present))
    assert losses["0->1"].item() == losses["1->2"].item() == 0 and losses["0->2"].item() > 0
    sum(losses.values()).backward()


def test_a_method_that_defines_nothing_but_a_score_trains_on_every_direction() -> None:
    method = Plain(Space(4, WIDTH, DIM))
    terms = method.terms()
    assert len(terms) == 6 + 12 + 4
    assert sum(term.weight for term in terms) == pytest.approx(1) and len({term.weight for term in terms}) == 1
    assert method.broadcasts is False and method.bounds is None and method.defines((0,), (1,))
    losses = method.losses(make_batch(4))
    assert set(losses) == {term.name for term in terms} and "0+1+3->2" in losses
    with pytest.raises(NotImplementedError, match="^Method defines no score$"):
        Method(Space(3, WIDTH, DIM)).losses(make_batch())


def test_a_term_has_a_name_that_reads_as_its_direction() -> None:
    assert Term((0, 2), (1,), 0.5).name == "0+2->1"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        *[(name, {"temperature": 0.0}, "^temperature must be above 0; got 0.0$") for name in METHODS],
        ("clip", {"temperature": math.nan}, "^temperature must be above 0; got nan$"),
        ("clip", {"temperature": -1}, "^temperature must be above 0; got -1$"),
        ("clip", {"label_smoothing": 1.0}, r"^label_smoothing must be in \[0, 1\); got 1.0$"),
        ("gram", {"label_smoothing": -0.1}, r"^label_smoothing must be in \[0, 1\); got -0.1$"),
        ("confu", {"lam": 1.1}, r"^lam must be in \[0, 1\]; got 1.1$"),
        ("confu", {"lam": math.nan}, r"^lam must be in \[0, 1\]; got nan$"),
        ("confu", {"orders": (1,)}, r"^orders must be in \[2, 2\]; got 1$"),
        ("confu", {"orders": (2, 3)}, r"^orders must be in \[2, 2\]; got 3$"),
        ("confu", {"fusion": "conact"}, "^fusion must be one of .*; got 'conact': did you mean 'concat'\\?$"),
        ("confu", {"fused_width": 0}, "^fused_width and fused_depth must be at least 1; got 0 and 1$"),
        ("confu", {"fused_depth": 0}, "^fused_width and fused_depth must be at least 1; got 512 and 0$"),
        ("confu", {"dropout": 1.0}, r"^dropout must be in \[0, 1\); got 1.0$"),
        ("hub", {"anchor": 3}, r"^anchor must be in \[0, 2\]; got 3$"),
        ("gram", {"anchor": -1}, r"^anchor must be in \[0, 2\]; got -1$"),
        ("triangle", {"anchor": 3}, r"^anchor must be in \[0, 2\]; got 3$"),
        ("symile", {"negatives": "m"}, "^negatives must be 'n' or 'n_squared'; got 'm'$"),
        ("symile", {"label_smoothing": 0.1}, "^symile has no label smoothing; got label_smoothing 0.1$"),
    ],
)
def test_options_out_of_range_are_refused_in_one_sentence(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        make(name, **options)


@pytest.mark.parametrize("modalities", [4, 5])
def test_triangle_refuses_more_than_three_modalities(modalities: int) -> None:
    message = f"^triangle is defined for 3 modalities; got {modalities}: use gram instead$"
    with pytest.raises(InvalidValue, match=message):
        make("triangle", modalities)
