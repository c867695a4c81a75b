"""Checkpoints: what is held comes back, and whatever is not one is refused in one line and runs nothing."""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from models_for_training import SEED, make_arrays, make_model, same

from confu_core.errors import TrainingError
from confu_core.methods import load_method
from confu_core.training import checkpoint as module
from confu_core.training.checkpoint import VERSION, load_checkpoint, save_checkpoint
from confu_core.training.epochs import MediaEpochs
from confu_core.training.fit import fit
from confu_core.training.settings import TrainingSettings

CONFIG = {"method": "clip", "lr": 0.1, "clip_norm": math.inf, "orders": (2, 3), "augment": None}
STATE: dict[str, Any] = {
    "epoch": 3,
    "history": [{"loss": 0.5}],
    "weights": {"w": torch.arange(600.0), "step": torch.tensor(3)},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "c.pt", CONFIG, STATE)
    return tmp_path / "c.pt"


def refusal(path: Path, config: dict[str, Any] | None = None) -> str:
    with pytest.raises(TrainingError) as caught:
        load_checkpoint(path, config)
    message = str(caught.value)
    assert "\n" not in message and message.isprintable()
    return message


def test_what_is_held_comes_back(path: Path) -> None:
    held = load_checkpoint(path, CONFIG)
    assert held["config"] == {**CONFIG, "orders": [2, 3]}
    assert (held["epoch"], held["history"]) == (3, [{"loss": 0.5}])
    assert same(held["weights"], STATE["weights"])
    assert load_checkpoint(path)["epoch"] == 3
    assert [one.name for one in path.parent.iterdir()] == ["c.pt"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lr": 0.2}, "lr was 0.1 and is now 0.2"),
        ({"method": "gram"}, "method was 'clip' and is now 'gram'"),
        ({"orders": (2,)}, r"orders was [2, 3] and is now (2,)"),
        ({"seed": 1}, "seed was None and is now 1"),
        ({"clip_norm": 1.0}, "clip_norm was inf and is now 1.0"),
    ],
)
def test_a_checkpoint_of_another_training_names_what_differs(path: Path, change: dict[str, Any], said: str) -> None:
    assert refusal(path, {**CONFIG, **change}) == f"{path} is of another training: {said}; remove it"


def test_a_setting_that_a_checkpoint_does_not_know_was_none(path: Path) -> None:
    assert load_checkpoint(path, {**CONFIG, "scale_lr": None})["epoch"] == 3
    assert refusal(path, {**CONFIG, "scale_lr": 0.1}).endswith("scale_lr was None and is now 0.1; remove it")


def test_a_newer_version_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "VERSION", VERSION + 1)
    save_checkpoint(path, CONFIG, STATE)
    monkeypatch.undo()
    message = f"{path} is of checkpoint version {VERSION + 1}, this is version {VERSION}; "
    assert refusal(path) == message + "use the confu-bench that wrote it, or remove it"


def test_no_change_of_a_bit_goes_unnoticed(path: Path) -> None:
    """What is loaded is what was saved, or nothing; PyTorch itself reads altered weights without a word."""
    whole, source = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for at in source.integers(len(whole), size=150):
        altered = bytearray(whole)
        altered[at] ^= 1 << source.integers(8)
        path.write_bytes(altered)
        try:
            held = load_checkpoint(path, CONFIG)
        except TrainingError as error:
            assert str(error).startswith(f"{path} is damaged or no checkpoint (")
            refused += 1
        else:
            assert same(held["weights"], STATE["weights"]) and held["history"] == STATE["history"]
    assert refused > 75


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_is_damaged(path: Path, share: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    message = refusal(path)
    assert message.startswith(f"{path} is damaged or no checkpoint (") and message.endswith("; remove it")


def zipped(content: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as parts:
        parts.writestr("a.txt", content)
    return held.getvalue()


def saved(content: Any) -> bytes:
    held = io.BytesIO()
    torch.save(content, held)
    return held.getvalue()


class Hostile:
    """Makes a file wherever it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("form", [saved, pickle.dumps])
def test_a_checkpoint_runs_no_code(tmp_path: Path, form: Callable[[Any], bytes]) -> None:
    made = tmp_path / "made"
    content = form({"kind": module.KIND, "version": VERSION, "config": "{}", "weights": Hostile(made)})
    (tmp_path / "c.pt").write_bytes(content)
    refusal(tmp_path / "c.pt")
    assert not made.exists()
    # It would have: the file is what it is meant to be.
    if form is pickle.dumps:
        pickle.loads(content)
    else:
        torch.load(tmp_path / "c.pt", weights_only=False)
    assert made.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"text", "is damaged or no checkpoint (File is not a zip file); remove it"),
        (zipped("text"), "is damaged or no checkpoint ("),
        (saved({"weights": torch.ones(2)}), "is no checkpoint of this toolkit; choose another file"),
        (saved([1, 2]), "is no checkpoint of this toolkit; choose another file"),
        (saved({"x": np.float64(1)}), "holds code or objects, as no checkpoint does; choose another file"),
    ],
)
def test_another_file_is_no_checkpoint(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path} {said}")


def test_a_folder_is_no_checkpoint(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"no checkpoint {tmp_path}"


def test_a_place_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="^the checkpoint cannot be written: cannot write .*/file/c.pt: [^\n]+$"):
        save_checkpoint(tmp_path / "file" / "c.pt", CONFIG, STATE)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("version", "1", "is damaged: version must be an int; got '1'; remove it"),
        ("config", 3, "is damaged: config must be text; got 3; remove it"),
        ("config", "[", "is damaged: its config cannot be read"),
        ("config", "[]", "is damaged: its config cannot be read (config must be a dictionary; got [])"),
        ("epoch", True, "is damaged: epoch must be an int; got True"),
        ("epoch", 7, "is damaged: epoch must be 1, as many as its history has; got 7"),
        ("history", [{"loss": 1.0}], "is damaged: history[0].epoch is missing"),
        ("history", None, "is damaged: history must be a list; got None"),
        ("best", "low", "is damaged: best must be a float; got 'low'"),
        ("weights", {"w": 1}, "is damaged: weights.w must be a Tensor; got 1"),
        ("best_weights", {"w": torch.ones(2)}, "is of another model, with other parameters"),
        ("optimizer", {"state": {}}, "is damaged: optimizer.param_groups is missing"),
        ("optimizer", {"state": {0: {"step": 1}}, "param_groups": []}, "is of another model, with other parameters"),
        ("random", torch.ones(3), "is of another model, with other parameters"),
    ],
)
def test_tampered_insides_are_one_line_that_names_the_key(tmp_path: Path, key: str, value: Any, said: str) -> None:
    path, settings = tmp_path / "c.pt", TrainingSettings(epochs=1, batch_size=8)
    epochs = MediaEpochs(make_arrays(8), SEED, size=8)
    fit(make_model(load_method("clip")), epochs, settings, SEED, checkpoint=path)
    path.write_bytes(saved({**torch.load(path, weights_only=True), key: value}))
    with pytest.raises(TrainingError) as caught:
        fit(make_model(load_method("clip")), epochs, settings, SEED, checkpoint=path)
    assert str(caught.value).startswith(f"{path} {said}") and "\n" not in str(caught.value)


def test_a_setting_of_the_optimizer_that_is_gone_is_no_setting_of_any(tmp_path: Path) -> None:
    path, settings = tmp_path / "c.pt", TrainingSettings(epochs=1, batch_size=8)
    epochs = MediaEpochs(make_arrays(8), SEED, size=8)
    fit(make_model(load_method("clip")), epochs, settings, SEED, checkpoint=path)
    held = torch.load(path, weights_only=True)
    del held["optimizer"]["param_groups"][0]["betas"]
    path.write_bytes(saved(held))
    with pytest.raises(TrainingError, match="^.*c.pt is of another model, with other parameters; remove it$"):
        fit(make_model(load_method("clip")), epochs, TrainingSettings(epochs=2, batch_size=8), SEED, checkpoint=path)


def test_a_name_in_a_checkpoint_ends_no_line(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("a\n\x1b[2J", b"whole")
    path.write_bytes(path.read_bytes().replace(b"whole", b"wHole"))
    said = "is damaged or no checkpoint (the checksum of a\\n\\x1b[2J is wrong); remove it"
    assert refusal(path) == f"{path} {said}"


def test_what_is_compressed_is_no_checkpoint(path: Path) -> None:
    """It may unpack to any size."""
    with zipfile.ZipFile(path) as parts, zipfile.ZipFile(path.with_name("small.pt"), "w", zipfile.ZIP_DEFLATED) as made:
        for name in parts.namelist():
            made.writestr(name, parts.read(name))
    assert "it is compressed, as no checkpoint is" in refusal(path.with_name("small.pt"))


def test_a_checkpoint_of_a_model_with_other_parameters_is_refused(tmp_path: Path) -> None:
    """The settings may be equal where the user's own code has changed."""
    path, settings = tmp_path / "c.pt", TrainingSettings(epochs=1, batch_size=8)
    epochs = MediaEpochs(make_arrays(8), SEED, size=8)
    fit(make_model(load_method("clip")), epochs, settings, SEED, checkpoint=path)
    fused = make_model(load_method("confu"))
    with pytest.raises(TrainingError, match="^.*c.pt is of another model, with other parameters; remove it$"):
        fit(fused, epochs, settings, SEED, checkpoint=path)


def test_a_checkpoint_whose_scale_was_trained_with_the_rest_is_refused(tmp_path: Path) -> None:
    path, settings = tmp_path / "c.pt", TrainingSettings(epochs=1, batch_size=8)
    epochs = MediaEpochs(make_arrays(8), SEED, size=8)
    model = make_model(load_method("symile"))
    fit(model, epochs, settings, SEED, checkpoint=path)
    held = load_checkpoint(path)
    together = torch.optim.AdamW(model.parameters()).state_dict()
    state = {name: value for name, value in held.items() if name not in ("kind", "version", "config")}
    save_checkpoint(path, held["config"], {**state, "optimizer": together})
    with pytest.raises(TrainingError, match="^.*c.pt is of another model, with other parameters; remove it$"):
        fit(model, epochs, settings, SEED, checkpoint=path)
