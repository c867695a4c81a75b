"""The model of a task: which encoder each modality gets, and which methods fit how many modalities."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from confu_core.encoders import PictureEncoder, SoundEncoder, TextEncoder, VectorEncoder
from confu_core.errors import ConfuError, InvalidValue, MethodError
from confu_core.inputs.spec import Picture, Sound, Text
from confu_core.media.model import make_method, make_model
from confu_core.media.settings import MediaSettings
from confu_core.media.task import Features, Kind
from confu_core.methods import BUILT_IN, Space

KINDS: dict[str, Kind] = {
    "image": Picture("image", 16),
    "audio": Sound("audio", 22050, 0.5),
    "caption": Text("caption", 8),
    "vectors": Features(5),
}
SMALL = {"dim": 12, "feature_dim": 16, "width": 8}
FILE = """
import torch

class Mean(torch.nn.Module):
    output_dim = 3

    def forward(self, x):
        return x.float().mean((2, 3))

class Greedy(Mean):
    def __init__(self):
        super().__init__()
        raise RuntimeError("no room")

class Widthless(torch.nn.Module):
    pass
"""


def settings(method: str = "clip", **other: object) -> MediaSettings:
    return MediaSettings(**{"method": method, **SMALL, **other})  # type: ignore[arg-type]


def of(*names: str) -> dict[str, Kind]:
    return {name: KINDS[name] for name in names}


@pytest.mark.parametrize("options", [{}, {"temperature": 0.3}])
@pytest.mark.parametrize("method", sorted(set(BUILT_IN) - {"bimodal", "gated-symile", "pmrl", "symile"}))
def test_a_model_is_trained_with_the_temperature_that_its_row_says(method: str, options: dict[str, float]) -> None:
    run = settings(method, options=options)
    scale = make_model(run, of("image", "audio", "caption"), vocabulary=30, classes=2).method.scale()
    assert float(scale) == pytest.approx(1 / run.columns()["temperature"])


def test_every_kind_gets_its_encoder() -> None:
    model = make_model(settings(layers=2), KINDS, vocabulary=30)
    kinds = [type(encoder) for encoder in model.encoders]
    assert kinds == [PictureEncoder, SoundEncoder, TextEncoder, VectorEncoder]
    assert model.training and model.method.space == Space(4, (16,) * 4, 12, (1,) * 4)
    assert len(model.encoders[2].layers.layers) == 2
    inputs = [torch.zeros(2, *kind.shape) for kind in KINDS.values()]
    batch = model.embed(inputs)
    assert [table.shape for table in batch.features] == [(2, 16)] * 4
    assert [table.shape for table in batch.embeddings] == [(2, 12)] * 4


def test_a_method_that_wants_tokens_gets_them_of_all_that_can_be_divided() -> None:
    model = make_model(settings("comm"), KINDS, vocabulary=30)
    assert model.method.space.token_counts == (4, 4, 4, 1) and model.method.space.widths == (64, 64, 64, 16)
    batch = model.embed([torch.zeros(2, *kind.shape) for kind in KINDS.values()])
    assert [table.shape[1] for table in batch.features] == [64, 64, 64, 16] and not model.projections


def test_an_encoder_of_the_users_own_takes_a_modality(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(FILE)
    model = make_model(settings(encoders={"image": f"{file}:Mean"}), KINDS, 30)
    assert type(model.encoders[0]).__name__ == "Mean" and isinstance(model.encoders[1], SoundEncoder)
    assert model.method.space.widths == (3, 16, 16, 16)
    for name, message in (("Greedy", "cannot be made: RuntimeError: no room"), ("Widthless", "has no output_dim")):
        with pytest.raises(MethodError, match=message):
            make_model(settings(encoders={"image": f"{file}:{name}"}), KINDS, 30)
    with pytest.raises(MethodError, match="did you mean 'Mean'"):
        make_model(settings(encoders={"image": f"{file}:Maen"}), KINDS, 30)
    with pytest.raises(InvalidValue, match="no modality 'imgae' to encode: did you mean 'image'"):
        make_model(settings(encoders={"imgae": f"{file}:Mean"}), KINDS, 30)


def test_the_seed_decides_the_weights_and_nothing_else_is_drawn() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, two, other = (make_model(settings("confu", seed=seed), KINDS, 30) for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    same, different = one.state_dict(), other.state_dict()
    assert all(torch.equal(value, same[name]) for name, value in two.state_dict().items())
    assert any(not torch.equal(value, same[name]) for name, value in different.items())


@pytest.mark.parametrize("method", ["clip", "gram", "hub", "symile"])
def test_two_modalities_are_enough_for_most_methods(method: str) -> None:
    model = make_model(settings(method), of("image", "caption"), 30)
    random = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (4, 3, 16, 16), generator=random, dtype=torch.uint8)
    batch = model.embed([pictures, torch.randint(1, 30, (4, 8), generator=random)])
    losses = model.method.losses(batch)
    assert losses and all(loss.isfinite() and loss > 0 for loss in losses.values())


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("confu", "confu fuses two modalities to find a third; got 2 in all"),
        ("eao", "eao fuses two modalities to find a third; got 2 in all: use clip"),
        ("bimodal", r"pair must be two modalities in \[0, 1\]; got 0,2: give -o pair=0,1"),
        ("triangle", "triangle is defined for 3 modalities; got 2: use gram instead"),
    ],
)
def test_a_method_of_three_modalities_refuses_two(method: str, message: str) -> None:
    with pytest.raises(InvalidValue, match=message) as caught:
        make_model(settings(method), of("image", "caption"), 30)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("changed", [{"width": 12}, {"options": {"temperature": -1.0}}])
def test_what_an_encoder_or_method_cannot_be_made_of_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidValue) as caught:
        make_model(settings(**changed), KINDS, 30)
    assert "\n" not in str(caught.value)


def test_what_a_constructor_raises_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "method.py"
    file.write_text(
        "from confu_core.methods.clip import CLIP\n\n"
        "class Greedy(CLIP):\n    def __init__(self, space):\n        raise RuntimeError('no\\nroom')\n"
    )
    with pytest.raises(MethodError, match="Greedy cannot be made: RuntimeError: no"):
        make_method(f"{file}:Greedy", Space(3, 8, 8), {})
    with pytest.raises(ConfuError, match="unknown method"):
        make_method("clib", Space(3, 8, 8), {})
