"""Finding methods: built-in, installed, and in a file of the user's; and what they may be set to."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from confu_core.errors import ConfuError, InvalidValue, MethodError
from confu_core.methods import BUILT_IN, Method, known_methods, load_method, method_options
from confu_core.methods.registry import check_options, declared_options, value_of
from confu_core.user_code import describe

KNOWN = ", ".join(sorted(BUILT_IN))
MINE = """
from confu_core.methods import Method
from confu_core.methods.clip import CLIP

class Mine(CLIP):
    def __init__(self, space, *, sharpness=2.0, label_smoothing=0.3, **options):
        super().__init__(space, label_smoothing=label_smoothing, **options)

class Closed(Method):
    def __init__(self, space, depth=1):
        super().__init__(space)

class NoMethod:
    pass

value = 3
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package as pip leaves it: a module, and beside it the metadata that names its entry points."""
    (tmp_path / "somebodys_method.py").write_text(MINE)
    metadata = tmp_path / "somebodys_method-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: somebodys-method\nVersion: 1.0\n")
    points = "[confu_bench.methods]\ntheirs = somebodys_method:Mine\nclip = somebodys_method:Mine\ngone = no_module:X\n"
    (metadata / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield
    sys.modules.pop("somebodys_method", None)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_name_is_a_method(name: str) -> None:
    found = load_method(name)
    assert issubclass(found, Method) and found is not Method
    assert found.__name__.lower() == name.replace("-", "")
    assert found is load_method(BUILT_IN[name])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("confuu", "^unknown method 'confuu': did you mean 'confu'\\?$"),
        ("triangel", "did you mean 'triangle'"),
        ("qqq", f"^unknown method 'qqq': known: {KNOWN}$"),
        ("", "^unknown method '': known: "),
        ("no/file.py:Mine", "^no file 'no/file.py' to load a method from$"),
        ("no.module:Mine", "^module 'no.module' cannot be loaded: ModuleNotFoundError: No module named 'no'"),
        ("confu_core.methods.clip:CLAP", "^confu_core.methods.clip has no class 'CLAP': did you mean 'CLIP'\\?$"),
        ("confu_core.errors:Mine", "has no class 'Mine': it defines no method$"),
        (
            "confu_core.errors:ConfuError",
            "^confu_core.errors:ConfuError is not a subclass of confu_core.methods.Method$",
        ),
        ("confu_core.methods:Method", "is not a subclass of"),
        (":CLIP", "cannot be loaded: ValueError"),
    ],
)
def test_a_name_that_is_no_method_says_what_would_be(name: str, message: str) -> None:
    with pytest.raises((InvalidValue, MethodError), match=message):
        load_method(name)


def test_a_class_in_a_file_is_a_method(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = load_method(f"{mine}:Mine")
    assert found.__name__ == "Mine"
    monkeypatch.chdir(mine.parent)
    assert load_method("mine.py:Mine") is found  # One class, whichever way it is asked for.
    with pytest.raises(MethodError, match="mine.py has no class 'Mien': did you mean 'Mine'"):
        load_method(f"{mine}:Mien")
    for name in ("NoMethod", "value", "Method"):
        with pytest.raises(MethodError, match=f"mine.py:{name} is not a subclass of confu_core.methods.Method"):
            load_method(f"{mine}:{name}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ndef broken(:\n", "SyntaxError: invalid syntax \\(line 2\\)"),
        ("\n\n1 / 0", "ZeroDivisionError: division by zero \\(broken.py, line 3\\)"),
        ("import nothing_like_it", "ModuleNotFoundError: No module named 'nothing_like_it' \\(broken.py, line 1\\)"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines \\(broken.py, line 1\\)"),
    ],
)
def test_a_file_that_does_not_load_says_why_and_may_be_mended(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(MethodError, match=f"broken.py cannot be loaded: {message}$"):
        load_method(f"{path}:Mine")
    path.write_text(MINE)
    importlib.invalidate_caches()
    assert load_method(f"{path}:Mine").__name__ == "Mine"


def test_an_installed_method_has_a_name_of_its_own(installed: None) -> None:
    assert known_methods()["theirs"] == "somebodys_method:Mine"
    found = load_method("theirs")
    assert (found.__module__, found.__name__) == ("somebodys_method", "Mine")
    assert load_method("clip").__name__ == "CLIP"  # No package takes the name of a built-in method.
    with pytest.raises(InvalidValue, match="unknown method 'thiers': did you mean 'theirs'"):
        load_method("thiers")
    with pytest.raises(MethodError, match="^module 'no_module' cannot be loaded: ModuleNotFoundError"):
        load_method("gone")


def test_options_are_those_of_the_constructor_and_of_what_it_passes_on_to(mine: Path) -> None:
    shared = {"temperature": 0.07, "learn_temperature": False, "loss": None}
    assert method_options(load_method("clip")) == {**shared, "label_smoothing": 0.0}
    assert method_options(load_method("gram")) == {**shared, "label_smoothing": 0.1, "anchor": 0}
    assert method_options(load_method(f"{mine}:Mine")) == {**shared, "label_smoothing": 0.3, "sharpness": 2.0}
    assert method_options(load_method(f"{mine}:Closed")) == {"depth": 1}
    confu = method_options(load_method("confu"))
    assert confu["lam"] == 0.5 and confu["orders"] == (2,) and confu["fused_width"] == 512 and confu["dropout"] == 0.1
    assert method_options(load_method("symile"))["learn_temperature"] is True


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_option_listed_is_one_that_can_be_given(name: str) -> None:
    from confu_core.methods import Space

    method = load_method(name)
    options = method_options(method)
    check_options(name, options)
    assert isinstance(method(Space(3, 8, 4, classes=2), **options), Method)


def test_options_that_do_not_exist_are_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidValue, match="^confu has no option 'lambda': did you mean 'lam'\\?$"):
        check_options("confu", {"temperature": 0.1, "lambda": 0.3})
    with pytest.raises(
        InvalidValue, match="^clip has no option 'x': known: label_smoothing, learn_temperature, loss, temperature$"
    ):
        check_options("clip", {"x": 1})


TYPED = """
from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from confu_core.methods import Method

if TYPE_CHECKING:
    from confu_core.methods import Space
    from nowhere import Unknown

class Typed(Method):
    def __init__(
        self, space: Space, *, rank: int, hidden: tuple[int, ...] = (), gate: float | None = None,
        kind: Literal["a", "b", 3] = "a", ends: tuple[float, str] = (0.0, "x"), norm: bool = False,
        words: list[str] = [], odd: Unknown = 2.5, table: dict[str, int] | None = None, free=None, depth: int = None,
    ) -> None:
        super().__init__(space)
"""


@pytest.fixture
def typed(tmp_path: Path) -> str:
    (tmp_path / "typed.py").write_text(TYPED)
    return f"{tmp_path / 'typed.py'}:Typed"


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("rank", "8", 8),
        ("hidden", "8,16", (8, 16)),
        ("hidden", "8", (8,)),
        ("hidden", "", ()),
        ("hidden", "none", ()),
        ("gate", "0.5", 0.5),
        ("gate", "none", None),
        ("kind", "b", "b"),
        ("kind", "3", 3),
        ("ends", "1,2", (1.0, "2")),
        ("norm", "TRUE", True),
        ("words", "one, two", ("one", "two")),
        ("odd", "3", 3.0),
        ("free", "none", "none"),
        ("depth", "2", 2),
        ("depth", "none", None),
    ],
)
def test_options_are_read_as_their_annotations_say(typed: str, option: str, text: str, value: object) -> None:
    found = value_of(option, text, declared_options(load_method(typed))[option].kind)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("rank", "8.5", "rank must be of type int; got '8.5'"),
        ("rank", "none", "rank must be of type int; got 'none'"),
        ("hidden", "8,x", "hidden must be whole numbers with commas; got '8,x'"),
        ("gate", "wide", "gate must be none or of type float; got 'wide'"),
        ("kind", "c", "kind must be one of a, b, 3; got 'c'"),
        ("ends", "1", "ends must be 2 numbers with commas; got '1'"),
        ("norm", "maybe", "norm must be true or false; got 'maybe'"),
        ("table", "a=1", r"table must be none or of the type dict\[str, int\], which text cannot give; got 'a=1'"),
    ],
)
def test_what_is_no_value_of_an_option_is_one_line(typed: str, option: str, text: str, message: str) -> None:
    with pytest.raises(InvalidValue, match=f"^{message}$"):
        value_of(option, text, declared_options(load_method(typed))[option].kind)


def test_an_option_without_a_default_is_required(typed: str) -> None:
    with pytest.raises(InvalidValue, match="typed.py:Typed requires the option 'rank'; give -o rank=VALUE$"):
        check_options(typed, {"hidden": (3,)})
    check_options(typed, {"rank": 3})
    assert method_options(load_method(typed))["rank"] is None


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_defaults_of_every_built_in_option_are_of_its_type(name: str) -> None:
    for option, one in declared_options(load_method(name)).items():
        text = ",".join(map(str, one.default)) if isinstance(one.default, tuple) else str(one.default)
        assert value_of(option, text, one.kind) == one.default


def test_an_error_is_described_in_one_line_with_its_place() -> None:
    try:
        int("many\nlines")
    except ValueError as error:
        said = describe(error)
    assert said.startswith(
        "ValueError: invalid literal for int() with base 10: 'many\\nlines' (test_registry.py, line "
    )
    assert "\n" not in describe(ConfuError("a\nb"))


def test_a_file_that_ends_python_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "ending.py").write_text("import sys\nsys.exit(3)\n")
    with pytest.raises(MethodError, match=r"ending\.py cannot be loaded: SystemExit: 3 \(ending\.py, line 2\)$"):
        load_method(f"{tmp_path / 'ending.py'}:Mine")
