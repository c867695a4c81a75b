"""Fused heads against straightforward references, and over grids of inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, linear

from confu_core.errors import InvalidValue, MethodError
from confu_core.layers import Linear
from confu_core.methods import Space
from confu_core.methods.confu import ConFu
from confu_core.methods.fusion import FUSIONS, Fusion, make_fusion
from confu_core.methods.view import Aligned, Grid, Indexed, Layout, View

FEATURES, WIDTH, DIM, ROWS = 5, 7, 4, 6
ANY_KIND = pytest.mark.parametrize("kind", FUSIONS)
ANY_SIZE = pytest.mark.parametrize(("members", "depth"), [(2, 1), (2, 3), (3, 1), (4, 2)])


def make_head(kind: str, members: int = 2, **options: Any) -> Fusion:
    torch.manual_seed(0)
    settings = {"width": WIDTH, "depth": 1, "dropout": 0.0, **options}
    return make_fusion(kind, [FEATURES] * members, DIM, **settings).double()


def tables(members: int) -> list[Tensor]:
    source = torch.Generator().manual_seed(1)
    return [torch.randn(ROWS, FEATURES, generator=source, dtype=torch.float64) for _ in range(members)]


def view(features: list[Tensor], layout: Layout) -> View:
    """A view whose embeddings are not numbers: a head sees features alone."""
    unseen = tuple(torch.full_like(rows, torch.nan) for rows in features)
    return View(tuple(range(len(features))), tuple(features), unseen, layout)


def concatenated(layers: nn.ModuleList, features: list[Tensor]) -> Tensor:
    """One linear map of all features side by side, with the layers' parameters."""
    biases = [layer.bias for layer in layers if layer.bias is not None]
    assert len(biases) == 1
    return linear(torch.cat(features, -1), torch.cat([layer.weight for layer in layers], -1), biases[0])


def own_map(layer: Linear, features: Tensor) -> Tensor:
    return linear(features, layer.weight, layer.bias)


def joined(head: Any, kind: str, features: list[Tensor]) -> Tensor:
    if kind == "concat":
        return torch.relu(concatenated(head.parts, features))
    maps = [own_map(layer, rows) for layer, rows in zip(head.parts, features, strict=True)]
    if kind == "hadamard":
        return torch.stack(maps).prod(0)
    gates = [torch.sigmoid(concatenated(gate, features)) for gate in head.gates]
    return sum((gate * torch.tanh(value) for gate, value in zip(gates, maps, strict=True)), torch.zeros(()))


def reference(head: Any, kind: str, features: list[Tensor]) -> Tensor:
    hidden = joined(head, kind, features)
    for layer in head.deeper:
        if isinstance(layer, Linear):
            hidden = torch.relu(own_map(layer, hidden))
    return leaky_relu(own_map(head.project, hidden), 0.2)


@ANY_KIND
@ANY_SIZE
def test_a_head_equals_its_definition(kind: str, members: int, depth: int) -> None:
    head, features = make_head(kind, members, depth=depth), tables(members)
    got = head(view(features, Aligned()))
    assert got.shape == (ROWS, DIM)
    torch.testing.assert_close(got, reference(head, kind, features))
    assert sum(isinstance(layer, Linear) for layer in head.deeper) == depth - 1


@ANY_KIND
@ANY_SIZE
def test_a_grid_holds_every_combination(kind: str, members: int, depth: int) -> None:
    head, features = make_head(kind, members, depth=depth), tables(members)
    numbers = torch.cartesian_prod(*[torch.arange(ROWS)] * members)
    want = reference(head, kind, [rows[numbers[:, i]] for i, rows in enumerate(features)])
    torch.testing.assert_close(head(view(features, Grid((ROWS,) * members))), want)
    picked = numbers[torch.randperm(len(numbers))[:9]]
    some = head(view(features, Indexed(picked)))
    torch.testing.assert_close(some, reference(head, kind, [rows[picked[:, i]] for i, rows in enumerate(features)]))


@ANY_KIND
def test_every_parameter_and_every_member_counts(kind: str) -> None:
    head = make_head(kind, 3, depth=2)
    features = [rows.requires_grad_() for rows in tables(3)]
    head(view(features, Aligned())).square().sum().backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    assert all(rows.grad is not None and rows.grad.abs().sum() > 0 for rows in features)


@ANY_KIND
def test_a_head_can_tell_a_parity_that_no_member_shows(kind: str) -> None:
    """The least a fused head is for: the exclusive or of two bits, trained in a moment."""
    bits = torch.tensor([[0.0], [1.0]])
    torch.manual_seed(0)
    head = make_fusion(kind, [1, 1], 1, width=16, depth=1, dropout=0.0)
    grid = View((0, 1), (bits, bits), (bits, bits), Grid((2, 2)))
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    target = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    for _ in range(300):
        optimizer.zero_grad()
        loss = (head(grid) - target).square().mean()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.01


@ANY_KIND
def test_dropout_acts_in_training_only(kind: str) -> None:
    head, features = make_head(kind, dropout=0.5), tables(2)
    seen = view(features, Aligned())
    assert not torch.equal(head(seen), head(seen))
    assert (head(seen) == 0).any()  # At the output as well, as published.
    head.eval()
    assert torch.equal(head(seen), head(seen))
    torch.testing.assert_close(head(seen), reference(head, kind, features))


def test_unknown_kinds_and_sizes_are_refused() -> None:
    with pytest.raises(
        InvalidValue, match="^fusion must be one of concat, gated, hadamard, shared; got 'hadamar': did you mean 'hada"
    ):
        make_head("hadamar")
    with pytest.raises(InvalidValue, match="got 'mlp': known: concat, gated, hadamard, shared$"):
        make_head("mlp")
    for options in ({"width": 0}, {"depth": 0}):
        with pytest.raises(InvalidValue, match="^fused_width and fused_depth must be at least 1; got "):
            make_head("concat", **options)
    for dropout in (-0.1, 1.0, float("nan")):
        with pytest.raises(InvalidValue, match=r"^dropout must be in \[0, 1\); got "):
            make_head("concat", dropout=dropout)


OWN = """
import torch
from torch import nn
from confu_core.methods.fusion import ConcatFusion

class Sum(nn.Module):
    def __init__(self, features, dim, *, width, depth, dropout):
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(own, dim) for own in features)

    def forward(self, view):
        return view.total([one(features) for one, features in zip(self.maps, view.features)])

class Same(ConcatFusion):
    broadcasts = True

class Narrow(Sum):
    def forward(self, view):
        return super().forward(view)[..., :2]

class Closed(nn.Module):
    pass

def head():
    pass
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own_head.py").write_text(OWN)
    return tmp_path / "own_head.py"


def test_a_head_of_the_users_fuses_what_its_members_tell(own: Path) -> None:
    method = ConFu(Space(3, FEATURES, DIM), fusion=f"{own}:Sum", dropout=0.0)
    features = [torch.randn(ROWS, FEATURES) for _ in range(2)]
    fused = method.embed(view(features, Aligned()))
    head = method.heads["0+1"]
    wanted = sum(one(rows) for one, rows in zip(head.maps, features, strict=True))  # type: ignore[arg-type, call-overload]
    assert fused is not None and torch.allclose(fused, nn.functional.normalize(wanted, dim=-1))
    # What a head does with leading axes is not known, unless it says so.
    assert not method.broadcasts and ConFu(Space(3, 4, 4)).broadcasts
    assert ConFu(Space(3, 4, 4), fusion=f"{own}:Same").broadcasts


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Sums", "own_head.py has no class 'Sums': did you mean 'Sum'\\?$"),
        ("Closed", r"^fused head .*own_head.py:Closed cannot be made: TypeError: .*$"),
        ("head", "own_head.py:head is not a subclass of torch.nn.Module$"),
        ("Narrow", r"^fused head Narrow must return \(rows, dim\), with 4 for dim; got \(6, 2\)$"),
    ],
)
def test_what_is_no_head_is_one_line(own: Path, name: str, said: str) -> None:
    with pytest.raises(MethodError, match=said):
        ConFu(Space(3, FEATURES, DIM), fusion=f"{own}:{name}").embed(
            view([torch.randn(ROWS, FEATURES) for _ in range(2)], Aligned())
        )
