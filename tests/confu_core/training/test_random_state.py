"""Random numbers of an accelerator: a training goes on with its own, and others find theirs as they were.

No accelerator is at hand: one is played by a generator beside the CPU's, behind the functions that PyTorch's modules of
devices have. What an encoder draws from it, a checkpoint of the CPU's numbers alone does not bring back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from models_for_training import SEED, make_arrays, make_model, same, weights
from torch import Tensor, nn

from confu_core.errors import TrainingError
from confu_core.methods import load_method
from confu_core.training.checkpoint import load_checkpoint, save_checkpoint
from confu_core.training.epochs import MediaEpochs
from confu_core.training.fit import Progress, fit
from confu_core.training.random_state import accelerator_state, forked, set_accelerator_state
from confu_core.training.settings import TrainingSettings

CPU = torch.device("cpu")
SETTINGS = TrainingSettings(epochs=3, batch_size=8, lr=0.01)
KEY = "accelerator_random"


class Accelerator:
    """A module of a device, as `torch.cuda` is one."""

    def __init__(self) -> None:
        self.generator = torch.Generator()

    def get_rng_state(self, device: torch.device) -> Tensor:
        return self.generator.get_state()

    def set_rng_state(self, state: Tensor, device: torch.device) -> None:
        self.generator.set_state(state)


class Shaken(nn.Module):
    """Adds noise of the accelerator to what an encoder yields."""

    def __init__(self, inner: nn.Module, generator: torch.Generator) -> None:
        super().__init__()
        self.inner, self.generator = inner, generator

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.inner(x)
        return features + 0.1 * torch.randn(features.shape, generator=self.generator)


@pytest.fixture
def accelerator(monkeypatch: pytest.MonkeyPatch) -> Accelerator:
    played = Accelerator()
    monkeypatch.setattr(torch, "get_device_module", lambda device=None: played)
    return played


def trained(played: Accelerator | None, checkpoint: Path, *, seed: int = 1, until: int = 99) -> dict[str, Tensor]:
    """Train, with the accelerator's numbers from a seed of their own, until an epoch is done."""

    def watch(progress: Progress) -> None:
        if progress.epoch is not None and progress.epoch["epoch"] + 1 == until:
            raise KeyboardInterrupt

    model = make_model(load_method("clip"))
    if played is not None:
        played.generator.manual_seed(seed)
        model.encoders[0] = Shaken(model.encoders[0], played.generator)
    try:
        fit(model, MediaEpochs(make_arrays(16), SEED, size=8), SETTINGS, SEED, checkpoint=checkpoint, watch=watch)
    except KeyboardInterrupt:
        assert until < SETTINGS.epochs
    return weights(model)


def rewritten(path: Path, **changes: Any) -> None:
    """Write a checkpoint again with other values; None takes one away."""
    held = {**load_checkpoint(path), **changes}
    inner = {name: value for name, value in held.items() if name not in ("kind", "version", "config")}
    save_checkpoint(path, held["config"], {name: value for name, value in inner.items() if value is not None})


def test_going_on_draws_what_would_have_been_drawn(accelerator: Accelerator, tmp_path: Path) -> None:
    straight = trained(accelerator, tmp_path / "whole")
    trained(accelerator, tmp_path / "cut", until=1)
    assert same(trained(accelerator, tmp_path / "cut", seed=2), straight)
    # Without what is held of them it would have gone another way.
    trained(accelerator, tmp_path / "old", until=1)
    rewritten(tmp_path / "old", **{KEY: None})
    assert not same(trained(accelerator, tmp_path / "old", seed=2), straight)


def test_others_find_their_numbers_as_they_were(accelerator: Accelerator, tmp_path: Path) -> None:
    """What has been drawn before or beside a training has no say in theirs, nor it in them."""
    accelerator.generator.manual_seed(1)
    expected = torch.rand(3, generator=accelerator.generator)
    trained(accelerator, tmp_path / "c")
    assert torch.equal(torch.rand(3, generator=accelerator.generator), expected)
    state = accelerator.generator.get_state()
    with pytest.raises(ZeroDivisionError), forked(CPU):
        torch.rand(3, generator=accelerator.generator)
        raise ZeroDivisionError
    assert torch.equal(accelerator.generator.get_state(), state)


def test_a_checkpoint_of_a_cpu_holds_no_numbers_of_an_accelerator(tmp_path: Path) -> None:
    trained(None, tmp_path / "c", until=1)
    assert KEY not in load_checkpoint(tmp_path / "c") and accelerator_state(CPU) == {}


@pytest.mark.parametrize("held", [None, {}, {"xpu": torch.zeros(5, dtype=torch.uint8)}])
def test_a_checkpoint_without_them_goes_on(
    accelerator: Accelerator, tmp_path: Path, held: dict[str, Tensor] | None
) -> None:
    """Those of before are without, and those of a CPU or of another kind of device."""
    trained(accelerator, tmp_path / "c", until=1)
    rewritten(tmp_path / "c", **{KEY: held})
    trained(accelerator, tmp_path / "c")
    assert len(load_checkpoint(tmp_path / "c")["history"]) == SETTINGS.epochs


def test_a_checkpoint_of_an_accelerator_goes_on_on_a_cpu(tmp_path: Path) -> None:
    straight = trained(None, tmp_path / "whole")
    trained(None, tmp_path / "c", until=1)
    rewritten(tmp_path / "c", **{KEY: {"cuda": torch.zeros(16, dtype=torch.uint8)}})
    assert same(trained(None, tmp_path / "c"), straight)


SIZE = len(torch.get_rng_state())


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (3, "must be a dictionary; got 3"),
        ([torch.ones(3)], "must be a dictionary; got [tensor([1., 1., 1.])]"),
        ({"cpu": "now"}, ".cpu must be a Tensor; got 'now'"),
        ({3: torch.ones(3)}, "a key of accelerator_random must be text; got 3"),
        (
            {"cpu": torch.ones(3)},
            f".cpu must be uint8 of shape ({SIZE},), as in this PyTorch; got float32 of shape (3,)",
        ),
        (
            {"cpu": torch.zeros(2, SIZE, dtype=torch.uint8)},
            f".cpu must be uint8 of shape ({SIZE},), as in this PyTorch; got uint8 of shape (2, {SIZE})",
        ),
        (
            {"cpu": torch.zeros(SIZE, dtype=torch.uint8).to_sparse()},
            f".cpu must be uint8 of shape ({SIZE},), as in this PyTorch; got sparse uint8 of shape ({SIZE},)",
        ),
        ({"cpu": torch.full((SIZE,), 255, dtype=torch.uint8)}, ".cpu must be a state of its random numbers ("),
    ],
)
def test_what_is_no_state_is_refused_in_one_line(
    accelerator: Accelerator, tmp_path: Path, held: Any, said: str
) -> None:
    path = tmp_path / "c"
    trained(accelerator, path, until=1)
    rewritten(path, **{KEY: held})
    with pytest.raises(TrainingError) as caught:
        trained(accelerator, path)
    message = str(caught.value)
    place = "" if said.startswith("a key") else KEY + ("" if said.startswith(".") else " ")
    assert message.startswith(f"{path} is damaged: {place}{said}") and message.endswith("; remove it")
    assert "\n" not in message


def test_a_state_is_known_by_the_type_of_its_device(accelerator: Accelerator) -> None:
    state = accelerator_state(CPU)
    assert state.keys() == {"cpu"}
    first = torch.rand(3, generator=accelerator.generator)
    set_accelerator_state(CPU, state)
    assert torch.equal(torch.rand(3, generator=accelerator.generator), first)
