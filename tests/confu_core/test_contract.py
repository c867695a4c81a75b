"""What is expected of a method: every built-in one keeps it, and whatever breaks it is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from confu_core.contract import Check, check_method
from confu_core.errors import ConfuError
from confu_core.methods import BUILT_IN

SMALL = {
    "comm": {"fused_width": 16, "head_width": 16},
    "confu": {"dropout": 0.0},
    "eao": {"fused_width": 16},
    "infmasking": {"fused_width": 16, "head_width": 16},
}
PLAIN = {"comm", "infmasking", "supervised"}  # Batch statistics, masks that are drawn, labels.
EXAMPLE = Path(__file__).parents[2] / "examples/own_method.py"
BROKEN = """
import torch
from confu_core.layers import Linear
from confu_core.methods import Method
from confu_core.methods.clip import CLIP, summed_cosine

class Narrow(CLIP):
    def score(self, query, key):
        return summed_cosine(query, key)[..., :1]

class Sided(CLIP):
    def score(self, query, key):
        return summed_cosine(query, key) + query.embedding(query.modalities[0])[..., :1]

class Centred(CLIP):
    def score(self, query, key):
        return summed_cosine(query, key) - summed_cosine(query, key).mean()

class Vector(CLIP):
    def losses(self, batch):
        return {"a": torch.ones(2)}

class Constant(CLIP):
    def losses(self, batch):
        return {"a": torch.zeros((), requires_grad=True) * 1.0}

class Root(CLIP):
    def score(self, query, key):
        return -(2 - 2 * summed_cosine(query, key)).clamp(min=0).sqrt()

class Raising(CLIP):
    def score(self, query, key):
        raise KeyError("no such thing")

class Counted(CLIP):
    def losses(self, batch):
        return {name: loss * batch.embeddings[0].shape[-2] for name, loss in super().losses(batch).items()}

class Stackless(CLIP):
    def __init__(self, space, **options):
        super().__init__(space, **options)
        self.weight = torch.nn.Parameter(torch.ones(space.dim))

    def score(self, query, key):
        return (query.total(query.embeddings) * self.weight) @ (key.total(key.embeddings) * self.weight).mT

class Unsaved(CLIP):
    def __init__(self, space, **options):
        super().__init__(space, **options)
        self.register_buffer("drawn", torch.rand(int(torch.randint(2, 9, ()))))

class Unmade(CLIP):
    def __init__(self, space):
        raise RuntimeError("no room")
"""


def failed(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.detail for check in checks if check.holds is False}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_method_keeps_it(name: str) -> None:
    checks = check_method(name, options=SMALL.get(name))
    assert failed(checks) == {}
    assert {check.name for check in checks if check.holds is None} == (
        {"the loss on distinct inputs is that on samples", "models in a stack have the loss of each alone"}
        if name in PLAIN
        else set()
    )


@pytest.mark.parametrize("modalities", [2, 4])
@pytest.mark.parametrize("name", ["clip", "gram", "symile", "pmrl", "comm"])
def test_so_they_do_with_other_numbers_of_modalities(name: str, modalities: int) -> None:
    assert failed(check_method(name, modalities=modalities, options=SMALL.get(name))) == {}


def test_the_example_of_the_documentation_keeps_it() -> None:
    checks = check_method(f"{EXAMPLE}:LowRankTensor")
    assert all(check.holds for check in checks) and len(checks) == 9


@pytest.mark.parametrize(
    ("name", "what", "detail"),
    [
        ("Narrow", "a row per query", r"Narrow.score must return \(query rows, key rows\)"),
        ("Sided", "from either side", "0->1 and its reverse differ by"),
        ("Centred", "other rows", "0->1 changes with the rows beside it"),
        ("Vector", "finite number per term", r"the term a must be one finite number; got shape \(2,\)"),
        ("Constant", "reach parameters", "no parameter has a gradient"),
        ("Root", "equal or opposite", "not finite where the embeddings of all modalities are equal"),
        ("Raising", "a row per query", r"KeyError: 'no such thing' \(broken.py, line 33\)"),
        ("Counted", "distinct inputs", "the loss is .* on samples and .* there"),
        ("Stackless", "in a stack", ""),
        ("Unsaved", "saved and loaded", "size mismatch for method.drawn"),
    ],
)
def test_what_is_broken_is_named(tmp_path: Path, name: str, what: str, detail: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(BROKEN)
    found = failed(check_method(f"{file}:{name}"))
    (broken,) = [held for check, held in found.items() if what in check]
    assert re.search(detail, broken), broken


def test_what_cannot_be_examined_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    file.write_text(BROKEN)
    with pytest.raises(ConfuError, match="cannot be made: RuntimeError: no room"):
        check_method(f"{file}:Unmade")
    with pytest.raises(ConfuError, match="^modalities must be at least 2; got 1$"):
        check_method("clip", modalities=1)
    with pytest.raises(ConfuError, match="^clip has no option 'rank'"):
        check_method("clip", options={"rank": 1})
    with pytest.raises(ConfuError, match="^triangle is defined for 3 modalities; got 4"):
        check_method("triangle", modalities=4)
