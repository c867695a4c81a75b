"""Two processes that share a batch compute what one alone would: losses, gradients and trained weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from models_for_training import METHODS, SEED, SETTINGS, STEPS, gradients, make_arrays, make_batch, make_model, weights
from torch import Tensor

from confu_core.errors import InvalidValue
from confu_core.methods import EmbeddedBatch
from confu_core.training.epochs import MediaEpochs
from confu_core.training.fit import fit
from confu_core.training.processes import chosen_device, gathered, processes
from confu_core.training.step import Losses, Stepper

Found = list[dict[str, Any]]
PATIENCE = 300  # Seconds; the processes take a few, and many times that on a busy machine.


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What each of two processes has computed, started once for all tests."""
    folder = tmp_path_factory.mktemp("gather")
    program = str(Path(__file__).with_name("gather_process.py"))
    commands = [[sys.executable, "-W", "error", program, str(rank), str(folder)] for rank in range(2)]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
    try:
        said = [process.communicate(timeout=PATIENCE)[1] for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], "\n".join(said)
    return [torch.load(folder / f"found-{rank}.pt", weights_only=True) for rank in range(2)]


def one_process(name: str, *, turned: bool = False) -> tuple[dict[str, float], dict[str, Tensor]]:
    model = make_model(METHODS[name], turned=turned).double()
    losses = Losses(model)(make_batch())
    sum(losses.values()).backward()
    return {term: loss.item() for term, loss in losses.items()}, gradients(model)


def norm(tensors: dict[str, Tensor], prefix: str = "") -> float:
    return float(torch.cat([one.flatten() for name, one in tensors.items() if name.startswith(prefix)]).norm())


def assert_close(one: dict[str, Tensor], other: dict[str, Tensor], error: float) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, other[name], rtol=error, atol=error, msg=f"{name} differs")


@pytest.mark.parametrize("name", METHODS)
def test_two_processes_have_the_loss_and_the_gradients_of_one(found: Found, name: str) -> None:
    losses, expected = one_process(name)
    assert norm(expected) > 0.01
    for process in found:
        assert process[name]["losses"] == pytest.approx(losses, rel=1e-12)
        assert_close(process[name]["gradients"], expected, 1e-10)


@pytest.mark.parametrize("name", METHODS)
def test_gathering_without_gradients_would_be_noticed(found: Found, name: str) -> None:
    """Each process would then say nothing of the other's rows, and the mean over processes be half of it."""
    _, expected = one_process(name)
    for process in found:
        assert norm(process[name]["without gradients"], "encoders") == pytest.approx(norm(expected, "encoders") / 2)


@pytest.mark.parametrize("name", METHODS)
def test_steps_of_two_processes_lead_where_those_of_one_do(found: Found, name: str) -> None:
    model = make_model(METHODS[name]).double()
    before = weights(model)
    stepper = Stepper(model, SETTINGS, STEPS)
    for step in range(STEPS):
        stepper.take(make_batch(step))
    after = weights(model)
    assert max(float((after[key] - before[key]).abs().max()) for key in after) > 0.005
    for process in found:
        assert_close(process[name]["weights"], after, 1e-8)


def test_rows_may_lie_in_memory_in_any_way(found: Found) -> None:
    losses, expected = one_process("confu", turned=True)
    for process in found:
        assert process["turned"]["losses"] == pytest.approx(losses, rel=1e-12)
        assert_close(process["turned"]["gradients"], expected, 1e-10)


def test_a_training_of_two_processes_is_that_of_one_and_the_first_keeps_it(found: Found) -> None:
    model = make_model(METHODS["confu"]).double()
    history = fit(model, MediaEpochs(make_arrays(30, float), SEED, size=SETTINGS.batch_size), SETTINGS, SEED)
    assert len(history) == SETTINGS.epochs
    for process in found:
        for record, other in zip(process["fit"]["history"], history, strict=True):
            assert record == pytest.approx(other, rel=1e-8)
        assert_close(process["fit"]["weights"], weights(model), 1e-8)
    assert [process["fit"]["wrote"] for process in found] == [True, False]


def test_one_process_gathers_nothing() -> None:
    table = [torch.eye(2)] * 3
    batch = EmbeddedBatch(table, table)
    assert gathered(batch) is batch


def test_workers_take_turns_on_several_accelerators(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu") and chosen_device("cpu") == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert chosen_device("auto") == "cuda"
    monkeypatch.setattr("confu_core.training.processes.worker_number", lambda: 3)
    assert [chosen_device(one) for one in ("auto", "cuda", "cuda:0", "cpu")] == ["cuda:1", "cuda:1", "cuda:0", "cpu"]


@pytest.mark.parametrize("device", ["gpu", "cuda:x", ""])
def test_a_device_that_there_is_not_is_refused(device: str) -> None:
    with pytest.raises(InvalidValue, match="^device must be cpu, cuda, cuda:1 or another that PyTorch knows; got "):
        processes(device).__enter__()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidValue, match="^device is cuda, but .*; use --device cpu$"):
        processes("cuda").__enter__()
