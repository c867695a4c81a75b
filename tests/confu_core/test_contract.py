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
from confu_core.methods import Method, Term
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
    bounds = None

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

class Transposed(CLIP):
    def score(self, query, key):
        return summed_cosine(query, key).mT

class OneSided(Method):
    broadcasts = True

    def __init__(self, space, **options):
        super().__init__(space, **options)
        self.map = Linear(space.dim, space.dim)

    def terms(self):
        return [Term((0,), (1,), 1.0, symmetric=False)]

    def score(self, query, key):
        return self.map(query.total(query.embeddings)) @ key.total(key.embeddings).mT

class Listed(CLIP):
    def losses(self, batch):
        return list(super().losses(batch).values())

class Undone(CLIP):
    def losses(self, batch):
        return {name: loss * float("nan") for name, loss in super().losses(batch).items()}

class Views(CLIP):
    views = 2

    def losses(self, batch):
        return {"a": (batch.second.embeddings[0] - batch.embeddings[0]).square().mean()}

class ManyViews(CLIP):
    views = 3

class Forgetful(CLIP):
    done = 0.0

    def after_step(self, done, steps):
        self.done = done / steps

    def losses(self, batch):
        return {name: loss * (1 + self.done) for name, loss in super().losses(batch).items()}

class Scaled(CLIP):
    def scales(self):
        return [torch.tensor(3.0)]

class Bounded(CLIP):
    bounds = (-0.1, 0.1)

class Embedded(CLIP):
    def embed(self, query):
        return torch.zeros(3)

class Classified(CLIP):
    def classify(self, query):
        return torch.full((query.embedding(query.modalities[0]).shape[-2], 4), torch.nan)

class Unmade(CLIP):
    def __init__(self, space):
        raise RuntimeError("no room")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of methods that each break something, or promise less than others."""
    written = tmp_path / "broken.py"
    written.write_text(BROKEN)
    return written


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
    assert all(check.holds for check in checks) and len(checks) == 10


@pytest.mark.parametrize(
    ("name", "what", "detail"),
    [
        ("Narrow", "of every direction", r"Narrow.score must return \(query rows, key rows\)"),
        ("Sided", "from either side", "0->1 and its reverse differ by"),
        ("Centred", "other rows", "0->1 changes with the rows beside it"),
        ("Vector", "finite number per term", r"the term a must be one finite number; got shape \(2,\)"),
        ("Constant", "reach parameters", "no parameter has a gradient"),
        ("Root", "equal or opposite", "not finite where the embeddings of all modalities are equal"),
        ("Raising", "of every direction", r"KeyError: 'no such thing' \(broken.py, line 35\)"),
        ("Counted", "distinct inputs", "the loss is .* on samples and .* there"),
        ("Stackless", "in a stack", ""),
        ("Transposed", "other rows", r"24 queries and 48 keys of 0->1 have scores of shape \(48, 24\)"),
        ("Listed", "finite number per term", "losses must return a dict of terms, at least one; got list"),
        ("Undone", "finite number per term", r"the term 0->1 must be one finite number; got tensor\(nan"),
        ("ManyViews", "of every direction", "views must be 1 or 2; got 3"),
        ("Forgetful", "saved and loaded", "what a method keeps from step to step has to be a buffer"),
        ("Scaled", "finite number per term", r"scales must be parameters of one number; got Tensor \(\)"),
        ("Bounded", "finite number per term", "out of its bounds, -0.1 to 0.1"),
        ("Embedded", "it makes itself", r"embed of 0 must be \(48, width\); got \(3,\)"),
        ("Classified", "it makes itself", "classify of 0 is not finite"),
        ("Unsaved", "saved and loaded", "size mismatch for method.drawn"),
    ],
)
def test_what_is_broken_is_named(file: Path, name: str, what: str, detail: str) -> None:
    found = failed(check_method(f"{file}:{name}"))
    (broken,) = [held for check, held in found.items() if what in check]
    assert re.search(detail, broken), broken


def test_what_a_method_does_not_promise_is_not_asked_of_it(file: Path) -> None:
    apart = {name: {check.name: check for check in check_method(f"{file}:{name}")} for name in ("OneSided", "Views")}
    assert all(check.holds is not False for checks in apart.values() for check in checks.values())
    assert apart["OneSided"]["scores are the same from either side"] == Check(
        "scores are the same from either side", None, "its terms are of one side"
    )
    assert apart["Views"]["models in a stack have the loss of each alone"].detail.startswith("it compares two views")
    after = [check for check in check_method(f"{file}:Undone") if check.detail.startswith("not tried, since")]
    assert len(after) == 5 and all(check.holds is None for check in after)


def test_what_cannot_be_examined_is_one_line(file: Path) -> None:
    with pytest.raises(ConfuError, match="cannot be made: RuntimeError: no room"):
        check_method(f"{file}:Unmade")
    with pytest.raises(ConfuError, match="^modalities must be at least 2; got 1$"):
        check_method("clip", modalities=1)
    with pytest.raises(ConfuError, match="^clip has no option 'rank'"):
        check_method("clip", options={"rank": 1})
    with pytest.raises(ConfuError, match="^triangle is defined for 3 modalities; got 4"):
        check_method("triangle", modalities=4)
