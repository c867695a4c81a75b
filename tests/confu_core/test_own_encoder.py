"""Encoders of the user's own: made from a file or a module, and one line for whatever is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from confu_core.encoders import load_encoder
from confu_core.errors import InvalidValue, MethodError

SOURCE = """
import torch
from torch import nn

from confu_core.errors import InvalidValue


class Thumbnail(nn.Module):
    output_dim = 12

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(48, self.output_dim)

    def forward(self, x):
        return self.out(nn.functional.adaptive_avg_pool2d(x.float(), 4).flatten(1))


class Tokens(Thumbnail):
    def forward(self, x):
        return super().forward(x).unsqueeze(1)


class Several(Thumbnail):
    def forward(self, x):
        return super().forward(x), x


class Nameless(nn.Module):
    pass


class Empty(nn.Module):
    output_dim = 0


class Wide(nn.Module):
    output_dim = "wide"


class Failing(nn.Module):
    def __init__(self):
        raise ValueError("no such\\n  weights")


class Demanding(nn.Module):
    def __init__(self, width):
        super().__init__()


class Strict(nn.Module):
    def __init__(self):
        raise InvalidValue("width must be odd; got 2")


class Plain:
    output_dim = 3


def function():
    return Thumbnail()
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "own_encoders.py"
    path.write_text(SOURCE)
    return path


def test_a_class_of_a_file_is_made_with_parameters_of_its_own(file: Path) -> None:
    first, second = load_encoder(f"{file}:Thumbnail"), load_encoder(f"{file}:Thumbnail")
    assert first.output_dim == 12 and type(first) is type(second)
    assert first(torch.zeros(2, 3, 8, 8, dtype=torch.uint8)).shape == (2, 12)
    assert not torch.equal(first.get_parameter("out.weight"), second.get_parameter("out.weight"))


def test_a_class_of_an_installed_module_is_made(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(file.parent)
    assert load_encoder("own_encoders:Thumbnail").output_dim == 12


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Nameless", "{} has no output_dim, the width of its features"),
        ("Empty", "{} has no output_dim, the width of its features"),
        ("Wide", "{} has no output_dim, the width of its features"),
        ("Failing", "encoder {} cannot be made: ValueError: no such weights (own_encoders.py, line 43)"),
        ("Demanding", "encoder {} cannot be made: TypeError: "),
        ("Plain", "{} is not a subclass of torch.nn.Module"),
        ("function", "{} is not a subclass of torch.nn.Module"),
    ],
)
def test_a_class_that_is_no_encoder_is_refused_in_one_line(file: Path, name: str, said: str) -> None:
    with pytest.raises(MethodError) as caught:
        load_encoder(f"{file}:{name}")
    assert str(caught.value).startswith(said.format(f"{file}:{name}"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "got"), [("Tokens", r"\(2, 1, 12\)"), ("Several", "tuple")])
def test_features_of_another_shape_are_refused_with_both_shapes(file: Path, name: str, got: str) -> None:
    wanted = r"features of shape \(n, output_dim\), \(2, 12\) here"
    with pytest.raises(MethodError, match=rf"^encoder {name} must return {wanted}; got {got}$"):
        load_encoder(f"{file}:{name}")(torch.zeros(2, 3, 8, 8))


def test_a_wrong_name_is_told_the_nearest(file: Path) -> None:
    with pytest.raises(MethodError, match="own_encoders.py has no class 'Thumbnial': did you mean 'Thumbnail'.$"):
        load_encoder(f"{file}:Thumbnial")


def test_an_error_on_purpose_is_said_as_it_is(file: Path) -> None:
    with pytest.raises(InvalidValue, match="^width must be odd; got 2$"):
        load_encoder(f"{file}:Strict")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x = 1\n", r"has no class 'Own': it defines no encoder$"),
        ("def broken(:\n", r"cannot be loaded: SyntaxError: invalid syntax \(line 1\)$"),
        ("import no_such_package\n", r"cannot be loaded: ModuleNotFoundError: No module named .* \(.*, line 1\)$"),
        ("raise ValueError('a\\nb')\n", r"cannot be loaded: ValueError: a b \(bad.py, line 1\)$"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "bad.py").write_text(content)
    with pytest.raises(MethodError, match=said) as caught:
        load_encoder(f"{tmp_path / 'bad.py'}:Own")
    assert "\n" not in str(caught.value)
    # Once mended it can be loaded.
    (tmp_path / "bad.py").write_text(SOURCE.replace("Thumbnail", "Own"))
    if "no class" not in said:
        assert load_encoder(f"{tmp_path / 'bad.py'}:Own").output_dim == 12


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("no-such.py:Own", "^no file 'no-such.py' to load an encoder from$"),
        ("no_such_module:Own", r"^module 'no_such_module' cannot be loaded: ModuleNotFoundError: [^\n]*$"),
        ("torch.nn:Modul", r"^torch.nn has no class 'Modul': did you mean '\w+'.$"),
        ("torch.nn:Module", "^torch.nn:Module is not a subclass of torch.nn.Module$"),
        (":Own", r"^module '' cannot be loaded: [^\n]*$"),
    ],
)
def test_a_place_where_nothing_is_is_told_in_one_line(place: str, said: str) -> None:
    with pytest.raises(MethodError, match=said):
        load_encoder(place)


def test_a_place_without_a_class_is_refused() -> None:
    with pytest.raises(InvalidValue, match="^an encoder must be path/to/file.py:Class or .*; got 'encoder.py'$"):
        load_encoder("encoder.py")
