"""Training by epochs: interrupted or not it ends at the same weights, stops when it should, and says what it did."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from models_for_training import SEED, WIDTH, gradients, make_arrays, make_model, same, weights
from torch import Tensor

from confu_core.errors import InvalidValue, MethodError, TrainingError
from confu_core.methods import Method, Space, Term, View, load_method
from confu_core.model import Model
from confu_core.random import generator
from confu_core.training import fit as module
from confu_core.training.epochs import Batch, MediaEpochs
from confu_core.training.fit import Progress, fit, tensorboard
from confu_core.training.settings import TrainingSettings
from confu_core.training.step import Losses, Stepper

ROWS, SIZE, STEPS = 26, 8, 3  # An incomplete batch of 2 is left out of every epoch.
SETTINGS = TrainingSettings(epochs=4, batch_size=SIZE, lr=0.01, warmup=0.2, clip_norm=1.0)
CONFIG = {"method": "confu", "lr": 0.01, "clip_norm": math.inf}


class Interrupted(Exception):
    pass


def dropping(space: Space) -> Method:
    options: dict[str, Any] = {"dropout": 0.1}
    return load_method("confu")(space, **options)


def shaken(rows: list[np.ndarray], numbers: np.ndarray, epoch: int) -> list[np.ndarray]:
    noise = np.stack([generator(SEED, "noise", epoch, int(number)).standard_normal(WIDTH) for number in numbers])
    return [one + 0.1 * noise.astype(one.dtype) for one in rows]


def source() -> MediaEpochs:
    return MediaEpochs(make_arrays(ROWS), SEED, size=SIZE, augment=shaken)


def stop_at(step: int, *, after_epoch: bool = False) -> Callable[[Progress], None]:
    def watch(progress: Progress) -> None:
        if progress.step == step and (progress.epoch is not None) == after_epoch:
            raise Interrupted

    return watch


def trained(method: Callable[[Space], Method] = dropping, **options: Any) -> tuple[dict[str, Tensor], list[Any]]:
    model = make_model(method)
    history = fit(model, source(), options.pop("settings", SETTINGS), SEED, **options)
    assert not model.training
    return weights(model), history


class Scripted:
    """A validation with given losses, which remembers the weights that it saw."""

    def __init__(self, *losses: float) -> None:
        self.losses = losses
        self.seen: list[dict[str, Tensor]] = []

    def __call__(self, model: Model) -> dict[str, float]:
        assert not model.training
        self.seen.append(weights(model))
        torch.rand(3)  # May draw numbers, as long as it always draws the same.
        return {"loss": self.losses[len(self.seen) - 1], "rows": float(len(self.seen))}


@pytest.mark.parametrize("step", [4, 5, 7])
def test_going_on_leads_where_an_uninterrupted_training_does(tmp_path: Path, step: int) -> None:
    """In every bit, with dropout and augmentation, from wherever the second, or third, epoch was left."""
    straight, history = trained()
    checkpoint = tmp_path / "new" / "checkpoint.pt"
    with pytest.raises(Interrupted):
        trained(checkpoint=checkpoint, config=CONFIG, watch=stop_at(step))
    torch.manual_seed(123)  # What else has been drawn has no say.
    seen: list[int] = []
    resumed, again = trained(checkpoint=checkpoint, config=CONFIG, watch=lambda at: seen.append(at.step))
    assert seen == list(range(step // STEPS * STEPS + 1, 13))
    assert same(resumed, straight)
    assert again == history
    assert not same(straight, weights(make_model(dropping)))


def test_a_training_left_just_after_an_epoch_has_lost_nothing(tmp_path: Path) -> None:
    straight, history = trained()
    with pytest.raises(Interrupted):
        trained(checkpoint=tmp_path / "c", watch=stop_at(6, after_epoch=True))
    seen: list[int] = []
    resumed, again = trained(checkpoint=tmp_path / "c", watch=lambda at: seen.append(at.step))
    assert (seen[0], again) == (7, history) and same(resumed, straight)


def test_a_finished_training_goes_on_to_nothing(tmp_path: Path) -> None:
    first = trained(checkpoint=tmp_path / "c")
    second = trained(checkpoint=tmp_path / "c", watch=stop_at(1))
    assert same(first[0], second[0]) and first[1] == second[1]


def test_a_training_depends_on_its_seed_and_leaves_the_numbers_of_others_alone() -> None:
    torch.manual_seed(5)
    model = make_model(dropping)
    state = torch.random.get_rng_state()
    fit(model, source(), SETTINGS, SEED + 1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not same(weights(model), trained()[0])


@pytest.mark.parametrize(("patience", "epochs", "best"), [(1, 3, 1), (2, 6, 3), (3, 8, 6)])
def test_it_stops_early_and_returns_to_the_best(patience: int, epochs: int, best: int) -> None:
    """A loss that only equals the lowest is not lower."""
    validate = Scripted(3.0, 2.0, 2.5, 1.0, 1.0, 1.5, 0.9, 4.0)
    stopping = TrainingSettings(epochs=8, batch_size=SIZE, lr=0.01, patience=patience)
    after, history = trained(settings=stopping, validate=validate)
    assert len(history) == len(validate.seen) == epochs
    assert same(after, validate.seen[best])
    assert not same(after, validate.seen[-1])


def test_a_best_epoch_from_before_an_interruption_is_returned_to(tmp_path: Path) -> None:
    stopping = TrainingSettings(epochs=8, batch_size=SIZE, lr=0.01, patience=2)
    straight, history = trained(settings=stopping, validate=Scripted(2.0, 1.0, 3.0, 3.0))
    with pytest.raises(Interrupted):
        trained(settings=stopping, validate=Scripted(2.0, 1.0, 3.0), checkpoint=tmp_path / "c", watch=stop_at(8))
    resumed, again = trained(settings=stopping, validate=Scripted(3.0, 3.0), checkpoint=tmp_path / "c")
    assert same(resumed, straight)
    assert [record["validation_loss"] for record in again] == [record["validation_loss"] for record in history]
    # One that has stopped takes no further step.
    stopped, _ = trained(settings=stopping, validate=Scripted(), checkpoint=tmp_path / "c", watch=stop_at(13))
    assert same(stopped, straight)


def test_without_patience_every_epoch_is_run_and_the_last_weights_stay() -> None:
    validate = Scripted(1.0, 2.0, 3.0, 4.0)
    after, history = trained(validate=validate)
    assert [record["validation_loss"] for record in history] == [1.0, 2.0, 3.0, 4.0]
    assert [record["validation_rows"] for record in history] == [1.0, 2.0, 3.0, 4.0]
    assert same(after, validate.seen[-1])


def test_patience_without_a_validation_is_refused_before_training() -> None:
    with pytest.raises(InvalidValue, match="^patience must be 0 where nothing is validated; got 2$"):
        trained(settings=TrainingSettings(batch_size=SIZE, patience=2), watch=stop_at(1))


def test_a_checkpoint_holds_measures_that_numpy_has_counted(tmp_path: Path) -> None:
    """Such a number is a float, but not one that is read without running code."""
    checkpoint = tmp_path / "c"
    _, history = trained(checkpoint=checkpoint, validate=lambda _: {"loss": np.float64(0.5)})
    assert trained(checkpoint=checkpoint, validate=lambda _: {"loss": 0.5})[1] == history


def test_the_history_has_the_rate_and_the_mean_of_every_term(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[dict[str, Tensor]] = []

    class Recording(Stepper):
        def take(self, batch: Batch) -> dict[str, Tensor]:
            taken.append(super().take(batch))
            return taken[-1]

    monkeypatch.setattr(module, "Stepper", Recording)
    progress: list[Progress] = []
    _, history = trained(watch=progress.append)
    assert len(taken) == len(progress) == 12
    for epoch, record in enumerate(history):
        batches = taken[epoch * STEPS : (epoch + 1) * STEPS]
        assert record.keys() == {"epoch", "lr", "loss", *batches[0]}
        assert record["epoch"] == epoch
        assert record["lr"] == SETTINGS.rate(epoch * STEPS + STEPS - 1, 12)
        for term in batches[0]:
            assert record[term] == pytest.approx(np.mean([losses[term].item() for losses in batches]), rel=1e-6)
        assert record["loss"] == pytest.approx(
            np.mean([sum(loss.item() for loss in losses.values()) for losses in batches]), rel=1e-6
        )
    assert [(one.step, one.steps) for one in progress] == [(step, 12) for step in range(1, 13)]
    assert [one.epoch for one in progress if one.step % STEPS == 0] == history
    assert all(one.epoch is None and one.losses.keys() == taken[0].keys() for one in progress if one.step % STEPS)
    assert all(one.seconds_left >= 0 for one in progress) and progress[-1].seconds_left == 0
    assert history[-1]["loss"] < history[0]["loss"]


class Broken(Method):
    """Fails from a step on, in its second term or in its gradient."""

    calls = 0

    def __init__(self, space: Space, *, at: int, gradient: bool = False) -> None:
        super().__init__(space)
        self.at, self.gradient = at, gradient

    def terms(self) -> list[Term]:
        return [Term((0,), (1,), 0.5), Term((1,), (2,), 0.5)]

    def score(self, query: View, key: View) -> Tensor:
        scores = query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT
        second = query.modalities == (1,)
        self.calls += second
        if not second or self.calls <= self.at:
            return scores
        # The root of 0 is 0, and rises without end.
        return scores + (0 * scores).sqrt() if self.gradient else scores * math.nan


def test_a_loss_that_is_no_number_names_step_and_term(tmp_path: Path) -> None:
    message = "^the loss is nan at step 4, in the term 1->2; try a lower learning rate, and check .*$"
    checkpoint = tmp_path / "c"
    with pytest.raises(TrainingError, match=message):
        trained(lambda space: Broken(space, at=4), checkpoint=checkpoint)
    # The epoch before it is kept.
    with pytest.raises(TrainingError, match="^the loss is nan at step 3, "):
        trained(lambda space: Broken(space, at=0), checkpoint=checkpoint)


@pytest.mark.parametrize(("clip", "step"), [(1.0, 4), (math.inf, 11)])
def test_a_gradient_that_is_not_finite_is_said(clip: float, step: int) -> None:
    """Where gradients are not measured the next loss would show it; after the last step there is none."""
    settings = TrainingSettings(epochs=4, batch_size=SIZE, clip_norm=clip)
    with pytest.raises(TrainingError, match=f"^the gradient is not finite at step {step}; try a lower .*$"):
        trained(lambda space: Broken(space, at=step, gradient=True), settings=settings)


def test_without_clipping_the_next_loss_tells_of_a_gradient_that_was_not_finite() -> None:
    settings = TrainingSettings(epochs=4, batch_size=SIZE)
    with pytest.raises(TrainingError, match="^the loss is nan at step 5, "):
        trained(lambda space: Broken(space, at=4, gradient=True), settings=settings)


class Failing(torch.nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise ZeroDivisionError("of an encoder")


def test_an_error_of_an_encoder_names_step_and_line() -> None:
    model = make_model(load_method("clip"))
    model.encoders[1] = Failing()
    message = r"^encoder Failing raised at step 0: ZeroDivisionError: of an encoder \(test_fit.py, line \d+\)$"
    with pytest.raises(MethodError, match=message):
        fit(model, source(), SETTINGS, SEED)


def flat_gradient(model: Model) -> Tensor:
    return torch.cat([one.flatten() for one in gradients(model).values()])


def test_gradients_are_cut_to_their_longest() -> None:
    model = make_model(load_method("clip"))
    stepper = Stepper(model, TrainingSettings(batch_size=SIZE, clip_norm=1e-3), 10)
    (batch, *_) = source().epoch(0)
    stepper.take(batch)
    cut = flat_gradient(model)
    free = make_model(load_method("clip"))
    sum(Losses(free)(batch).values()).backward()
    whole = flat_gradient(free)
    assert float(cut.norm()) == pytest.approx(1e-3, rel=1e-4) and float(whole.norm()) > 0.01
    torch.testing.assert_close(cut / cut.norm(), whole / whole.norm())


def test_half_precision_changes_little_and_losses_stay_whole() -> None:
    (batch, *_) = source().epoch(0)
    found = {}
    for precision in (torch.float32, torch.bfloat16):
        model = make_model(load_method("clip"))
        losses = Losses(model, precision)(batch)
        assert {loss.dtype for loss in losses.values()} == {torch.float32}
        sum(losses.values()).backward()
        found[precision] = flat_gradient(model)
        assert found[precision].dtype is torch.float32
    whole, half = found.values()
    assert not torch.equal(whole, half)
    assert float((whole - half).norm() / whole.norm()) < 0.05


class Pairs:
    """Batches of no arrays: two per epoch."""

    steps = 2

    def epoch(self, number: int) -> Iterator[Batch]:
        for batch in source().epoch(number):
            if batch.step % STEPS < 2:
                yield Batch(batch.inputs, None, batch.seeds, number * 2 + batch.step % STEPS)


def test_batches_may_come_from_anywhere() -> None:
    model = make_model(load_method("clip"))
    history = fit(model, Pairs(), SETTINGS, SEED)
    assert [record["lr"] for record in history] == [SETTINGS.rate(step, 8) for step in (1, 3, 5, 7)]


def test_a_log_needs_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InvalidValue, match="^--tensorboard needs the package tensorboard; pip install tensorboard$"):
        tensorboard(tmp_path).__enter__()
