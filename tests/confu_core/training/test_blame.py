"""What a part of the user's raises in training is one line that names the part, and the line of its file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from confu_core.encoders import AveragedFrames, load_encoder
from confu_core.errors import MethodError
from confu_core.methods import Space
from confu_core.methods.registry import load_method
from confu_core.model import Model
from confu_core.training.epochs import Batch
from confu_core.training.settings import TrainingSettings
from confu_core.training.step import Stepper

METHOD = """
import torch

from confu_core.methods import Method


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x**3

    @staticmethod
    def backward(ctx, gradient):
        raise ArithmeticError("no gradient of a cube")


class OwnGradient(Method):
    def score(self, query, key):
        return Cube.apply(query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT)


class InPlace(Method):
    def score(self, query, key):
        scores = (query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0]).mT).exp()
        scores += 1
        return scores


class Matched(Method):
    def score(self, query, key):
        return query.embedding(query.modalities[0]) @ key.embedding(key.modalities[0])
"""
ENCODER = """
import torch


class Matched(torch.nn.Module):
    output_dim = 4

    def __init__(self):
        super().__init__()
        self.out = torch.nn.Linear(7, 4)

    def forward(self, x):
        return self.out(x)


class Shown(torch.nn.Module):
    output_dim = 4

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(4))

    def forward(self, x):
        x = torch.exp(x[:, :4] * self.scale)
        x *= 2
        return x
"""


def raised_by(model: Model) -> str:
    batch = Batch((torch.rand(3, 5), torch.rand(3, 5)), None, (0,), 2, 1)
    with pytest.raises(MethodError) as caught:
        Stepper(model, TrainingSettings(batch_size=3), 10).take(batch)
    assert "\n" not in str(caught.value) and caught.value.__cause__ is not None
    return str(caught.value)


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    for name, content in (("own.py", METHOD), ("seen.py", ENCODER)):
        (tmp_path / name).write_text(content)
    return {"method": f"{tmp_path / 'own.py'}", "encoder": f"{tmp_path / 'seen.py'}"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "OwnGradient",
            "method OwnGradient raised in backward at step 2: ArithmeticError: no gradient of a cube (own.py, line 14)",
        ),
        ("InPlace", "method InPlace raised in backward at step 2: RuntimeError: one of the variables needed for "),
        ("Matched", "method Matched raised at step 2: RuntimeError: mat1 and mat2 shapes cannot be multiplied "),
    ],
)
def test_a_method_is_named_with_its_line(places: dict[str, str], name: str, said: str) -> None:
    method = load_method(f"{places['method']}:{name}")
    message = raised_by(Model([torch.nn.Linear(5, 4), torch.nn.Linear(5, 4)], 4, 4, method))
    assert message.startswith(said)
    assert message.endswith({"OwnGradient": "line 14)", "InPlace": "(own.py, line 24)", "Matched": "line 31)"}[name])


@pytest.mark.parametrize(
    ("name", "said", "line"),
    [
        ("Matched", "encoder Matched raised at step 2: RuntimeError: mat1 and mat2 ", "(seen.py, line 13)"),
        ("Shown", "encoder Shown raised in backward at step 2: RuntimeError: one of the ", "(seen.py, line 24)"),
    ],
)
def test_an_encoder_is_named_with_its_line(places: dict[str, str], name: str, said: str, line: str) -> None:
    encoder = load_encoder(f"{places['encoder']}:{name}")
    message = raised_by(Model([torch.nn.Linear(5, 4), encoder], 4, 4, load_method("clip")))
    assert message.startswith(said) and message.endswith(line)


def test_an_encoder_of_frames_is_named_by_its_own_class(places: dict[str, str]) -> None:
    frames = AveragedFrames(load_encoder(f"{places['encoder']}:Matched"))
    model = Model([torch.nn.Linear(5, 4), frames], 4, 4, load_method("clip"))
    batch = Batch((torch.rand(3, 5), torch.rand(3, 2, 5)), None, (0,), 2, 1)
    with pytest.raises(MethodError, match="^encoder Matched raised at step 2: "):
        Stepper(model, TrainingSettings(batch_size=3), 10).take(batch)


HEAD = """
import torch


class Gate(torch.nn.Module):
    def __init__(self, features, dim, *, width, depth, dropout):
        super().__init__()
        self.out = torch.nn.Linear(dim, dim)

    def forward(self, view):
        return self.out(view.features[0][..., :1])
"""


def test_a_fused_head_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "head.py").write_text(HEAD)
    encoders = [torch.nn.Linear(5, 4) for _ in range(3)]
    model = Model(encoders, 4, 4, lambda space: load_method("confu")(space, fusion=f"{tmp_path / 'head.py'}:Gate"))
    batch = Batch((torch.rand(3, 5),) * 3, None, (0,), 2, 1)
    with pytest.raises(MethodError) as caught:
        Stepper(model, TrainingSettings(batch_size=3), 10).take(batch)
    assert str(caught.value).startswith("Gate of method ConFu raised at step 2: RuntimeError: mat1 ")
    assert str(caught.value).endswith("(head.py, line 11)")


def test_what_no_file_of_the_users_raised_is_the_methods() -> None:
    model = Model([torch.nn.Identity(), torch.nn.Identity()], 4, 4, load_method("clip"))
    assert raised_by(model).startswith("method CLIP raised at step 2: RuntimeError: mat1 and mat2 ")
    assert isinstance(model.method.space, Space)
