"""Settings of a run on media: constraints, columns, and what makes a run the same one."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from confu_core.errors import InvalidValue, MethodError
from confu_core.media.settings import MediaSettings
from confu_core.methods.registry import BUILT_IN, load_method, method_options

DATA = {"data": "0123456789ab", "species": 20, "p": 1.0, "triplets": 240, "data_seed": 0}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("epochs", 0, "epochs must be at least 1; got 0"),
        ("dim", 0, "dim must be at least 1; got 0"),
        ("feature_dim", -1, "feature_dim must be at least 1; got -1"),
        ("width", 0, "width must be at least 1; got 0"),
        ("layers", 0, "layers must be at least 1; got 0"),
        ("batch_size", 1, r"batch_size must be in \[2, 2147483648\]; got 1"),
        ("seed", -1, r"seed must be in \[0, 9223372036854775807\]; got -1"),
        ("patience", -1, r"patience must be in \[0, 2147483648\]; got -1"),
        ("lr", 0.0, "lr must be above 0 and finite; got 0.0"),
        ("lr", math.nan, "lr must be above 0 and finite; got nan"),
        ("clip_norm", math.inf, "clip_norm must be above 0 and finite; got inf"),
        ("scale_lr", 0, "scale_lr must be above 0 and finite; got 0"),
        ("weight_decay", -0.1, "weight_decay must be at least 0 and finite; got -0.1"),
        ("warmup", 1.0, r"warmup must be in \[0, 1\); got 1.0"),
        ("balance", "specie", "balance must be one of instance, species; got 'specie': did you mean 'species'"),
        ("precision", "float23", "precision must be one of auto, float32, bfloat16; got 'float23': did you mean"),
        ("augment", ("flip", "crob"), "crob"),
    ],
)
def test_a_value_out_of_its_constraint_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=message) as caught:
        MediaSettings(**{name: value})
    assert "\n" not in str(caught.value)


def test_the_ends_of_the_ranges_are_allowed() -> None:
    MediaSettings(epochs=1, dim=1, feature_dim=1, width=1, layers=1, batch_size=2, seed=0, patience=0, warmup=0)
    MediaSettings(weight_decay=0, seed=2**63 - 1, augment=())


@pytest.mark.parametrize("method", BUILT_IN)
def test_columns_hold_every_setting_and_option_but_not_where_data_lie(method: str) -> None:
    columns = MediaSettings(data="somewhere", method=method).columns()
    assert columns["method"] == method and columns["augment"] == "flip,crop,color,shift"
    options = method_options(load_method(method))
    assert options.keys() <= columns.keys()
    own = MediaSettings.__dataclass_fields__.keys() - {"data", "options", "measures", "missing"}
    assert columns.keys() == own | options.keys()
    assert MediaSettings(method=method, missing=0.5).columns()["missing"] == 0.5
    assert columns.pop("scale_lr") is None and columns.pop("loss", None) is None  # Until they are given.
    assert all(isinstance(value, str | int | float | bool) for value in columns.values())


def test_equal_settings_are_the_same_run_wherever_data_lie() -> None:
    one = MediaSettings(data="here", method="confu", options={"lam": 0.5})
    assert one.cell_on(DATA) == MediaSettings(data="s3://there/birds", method="confu").cell_on(dict(DATA))
    assert one.cell() == one.cell_on({}) != one.cell_on(DATA)
    listed = MediaSettings(augment=list(MediaSettings().augment))  # type: ignore[arg-type]
    assert listed == MediaSettings()


@pytest.mark.parametrize("name", DATA)
def test_other_data_are_another_run(name: str) -> None:
    other = {**DATA, name: "f" if name == "data" else 7}
    assert MediaSettings().cell_on(other) != MediaSettings().cell_on(DATA)


def test_every_setting_makes_another_run() -> None:
    first = MediaSettings()
    others: dict[str, Any] = {
        "method": "clip",
        "augment": ("flip",),
        "balance": "species",
        "pairing": "class",
        "precision": "float32",
        "scale_lr": 0.1,
        "encoders": {"image": "a.py:A"},
        "feature_files": {"image": "a.npz"},
        "options": {"lam": 0.25},
        "measures": ("own.py:mine",),
        "missing": 0.5,
    }
    numbers = {
        name: getattr(first, name) + 1
        for name in MediaSettings.__dataclass_fields__
        if isinstance(getattr(first, name), int)
    }
    shares = {name: getattr(first, name) / 2 for name in ("lr", "weight_decay", "warmup", "clip_norm")}
    changes = {**others, **numbers, **shares}
    assert changes.keys() == MediaSettings.__dataclass_fields__.keys() - {"data"}
    cells = {replace(first, **{name: value}).cell() for name, value in changes.items()}
    assert len(cells | {first.cell()}) == len(changes) + 1


def test_a_file_that_was_edited_is_another_run(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("class Mine: ...\n")
    settings = MediaSettings(method="clip", encoders={"image": f"{file}:Mine"})
    before = settings.cell()
    file.write_text("class Mine: 'Another.'\n")
    assert settings.cell() != before


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"method": "confu", "options": {"lamb": 0.3}}, InvalidValue, "confu has no option 'lamb': did you mean 'lam'"),
        ({"method": "confo"}, InvalidValue, "unknown method 'confo': did you mean 'confu'"),
        ({"method": "no/such.py:Mine"}, MethodError, "no/such.py"),
    ],
)
def test_an_unknown_method_or_option_names_the_nearest(
    settings: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        MediaSettings(**settings).columns()


@pytest.mark.parametrize("setting", ["augment", "fusion", "measures"])
def test_the_content_of_the_users_files_is_part_of_a_runs_identity(tmp_path: Path, setting: str) -> None:
    file = tmp_path / "own.py"
    text = (
        "from confu_core.inputs.alterations import Alteration\nmine = Alteration('picture', lambda rows, drawn: rows)\n"
    )
    file.write_text(text)
    given: dict[str, Any] = {"augment": ("flip", f"{file}:mine")}
    if setting == "fusion":
        given = {"options": {"fusion": f"{file}:Head"}}
    if setting == "measures":
        given = {"measures": [f"{file}:mine"]}
        assert MediaSettings(**given).columns()["measures"] == f"{file}:mine"
    before = MediaSettings(**given).cell()
    assert before == MediaSettings(**given).cell() != MediaSettings().cell()
    file.write_text(text + "# Another.\n")
    assert MediaSettings(**given).cell() != before
