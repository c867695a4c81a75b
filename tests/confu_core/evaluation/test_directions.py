"""Every direction against a loop over the samples, and retrieval with ties and repeated keys."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import normalize

from confu_core.errors import MethodError
from confu_core.evaluation.bounds import total_correlation_bound
from confu_core.evaluation.directions import DirectionResults, Retrieval, evaluate, retrieval
from confu_core.methods import BUILT_IN, Method, load_method
from confu_core.model import Model
from confu_core.training.epochs import Samples

DIRECTIONS = [((0,), 1), ((0,), 2), ((1,), 2), ((2,), 0), ((0, 1), 2), ((0, 2), 1), ((1, 2), 0)]
ROWS, WIDTH, N = 6, 4, 80


def make_model(name: str, modalities: int = 3, encoders: list[nn.Module] | None = None) -> Model:
    torch.manual_seed(0)
    return Model(encoders or [nn.Identity()] * modalities, WIDTH, 5, load_method(name), classes=4).double()


def make_samples(modalities: int = 3, n: int = N) -> Samples:
    source = torch.Generator().manual_seed(1)
    tables = [torch.randn(ROWS, WIDTH, generator=source, dtype=torch.float64) for _ in range(modalities)]
    return Samples(tuple(tables), torch.randint(ROWS, (n, modalities), generator=source))


def by_hand(model: Model, samples: Samples, query: tuple[int, ...], target: int) -> tuple[float, float]:
    """Accuracy and mean rank from a loop over the samples, each against every row of the target's table."""
    batch = model.eval().embed([table[samples.codes[:, m]] for m, table in enumerate(samples.tables)])
    table = model.embed([samples.tables[target]] * len(samples.tables))
    scores = model.method.score(batch.view(query), table.view((target,)))
    hits = ranks = 0.0
    for row, code in zip(scores, samples.codes[:, target], strict=True):
        hits += int(row.argmax()) == int(code)
        ranks += 1 + int((row > row[code]).sum())
    return hits / len(scores), ranks / len(scores)


@pytest.mark.parametrize("n", [N, 10])  # Ten samples are fewer than the pairs of rows, and are laid out one by one.
@pytest.mark.parametrize("name", BUILT_IN)
@torch.no_grad()
def test_every_direction_is_that_of_a_loop_over_the_samples(name: str, n: int) -> None:
    model, samples = make_model(name), make_samples(n=n)
    found = evaluate(model, samples, DIRECTIONS)
    assert [(result.query, result.target) for result in found.directions] == DIRECTIONS
    for result in found.directions:
        want = by_hand(model, samples, result.query, result.target)
        assert (result.accuracy, result.expected_rank) == pytest.approx(want), result
        assert result.defined is model.method.defines(result.query, (result.target,))
        assert 0 <= result.information_bound <= math.log(n)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_total_correlation_is_bounded_by_the_best_chain(name: str) -> None:
    model, samples = make_model(name), make_samples()
    found = evaluate(model, samples, DIRECTIONS)
    chain = total_correlation_bound({(r.query, r.target): r.information_bound for r in found.directions}, 3)
    assert found.total_correlation_bound >= chain
    assert name == "symile" or found.total_correlation_bound == chain


def test_a_model_that_knows_everything_reaches_everything() -> None:
    """One code for all three modalities, and embeddings that are its axes."""
    samples = Samples((torch.eye(WIDTH).double(),) * 3, torch.arange(40).remainder(WIDTH).unsqueeze(-1).expand(-1, 3))
    model = make_model("clip")
    for projection in model.projections:
        projection.weight.data = torch.eye(5, WIDTH).double()
        projection.bias.data.zero_()
    found = evaluate(model, samples, DIRECTIONS)
    assert all((r.accuracy, r.expected_rank) == (1, 1) for r in found.directions)
    assert found.total_correlation_bound == pytest.approx(2 * math.log(WIDTH), abs=1e-4)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_constant_model_is_at_chance_and_claims_nothing(name: str) -> None:
    model = make_model(name)
    for parameter in model.parameters():
        if parameter.dim() > 1:  # All weights of projections and heads; what biases are left is constant.
            parameter.data.zero_()
    found = evaluate(model, make_samples(), DIRECTIONS)
    assert all(r.accuracy == pytest.approx(1 / ROWS) for r in found.directions)
    assert all(r.expected_rank == pytest.approx((ROWS + 1) / 2) for r in found.directions)
    assert found.total_correlation_bound == pytest.approx(0, abs=1e-9)


def test_candidates_may_be_other_inputs_than_the_samples() -> None:
    """Noisy queries against clean keys: which key is right is said apart."""
    model, samples = make_model("clip"), make_samples()
    own = evaluate(model, samples, DIRECTIONS)
    same = evaluate(model, samples, DIRECTIONS, keys=samples.tables, targets=samples.codes)
    assert same == own
    source = torch.Generator().manual_seed(2)
    keys = [torch.randn(3, WIDTH, generator=source, dtype=torch.float64) for _ in range(3)]
    targets = torch.randint(3, samples.codes.shape, generator=source)
    found = evaluate(model, samples, [((0, 1), 2)], keys=keys, targets=targets)
    with torch.no_grad():
        queries, clean = model.embed(samples.tables), model.embed(keys)
        fused = queries.embeddings[0][samples.codes[:, 0]] + queries.embeddings[1][samples.codes[:, 1]]
        right = (fused @ clean.embeddings[2].T).argmax(-1) == targets[:, 2]
    assert found.directions[0].accuracy == pytest.approx(right.double().mean().item())


def test_dropout_is_off_and_nothing_is_recorded_for_gradients() -> None:
    model = make_model("clip", encoders=[nn.Sequential(nn.Dropout(0.5)) for _ in range(3)])
    model.train()
    first = evaluate(model, make_samples(), DIRECTIONS)
    assert first == evaluate(model, make_samples(), DIRECTIONS)
    assert not model.training


class Broken(Method):
    """Scores that go wrong in a way of the test's choosing, for queries of two modalities alone."""

    wrong: Any = None

    def score(self, query: Any, key: Any) -> Tensor:
        scores = normalize(query.total(query.embeddings), dim=-1) @ key.total(key.embeddings).mT
        return scores if len(query.modalities) == 1 else self.wrong(scores)


def raise_an_error(scores: Tensor) -> Tensor:
    raise KeyError("pairs only")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            raise_an_error,
            r"^method Broken raised in evaluation: KeyError: 'pairs only' \(test_directions.py, line \d+\)$",
        ),
        (lambda scores: scores[:, :-1], "^method Broken raised in evaluation: RuntimeError: "),
        (lambda scores: None, "^method Broken raised in evaluation: AttributeError: "),
        (lambda scores: scores * torch.nan, r"^the scores of Broken for 0\+1->2 are not finite after training$"),
        (lambda scores: scores / 0, r"^the scores of Broken for 0\+1->2 are not finite after training$"),
    ],
)
def test_a_method_that_goes_wrong_says_where(wrong: Any, message: str) -> None:
    torch.manual_seed(0)
    model = Model([nn.Identity()] * 3, WIDTH, 5, Broken).double()
    Broken.wrong = staticmethod(wrong)
    assert isinstance(evaluate(model, make_samples(), DIRECTIONS[:4]), DirectionResults)
    with pytest.raises(MethodError, match=message):
        evaluate(model, make_samples(), DIRECTIONS)


SHAPES = {
    "queries": st.integers(1, 6),
    "keys": st.integers(1, 6),
    "levels": st.integers(1, 4),
    "seed": st.integers(0, 9999),
}


def random_case(queries: int, keys: int, levels: int, seed: int) -> tuple[Tensor, Tensor]:
    """Scores with few distinct values, so that many tie, and counts of which at least one is not zero."""
    source = torch.Generator().manual_seed(seed)
    scores = torch.randint(levels, (queries, keys), generator=source).double() / 3 - 0.5
    counts = torch.randint(3, (queries, keys), generator=source).double()
    counts[0, 0] += 1
    return scores, counts


def exact_reference(scores: Tensor, counts: Tensor) -> Retrieval:
    """A loop over every query and key, with the share of orders of the ties in which the key comes first."""
    hits = ranks = 0.0
    for row, times in zip(scores.tolist(), counts.tolist(), strict=True):
        for score, count in zip(row, times, strict=True):
            above, ties = sum(other > score for other in row), sum(other == score for other in row)
            hits += count * (above == 0) / ties
            ranks += count * (1 + above + (ties - 1) / 2)
    total = float(counts.sum())
    return Retrieval(hits / total, ranks / total)


@settings(deadline=None)
@given(**SHAPES)
def test_ties_count_as_in_a_slow_loop(queries: int, keys: int, levels: int, seed: int) -> None:
    scores, counts = random_case(queries, keys, levels, seed)
    found, want = retrieval(scores, counts), exact_reference(scores, counts)
    assert found.accuracy == pytest.approx(want.accuracy)
    assert found.expected_rank == pytest.approx(want.expected_rank)


def test_ties_are_broken_evenly_on_average() -> None:
    """The meaning of the expectation: argmax and rank of many runs in which a random order decides between equals."""
    scores, counts = random_case(4, 5, 2, 3)
    random = np.random.default_rng(0)
    runs, hits, ranks = 20_000, 0.0, 0.0
    for _ in range(runs // 100):
        noise = torch.from_numpy(random.uniform(0, 1e-3, (100, 4, 5)))
        decided = scores + noise
        place = 1 + (decided.unsqueeze(-2) > decided.unsqueeze(-1)).sum(-1)
        hits += float((counts * (place == 1)).sum())
        ranks += float((counts * place).sum())
    found = retrieval(scores, counts)
    assert hits / runs / float(counts.sum()) == pytest.approx(found.accuracy, abs=0.01)
    assert ranks / runs / float(counts.sum()) == pytest.approx(found.expected_rank, abs=0.05)


@pytest.mark.parametrize("keys", [1, 2, 32])
@pytest.mark.parametrize("value", [0.0, 0.7, -3.0])
def test_a_constant_embedding_scores_at_chance(keys: int, value: float) -> None:
    """Whatever the truth: an argmax would give all of it to whoever comes first."""
    for counts in (torch.eye(keys), torch.ones(3, keys), torch.eye(keys)[:1].expand(5, -1)):
        found = retrieval(torch.full(counts.shape, value), counts)
        assert found.accuracy == pytest.approx(1 / keys)
        assert found.expected_rank == pytest.approx((keys + 1) / 2)


def test_embeddings_that_are_equal_up_to_rounding_tie() -> None:
    source = torch.Generator().manual_seed(0)
    row = torch.nn.functional.normalize(torch.randn(1, 64, generator=source), dim=-1)
    # The same vector in two thousand places; a product's last bits depend on the place.
    scores = row.expand(33, -1) @ row.expand(2001, -1).T
    scores = scores * (1 + 1e-7 * torch.randn(scores.shape, generator=source))
    assert scores.unique().numel() > 1
    found = retrieval(scores, torch.ones_like(scores))
    assert found.accuracy == pytest.approx(1 / 2001, rel=1e-5)
    assert found.expected_rank == pytest.approx(1001, rel=1e-5)


def test_scores_that_differ_by_more_do_not_tie() -> None:
    scores = torch.tensor([[1.0, 1.0 - 1e-4, 0.5]])
    assert retrieval(scores, torch.tensor([[1.0, 0.0, 0.0]])) == Retrieval(1.0, 1.0)
    assert retrieval(scores, torch.tensor([[0.0, 1.0, 0.0]])) == Retrieval(0.0, 2.0)
    assert retrieval(scores, torch.tensor([[0.0, 0.0, 1.0]])) == Retrieval(0.0, 3.0)


def test_any_key_that_equals_the_positive_counts() -> None:
    """Ten samples of two classes: as columns the classes, each counted as often as it occurs."""
    labels = torch.tensor([0, 1, 1, 0, 1, 1, 1, 0, 1, 1])
    table = torch.eye(2)
    counts = torch.zeros(2, 2).index_put_((labels, labels), torch.ones(10), accumulate=True)
    assert retrieval(table @ table.T, counts) == Retrieval(1.0, 1.0)
    # Every sample a key of its own: the same embeddings find one of several equals, and look worse than they are.
    samples = table[labels]
    plain = retrieval(samples @ samples.T, torch.eye(10))
    assert plain.accuracy == pytest.approx(2 / 10)  # One of 3 for three samples, one of 7 for seven.
    assert plain.expected_rank == pytest.approx((3 * 2 + 7 * 4) / 10)


@settings(deadline=None)
@given(**SHAPES, shuffle=st.integers(0, 99), copies=st.integers(1, 4))
def test_the_order_of_keys_and_the_number_of_copies_do_not_matter(
    queries: int, keys: int, levels: int, seed: int, shuffle: int, copies: int
) -> None:
    scores, counts = random_case(queries, keys, levels, seed)
    order = torch.randperm(keys, generator=torch.Generator().manual_seed(shuffle))
    found = retrieval(scores, counts)
    moved = retrieval(2.5 * scores[:, order], copies * counts[:, order])
    assert (moved.accuracy, moved.expected_rank) == pytest.approx((found.accuracy, found.expected_rank))
    assert 0 <= found.accuracy <= 1 and 1 <= found.expected_rank <= keys
