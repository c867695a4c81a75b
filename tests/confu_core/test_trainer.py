"""Training: which samples it sees when, at which rate, what it moves, and how it says that it cannot go on."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any, ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from confu_core.encoders import vector_encoder
from confu_core.errors import InvalidValue, MethodError, TrainingError
from confu_core.methods import BUILT_IN, EmbeddedBatch, Method, Space, Term, load_method
from confu_core.model import Model
from confu_core.training.epochs import Samples, batches
from confu_core.training.fit import TrainingSettings, train
from confu_core.training.step import AdamW, Stepper

ROWS, WIDTH = 4, 3
QUICK = TrainingSettings(epochs=3, batch_size=20, lr=0.01)


def make_model(method: Callable[[Space], Method], seed: int = 0) -> Model:
    torch.manual_seed(seed)
    return Model([vector_encoder(WIDTH, 8, 1)[0] for _ in range(3)], 8, 5, method)


def make_samples(n: int = 50, seed: int = 0) -> Samples:
    source = torch.Generator().manual_seed(seed)
    table = torch.randn(ROWS, WIDTH, generator=source)
    return Samples((table,) * 3, torch.randint(ROWS, (n, 3), generator=source))


def numbered(n: int) -> Samples:
    """Samples that tell themselves apart: sample r is row r of every table."""
    return Samples(
        (torch.arange(n, dtype=torch.float32).unsqueeze(-1),) * 3, torch.arange(n).unsqueeze(-1).expand(-1, 3)
    )


def order_of(samples: Samples, seed: int, **options: Any) -> list[list[int]]:
    options = {"size": 5, "epochs": 2, "reduced": False, **options}
    return [batch.inputs[0][:, 0].int().tolist() for batch in batches([samples], [seed], **options)]


def test_every_epoch_sees_each_sample_once_in_an_order_of_its_own() -> None:
    seen = order_of(numbered(20), 3)
    assert len(seen) == 8 and all(len(batch) == 5 for batch in seen)
    epochs = [list(chain(*seen[:4])), list(chain(*seen[4:]))]
    assert all(sorted(epoch) == list(range(20)) and epoch != sorted(epoch) for epoch in epochs)
    assert epochs[0] != epochs[1]
    assert order_of(numbered(20), 3) == seen
    assert order_of(numbered(20), 4) != seen


def test_an_incomplete_batch_is_left_out() -> None:
    seen = order_of(numbered(23), 0)
    assert len(seen) == 8 and len(set(chain(*seen[:4]))) == 20


def test_the_order_of_a_cell_does_not_depend_on_its_company() -> None:
    cells, seeds = [make_samples(seed=seed) for seed in range(3)], [7, 8, 9]
    together = list(batches(cells, seeds, size=10, epochs=2, reduced=True))
    assert [batch.step for batch in together] == list(range(10))
    for cell, (samples, seed) in enumerate(zip(cells, seeds, strict=True)):
        alone = list(batches([samples], [seed], size=10, epochs=2, reduced=True))
        plain = list(batches([samples], [seed], size=10, epochs=2, reduced=False))
        for one, own, rows in zip(together, alone, plain, strict=True):
            assert one.codes is not None and own.codes is not None and rows.codes is None
            assert torch.equal(one.codes[cell], own.codes[0])
            assert torch.equal(one.shuffle(0, 1)[cell], own.shuffle(0, 1)[0])
            assert torch.equal(one.shuffle(0, 1)[cell], rows.shuffle(0, 1))
            for m in range(3):
                assert torch.equal(one.inputs[m][cell][one.codes[cell][:, m]], rows.inputs[m])


def test_shuffles_are_permutations_of_their_own_for_every_step_anchor_and_modality() -> None:
    first, second = list(batches([numbered(20)], [0], size=20, epochs=2, reduced=False))
    drawn = [
        batch.shuffle(anchor, m) for batch in (first, second) for anchor in range(3) for m in range(3) if m != anchor
    ]
    assert all(sorted(permutation.tolist()) == list(range(20)) for permutation in drawn)
    assert len({tuple(permutation.tolist()) for permutation in drawn}) == 12
    assert torch.equal(first.shuffle(0, 1), first.shuffle(0, 1))


@settings(deadline=None)
@given(lr=st.floats(1e-5, 1), warmup=st.floats(0, 0.9), steps=st.integers(1, 300))
def test_the_rate_rises_to_its_height_and_falls_to_its_floor(lr: float, warmup: float, steps: int) -> None:
    schedule = TrainingSettings(lr=lr, min_lr=1e-6, warmup=warmup)
    rates = [schedule.rate(step, steps) for step in range(steps)]
    top = rates.index(max(rates))
    assert max(rates) == pytest.approx(lr)
    assert top <= warmup * steps
    assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)
    assert all(0 < rate <= lr * (1 + 1e-12) for rate in rates)
    # The floor is where the step after the last would be.
    assert schedule.rate(steps, steps) == pytest.approx(1e-6)
    assert rates[-1] <= 1e-6 + lr * (math.pi / 2 / (steps - int(warmup * steps))) ** 2


def test_a_rate_below_the_floor_stays_where_it_is() -> None:
    schedule = TrainingSettings(lr=1e-8, min_lr=1e-6, warmup=0)
    assert {schedule.rate(step, 10) for step in range(11)} == {1e-8}


@pytest.mark.parametrize("reduce", [True, False])
def test_the_optimiser_takes_every_step_at_the_rate_of_the_schedule(
    monkeypatch: pytest.MonkeyPatch, reduce: bool
) -> None:
    used: list[float] = []

    class Recording(AdamW):
        def step(self, closure: Any = None) -> Any:
            used.append(self.param_groups[0]["lr"])
            assert self.param_groups[0]["weight_decay"] == QUICK.weight_decay
            return super().step(closure)

    monkeypatch.setattr("confu_core.training.step.AdamW", Recording)
    train([make_model(load_method("clip"))], [make_samples()], [0], QUICK, reduce=reduce)
    assert used == [QUICK.rate(step, 6) for step in range(6)]


def test_steps_are_those_of_pytorch_without_its_compiler() -> None:
    script = """
import sys, torch
from confu_core.training.step import AdamW
made = [kind([torch.nn.Parameter(torch.arange(6.0).reshape(2, 3) + 1)], lr=0.1, fused=True) for kind in
        [AdamW] + [torch.optim.AdamW] * (len(sys.argv) > 1)]
for scale in (1, 2, 3):
    for one in made:
        weights = one.param_groups[0]["params"][0]
        one.zero_grad()
        (scale * weights.sin()).sum().backward()
        one.step()
states = [one.state_dict() for one in made]
made[0].load_state_dict(states[-1])
assert str(states[0]) == str(states[-1]), states
assert torch.equal(*[one.param_groups[0]["params"][0] for one in (made[0], made[-1])])
print("torch._dynamo" in sys.modules)
"""
    for words, compiler in (([], "False"), (["beside"], "True")):
        done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)
        assert (done.stdout.strip(), done.stderr) == (compiler, "")


@pytest.mark.parametrize("models", [1, 2])
def test_scales_have_a_rate_of_their_own_and_do_not_decay(monkeypatch: pytest.MonkeyPatch, models: int) -> None:
    """In a stack too, where a model's number is an entry of a longer tensor; without scales nothing changes."""
    used: list[list[tuple[int, float, float]]] = []

    class Recording(AdamW):
        def step(self, closure: Any = None) -> Any:
            groups = self.param_groups
            used.append([(len(group["params"]), group["lr"], group["weight_decay"]) for group in groups])
            return super().step(closure)

    monkeypatch.setattr("confu_core.training.step.AdamW", Recording)
    apart = replace(QUICK, scale_lr=0.1, warmup=0.3)
    for name in ("symile", "clip"):
        each = [make_model(load_method(name), seed) for seed in range(models)]
        train(each, [make_samples()] * models, list(range(models)), apart)
        weights = sum(1 for key, _ in each[0].named_parameters() if key != "method.log_scale")
        group = [(weights, QUICK.weight_decay, apart.lr), (1, 0.0, 0.1)][: 2 if name == "symile" else 1]
        assert used == [[(n, apart.rate(step, 6, top), decay) for n, decay, top in group] for step in range(6)]
        used.clear()
    rise = [apart.rate(step, 6, 0.1) / apart.rate(step, 6) for step in range(3)]
    assert rise == pytest.approx([0.1 / apart.lr] * 3, rel=1e-3)


class Biased(Method):
    """A method with a bias beside its scale, as in SigLIP."""

    broadcasts = True

    def __init__(self, space: Space, **options: Any) -> None:
        super().__init__(space, learn_temperature=True, **options)
        self.bias = nn.Parameter(torch.tensor(-1.0))

    def scales(self) -> list[nn.Parameter]:
        return [*super().scales(), self.bias]

    def score(self, query: Any, key: Any) -> Tensor:
        return query.total(query.embeddings) @ key.total(key.embeddings).mT + self.bias[..., None, None]


def test_a_method_lists_the_scales_that_train_apart() -> None:
    model = make_model(Biased)
    stepper = Stepper(model, replace(QUICK, scale_lr=0.2), 6)
    weights, scales = stepper.optimizer.param_groups
    assert [id(p) for p in scales["params"]] == [id(model.method.log_scale), id(model.method.bias)]
    assert len(weights["params"]) + 2 == len(list(model.parameters())) and stepper.highest == [QUICK.lr, 0.2]


# One modality is not seen; scales are fixed; codes have no classes.
UNLIKE = {"bimodal", "comm", "infmasking", "pmrl", "supervised"}


@pytest.mark.parametrize("reduce", [True, False])
@pytest.mark.parametrize("name", sorted({*BUILT_IN} - UNLIKE))
def test_training_moves_every_parameter(name: str, reduce: bool) -> None:
    """Projections too, which a published comparison left out of the optimiser."""
    model = make_model(lambda space: load_method(name)(space, learn_temperature=True))
    before = {key: parameter.detach().clone() for key, parameter in model.named_parameters()}
    train([model], [make_samples()], [0], QUICK, reduce=reduce)
    assert sum(key.startswith("projections") for key in before) == (0 if model.method.projects else 6)
    assert "method.log_scale" in before
    for key, parameter in model.named_parameters():
        # An anchor's bias moves little, but nothing stays.
        assert not torch.equal(parameter, before[key]), key
    assert not model.training


@pytest.mark.parametrize("name", ["confu", "symile"])
def test_training_depends_on_its_seed_alone(name: str) -> None:
    def trained(seed: int, noise: int) -> tuple[float, list[Tensor]]:
        model = make_model(load_method(name))
        torch.manual_seed(noise)
        state = torch.random.get_rng_state()
        (loss,) = train([model], [make_samples()], [seed], QUICK)
        assert torch.equal(torch.random.get_rng_state(), state)  # And leaves the caller's numbers alone.
        return loss, [parameter.detach() for parameter in model.parameters()]

    first, again, other = trained(1, 5), trained(1, 6), trained(2, 5)
    assert first[0] == again[0] and all(map(torch.equal, first[1], again[1]))
    assert first[0] != other[0]


@pytest.mark.parametrize("reduce", [True, False])
def test_whoever_watches_sees_every_step_of_all_models(reduce: bool) -> None:
    seen: list[tuple[int, int]] = []
    last: list[Tensor] = []

    def watch(step: int, steps: int, loss: Tensor) -> None:
        seen.append((step, steps))
        last.append(loss)

    models = [make_model(load_method("clip"), seed) for seed in range(2)]
    losses = train(models, [make_samples()] * 2, [0, 1], QUICK, watch=watch, reduce=reduce)
    steps = 6 if reduce else 12
    assert seen == [(step + 1, steps) for step in range(steps)]
    assert len(losses) == 2 and all(map(math.isfinite, losses))
    assert losses == (last[-1].tolist() if reduce else [float(last[steps // 2 - 1]), float(last[-1])])


def test_a_batch_is_at_most_all_samples() -> None:
    seen: list[int] = []
    train(
        [make_model(load_method("clip"))],
        [make_samples(30)],
        [0],
        TrainingSettings(epochs=2, batch_size=1000),
        watch=lambda step, steps, loss: seen.append(steps),
    )
    assert seen == [2, 2]


class FailsLater(Method):
    """Two terms, of which the second is no number from the fourth step on; in one cell of a stack, or the only one."""

    broadcasts = True
    calls = 0

    def terms(self) -> list[Term]:
        return [Term((0,), (1,), 0.5), Term((1,), (2,), 0.5)]

    def score(self, query: Any, key: Any) -> Tensor:
        scores = query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT
        self.calls += query.modalities == (1,)
        if self.calls == 4 and query.modalities == (1,):
            bad = torch.zeros(scores.shape[:-2])
            (bad[-1:] if bad.dim() else bad).fill_(torch.nan)
            scores = scores + bad[..., None, None]
        return scores


@pytest.mark.parametrize("reduce", [True, False])
def test_a_loss_that_is_no_number_names_step_term_and_cell(reduce: bool) -> None:
    models = [make_model(FailsLater, seed) for seed in range(3)]
    if not reduce:
        models[0].method.calls = models[1].method.calls = -100
    with pytest.raises(
        TrainingError, match="^the loss is nan at step 3, in the term 1->2; try a lower learning rate, "
    ) as caught:
        train(models, [make_samples()] * 3, [0, 1, 2], QUICK, reduce=reduce)
    assert caught.value.cell == 2


class Huge(Method):
    """Two terms that are finite, and whose sum is not."""

    def terms(self) -> list[Term]:
        return [Term((0,), (1,), 3e38), Term((1,), (2,), 3e38)]

    def score(self, query: Any, key: Any) -> Tensor:
        return query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT * 0


def test_a_sum_that_is_not_finite_is_said_too() -> None:
    with pytest.raises(TrainingError, match="^the .* at step 0"):
        train([make_model(Huge)], [make_samples()], [0], QUICK)


class Raises(Method):
    def score(self, query: Any, key: Any) -> Tensor:
        raise KeyError("no such thing")


def test_an_error_of_a_method_names_the_step_and_the_line() -> None:
    message = r"^method Raises raised at step 0: KeyError: 'no such thing' \(test_trainer.py, line \d+\)$"
    with pytest.raises(MethodError, match=message):
        train([make_model(Raises)], [make_samples()], [0], QUICK)


def test_dropout_keeps_a_model_off_the_short_way() -> None:
    """Over a finite support every copy of a sample would lose the same entries."""

    def row_by_row(**options: Any) -> bool:
        return make_model(lambda space: load_method("confu")(space, **options)).row_by_row

    assert row_by_row(dropout=0.0) and not row_by_row(dropout=0.1) and row_by_row(lam=0.0)
    assert not make_model(Raises).row_by_row
    dropping = Model([nn.Dropout(0.5)] * 3, WIDTH, 5, load_method("clip"))
    assert not dropping.row_by_row


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0}, "^epochs must be at least 1; got 0$"),
        ({"batch_size": 1}, "^batch_size must be at least 2; got 1$"),
        ({"lr": 0.0}, "^lr must be above 0 and finite; got 0.0$"),
        ({"lr": math.inf}, "^lr must be above 0 and finite; got inf$"),
        ({"lr": math.nan}, "^lr must be above 0 and finite; got nan$"),
        ({"scale_lr": 0.0}, "^scale_lr must be above 0 and finite; got 0.0$"),
        ({"min_lr": -1.0}, "^min_lr must be at least 0 and finite; got -1.0$"),
        ({"weight_decay": math.nan}, "^weight_decay must be at least 0 and finite; got nan$"),
        ({"warmup": 1.0}, r"^warmup must be in \[0, 1\); got 1.0$"),
    ],
)
def test_settings_out_of_range_are_refused_in_one_sentence(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        TrainingSettings(**values)


class TwoViews(Method):
    """Notes what it is shown."""

    views: ClassVar[int] = 2

    def __init__(self, space: Space) -> None:
        super().__init__(space)
        self.seen: list[tuple[int, int]] = []
        self.apart: list[float] = []

    def losses(self, batch: EmbeddedBatch) -> dict[str, Tensor]:
        assert batch.second is not None and batch.second.size == batch.size
        self.apart.append(float((batch.embeddings[0] - batch.second.embeddings[0]).detach().norm()))
        return {"apart": (batch.embeddings[0] - batch.second.embeddings[0]).square().sum()}

    def after_step(self, done: int, steps: int) -> None:
        self.seen.append((done, steps))


def test_a_method_with_two_views_gets_both_and_is_told_of_every_step() -> None:
    model = make_model(TwoViews)
    train([model], [make_samples()], [0], QUICK)
    method = model.method
    assert isinstance(method, TwoViews)
    assert method.seen == [(done, 6) for done in range(1, 7)] and min(method.apart) > 0
    other = make_model(TwoViews)
    train([other], [make_samples()], [0], QUICK)
    assert other.method.apart == method.apart


def test_what_a_hook_raises_is_one_line() -> None:
    model = make_model(load_method("clip"))
    model.method.after_step = lambda done, steps: 1 / 0  # type: ignore[method-assign]
    with pytest.raises(MethodError, match="^method CLIP raised at step 0: ZeroDivisionError"):
        train([model], [make_samples()], [0], QUICK)
