"""Words, shapes, sentences and scenery are data: what breaks a constraint is named by file, key and constraint."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from birdmml import card
from birdmml.caption.grammar import make_templates
from birdmml.columns import COLUMNS
from birdmml.data import schema
from birdmml.picture.background import scenery
from birdmml.picture.composition import settings_of
from birdmml.picture.template import make_template
from birdmml.song.voice import KINDS, RECIPES
from birdmml.species import ACTIVITIES, BACKGROUNDS, WEATHERS, forms, shapes, words
from birdmml.species.shapes import make_shape
from birdmml.species.words import make_words
from confu_core import data_files
from confu_core.data_files import read_data
from confu_core.errors import DatasetError

SHAPES = read_data("birdmml", "shapes.toml")
tomllib_loads = data_files.tomllib.loads


def shape(**changes: Any) -> Any:
    values = {**SHAPES["shape"]["gull"], **changes}
    return make_shape("gull", {key: value for key, value in values.items() if value is not None}, SHAPES["base"])


def changed(held: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of what a file holds with another value at a dotted path, or without it where that is None."""
    copied = copy.deepcopy(held)
    *inner, last = path.split(".")
    table = copied
    for key in inner:
        table = table[key]
    if value is None:
        del table[last]
    else:
        table[last] = value
    return copied


def refused(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(DatasetError, match=f"^{re.escape(said)}") as error:
        make()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lenght": 3}, "shapes.toml: shape.gull has no key 'lenght': "),
        ({"nouns": None}, "shapes.toml: shape.gull must have the key 'nouns'"),
        ({"nouns": []}, "shapes.toml: shape.gull.nouns must be a list of at least one; got []"),
        (
            {"base": "fish"},
            "shapes.toml: shape.gull.base must be one of songbird, waterbird, wader, raptor; got 'fish'",
        ),
        ({"depth": "deep"}, "shapes.toml: shape.gull.depth must be a number; got 'deep'"),
        ({"hunches": 1}, "shapes.toml: shape.gull.hunches must be true or false; got 1"),
        (
            {"foot": "hoof"},
            "shapes.toml: shape.gull.foot must be one of perching, talon, wading, web, tiny; got 'hoof'",
        ),
        ({"wing": [0.1, 1]}, "shapes.toml: shape.gull.wing must be a list of 3; got [0.1, 1]"),
        ({"iris": [1, 2, 3.5]}, "shapes.toml: shape.gull.iris[2] must be a whole number; got 3.5"),
        ({"seen": [["roof", "sky", 1]]}, "shapes.toml: shape.gull.seen must be on one of branch, "),
        ({"seen": [["sand", "sea", 1]]}, "shapes.toml: shape.gull.seen must be before one of foliage, "),
        ({"seen": [["sand", "sky", 0]]}, "shapes.toml: shape.gull.seen must be of weights above 0; got 0"),
        ({"crests": {"high": "ears"}}, "shapes.toml: shape.gull.crests must be a table of none, short, tall, "),
        ({"crests": {"tall": "hat"}}, "shapes.toml: shape.gull.crests.tall must be one of ears, topknot, "),
    ],
)
def test_a_shape_that_breaks_a_constraint_is_refused(changes: dict[str, Any], said: str) -> None:
    refused(lambda: shape(**changes), said)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("colors.black.rgb", [0, 0, 256], "words.toml: colors.black.rgb must be red, green and blue in [0, 255]; got "),
        ("colors.gray.words", ["black"], "words.toml: colors.gray.words must be words that black has not; got 'black'"),
        ("parts.crown", None, "words.toml: parts must be a table of crown, "),
        ("around.sea", ["at sea"], "words.toml: around must be a table of foliage, "),
        ("setting.weather.wind", None, "words.toml: setting.weather must be a table of calm, wind, rain, some; got "),
        ("syllables.hum.voice", "hmm", "words.toml: syllables.hum.voice must be one of song, call, "),
        ("sizes.small.up_to", 40, "words.toml: sizes must be in ascending order of up_to, the last inf; got "),
        ("bills.thin", ["thin", ""], "words.toml: words.bills.thin[1] must be text; got ''"),
    ],
)
def test_words_that_break_a_constraint_are_refused(path: str, value: Any, said: str) -> None:
    refused(lambda: make_words(changed(read_data("birdmml", "words.toml"), path, value)), said)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "look.plain.first",
            ["{a} {sings}"],
            "templates.toml: look.plain.first must be sentences with slots of a, bare, ",
        ),
        ("nature.field", None, "templates.toml: nature must be tables of plain, photo, field, spoken, catalogue; got "),
        ("song.plain.first", "{a}", "templates.toml: templates.song.plain.first must be a list; got '{a}'"),
    ],
)
def test_sentences_that_break_a_constraint_are_refused(path: str, value: Any, said: str) -> None:
    refused(lambda: make_templates(changed(read_data("birdmml", "templates.toml"), path, value)), said)


def test_a_file_that_is_no_toml_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files.tomllib, "loads", lambda text: tomllib_loads(f"{text}\n[broken"))
    refused(lambda: read_data("birdmml", "words.toml"), "words.toml is no TOML: ")


def test_a_shape_says_what_differs_from_its_base() -> None:
    gull, duck = shapes()["gull"], shapes()["duck"]
    base = {**SHAPES["base"]["songbird"], **SHAPES["base"]["waterbird"]}
    assert gull.foot == duck.foot == base["foot"] == "web" and gull.planform == "pointed" != base["planform"]
    assert shape(base=None).foot == "perching"


def test_a_new_shape_is_one_record() -> None:
    """What a shape needs to be drawn and told of is in its record; no drawer knows it by name."""
    shoveler = shape(nouns=["shoveler"], bill_style="spoon", crests={"tall": "puffy"}, seen=[["water", "reeds", 1]])
    assert shoveler.nouns == ("shoveler",) and shoveler.seen == (("water", "reeds", 1),)
    for name in shapes():
        assert settings_of(name)[0]
        assert make_template(name, "thin", "rounded", "tall", frozenset({"mask"}), ("plain", "plain"), "grip").bound


def test_every_word_of_the_table_can_be_drawn_sung_and_told() -> None:
    held = words()
    assert set(held.bills) == set(forms().bills) and set(held.tails) == set(forms().tails)
    assert set(held.crests) - {"none"} <= set(forms().crests)
    assert {curve for one in shapes().values() for curve in one.crests.values()} <= {*forms().crests, "ears"}
    assert set(held.syllables) == set(KINDS) == set(RECIPES)
    assert set(held.activities) == {*ACTIVITIES, "some"} and set(held.behind) == set(BACKGROUNDS)
    assert set(held.setting["weather"]) == {*WEATHERS, "some"}
    assert set(scenery().looks) == set(BACKGROUNDS) and len(scenery().wood) == 4


def test_columns_are_the_schema() -> None:
    assert [column.name for column in COLUMNS] == schema(22_050).names
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert [column.name for column in COLUMNS if column.value is None] == ["key"]
    assert {column.name: column.meaning for column in COLUMNS} == card.COLUMNS
    types = {"image": "struct", "audio": "struct"}
    for column, field in zip(COLUMNS, schema(22_050), strict=True):
        assert str(field.type).startswith(types.get(column.type, column.type)), column.name
        assert column.meaning
