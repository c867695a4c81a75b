"""Dials: what a value may be and what is said of it; options follow from fields, loaded when they are asked for."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import click
import numpy as np
import pytest

from confu_cli.birdmml import birdmml
from confu_cli.group import Verb
from confu_cli.options import setting_options
from confu_cli.xorbench import xorbench
from confu_core.errors import InvalidValue
from confu_core.settings import Dial, check_dials, dial, dials, like, meanings, real, share, whole


@dataclass(frozen=True)
class Inner:
    depth: float = share(0.5, meaning="how deep")


@dataclass(frozen=True)
class Outer:
    steps: int = whole(5, "How many steps.", low=1, high=9)
    rate: float | None = real(None, "How fast.", low=0.5, high=1e6, shown="that of others")
    level: float | None = real(-3.0, "How loud.", low=-9, high=0, unit="dB", none="none")
    kind: str = dial("near", "near or exact.", choices=("near", "exact"))
    names: tuple[str, ...] = dial((), "Which.")
    inner: Inner = dial(Inner(), "An inner dial, such as depth=1.")
    places: Any = dial(help="Where.", factory=dict, option="place", metavar="NAME=PLACE")
    hidden: int = dial(3, low=0)

    def __post_init__(self) -> None:
        check_dials(self)


@dataclass(frozen=True)
class Another:
    steps: int = like(Outer, "steps")
    kind: str = like(Outer, "kind", "Another help.")


NOT_A_NUMBER: list[Any] = [True, "1", None, [1], math.nan]


@pytest.mark.parametrize(
    ("one", "inside", "outside", "wanted"),
    [
        (Dial(int, low=1), [1, 10**30], [0, 1.0, math.inf], "a whole number of at least 1"),
        (Dial(int, low=1, high=9), [1, 9], [0, 10, 2.5], "a whole number in [1, 9]"),
        (Dial(float, low=0, high=1e6), [0, 0.5, 1e6], [-1e-9, math.inf], "in [0, 1e+06]"),
        (Dial(low=0, below=1), [0, 0.99], [-1, 1, 1.0], "in [0, 1)"),
        (Dial(above=0, below=math.inf), [1e-300, 5], [0, -1, math.inf], "above 0 and finite"),
        (Dial(low=0, below=math.inf), [0, 5], [-1, math.inf], "at least 0 and finite"),
        (Dial(above=0), [math.inf, 1], [0], "above 0"),
        (Dial(above=0, high=2), [2], [0, 3], "in (0, 2]"),
    ],
)
def test_numbers_keep_to_their_limits(one: Dial, inside: list[Any], outside: list[Any], wanted: str) -> None:
    for value in inside:
        assert one.checked("x", value) == value and type(one.checked("x", value)) is (one.kind or type(value))
    for value in (*outside, *NOT_A_NUMBER):
        with pytest.raises(InvalidValue) as caught:
            one.checked("x", value)
        assert str(caught.value) == f"x must be {wanted}; got {value!r}"


def test_numbers_of_any_kind_become_plain_ones() -> None:
    assert type(Dial(int, low=0).checked("x", np.int64(3))) is int
    assert type(Dial(float, low=0).checked("x", np.float32(3))) is type(Dial(float, low=0).checked("x", 3)) is float
    with pytest.raises(InvalidValue, match=r"^x must be at least 0; got -3.5$"):
        Dial(float, low=0).checked("x", np.float64(-3.5))


def test_words_none_and_what_has_no_constraint() -> None:
    assert Outer(level="none").level is Outer(level=None).level is None  # type: ignore[arg-type]
    assert Outer().rate is None and Outer(names=("a",)).names == ("a",)
    with pytest.raises(InvalidValue, match=r"^level must be in \[-9, 0\] dB, or none; got 1$"):
        Outer(level=1)
    with pytest.raises(InvalidValue, match="^kind must be one of near, exact; got 'nearr': did you mean 'near'"):
        Outer(kind="nearr")
    with pytest.raises(InvalidValue, match="steps must be a whole number in .1, 9.; got None"):
        Outer(steps=None)  # type: ignore[arg-type]


def test_a_field_like_another_has_its_default_and_limits_and_an_option_of_its_own_alone() -> None:
    assert Another() == Another(steps=5, kind="near")
    with pytest.raises(InvalidValue, match="steps must be a whole number"):
        Dial.checked(dials(Another)["steps"], "steps", 0)
    assert {name: one.help for name, one in dials(Another).items()} == {"steps": "", "kind": "Another help."}


def test_cards_say_what_the_help_says_or_another_meaning() -> None:
    assert meanings(Outer) == {
        "steps": "how many steps",
        "rate": "how fast",
        "level": "how loud",
        "kind": "near or exact",
        "names": "which",
        "inner.depth": "how deep",
        "places": "where",
    }


def options_of(order: str = "*", many: bool = False) -> dict[str, click.Option]:
    @click.command(cls=Verb)
    @setting_options(f"{__name__}:Outer", order, many=many)
    def verb(**_: Any) -> None: ...

    return {option.opts[0]: option for option in verb.params if isinstance(option, click.Option)}


def test_options_follow_from_fields() -> None:
    known = options_of("places * steps")
    assert list(known) == ["--place", "--rate", "--level", "--kind", "--names", "--inner", "--steps"]
    assert {name: option.help for name, option in known.items()} == {
        "--place": "Where.",
        "--rate": "How fast.  [default: that of others]",
        "--level": "How loud.  [default: -3]",
        "--kind": "near or exact.  [default: near]",
        "--names": "Which.  [default: none]",
        "--inner": "An inner dial, such as depth=1.",
        "--steps": "How many steps.  [default: 5]",
    }
    assert known["--place"].multiple and known["--place"].name == "places"
    kinds = [one.type.name for one in known.values()]
    assert kinds == ["text", "float", "dB or none", "text", "names", "text", "integer"]
    assert list(options_of("kind rate")) == ["--kind", "--rate"]
    several = [one.type.name for one in options_of(many=True).values()]
    assert several[:4] == ["whole numbers", "numbers", "dB or none", "names"]


@pytest.mark.parametrize("group", [birdmml, xorbench], ids=["birdmml", "xorbench"])
def test_every_default_that_a_help_text_names_is_that_of_the_option(group: click.Group) -> None:
    """No option has a default of its own beside the one that its text says: it is the field's."""
    for name, verb in group.commands.items():
        for option in verb.params:
            if isinstance(option, click.Option) and "[default: " in (option.help or ""):
                assert option.default in (None, ()) or "UNSET" in repr(option.default), (name, option.name)


def test_settings_are_loaded_for_the_verbs_that_have_them_alone() -> None:
    code = """
import sys
from confu_cli.birdmml import birdmml
for verb in ("verify", "build"):
    birdmml.commands[verb].params
    print("birdmml.settings" in sys.modules, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False", "True", "False"], done.stderr
